"""The one place where the corridor opens a platform: with which token, and never inside a transaction."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction

from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Capabilities


class InsideTransaction(RuntimeError):
    """A platform was called while a database transaction was open: the database would wait for the network."""


def check_outside_transaction() -> None:
    """Raise :class:`InsideTransaction` when a transaction is open (the one around a test case does not count)."""
    blocks = transaction.get_connection().atomic_blocks
    # The same exception that Django makes for ``atomic(durable=True)``.
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise InsideTransaction("A platform must not be called inside a database transaction.")


class _Outside:
    """A platform whose every call first checks that no transaction is open."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._platform, name)
        if callable(found):
            check_outside_transaction()
        return found


def open_with(
    *, kind: str, base_url: str, user_id: str, app_id: str, token: str, operator_key: str = ""
) -> Platform:
    """A platform for these credentials; network connections are shared within the process."""
    check_outside_transaction()
    platform = _connect(
        kind, base_url=base_url, user_id=user_id, app_id=app_id, token=token, operator_key=operator_key
    )
    return cast(Platform, _Outside(platform))


def _connect(kind: str, **credentials: str) -> Platform:
    # Late, so that rooms which only read the mirror load no HTTP client.
    from dashboard.platforms.registry import open_platform

    return open_platform(kind, **credentials)


def capabilities(kind: str) -> Capabilities:
    """What platforms of this kind can do; no request is made."""
    from dashboard.platforms.registry import capabilities as of_kind

    return of_kind(kind)


def platform_for(connection: Connection, *, token: str | None = None, operator_key: str = "") -> Platform:
    """The connection's platform, with its own token or the given one."""
    return open_with(
        kind=connection.kind,
        base_url=connection.base_url,
        user_id=connection.platform_user_id,
        app_id=connection.platform_app_id,
        token=reveal(connection.token) if token is None else token,
        operator_key=operator_key,
    )


def own_token(connection: Connection, user: User | int) -> str:
    """The person's own token on this connection, or an empty text."""
    identity = PlatformIdentity.objects.filter(connection=connection, user=user).first()
    return reveal(identity.token) if identity else ""


def reveal(token: Any) -> str:
    """Plain text of a stored token; a plain text stays what it is."""
    return str(token.reveal()) if hasattr(token, "reveal") else (token or "")
