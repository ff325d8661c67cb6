"""Who a person is on the platform, and with whose token a call is made."""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.db import transaction

from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.platforms.errors import Forbidden, Unsupported
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Capabilities, TokenReport

from .. import gateway
from ..gateway import platform_for

__all__ = [
    "acting_platform",
    "capabilities",
    "check_token",
    "own_token_why_not",
    "platform_for",
    "platform_user_id",
    "provision_person",
    "test_connection",
    "test_stored_token",
]


def acting_platform(connection: Connection, user: User) -> Platform:
    """The platform in the person's own name when they stored a token, else in the connection's."""
    return platform_for(connection, token=gateway.own_token(connection, user) or None)


def platform_user_id(connection: Connection, user: User) -> str | None:
    """What the person is called on the platform, if that is known."""
    return (
        PlatformIdentity.objects.filter(connection=connection, user=user)
        .values_list("platform_user_id", flat=True)
        .first()
    )


def own_token_why_not(connection: Connection, user: User, action: str = "start") -> str:
    """Why this person cannot start work here: a sentence, or "" when they can.

    ``action``: "label" or "review", for the wording. The platform hands work to the owner of the token.
    """
    identity = PlatformIdentity.objects.filter(connection=connection, user=user).first()
    what = {"label": "labeling", "review": "reviewing"}.get(action, "work")
    if identity is None:
        return (
            f"To start {what}, an admin must first say who you are on {connection.name} "
            "(People page), or you store a token of your own (account page)."
        )
    if not gateway.reveal(identity.token):
        return (
            f"{connection.name} hands out {what} to the owner of the token: "
            "store a token of your own on your account page to start."
        )
    return ""


def check_token(*, connection: Connection, token: str) -> TokenReport:
    """Ask the connection's platform whose token this is and what it may do. Raises PlatformError."""
    return platform_for(connection, token=token).check()


def test_stored_token(*, connection: Connection) -> TokenReport:
    """What the connection's own token may do. Raises PlatformError."""
    return platform_for(connection).check()


def capabilities(connection: Connection) -> Capabilities:
    """What the connection's platform can do; no request is made."""
    return gateway.capabilities(connection.kind)


def test_connection(*, kind: str, base_url: str, user_id: str, app_id: str, token: str) -> TokenReport:
    """The same before the connection is saved. Raises PlatformError."""
    return gateway.open_with(
        kind=kind, base_url=base_url, user_id=user_id, app_id=app_id, token=token
    ).check()


def provision_person(*, connection: Connection, user: User) -> PlatformIdentity:
    """Make the person a user of the embedded platform with a token of their own, once.

    Raises Unsupported on other platforms, and PlatformError when the platform refuses. Safe to call again: a
    person who has a token keeps it.
    """
    if connection.kind != Connection.Kind.EMBEDDED:
        raise Unsupported("People of this platform are invited on the platform itself.")
    identity = PlatformIdentity.objects.filter(connection=connection, user=user).first()
    if identity is not None and gateway.reveal(identity.token):
        return identity
    name = identity.platform_user_id if identity else _free_id(connection, user)
    _check_nobody_elses(name, user)
    platform = platform_for(connection, operator_key=settings.EMBEDDED_OPERATOR_KEY)
    token = platform.provision_person(name, str(user))
    with transaction.atomic():
        identity, _ = PlatformIdentity.objects.update_or_create(
            connection=connection, user=user, defaults={"platform_user_id": name, "token": token}
        )
    identity.refresh_from_db()  # so that the token does not print itself
    return identity


def _check_nobody_elses(name: str, user: User) -> None:
    """The operator key makes a token for anybody, and all embedded connections share one set of users.

    So an admin of one connection could else make themselves the owner of another one's app, or another person.
    """
    embedded = Connection.objects.filter(kind=Connection.Kind.EMBEDDED)
    if embedded.filter(platform_user_id=name).exists():
        raise Forbidden(f"{name} owns an app there, so no token of theirs is made for somebody else.")
    others = PlatformIdentity.objects.filter(connection__in=embedded, platform_user_id=name)
    if others.exclude(user=user).exists():
        raise Forbidden(f"{name} is somebody else there.")


def _free_id(connection: Connection, user: User) -> str:
    """A platform user id after the sign-in name, not yet mapped to somebody else."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", user.username.lower()).strip("-") or f"person-{user.pk}"
    embedded = Connection.objects.filter(kind=connection.kind)  # they share their users
    taken = set(
        PlatformIdentity.objects.filter(connection__in=embedded, platform_user_id__startswith=plain)
        .exclude(user=user)
        .values_list("platform_user_id", flat=True)
    ) | set(embedded.values_list("platform_user_id", flat=True))
    name = plain
    while name in taken:
        name = f"{plain}-{secrets.token_hex(2)}"
    return name
