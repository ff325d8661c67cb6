"""Which verdict moves a work item from which state to which: one table, read by everything else."""

from __future__ import annotations

from dashboard.accounts.policies import PolicyError

AWAITING = "awaiting_review"


class IllegalMove(PolicyError):
    """The item is not in a state that this verdict can follow; somebody may have decided it meanwhile."""


#: (state, verdict) -> next state. What is not here is refused.
MOVES: dict[tuple[str, str], str] = {
    (AWAITING, "approve"): "approved",
    (AWAITING, "request_changes"): "changes_asked",
    (AWAITING, "reject"): "rejected",
}

VERDICTS = ("approve", "request_changes", "reject")

#: Why an item in this state cannot be decided now.
WHY_NOT = {
    "to_do": "Nobody has labeled this item yet.",
    "in_progress": "The labeler has not submitted this item yet.",
    "changes_asked": "Changes were asked; the item comes back when the labeler submits it again.",
    "approved": "This item is approved already.",
    "rejected": "This item is rejected already.",
}


def next_state(state: str, verdict: str) -> str:
    """The state after ``verdict``; raises IllegalMove with a readable sentence for an illegal move."""
    try:
        return MOVES[state, verdict]
    except KeyError:
        raise IllegalMove(WHY_NOT.get(state, f"An item that is {state} cannot be decided.")) from None
