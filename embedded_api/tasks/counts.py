"""Counts per worker and status. Source: Clarifai API guide, message TaskStatusCountPerUser."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q

from embedded_api.annotations import authors
from embedded_api.models import Annotation, App, Assignment, Task, TaskMember
from embedded_api.query import Query
from embedded_api.tasks.transitions import STATE_CODE, State

NAMES: Final = ("pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review")
OF_ANNOTATIONS: Final = dict(zip((24151, 24157, 24150, 24158, 24159), NAMES, strict=True))
OF_ASSIGNMENTS: Final = dict(zip((54201, 54202, 54200, 54204, 54203), NAMES, strict=True))
Row = dict[str, Any]
Worker = tuple[str, ...]
"""Ids in the order of `authors.COLUMNS`; empty ones for what the worker is not"""


@dataclass(frozen=True)
class Asked:
    """Whose counts are wanted: any of these users, model versions or workflow versions; all empty = everybody's."""

    users: list[str]
    model_versions: list[str]
    workflow_versions: list[str]

    @classmethod
    def read(cls, query: Query) -> Asked:
        names = ("user_ids", "model_version_ids", "workflow_version_ids")
        return cls(*(query.identifiers(name) for name in names))

    def __bool__(self) -> bool:
        return bool(self.users or self.model_versions or self.workflow_versions)

    def among(self) -> Q:
        """The condition on annotations."""
        return (
            Q(user_id__in=self.users)
            | Q(model_version_id__in=self.model_versions)
            | Q(workflow_version_id__in=self.workflow_versions)
        )


def annotation_counts(app: App, task: Task, asked: Asked) -> list[Row]:
    """Annotations of the task by author and status. Other statuses than the five are not counted."""
    rows = Annotation.objects.filter(app=app, task_id=task.public_id)
    if asked:
        rows = rows.filter(asked.among())
    found = rows.values_list(*authors.COLUMNS, "status_code").annotate(rows=Count("id")).order_by()
    counted = [(tuple(who), OF_ANNOTATIONS.get(code), number) for *who, code, number in found]
    return _rows(task, asked, counted)


def assignment_counts(task: Task, asked: Asked) -> list[Row]:
    """Assignments of the task by worker and status. Models have none."""
    rows = Assignment.objects.filter(task=task)
    if asked:
        rows = rows.filter(worker__in=asked.users)
    found = rows.values_list("worker_id", "state").annotate(rows=Count("id")).order_by()
    counted = [
        (_person(user), OF_ASSIGNMENTS[STATE_CODE[State(state)]], number) for user, state, number in found
    ]
    return _rows(task, asked, counted)


def _person(user_id: str) -> Worker:
    return (user_id, *[""] * (len(authors.COLUMNS) - 1))


def _rows(task: Task, asked: Asked, found: Sequence[tuple[Worker, str | None, int]]) -> list[Row]:
    """A row for each worker of the task (or each user asked for) and each other author; zeros too."""
    order = [_person(user) for user in asked.users] if asked else _listed(task)
    numbers: dict[Worker, dict[str, int]] = defaultdict(lambda: dict.fromkeys(NAMES, 0))
    for who in [*order, *sorted(who for who, _, _ in found)]:
        numbers[who]
    for who, name, number in found:
        if name is not None:
            numbers[who][name] += number
    return [
        {"user_id": who[0], **row, "worker": authors.worker_of(dict(zip(authors.COLUMNS, who, strict=True)))}
        for who, row in numbers.items()
    ]


def _listed(task: Task) -> list[Worker]:
    """The workers of a task; of an AUTO task the model or workflow."""
    auto = json.loads(task.auto_worker)
    if auto:
        ids = authors.read({"worker": auto}, "")
        return [tuple(ids.get(column, "") for column in authors.COLUMNS)]
    rows = TaskMember.objects.filter(task=task, role=TaskMember.WORKER).order_by("position")
    return [_person(user) for user in rows.values_list("user_id", flat=True)]
