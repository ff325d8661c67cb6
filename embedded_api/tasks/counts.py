"""Counts per user and status. Source: Clarifai API guide, message TaskStatusCountPerUser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Count

from embedded_api.models import Annotation, App, Assignment, Task, TaskMember
from embedded_api.tasks.transitions import STATE_CODE, State

NAMES: Final = ("pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review")
OF_ANNOTATIONS: Final = dict(zip((24151, 24157, 24150, 24158, 24159), NAMES, strict=True))
OF_ASSIGNMENTS: Final = dict(zip((54201, 54202, 54200, 54204, 54203), NAMES, strict=True))
Row = dict[str, Any]


def annotation_counts(app: App, task: Task, users: list[str]) -> list[Row]:
    """Annotations of the task by author and status. Other statuses than the five are not counted."""
    rows = Annotation.objects.filter(app=app, task_id=task.public_id)
    if users:
        rows = rows.filter(user_id__in=users)
    found = rows.values_list("user_id", "status_code").annotate(rows=Count("id")).order_by()
    return _rows(task, users, [(user, OF_ANNOTATIONS.get(code), number) for user, code, number in found])


def assignment_counts(task: Task, users: list[str]) -> list[Row]:
    """Assignments of the task by worker and status."""
    rows = Assignment.objects.filter(task=task)
    if users:
        rows = rows.filter(worker__in=users)
    found = rows.values_list("worker_id", "state").annotate(rows=Count("id")).order_by()
    named = [(user, OF_ASSIGNMENTS[STATE_CODE[State(state)]], number) for user, state, number in found]
    return _rows(task, users, named)


def _rows(task: Task, users: list[str], found: Sequence[tuple[str, str | None, int]]) -> list[Row]:
    """A row for each worker of the task (or each user asked for) and each other user with something; zeros too."""
    workers = TaskMember.objects.filter(task=task, role=TaskMember.WORKER).order_by("position")
    order = users or list(workers.values_list("user_id", flat=True))
    numbers: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(NAMES, 0))
    for user in [*order, *sorted(user for user, _, _ in found)]:
        numbers[user]
    for user, name, number in found:
        if name is not None:
            numbers[user][name] += number
    return [{"user_id": user, **row, "worker": {"user": {"id": user}}} for user, row in numbers.items()]
