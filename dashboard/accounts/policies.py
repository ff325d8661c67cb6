"""Who may do what with people and roles. ``check_*`` raises a readable sentence, ``can_*`` is its twin.

Rules are written here once; services call the check, pages print its sentence where a control is disabled.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from .models import Connection, Invitation, Membership, User

ROLES = ("labeler", "reviewer", "admin")


class PolicyError(Exception):
    """Something is not allowed. ``str(error)`` is a sentence fit for the person who asked."""


class InvitationGone(PolicyError):
    """The invitation was used, revoked or has expired."""


def check_roles(roles: Collection[str]) -> None:
    """Roles must be known ones, and at least one of them."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise PolicyError(f"There is no role called {unknown[0]}; choose labeler, reviewer or admin.")
    if not roles:
        raise PolicyError("Choose at least one role. To take all roles away, remove the person instead.")


def check_manages_people(actor: Membership | None) -> None:
    """Only an admin of the connection changes its people."""
    if actor is None or not actor.is_admin:
        raise PolicyError("Only an admin of this connection can change its people.")


def check_keeps_an_admin(membership: Membership, roles: Collection[str]) -> None:
    """The last admin of a connection keeps that role, else nobody could give it back."""
    if not membership.is_admin or "admin" in roles:
        return
    others = Membership.objects.filter(
        connection=membership.connection_id, is_admin=True, user__is_active=True
    )
    if not others.exclude(pk=membership.pk).exists():
        raise PolicyError("This is the last admin of the connection. Make somebody else an admin first.")


def can_lose_admin(membership: Membership) -> tuple[bool, str]:
    """Whether the admin role can be taken away, and the sentence if not."""
    try:
        check_keeps_an_admin(membership, ())
    except PolicyError as error:
        return False, str(error)
    return True, ""


def check_invitation_open(invitation: Invitation, now: datetime) -> None:
    """An invitation works once, for seven days, unless somebody revoked it."""
    if invitation.used_at is not None:
        raise InvitationGone(
            "This invitation has been used already: each link works once. Ask for a new one."
        )
    if invitation.revoked_at is not None:
        raise InvitationGone("This invitation was taken back. Ask an admin of the connection for a new one.")
    if invitation.expires_at <= now:
        raise InvitationGone("This invitation has expired: a link works for seven days. Ask for a new one.")


def can_use_invitation(invitation: Invitation, now: datetime) -> tuple[bool, str]:
    """Whether the invitation still works, and the sentence if not."""
    try:
        check_invitation_open(invitation, now)
    except InvitationGone as error:
        return False, str(error)
    return True, ""


def check_platform_user_free(connection: Connection, user: User, platform_user_id: str) -> None:
    """A platform user stands for one person at most, else one could review their own labels as a stranger."""
    taken = connection.identities.filter(platform_user_id=platform_user_id).exclude(user=user).first()
    if taken is not None:
        raise PolicyError(f"{platform_user_id} already stands for {taken.user} on this connection.")
