"""People and connections for tests, as rows; nothing here talks to a platform."""

from __future__ import annotations

from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password
from django.test import Client

from dashboard.accounts.models import Connection, Membership, User

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
