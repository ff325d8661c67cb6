"""From logins of this desk to user ids of the platform, for commands."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.accounts.models import Connection, Membership, PlatformIdentity
from dashboard.assignments.imports import ImportRefused


def platform_ids(connection: Connection, logins: Sequence[str], role: str) -> tuple[str, ...]:
    """The platform user id of each person, in order and without repeats.

    `role` is labeler or reviewer. Raises ImportRefused naming the login when somebody is unknown, lacks
    the role on this connection, or is not mapped to a platform user.
    """
    found: list[str] = []
    for login in dict.fromkeys(logins):
        membership = (
            Membership.objects.filter(connection=connection, user__username=login)
            .select_related("user")
            .first()
        )
        if membership is None:
            raise ImportRefused(f"--{role} {login}: nobody with this login is on the connection")
        if role not in membership.roles:
            raise ImportRefused(f"--{role} {login}: this person is no {role} on the connection")
        identity = PlatformIdentity.objects.filter(connection=connection, user=membership.user).first()
        if identity is None:
            raise ImportRefused(
                f"--{role} {login}: this person has no user on the platform yet; map them on the People page"
            )
        found.append(identity.platform_user_id)
    return tuple(found)
