"""Handing out work: LABEL_START and REVIEW_START, ten at a time. Runs inside a write transaction.

Source: Clarifai API guide, actions of PutTaskAssignments: what the caller already has is given again, so that a
repeated call changes nothing.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet

from embedded_api.models import Assignment, Task, TaskInput, TaskMember
from embedded_api.tasks.creation import add_assignments, stamps
from embedded_api.tasks.crew import DYNAMIC
from embedded_api.tasks.transitions import State

BATCH = 10


def labelers_turn(task: Task, worker: str) -> QuerySet[Assignment]:
    """A worker's open assignments: sent back first, then started, then the rest in order."""
    rows = Assignment.objects.filter(task=task, worker=worker, state__in=(State.PENDING, State.SENT_BACK))
    return rows.order_by("-state", "-started", "id")


def workers_among(task: Task, users: list[str]) -> set[str]:
    """Those of the users who are listed as workers, or were earlier and still have assignments."""
    listed = TaskMember.objects.filter(task=task, user__in=users, role=TaskMember.WORKER)
    holding = Assignment.objects.filter(task=task, worker__in=users)
    return {
        *listed.values_list("user_id", flat=True),
        *holding.values_list("worker_id", flat=True).distinct(),
    }


def start_labeling(task: Task, worker: str) -> list[Assignment]:
    """Up to ten open assignments, now marked as started; a DYNAMIC task makes them here."""
    rows = list(labelers_turn(task, worker)[:BATCH])
    fresh = [row for row in rows if not row.started]
    if fresh:
        moment = stamps(task, 1)[0]
        for row in fresh:
            row.started, row.modified_at = True, moment
        Assignment.objects.filter(pk__in=[row.pk for row in fresh]).update(started=True, modified_at=moment)
    listed = TaskMember.objects.filter(task=task, user=worker, role=TaskMember.WORKER).exists()
    if task.worker_strategy == DYNAMIC and listed and len(rows) < BATCH:
        mine = Assignment.objects.filter(task=task, worker=worker, input=OuterRef("input"))
        free = TaskInput.objects.filter(~Exists(mine), task=task, handed__lt=task.workers_per_input)
        # Inputs that somebody has already labeled come first: they are finished sooner.
        taken = list(
            free.order_by("-handed", "id").values_list("pk", "input_id", "input__public_id")[
                : BATCH - len(rows)
            ]
        )
        TaskInput.objects.filter(pk__in=[pk for pk, _, _ in taken]).update(handed=F("handed") + 1)
        made = add_assignments(task, [((pk, name), worker) for _, pk, name in taken], started=True)
        rows += Assignment.objects.filter(task=task, public_id__in=made).order_by("id")
    return rows


def start_review(task: Task, reviewer: str, workers: list[str]) -> list[Assignment]:
    """Up to ten assignments that await review, kept for this reviewer; `workers` limits them, [] = all.

    Where several reviewers must approve, nobody keeps one for himself: each gets what he has not approved yet.
    """
    rows = Assignment.objects.filter(task=task, state=State.AWAITING_REVIEW).exclude(worker=reviewer)
    if workers:
        rows = rows.filter(worker__in=workers)
    if task.threshold_reviewers not in (0, 1):
        return list(rows.exclude(approvals__contains=f'"{reviewer}"').order_by("id")[:BATCH])
    mine = list(rows.filter(reviewer=reviewer).order_by("id")[:BATCH])
    fresh = list(rows.filter(reviewer=None).order_by("id")[: BATCH - len(mine)]) if len(mine) < BATCH else []
    for row in fresh:
        row.reviewer_id = reviewer
    Assignment.objects.filter(pk__in=[row.pk for row in fresh]).update(reviewer=reviewer)
    return mine + fresh
