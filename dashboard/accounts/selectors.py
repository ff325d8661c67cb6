"""Reading people: members of a connection and invitations that still work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from . import policies
from .models import Connection, Invitation, Membership, PlatformIdentity


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a connection. ``keeps_admin``: why the admin role cannot be taken away, or empty."""

    membership: Membership
    platform_user: str
    has_token: bool
    keeps_admin: str


def members(connection: Connection) -> list[Member]:
    """Everybody on the connection, by name; a fixed number of queries whatever their number."""
    found = Membership.objects.filter(connection=connection).select_related("user", "connection")
    rows = sorted(found, key=lambda row: str(row.user).casefold())
    identities = PlatformIdentity.objects.filter(connection=connection).defer("token")
    named = {identity.user_id: identity.platform_user_id for identity in identities}
    kept = set(
        PlatformIdentity.objects.filter(connection=connection)
        .exclude(token="")
        .values_list("user_id", flat=True)
    )
    admins = [row for row in rows if row.is_admin]
    alone = policies.can_lose_admin(admins[0])[1] if len(admins) == 1 else ""
    return [
        Member(row, named.get(row.user_id, ""), row.user_id in kept, alone if row.is_admin else "")
        for row in rows
    ]


def open_invitations(connection: Connection, now: datetime) -> QuerySet[Invitation]:
    """Links that still work, newest first."""
    return (
        Invitation.objects.filter(connection=connection, used_at=None, revoked_at=None, expires_at__gt=now)
        .select_related("created_by")
        .order_by("-created_at")
    )
