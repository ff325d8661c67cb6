"""What a person sees of a work item, from what the platform says and what waits here to be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from dashboard.platforms.types import Annotation, AnnotationState, Assignment, AssignmentState

from .models import OutboxEntry, WorkItem

State = WorkItem.State
Kind = OutboxEntry.Kind

_OF_PLATFORM = {
    AssignmentState.AWAITING_REVIEW: State.AWAITING_REVIEW,
    AssignmentState.AWAITING_CONSENSUS: State.AWAITING_REVIEW,
    AssignmentState.APPROVED: State.APPROVED,
    AssignmentState.REJECTED: State.REJECTED,
}

_TOLD = (
    "assignment_id",
    "platform_state",
    "state",
    "sent_back",
    "changed_at",
    "missing_sweeps",
    "gone",
)

#: What each move shall have made of the assignment; any of these on the platform means that it is done.
WANTED: dict[str, frozenset[str]] = {
    Kind.SUBMIT: frozenset(
        {AssignmentState.AWAITING_REVIEW, AssignmentState.AWAITING_CONSENSUS, AssignmentState.APPROVED}
    ),
    Kind.APPROVE: frozenset({AssignmentState.APPROVED}),
    Kind.REQUEST_CHANGES: frozenset({AssignmentState.PENDING}),
    Kind.REJECT: frozenset({AssignmentState.REJECTED}),
}


def of_move(kind: str, *, reviewed: bool = True) -> str:
    """The state that a waiting submit or verdict promises. ``reviewed`` False: the task has no review."""
    return {
        Kind.SUBMIT.value: State.AWAITING_REVIEW if reviewed else State.APPROVED,
        Kind.APPROVE.value: State.APPROVED,
        Kind.REQUEST_CHANGES.value: State.CHANGES_ASKED,
        Kind.REJECT.value: State.REJECTED,
    }[kind].value


def effective(platform_state: str, *, sent_back: bool = False, begun: bool = False) -> str:
    """The state of an item for which nothing waits here.

    A status that we do not know is never taken for approved: such an item counts as in progress.
    """
    known = _OF_PLATFORM.get(platform_state)  # type: ignore[call-overload]
    if known is not None:
        return str(known.value)
    if sent_back:
        return State.CHANGES_ASKED.value
    if begun or platform_state == AssignmentState.UNKNOWN:
        return State.IN_PROGRESS.value
    return State.TO_DO.value


def waiting_moves(item_ids: Collection[int]) -> dict[int, str]:
    """Kind of the latest submit or verdict that still waits, is in conflict or failed, per item id."""
    rows = OutboxEntry.objects.filter(
        item_id__in=item_ids, state__in=OutboxEntry.BLOCKING, kind__in=OutboxEntry.MOVES
    ).order_by("id")
    return {int(item): kind for item, kind in rows.values_list("item_id", "kind") if item is not None}


def accept(item: WorkItem, assignment: Assignment, *, move: str | None, reviewed: bool) -> bool:
    """Put the platform's word on an item (not saved). True when something changed.

    An answer older than what we already know is ignored: pull and push overtake each other.
    """
    before = [getattr(item, name) for name in _TOLD]
    item.missing_sweeps, item.gone = 0, False
    newer = _not_older(assignment.modified_at, item.changed_at)
    if assignment.id:
        item.assignment_id = assignment.id
    if newer:
        now = str(assignment.state.value)
        returned = item.platform_state in _OF_PLATFORM and now == AssignmentState.PENDING
        if now != AssignmentState.PENDING:
            item.sent_back = False
        elif returned:
            item.sent_back = True
        if now in (AssignmentState.AWAITING_REVIEW, AssignmentState.AWAITING_CONSENSUS) and (
            item.submitted_at is None or item.platform_state == AssignmentState.PENDING
        ):
            item.submitted_at = assignment.modified_at
        item.platform_state = now
        item.changed_at = assignment.modified_at or item.changed_at
    settle(item, move=move, reviewed=reviewed)
    return before != [getattr(item, name) for name in _TOLD]


def settle(item: WorkItem, *, move: str | None, reviewed: bool) -> None:
    """Set the effective state: a waiting move wins over the platform's word."""
    if move is not None:
        item.state = of_move(move, reviewed=reviewed)
        return
    begun = bool(item.shapes or item.tags or item.submitted_at) or item.state == State.IN_PROGRESS
    item.state = effective(item.platform_state, sent_back=item.sent_back, begun=begun)


def from_annotations(annotations: Iterable[Annotation]) -> AssignmentState:
    """An item's state where the platform lists no assignments: what its annotations say together.

    Whatever is unfinished wins, then what is unknown, then a rejection; approved means all of them.
    """
    found = {annotation.state for annotation in annotations}
    order = (
        (AnnotationState.PENDING, AssignmentState.PENDING),
        (AnnotationState.AWAITING_REVIEW, AssignmentState.AWAITING_REVIEW),
        (AnnotationState.AWAITING_CONSENSUS, AssignmentState.AWAITING_CONSENSUS),
        (AnnotationState.UNKNOWN, AssignmentState.UNKNOWN),
        (AnnotationState.REJECTED, AssignmentState.REJECTED),
        (AnnotationState.APPROVED, AssignmentState.APPROVED),
    )
    return next((meaning for state, meaning in order if state in found), AssignmentState.PENDING)


def _not_older(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or one >= other
