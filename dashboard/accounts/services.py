"""Changing people: roles, invitations, platform identities. Keyword-only, one transaction each.

Every function that changes who may do what takes ``trail``, the writer of its audit row, so that no change
can be made without one. The caller binds it to the person and connection (rooms of the same floor do not
import each other).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from . import policies
from .models import Connection, Invitation, Membership, PlatformIdentity, User

INVITATION_DAYS = 7

Trail = Callable[[str, str, dict[str, Any]], object]
"""Writes one audit row: action, target, data."""


def change_roles(*, actor: Membership, membership: Membership, roles: Collection[str], trail: Trail) -> None:
    """Set the roles of one person. Raises PolicyError: not an admin, no role, unknown role, last admin."""
    policies.check_manages_people(actor)
    policies.check_roles(roles)
    with transaction.atomic():
        current = _lock(membership)
        policies.check_keeps_an_admin(current, roles)
        before = current.roles
        _set_roles(current, roles)
        current.save(update_fields=["is_labeler", "is_reviewer", "is_admin"])
        trail("person.roles", current.user.username, {"before": list(before), "after": list(current.roles)})


def remove_person(*, actor: Membership, membership: Membership, trail: Trail) -> None:
    """End a membership and drop the person's own token; what they did stays. Raises PolicyError."""
    policies.check_manages_people(actor)
    with transaction.atomic():
        current = _lock(membership)
        policies.check_keeps_an_admin(current, ())
        PlatformIdentity.objects.filter(user=current.user, connection=current.connection).update(token="")
        trail("person.removed", current.user.username, {"roles": list(current.roles)})
        current.delete()


def map_person(*, actor: Membership, membership: Membership, platform_user_id: str, trail: Trail) -> None:
    """Say which platform user a person is; an empty id forgets it. Raises PolicyError when it is taken."""
    policies.check_manages_people(actor)
    wanted = platform_user_id.strip()
    with transaction.atomic():
        current = _lock(membership)
        if wanted:
            policies.check_platform_user_free(current.connection, current.user, wanted)
        identity = PlatformIdentity.objects.filter(user=current.user, connection=current.connection).first()
        before = identity.platform_user_id if identity else ""
        if before == wanted:
            return
        if identity is not None:
            identity.delete()  # a token belongs to the user it was made for
        if wanted:
            PlatformIdentity.objects.create(
                user=current.user, connection=current.connection, platform_user_id=wanted
            )
        trail("person.mapped", current.user.username, {"before": before, "after": wanted})


def save_own_token(
    *, user: User, connection: Connection, token: str, platform_user_id: str, trail: Trail
) -> PlatformIdentity:
    """Keep a person's own platform token, encrypted; ``platform_user_id`` is whose token it is.

    Raises PolicyError when somebody else already stands for that platform user.
    """
    if not token.strip() or not platform_user_id:
        raise policies.PolicyError(
            "Nothing was saved: the token or the platform user it belongs to is missing."
        )
    with transaction.atomic():
        policies.check_platform_user_free(connection, user, platform_user_id)
        identity, _ = PlatformIdentity.objects.update_or_create(
            user=user,
            connection=connection,
            defaults={"token": token.strip(), "platform_user_id": platform_user_id},
        )
        trail("token.saved", user.username, {"platform_user": platform_user_id})
    return identity


def delete_own_token(*, user: User, connection: Connection, trail: Trail) -> bool:
    """Forget a person's own token; who they are on the platform stays known. False when there was none."""
    with transaction.atomic():
        kept = PlatformIdentity.objects.filter(user=user, connection=connection).exclude(token="")
        if not kept.update(token=""):
            return False
        trail("token.deleted", user.username, {})
    return True


def invite(
    *, actor: Membership, roles: Collection[str], note: str = "", trail: Trail
) -> tuple[Invitation, str]:
    """Make a single-use link's secret. Returns the invitation and its token, which is stored nowhere."""
    policies.check_manages_people(actor)
    policies.check_roles(roles)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation(
            connection=actor.connection,
            digest=digest(token),
            note=note.strip(),
            created_by=actor.user,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        _set_roles(invitation, roles)
        invitation.save()
        trail(
            "invitation.made",
            f"invitation {invitation.pk}",
            {"roles": sorted(roles), "note": invitation.note},
        )
    return invitation, token


def revoke_invitation(*, actor: Membership, invitation: Invitation, trail: Trail) -> None:
    """Make a link useless. Raises PolicyError when the link no longer works anyway."""
    policies.check_manages_people(actor)
    now = timezone.now()
    policies.check_invitation_open(invitation, now)
    with transaction.atomic():
        # Conditional, so that a link used in this very moment is not called revoked.
        open_one = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
        if not open_one.update(revoked_at=now):
            raise policies.InvitationGone("This invitation was used or taken back a moment ago.")
        trail("invitation.revoked", f"invitation {invitation.pk}", {"note": invitation.note})


def join(*, invitation: Invitation, user: User, trail: Trail) -> Membership:
    """Use an invitation: the person gets its roles, in addition to those they have. Raises InvitationGone."""
    now = timezone.now()
    policies.check_invitation_open(invitation, now)
    with transaction.atomic():
        # The conditional update is what makes a link single-use: of two at once, one finds no row.
        free = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None, expires_at__gt=now)
        if not free.update(used_at=now, used_by=user):
            raise policies.InvitationGone("This invitation has been used already. Ask for a new one.")
        membership, _ = Membership.objects.get_or_create(user=user, connection=invitation.connection)
        _set_roles(membership, {*membership.roles, *roles_of(invitation)})
        membership.save(update_fields=["is_labeler", "is_reviewer", "is_admin"])
        trail("person.joined", user.username, {"roles": list(membership.roles), "invitation": invitation.pk})
    return membership


def join_as_new_person(
    *,
    invitation: Invitation,
    username: str,
    display_name: str,
    password: str,
    trail_of: Callable[[User], Trail],
) -> Membership:
    """Make an account and use the invitation with it, both or neither. Raises InvitationGone."""
    with transaction.atomic():
        user = User.objects.create_user(username, password=password, display_name=display_name.strip())
        return join(invitation=invitation, user=user, trail=trail_of(user))


def digest(token: str) -> str:
    """What is stored of a link's token: SHA-256 in hex, 64 characters."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_invitation(token: str) -> Invitation | None:
    """The invitation of a link, open or not; None when there never was one."""
    found = Invitation.objects.select_related("connection", "created_by")
    return found.filter(digest=digest(token)).first()


def roles_of(holder: Membership | Invitation) -> tuple[str, ...]:
    """Names of the roles that a membership holds or an invitation gives."""
    return tuple(role for role in policies.ROLES if getattr(holder, f"is_{role}"))


def _set_roles(holder: Membership | Invitation, roles: Collection[str]) -> None:
    for role in policies.ROLES:
        setattr(holder, f"is_{role}", role in roles)


def _lock(membership: Membership) -> Membership:
    """The row as it is now, with changes of the connection's people one after the other.

    SQLite takes its write lock at the start of the transaction; PostgreSQL needs the row lock.
    """
    Connection.objects.select_for_update().get(pk=membership.connection_id)
    try:
        return Membership.objects.select_related("user", "connection").get(pk=membership.pk)
    except Membership.DoesNotExist:
        raise policies.PolicyError("This person is no longer a member of the connection.") from None
