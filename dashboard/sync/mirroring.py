"""Writing the mirror: rows in chunks, only where something differs, in short transactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import models, transaction
from django.utils import timezone

from dashboard.platforms import types

from .models import Concept, Input, Person, Task, UserCount, WorkItem
from .states import accept, waiting_moves
from .summaries import upsert_items

CHUNK = 250


@dataclass
class Change:
    """How many rows were looked at and how many written."""

    read: int = 0
    changed: int = 0

    def __iadd__(self, other: Change) -> Change:
        return Change(self.read + other.read, self.changed + other.changed)


#: What is mirrored of an input and of a task as the platform tells it, beside its times.
INPUT_FIELDS = ("name", "kind", "url", "large_url", "thumb_url", "width", "height", "ready")
TASK_FIELDS = (
    "name",
    "description",
    "type",
    "state",
    "concept_ids",
    "labeler_ids",
    "reviewer_ids",
    "worker",
    "review",
    "details",
)
_PRESENT: dict[str, Any] = {"missing_sweeps": 0, "deleted_at": None}


def task_fields(task: types.Task) -> dict[str, Any]:
    """TASK_FIELDS of a task, as the mirror's columns."""
    return {
        "name": task.name[:300],
        "description": task.description,
        "type": task.type.value,
        "state": task.state.value,
        "concept_ids": list(task.concept_ids),
        "labeler_ids": list(task.worker.user_ids),
        "reviewer_ids": list(task.review.user_ids),
        "worker": {
            "strategy": task.worker.strategy.value,
            "workers_per_input": task.worker.workers_per_input,
            "weights": dict(task.worker.weights),
        },
        "review": {
            "strategy": task.review.strategy.value,
            "labeler_threshold": task.review.labeler_threshold,
            "reviewer_threshold": task.review.reviewer_threshold,
        },
        "details": msgspec.json.decode(msgspec.json.encode(task.details)),
    }


def save_tasks(connection_id: int, tasks: Sequence[types.Task]) -> Change:
    """Insert or update tasks as told by the platform; a known task keeps our own fields."""
    return _upsert(
        Task,
        connection_id,
        {
            task.id: task_fields(task)
            | {"created_at": task.created_at, "modified_at": task.modified_at}
            | _PRESENT
            for task in tasks
        },
    )


def save_people(connection_id: int, people: Sequence[types.PlatformUser]) -> Change:
    return _upsert(
        Person,
        connection_id,
        {person.id: {"name": person.name[:200], "is_owner": person.owner} for person in people},
    )


def save_concepts(connection_id: int, concepts: Sequence[types.Concept]) -> Change:
    """Insert or rename concepts. A known one keeps its position, which is its colour and its key."""
    known = dict(Concept.objects.filter(connection_id=connection_id).values_list("platform_id", "position"))
    following = max(known.values(), default=-1) + 1
    rows: dict[str, dict[str, Any]] = {}
    for concept in concepts:
        if concept.id not in known and concept.id not in rows:
            known[concept.id] = following
            following += 1
        rows[concept.id] = {"name": (concept.name or concept.id)[:200], "position": known[concept.id]}
    return _upsert(Concept, connection_id, rows)


def input_fields(one: types.Input) -> dict[str, Any]:
    """INPUT_FIELDS of an input, as the mirror's columns."""
    return {
        "name": _name(one)[:300],
        "kind": one.kind[:20],
        "url": one.url,
        "large_url": one.large_url,
        "thumb_url": one.thumb_url,
        "width": one.width,
        "height": one.height,
        "ready": one.ready,
    }


def save_inputs(connection_id: int, inputs: Sequence[types.Input]) -> Change:
    return _upsert(
        Input,
        connection_id,
        {
            one.id: input_fields(one)
            | {"created_at": one.created_at, "modified_at": one.modified_at}
            | _PRESENT
            for one in inputs
        },
    )


def _name(one: types.Input) -> str:
    for candidate in (one.name, one.metadata.get("filename"), one.id):
        if isinstance(candidate, str) and candidate:
            return candidate
    return one.id


def _upsert(model: type[models.Model], connection_id: int, rows: dict[str, dict[str, Any]]) -> Change:
    """Write what is new or differs, by platform id. Unchanged rows cost a read and no write."""
    total = Change()
    ids = list(rows)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        fields = list(rows[part[0]])
        with transaction.atomic():
            present = {
                found["platform_id"]: found
                for found in model._default_manager.filter(
                    connection_id=connection_id, platform_id__in=part
                ).values("platform_id", *fields)
            }
            differing = [
                model(connection_id=connection_id, platform_id=one, **rows[one])
                for one in part
                if one not in present or any(present[one][name] != rows[one][name] for name in fields)
            ]
            if differing:
                model._default_manager.bulk_create(
                    differing,
                    update_conflicts=True,
                    unique_fields=["connection", "platform_id"],
                    update_fields=fields,
                )
        total += Change(len(part), len(differing))
    return total


def save_assignments(task: Task, assignments: Iterable[types.Assignment], inputs: dict[str, int]) -> Change:
    """Put the platform's word on the work items of one task; new assignments become new items.

    ``inputs`` maps platform ids to ours; an assignment whose input is not in it is left out. Rows are locked
    while they are changed, so that a decision made in this moment is not undone.
    """
    told = {
        (inputs[one.input_id], one.user_id): one
        for one in assignments
        if one.input_id in inputs and one.user_id
    }
    reviewed = task.review.get("strategy") != types.ReviewStrategy.NONE
    total = Change()
    keys = list(told)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        now = timezone.now()
        with transaction.atomic():
            rows = WorkItem.objects.select_for_update(of=("self",)).filter(
                task=task, input_id__in={key[0] for key in part}
            )
            present = {(row.input_id, row.labeler_id): row for row in rows}
            moves = waiting_moves([row.pk for row in present.values()])
            written = []
            for key in part:
                item = present.get(key) or WorkItem(
                    connection_id=task.connection_id,
                    task=task,
                    input_id=key[0],
                    labeler_id=key[1],
                )
                changed = accept(
                    item, told[key], move=moves.get(item.pk) if item.pk else None, reviewed=reviewed
                )
                if changed or item.pk is None:
                    item.read_at = now
                    written.append(item)
            if written:
                upsert_items(
                    written,
                    [
                        "assignment_id",
                        "platform_state",
                        "state",
                        "sent_back",
                        "submitted_at",
                        "changed_at",
                        "read_at",
                        "missing_sweeps",
                        "gone",
                    ],
                )
        total += Change(len(part), len(written))
    return total


def save_counts(task: Task, what: str, counts: Sequence[types.StatusCounts]) -> None:
    """Replace the platform's own counts of one task."""
    now = timezone.now()
    names = ("pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review")
    with transaction.atomic():
        UserCount.objects.bulk_create(
            [
                UserCount(
                    task=task,
                    what=what,
                    user_id=one.user_id,
                    counted_at=now,
                    **{name: getattr(one, name) for name in names},
                )
                for one in counts
            ],
            update_conflicts=True,
            unique_fields=["task", "what", "user_id"],
            update_fields=[*names, "counted_at"],
        )
        UserCount.objects.filter(task=task, what=what, counted_at__lt=now).delete()
