"""Who may decide what. ``check_*`` raises PolicyError with a readable sentence, ``can_*`` is its twin."""

from __future__ import annotations

from dashboard.accounts.models import Membership
from dashboard.accounts.policies import PolicyError
from dashboard.sync.models import Task, WorkItem

from . import transitions


def check_reviewer(*, membership: Membership, platform_user_id: str | None, task: Task) -> None:
    """A reviewer of this task: the role on the connection, and a place in the task's list if it has one."""
    if not membership.is_reviewer:
        raise PolicyError("Only reviewers decide. Ask an admin for the reviewer role on this connection.")
    if platform_user_id is None:
        raise PolicyError(
            "Your name on the platform is not known, so a decision could not be given to you. "
            "An admin can set it on the People page."
        )
    if task.reviewer_ids and platform_user_id not in task.reviewer_ids:
        raise PolicyError("You are not one of this task's reviewers.")


def check_decide(
    *, membership: Membership, platform_user_id: str | None, item: WorkItem, verdict: str = "approve"
) -> None:
    """May this person give this verdict on this item now?"""
    check_reviewer(membership=membership, platform_user_id=platform_user_id, task=item.task)
    if item.labeler_id == platform_user_id:
        raise PolicyError("You labeled this item yourself; somebody else has to review it.")
    if item.gone:
        raise PolicyError("The platform no longer lists this item, so nothing can be decided on it.")
    if item.status_unknown:
        raise PolicyError("The platform gave this item a status that is not known here.")
    transitions.next_state(item.state, verdict)


def why_not(*, membership: Membership, platform_user_id: str | None, item: WorkItem, verdict: str) -> str:
    """The sentence that :func:`check_decide` would raise, or "" when it would not."""
    try:
        check_decide(membership=membership, platform_user_id=platform_user_id, item=item, verdict=verdict)
    except PolicyError as refusal:
        return str(refusal)
    return ""


def can_decide(
    *, membership: Membership, platform_user_id: str | None, item: WorkItem, verdict: str = "approve"
) -> bool:
    return not why_not(membership=membership, platform_user_id=platform_user_id, item=item, verdict=verdict)
