"""One table: action and state of a task assignment give the next state. Pure.

States and codes follow the Clarifai API guide, section on task assignments. Two states share the code 54201:
an assignment that was never submitted, and one that a review sent back; the second lets a repeated
REVIEW_REQUEST_CHANGES be seen as the repetition it is.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class State(IntEnum):
    """Where an assignment stands (stored; the wire shows `STATE_CODE`)."""

    PENDING = 1
    SENT_BACK = 2
    AWAITING_REVIEW = 3
    AWAITING_CONSENSUS = 4
    SUCCESS = 5
    REJECTED = 6


class Action(IntEnum):
    """Actions of PutTaskAssignments by number; the two below 0 are the server's own, after a submit."""

    CONSENSUS_REACHED = -1
    CONSENSUS_MISSED = -2
    LABEL_START = 1
    LABEL_SUBMIT = 2
    REVIEW_START = 10
    REVIEW_APPROVE = 11
    REVIEW_REQUEST_CHANGES = 12
    REVIEW_REJECT = 13


class Review(IntEnum):
    """Review strategies of a task by their numbers."""

    NONE = 1
    MANUAL = 2
    CONSENSUS = 3


STATE_CODE: Final[dict[State, int]] = {
    State.PENDING: 54201,
    State.SENT_BACK: 54201,
    State.AWAITING_REVIEW: 54202,
    State.AWAITING_CONSENSUS: 54203,
    State.SUCCESS: 54200,
    State.REJECTED: 54204,
}
CODE_NAME: Final[dict[int, str]] = {
    54200: "TASK_ASSIGNMENT_SUCCESS",
    54201: "TASK_ASSIGNMENT_PENDING",
    54202: "TASK_ASSIGNMENT_AWAITING_REVIEW",
    54203: "TASK_ASSIGNMENT_AWAITING_CONSENSUS_REVIEW",
    54204: "TASK_ASSIGNMENT_REJECTED",
}
ANNOTATION_CODE: Final[dict[State, int]] = {
    State.PENDING: 24151,
    State.SENT_BACK: 24151,
    State.AWAITING_REVIEW: 24157,
    State.AWAITING_CONSENSUS: 24159,
    State.SUCCESS: 24150,
    State.REJECTED: 24158,
}
"""Status that the annotations of an assignment get when the assignment enters the state."""

SUBMITTED: Final = frozenset({State.AWAITING_REVIEW, State.AWAITING_CONSENSUS, State.SUCCESS})

_AFTER_SUBMIT: Final[dict[Review, State]] = {
    Review.NONE: State.SUCCESS,
    Review.MANUAL: State.AWAITING_REVIEW,
    Review.CONSENSUS: State.AWAITING_CONSENSUS,
}

# (action, state) -> next state. LABEL_SUBMIT from a labeler's state alone asks the review strategy.
# A pair that is absent is illegal; a pair that leads to its own state changes nothing.
_TABLE: Final[dict[tuple[Action, State], State]] = {
    (Action.LABEL_START, State.PENDING): State.PENDING,
    (Action.LABEL_START, State.SENT_BACK): State.SENT_BACK,
    (Action.LABEL_SUBMIT, State.AWAITING_REVIEW): State.AWAITING_REVIEW,
    (Action.LABEL_SUBMIT, State.AWAITING_CONSENSUS): State.AWAITING_CONSENSUS,
    (Action.LABEL_SUBMIT, State.SUCCESS): State.SUCCESS,
    (Action.REVIEW_START, State.AWAITING_REVIEW): State.AWAITING_REVIEW,
    (Action.REVIEW_APPROVE, State.AWAITING_REVIEW): State.SUCCESS,
    (Action.REVIEW_APPROVE, State.SUCCESS): State.SUCCESS,
    (Action.REVIEW_REQUEST_CHANGES, State.AWAITING_REVIEW): State.SENT_BACK,
    (Action.REVIEW_REQUEST_CHANGES, State.SENT_BACK): State.SENT_BACK,
    (Action.REVIEW_REJECT, State.AWAITING_REVIEW): State.REJECTED,
    (Action.REVIEW_REJECT, State.REJECTED): State.REJECTED,
    (Action.CONSENSUS_REACHED, State.AWAITING_CONSENSUS): State.SUCCESS,
    (Action.CONSENSUS_MISSED, State.AWAITING_CONSENSUS): State.AWAITING_REVIEW,
}
_LABELERS_TURN: Final = (State.PENDING, State.SENT_BACK)


class IllegalMove(ValueError):
    """The action does not fit the state; the text names the current and the wanted state."""


def next_state(action: Action, state: State, review: Review) -> State:
    """The state after `action`, equal to `state` when the action repeats what is done. Raises IllegalMove."""
    if action is Action.LABEL_SUBMIT and state in _LABELERS_TURN:
        return _AFTER_SUBMIT[review]
    found = _TABLE.get((action, state))
    if found is None:
        raise IllegalMove(
            f"{action.name}: the assignment is {CODE_NAME[STATE_CODE[state]]}, wanted {wanted(action)}"
        )
    return found


def wanted(action: Action) -> str:
    """Name of the state in which the action does something."""
    if action in (Action.LABEL_START, Action.LABEL_SUBMIT):
        return CODE_NAME[54201]
    if action in (Action.CONSENSUS_REACHED, Action.CONSENSUS_MISSED):
        return CODE_NAME[54203]
    return CODE_NAME[54202]
