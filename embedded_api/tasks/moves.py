"""Assignments move along the table of `transitions`, and annotations follow. Runs inside a write transaction.

Source of the effects: Clarifai API guide, actions of PutTaskAssignments. The platform lets annotations follow
later; here they follow at once. What follows an assignment: the annotations with its task and input by its
worker, and, when nobody else has an assignment of that input in the task, also those that others (a reviewer who
adds what is missing) made for the same task and input.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count, Max, QuerySet

from embedded_api import clock
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError
from embedded_api.models import Annotation, App, Assignment, Task, TaskMember
from embedded_api.tasks.consensus import agreeing, answer_of
from embedded_api.tasks.creation import CHUNK, stamps
from embedded_api.tasks.crew import DYNAMIC
from embedded_api.tasks.transitions import (
    ANNOTATION_CODE,
    SUBMITTED,
    Action,
    IllegalMove,
    Review,
    State,
    next_state,
)


def reviewers_of(task: Task) -> list[str]:
    """Ids of the task's reviewers, as listed."""
    rows = TaskMember.objects.filter(task=task, role=TaskMember.REVIEWER).order_by("position")
    return list(rows.values_list("user_id", flat=True))


def move(
    app: App, task: Task, rows: Sequence[Assignment], action: Action, caller: str, reviewers: list[str]
) -> dict[int, ApiError]:
    """Apply `action` to the rows (changed in place and stored). Answers the refused ones by primary key."""
    review = Review(task.review_strategy)
    refused: dict[int, ApiError] = {}
    changed: dict[int, Assignment] = {}
    voted: dict[int, Assignment] = {}
    waiting: set[int] = set()
    for row in rows:
        before = State(row.state)
        try:
            after = next_state(action, before, review)
        except IllegalMove as error:
            refused[row.pk] = ApiError(409, 54100, str(error))
            continue
        if after == before:
            continue
        if action is Action.REVIEW_APPROVE and not _approved(task, row, caller, app.owner_id, reviewers):
            voted[row.pk] = row
            continue
        if after is State.AWAITING_CONSENSUS:
            if task.threshold_labelers:
                waiting.add(row.input_id)
            else:  # labelers' agreement is switched off: people review everything
                after = next_state(Action.CONSENSUS_MISSED, after, review)
        if after is State.SENT_BACK or action is Action.LABEL_SUBMIT:
            row.approvals = "[]"
        if action in (Action.REVIEW_APPROVE, Action.REVIEW_REJECT) and caller in reviewers:
            row.reviewer_id = caller  # who decided is its reviewer, also without REVIEW_START
        row.state = after
        changed[row.pk] = row
    if waiting:
        _settle(task, waiting, changed)
    _store(task, [*changed.values(), *voted.values()])
    _follow(app, task, changed.values())
    return refused


def _approved(task: Task, row: Assignment, caller: str, owner: str, reviewers: list[str]) -> bool:
    """Count the caller's approval; true when no more are needed. An owner who is no reviewer decides alone."""
    eligible = [user for user in reviewers if user != row.worker_id]
    if task.threshold_reviewers in (0, 1) or (caller == owner and caller not in eligible):
        return True
    votes = {*json.loads(row.approvals), caller} & set(eligible)
    row.approvals = dumps(sorted(votes))
    wanted = len(eligible) if task.threshold_reviewers == -1 else min(task.threshold_reviewers, len(eligible))
    return len(votes) >= wanted


def _settle(task: Task, inputs: Iterable[int], changed: dict[int, Assignment]) -> None:
    """Do the labelers of these inputs agree by now? Moves what waits, also of labelers who submitted earlier."""
    by_input: dict[int, list[Assignment]] = defaultdict(list)
    bodies: dict[tuple[int, str], list[dict[str, object]]] = defaultdict(list)
    for chunk in _chunks(list(inputs)):
        for row in Assignment.objects.filter(task=task, input__in=chunk):
            by_input[row.input_id].append(changed.get(row.pk, row))
        found = _annotations(task).filter(input__in=chunk).values_list("input_id", "user_id", "data")
        for input_pk, user, data in found:
            bodies[input_pk, user].append(json.loads(data))
    for input_pk, rows in by_input.items():
        answers = {
            row.worker_id: answer_of(bodies[input_pk, row.worker_id])
            for row in rows
            if State(row.state) in SUBMITTED
        }
        to_come = sum(State(row.state) in (State.PENDING, State.SENT_BACK) for row in rows)
        if task.worker_strategy == DYNAMIC:
            to_come += max(0, task.workers_per_input - len(rows))
        group = agreeing(answers, task.threshold_labelers)
        hopeless = len(agreeing(answers, 1)) + to_come < task.threshold_labelers
        for row in rows:
            if State(row.state) is not State.AWAITING_CONSENSUS:
                continue
            if row.worker_id in group:
                event = Action.CONSENSUS_REACHED
            elif group or hopeless or not to_come:
                event = Action.CONSENSUS_MISSED
            else:
                continue
            row.state = next_state(event, State.AWAITING_CONSENSUS, Review.CONSENSUS)
            changed[row.pk] = row


def _store(task: Task, rows: list[Assignment]) -> None:
    """One UPDATE per new content and chunk, however many rows there are."""
    if not rows:
        return
    moment = stamps(task, 1)[0]
    groups: dict[tuple[int, str, str | None], list[int]] = defaultdict(list)
    for row in rows:
        row.modified_at = moment
        groups[row.state, row.approvals, row.reviewer_id].append(row.pk)
    for (state, approvals, reviewer), keys in groups.items():
        for chunk in _chunks(keys):
            Assignment.objects.filter(pk__in=chunk).update(
                state=state, approvals=approvals, reviewer=reviewer, modified_at=moment
            )


def _annotations(task: Task) -> QuerySet[Annotation]:
    return Annotation.objects.filter(app=task.app_id, task_id=task.public_id, input_level=False)


def annotation_stamp(app_pk: int) -> str:
    """A time later than that of every annotation of the app; call inside the write transaction."""
    rows = Annotation.objects.filter(app=app_pk)
    return clock.later_than(rows.aggregate(latest=Max("modified_at"))["latest"] or "")


def _follow(app: App, task: Task, rows: Iterable[Assignment]) -> None:
    """Give annotations the status of the state that their assignment entered."""
    groups: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[ANNOTATION_CODE[State(row.state)]][row.input_id].append(row.worker_id)
    if not groups:
        return
    moment = annotation_stamp(app.pk)
    for code, by_input in groups.items():
        for chunk in _chunks(list(by_input)):
            holders = dict(
                Assignment.objects.filter(task=task, input__in=chunk)
                .values_list("input_id")
                .annotate(holders=Count("id"))
            )
            alone = [pk for pk in chunk if holders[pk] == 1]
            shared: dict[str, list[int]] = defaultdict(list)
            for pk in chunk:
                if holders[pk] > 1:
                    for worker in by_input[pk]:
                        shared[worker].append(pk)
            found = _annotations(task).exclude(status_code=code)
            if alone:
                found.filter(input__in=alone).update(status_code=code, modified_at=moment)
            for worker, keys in shared.items():
                mine = found.filter(input__in=keys, user_id=worker)
                mine.update(status_code=code, modified_at=moment)


def _chunks(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
