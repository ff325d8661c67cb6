"""Submits and verdicts: read where the assignment stands and what was judged, then act in the person's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.platforms.errors import IllegalMove, NotFound, PlatformError
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import (
    Annotation,
    AnnotationState,
    Assignment,
    AssignmentAction,
    AssignmentState,
    Outcome,
)

from .. import outbox, reading, states, versions
from ..fingerprint import fingerprint
from ..models import OutboxEntry, Task
from ..shapes import lines
from . import afterwards
from .edits import own_writes
from .session import Session

Kind = OutboxEntry.Kind

ACTIONS = {
    Kind.SUBMIT: AssignmentAction.LABEL_SUBMIT,
    Kind.APPROVE: AssignmentAction.REVIEW_APPROVE,
    Kind.REQUEST_CHANGES: AssignmentAction.REVIEW_REQUEST_CHANGES,
    Kind.REJECT: AssignmentAction.REVIEW_REJECT,
}
_AWAITING = (AssignmentState.AWAITING_REVIEW, AssignmentState.AWAITING_CONSENSUS)
#: From where a move is made; from anywhere else somebody was faster.
_FROM = {Kind.SUBMIT: (AssignmentState.PENDING, AssignmentState.UNKNOWN)}
_FROM_REVIEW = (*_AWAITING, AssignmentState.UNKNOWN)

MOVED = "Somebody else moved it on the platform: it is {state} there now."
CHANGED = "Its annotations were changed on the platform after you saw them."
NO_ASSIGNMENT = "The platform has no assignment of this input to this labeler."


@dataclass
class Move:
    """One entry with what the platform says of its item."""

    entry: OutboxEntry
    assignment: Assignment | None = None
    annotations: list[Annotation] = field(default_factory=list)

    @property
    def state(self) -> AssignmentState | None:
        return self.assignment.state if self.assignment else None


def send(session: Session, entries: Sequence[OutboxEntry]) -> None:
    """Deliver moves, grouped so that each write call is as full as the platform allows. May raise Halt."""
    groups: dict[tuple[str, int, str], list[OutboxEntry]] = {}
    for entry in entries:
        assert entry.item is not None
        groups.setdefault((session.token_of(entry), entry.item.task_id, entry.kind), []).append(entry)
    size = session.platform.capabilities.write_batch
    for (token, _, kind), several in groups.items():
        for start in range(0, len(several), size):
            part = outbox.renew(session.owner, several[start : start + size])
            if part:
                _send_part(session, part, kind, token)


def _send_part(session: Session, part: Sequence[OutboxEntry], kind: str, token: str) -> None:
    item = part[0].item
    assert item is not None
    task = item.task
    try:
        moves = _read(session.platform, part, task)
    except PlatformError as error:
        session.unread(part, error)
        return
    session.heard([None])
    own = own_writes(part)
    going = [move for move in moves if _judge(session, move, task, own[move.entry.pk])]
    if not going:
        return
    for move in going:
        move.entry.theirs = {
            "state": move.state.value if move.state else "",
            "modified_at": versions.stamp(move.assignment.modified_at) if move.assignment else "",
        }
    ours = {entry.pk for entry in outbox.mark_sent(session.owner, [move.entry for move in going])}
    going = [move for move in going if move.entry.pk in ours]
    if not going:
        return
    acting = session.platform_with(token)
    if token or acting.capabilities.act_for_others:
        _find_assignments(session, acting, going, task, kind, own=bool(token))
        by_action = [move for move in going if move.assignment and move.assignment.id]
        _act(session, acting, by_action, task, kind, own=bool(token))
        going = [move for move in going if move not in by_action and move.entry.pk not in session.ended]
    if going:
        _set_annotations(session, going, task, kind)


def _read(platform: Platform, part: Sequence[OutboxEntry], task: Task) -> list[Move]:
    moves = [Move(entry) for entry in part]
    items = [entry.item for entry in part if entry.item is not None]
    listing = platform.capabilities.assignment_listing
    if not listing or any("annotations" in entry.base for entry in part):
        bodies = reading.bodies(platform, items)
        for move in moves:
            assert move.entry.item is not None
            move.annotations = bodies[move.entry.item.pk]
    if listing:
        _put_assignments(platform, moves, task)
    else:
        for move in moves:
            item = move.entry.item
            assert item is not None
            times = [one.modified_at for one in move.annotations if one.modified_at]
            move.assignment = Assignment(
                id=item.assignment_id,
                task_id=task.platform_id,
                input_id=item.input.platform_id,
                user_id=item.labeler_id,
                state=states.from_annotations(move.annotations),
                modified_at=max(times, default=None),
            )
    return moves


def _put_assignments(platform: Platform, moves: Sequence[Move], task: Task) -> None:
    """Look assignments up: by id where it is known, else by input and labeler."""
    known = [move for move in moves if move.entry.item and move.entry.item.assignment_id]
    if known:
        ids = [move.entry.item.assignment_id for move in known if move.entry.item]
        found = {one.id: one for one in platform.iter_assignments(task.platform_id, ids=ids)}
        for move in known:
            assert move.entry.item is not None
            move.assignment = found.get(move.entry.item.assignment_id)
    unknown = [move for move in moves if move.assignment is None and move.entry.item]
    if unknown:
        inputs = list({move.entry.item.input.platform_id for move in unknown if move.entry.item})
        pairs = {
            (one.input_id, one.user_id): one
            for one in platform.iter_assignments(task.platform_id, input_ids=inputs)
        }
        for move in unknown:
            assert move.entry.item is not None
            move.assignment = pairs.get((move.entry.item.input.platform_id, move.entry.item.labeler_id))


def _judge(session: Session, move: Move, task: Task, own: dict[str, str]) -> bool:
    """End the entry where there is nothing to send; True when it shall be sent."""
    entry, state = move.entry, move.state
    if state is None:
        session.fail(entry, NotFound(NO_ASSIGNMENT))
        return False
    assert move.assignment is not None
    before = entry.theirs.get("modified_at") if entry.ambiguous else ""
    overtaken = bool(before) and before != versions.stamp(move.assignment.modified_at)
    if state in states.WANTED[entry.kind]:
        afterwards.moved(session, [(entry, move.assignment)])
        return False
    if overtaken or state not in _FROM.get(Kind(entry.kind), _FROM_REVIEW):
        session.conflict(entry, _theirs(move), MOVED.format(state=state.value.replace("_", " ")))
        return False
    changed = _changed(move, own)
    if changed:
        session.conflict(entry, {**_theirs(move), "changed": changed}, CHANGED)
        return False
    return True


def _theirs(move: Move) -> dict[str, object]:
    return {
        "state": move.state.value if move.state else "",
        "annotations": {one.id: fingerprint(one) for one in move.annotations},
    }


def _changed(move: Move, own: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    """{annotation id: its lines now} of what is not as the person saw it or as our own writes left it."""
    if "annotations" not in move.entry.base:
        return {}
    seen: dict[str, str] = move.entry.base["annotations"]
    now = {one.id: one for one in move.annotations}
    changed: dict[str, list[dict[str, object]]] = {}
    for one in move.annotations:
        mark = fingerprint(one)
        if mark != seen.get(one.id) and (not own.get(one.id) or mark != own[one.id]):
            changed[one.id] = lines(one)
    for gone in seen.keys() - now.keys():
        if own.get(gone) != "":
            changed[gone] = []
    return changed


def _find_assignments(
    session: Session, acting: Platform, moves: Sequence[Move], task: Task, kind: str, *, own: bool
) -> None:
    """Where the platform lists nothing, it names assignments only when it hands out work."""
    missing = [move for move in moves if move.assignment and not move.assignment.id]
    if not missing or not own:
        return
    start = AssignmentAction.LABEL_START if kind == Kind.SUBMIT else AssignmentAction.REVIEW_START
    try:
        handed = acting.start_work(task.platform_id, start)
    except PlatformError:
        return  # the annotations' status is set instead
    by_pair = {(one.input_id, one.user_id): one for one in handed}
    for move in missing:
        assert move.entry.item is not None
        found = by_pair.get((move.entry.item.input.platform_id, move.entry.item.labeler_id))
        if found is not None:
            move.assignment = found


def _act(
    session: Session, acting: Platform, moves: Sequence[Move], task: Task, kind: str, *, own: bool
) -> None:
    if not moves:
        return
    ids = [move.assignment.id for move in moves if move.assignment]
    try:
        outcomes = acting.act(task.platform_id, ACTIONS[Kind(kind)], ids)
    except PlatformError as error:
        outcomes = [Outcome(one, error) for one in ids]
    accepted = states.WANTED[kind]
    if kind == Kind.APPROVE and task.review.get("reviewer_threshold", 0) not in (0, 1):
        # Several reviewers must agree: one approval leaves it awaiting the others.
        accepted = accepted | set(_AWAITING)
    done: list[tuple[OutboxEntry, Assignment]] = []
    doubtful: list[tuple[Move, Exception | None]] = []
    for move, outcome in zip(moves, outcomes, strict=True):
        told = outcome.assignment
        if outcome.error is None and told is not None and told.state in accepted:
            done.append((move.entry, told))
        elif outcome.error is None or isinstance(outcome.error, IllegalMove):
            doubtful.append((move, outcome.error))
        else:
            session.refused(move.entry, outcome.error, own=own)
    afterwards.moved(session, done)
    _look_again(session, doubtful, task, accepted)
    session.heard([outcome.error for outcome in outcomes], own=own)


def _look_again(
    session: Session,
    doubtful: Sequence[tuple[Move, Exception | None]],
    task: Task,
    accepted: frozenset[str] | set[str],
) -> None:
    if not doubtful:
        return
    try:
        moves = _read(session.platform, [move.entry for move, _ in doubtful], task)
    except PlatformError as failure:
        for move, _ in doubtful:
            session.later(move.entry, failure)
        return
    done: list[tuple[OutboxEntry, Assignment]] = []
    for move, (_, error) in zip(moves, doubtful, strict=True):
        trusted = error is None and not session.platform.capabilities.assignment_listing
        if move.assignment is not None and (move.state in accepted or trusted):
            done.append((move.entry, move.assignment))
        elif isinstance(error, IllegalMove):
            state = (move.state or AssignmentState.UNKNOWN).value.replace("_", " ")
            session.conflict(move.entry, _theirs(move), MOVED.format(state=state))
        else:
            session.later(move.entry, error or NotFound("The platform took it, but does not show it."))
    afterwards.moved(session, done)


def _set_annotations(session: Session, moves: Sequence[Move], task: Task, kind: str) -> None:
    """Without a token that may act: the owner sets the status of the item's annotations instead."""
    state = {
        Kind.SUBMIT.value: AnnotationState.AWAITING_REVIEW
        if task.review.get("strategy") != "none"
        else AnnotationState.APPROVED,
        Kind.APPROVE.value: AnnotationState.APPROVED,
        Kind.REQUEST_CHANGES.value: AnnotationState.PENDING,
        Kind.REJECT.value: AnnotationState.REJECTED,
    }[kind]
    if any(not move.annotations for move in moves):
        bodies = reading.bodies(session.platform, [move.entry.item for move in moves if move.entry.item])
        for move in moves:
            assert move.entry.item is not None
            move.annotations = bodies[move.entry.item.pk]
    pairs = [(one.input_id, one.id) for move in moves for one in move.annotations]
    try:
        outcomes = session.platform.set_annotation_state(pairs, state) if pairs else []
    except PlatformError as error:
        outcomes = [Outcome(pair[1], error) for pair in pairs]
    errors = {outcome.id: outcome.error for outcome in outcomes}
    done: list[tuple[OutboxEntry, Assignment]] = []
    for move in moves:
        wrong = next(filter(None, (errors.get(one.id) for one in move.annotations)), None)
        if not move.annotations:
            session.fail(
                move.entry,
                NotFound(
                    "It has no annotations to set, and the platform hands its assignment to nobody here: "
                    "a token of one's own is needed (account page)."
                ),
            )
        elif wrong is not None:
            session.refused(move.entry, wrong)
        elif move.assignment is not None:
            reached = {
                AnnotationState.APPROVED: AssignmentState.APPROVED,
                AnnotationState.AWAITING_REVIEW: AssignmentState.AWAITING_REVIEW,
                AnnotationState.PENDING: AssignmentState.PENDING,
                AnnotationState.REJECTED: AssignmentState.REJECTED,
            }[state]
            told = Assignment(
                id=move.assignment.id,
                task_id=task.platform_id,
                input_id=move.assignment.input_id,
                user_id=move.assignment.user_id,
                state=reached,
            )
            done.append((move.entry, told))
    afterwards.moved(session, done)
    session.heard([outcome.error for outcome in outcomes] or [None])
