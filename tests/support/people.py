"""People and connections for tests, as rows; nothing here talks to a platform."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.test import Client

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User

if TYPE_CHECKING:  # it loads much that rows alone do not need
    from tests.support.embedded import EmbeddedApp

PASSWORD = "four plain words here"
_numbers = count(1)


def make_connection(
    slug: str = "demo", *, kind: str = Connection.Kind.CLARIFAI, **fields: object
) -> Connection:
    """A connection whose address answers nobody (port 9, discard)."""
    values = {
        "name": slug.capitalize(),
        "base_url": "http://127.0.0.1:9",
        "platform_user_id": "acme",
        "platform_app_id": "app",
        "token": "not-a-real-token",
        **fields,
    }
    return Connection.objects.create(slug=slug, kind=kind, **values)


def connection_to(app: EmbeddedApp, slug: str = "live") -> Connection:
    """A connection to an app of a live embedded server, with the token of the app's owner."""
    return make_connection(
        slug,
        kind=Connection.Kind.EMBEDDED,
        base_url=app.base_url,
        platform_user_id=app.user_id,
        platform_app_id=app.app_id,
        token=app.token,
    )


def known_person(connection: Connection, app: EmbeddedApp, name: str, role: str) -> tuple[User, str]:
    """A person who is, with a token of their own, the app's user whose id begins with `name`; and that id."""
    user = make_person(connection, role)
    own = next(user_id for user_id in app.tokens if user_id.startswith(name))
    PlatformIdentity.objects.create(
        user=user, connection=connection, platform_user_id=own, token=app.tokens[own]
    )
    return user, own


def make_person(connection: Connection | None = None, *roles: str, username: str = "") -> User:
    """A person with PASSWORD; with a connection also a membership holding `roles`."""
    number = next(_numbers)
    username = username or f"person-{number}"
    user = User.objects.create(username=username, password=_hashed(), display_name=f"Person {number}")
    if connection is not None:
        flags = {f"is_{role}": True for role in roles}
        Membership.objects.create(user=user, connection=connection, **flags)
    return user


def signed_in(user: User) -> Client:
    """A browser that carries the person's session."""
    client = Client()
    client.force_login(user)
    return client


@cache
def _hashed() -> str:
    return make_password(PASSWORD)  # slow by intent, so once for all people
