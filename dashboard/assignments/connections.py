"""Adding and changing connections: an admin's business, audited, tokens written and never read back."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.text import slugify

from dashboard.accounts.models import Connection, Membership, User
from dashboard.accounts.policies import PolicyError
from dashboard.audit import services as audit


def check_adds_connections(user: User) -> None:
    """Admins of any connection, and the person who set the desk up, add connections."""
    if not (user.is_superuser or user.memberships.filter(is_admin=True).exists()):
        raise PolicyError("Only an admin adds connections.")


def create_connection(
    *, actor: User, name: str, kind: str, base_url: str, user_id: str, app_id: str, token: str
) -> Connection:
    """Save a connection; the person who adds it is its first admin."""
    check_adds_connections(actor)
    with transaction.atomic():
        connection = Connection.objects.create(
            slug=_free_slug(name),
            name=name.strip(),
            kind=kind,
            base_url=base_url.rstrip("/"),
            platform_user_id=user_id.strip(),
            platform_app_id=app_id.strip(),
            token=token.strip(),
        )
        Membership.objects.create(user=actor, connection=connection, is_admin=True)
        audit.record(
            actor=actor,
            connection=connection,
            action="connection.created",
            target=connection.slug,
            data={"kind": kind, "base_url": base_url, "user": user_id, "app": app_id},
        )
    return connection


def change_connection(*, actor: Membership, name: str, token: str = "") -> None:
    """Rename a connection, and replace its token when one is given."""
    if not actor.is_admin:
        raise PolicyError("Only an admin of this connection changes it.")
    connection = actor.connection
    with transaction.atomic():
        connection.name = name.strip()
        fields = ["name"]
        if token.strip():
            connection.token = token.strip()
            fields.append("token")
        connection.save(update_fields=fields)
        audit.record(
            actor=actor.user,
            connection=connection,
            action="connection.changed",
            target=connection.slug,
            data={"name": name, "token_replaced": bool(token.strip())},
        )


def _free_slug(name: str) -> str:
    base = slugify(name)[:30] or "connection"
    if not Connection.objects.filter(slug=base).exists():
        return base
    return f"{base}-{secrets.token_hex(3)}"
