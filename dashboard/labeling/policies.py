"""Who may label what. ``check_*`` raises PolicyError with a readable sentence, ``why_not`` answers it."""

from __future__ import annotations

from dashboard.accounts.models import Membership
from dashboard.accounts.policies import PolicyError
from dashboard.sync.models import Task, WorkItem

OPEN_STATES = ("to_do", "in_progress", "changes_asked")


class NotYourTurn(PolicyError):
    """The item is with the reviewer, or finished."""


def check_labeler(*, membership: Membership, platform_user_id: str | None, task: Task) -> None:
    """A labeler of this task."""
    if not membership.is_labeler:
        raise PolicyError("Only labelers label. Ask an admin for the labeler role on this connection.")
    if platform_user_id is None:
        raise PolicyError(
            "Your name on the platform is not known, so no work can be handed to you. "
            "An admin can set it on the People page."
        )
    if task.labeler_ids and platform_user_id not in task.labeler_ids:
        raise PolicyError("You are not one of this task's labelers.")


def check_label(*, membership: Membership, platform_user_id: str | None, item: WorkItem) -> None:
    """May this person draft and submit this item now?"""
    check_labeler(membership=membership, platform_user_id=platform_user_id, task=item.task)
    if item.labeler_id != platform_user_id:
        raise PolicyError("This item is assigned to somebody else.")
    if item.gone:
        raise NotYourTurn("The platform no longer lists this item; there is nothing left to do here.")
    if item.state not in OPEN_STATES:
        raise NotYourTurn("You have submitted this item; it comes back if a reviewer asks for changes.")


def check_read(*, membership: Membership, platform_user_id: str | None, item: WorkItem) -> None:
    """May this person see this item? Reviewers and admins all, labelers their own."""
    if not (membership.is_reviewer or membership.is_admin or item.labeler_id == platform_user_id):
        check_label(membership=membership, platform_user_id=platform_user_id, item=item)


def why_not(*, membership: Membership, platform_user_id: str | None, item: WorkItem) -> str:
    """The sentence that :func:`check_label` would raise, or ""."""
    try:
        check_label(membership=membership, platform_user_id=platform_user_id, item=item)
    except PolicyError as refusal:
        return str(refusal)
    return ""
