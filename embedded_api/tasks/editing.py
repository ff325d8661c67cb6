"""Patching and deleting tasks.

`overwrite` replaces the task by what is sent; a status that is not sent stays. `merge` changes what is sent:
the platform documents the status only; as an extension all other fields that can change may be sent too, each
replaced whole, metadata merged deep. Type, input source, label order and `metadata.input_ids` are fixed.

When the workers or the way of sharing out change, work that was started or submitted stays where it is.
Unstarted assignments move to the new list: the same assignment gets another worker and a new `modified_at`;
surplus ones are deleted and missing ones made.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from embedded_api import clock, errors, fields
from embedded_api.errors import ApiError, FieldError
from embedded_api.models import App, Assignment, Task, TaskInput
from embedded_api.patching import PatchError, apply_patch
from embedded_api.tasks import creation, distribution
from embedded_api.tasks.crew import DYNAMIC, FULL
from embedded_api.tasks.printing import print_tasks
from embedded_api.tasks.reading import TaskSpec, read_task
from embedded_api.tasks.sources import InputKey
from embedded_api.tasks.transitions import State

_WHOLE = (
    *("status", "name", "description", "priority", "concepts", "concept_ids", "worker", "review"),
    *("ai_assistant", "ai_assist_params", "visibility", "delete_previous_annotations"),
)
_FIXED = ("type", "input_source", "label_order_id")
_READ_ONLY = ("created_at", "modified_at", "app_id", "user_id", "metrics")
_MEMBERS = ("worker", "review", "concepts", "concept_ids")


def find_task(app: App, public_id: str) -> Task:
    """The task; raises ApiError 54102."""
    found = Task.objects.filter(app=app, public_id=public_id).first()
    if found is None:
        raise errors.missing(f"the app has no task {public_id[:128]}", 54102)
    return found


def patch_task(app: App, sent: fields.Json, where: str, action: str) -> Task:
    """Apply one member of PatchTasks, in a transaction of its own."""
    public_id = fields.identifier(sent, "id", where)
    with transaction.atomic():
        task = find_task(app, public_id)
        before = json.loads(print_tasks(app, [task])[0])
        body = _merged(before, sent, where) if action == "merge" else _overwritten(before, sent)
        spec = read_task(body, where)
        if action == "overwrite" or any(name in sent for name in _MEMBERS):
            creation.check_members(app, spec)
        _check_fixed(task, before, spec)
        creation.check_size(spec, task.inputs_count)
        shared_before = _sharing(task, before["worker"]["user_ids"])
        creation.fill(task, spec)
        task.status_code = spec.status_code
        task.modified_at = clock.later_than(task.modified_at)
        task.save()
        creation.write_members(task, spec)
        workers = [user for user, _ in spec.work.workers]
        if _sharing(task, workers) != shared_before:
            share_again(task, workers)
    return task


def _merged(before: dict[str, Any], sent: fields.Json, where: str) -> dict[str, Any]:
    body = dict(before)
    for name in sent:
        if name not in (*_WHOLE, *_READ_ONLY, *_FIXED, "id", "metadata"):
            raise FieldError(f"{where}.{name}", "cannot be merged; send the whole task with action overwrite")
    for name in (*_FIXED, *_WHOLE):
        if name in sent:
            body[name] = sent[name]
    if "concept_ids" in sent and "concepts" not in sent:
        del body["concepts"]
    if "metadata" in sent:
        try:
            body["metadata"] = apply_patch(
                before["metadata"], fields.mapping(sent, "metadata", where), "merge"
            )
        except PatchError as error:
            raise FieldError(f"{where}.metadata", str(error)) from None
        # A list would be appended; the ids are fixed, so that only the same list may be sent.
        if "input_ids" in sent["metadata"]:
            body["metadata"]["input_ids"] = sent["metadata"]["input_ids"]
    return body


def _overwritten(before: dict[str, Any], sent: fields.Json) -> dict[str, Any]:
    body = dict(sent)
    body.setdefault("status", before["status"])
    body.setdefault("input_source", before["input_source"])
    body.setdefault("label_order_id", before.get("label_order_id", ""))
    metadata = body.setdefault("metadata", {})
    if isinstance(metadata, dict) and "input_ids" in before["metadata"]:
        body["metadata"] = {"input_ids": before["metadata"]["input_ids"]} | metadata
    return body


def _check_fixed(task: Task, before: dict[str, Any], spec: TaskSpec) -> None:
    if spec.type != task.type:
        raise FieldError(f"{spec.where}.type", "cannot change once the task exists")
    if (spec.source_type, spec.source_id) != (task.source_type, task.source_id):
        raise FieldError(f"{spec.where}.input_source", "cannot change once the task exists")
    if spec.label_order_id != before.get("label_order_id", ""):
        raise FieldError(f"{spec.where}.label_order_id", "cannot change once the task exists")
    if spec.metadata.get("input_ids") != before["metadata"].get("input_ids"):
        raise FieldError(f"{spec.where}.metadata.input_ids", "cannot change once the task exists")
    if spec.review.strategy != task.review_strategy and (
        Assignment.objects.filter(task=task).exclude(state=State.PENDING).exists()
    ):
        details = f"{spec.where}.review.strategy: cannot change after work was submitted"
        raise ApiError(409, 54100, details)


def _sharing(task: Task, workers: list[str]) -> tuple[Any, ...]:
    """What decides who gets which input."""
    return (task.worker_strategy, task.partition, task.workers_per_input, task.weights, workers)


def share_again(task: Task, workers: list[str]) -> None:
    """Give the unstarted assignments of a task to its present workers (see the module's text)."""
    unstarted = Assignment.objects.filter(task=task, state=State.PENDING, started=False)
    if task.worker_strategy == DYNAMIC or not workers:
        unstarted.delete()
        _recount(task)
        return
    inputs = list(
        TaskInput.objects.filter(task=task).order_by("id").values_list("input_id", "input__public_id")
    )
    kept: dict[int, set[str]] = defaultdict(set)
    free: dict[int, dict[str, Assignment]] = defaultdict(dict)
    for row in Assignment.objects.filter(task=task).order_by("id"):
        if row.state == State.PENDING and not row.started:
            free[row.input_id][row.worker_id] = row
        else:
            kept[row.input_id].add(row.worker_id)
    if task.worker_strategy == FULL:
        chosen = [[worker for worker in workers if worker not in kept[pk]] for pk, _ in inputs]
    else:
        chosen = distribution.rebalance(
            [kept[pk] for pk, _ in inputs],
            [free[pk] for pk, _ in inputs],
            workers,
            task.workers_per_input,
            creation.weights_of(task),
        )
    moved: list[Assignment] = []
    surplus: list[int] = []
    missing: list[tuple[InputKey, str]] = []
    for key, names in zip(inputs, chosen, strict=True):
        rows = free[key[0]]
        loose = [row for worker, row in rows.items() if worker not in names]
        for worker in names:
            if worker in rows:
                continue
            if loose:
                row = loose.pop()
                row.worker_id = worker
                moved.append(row)
            else:
                missing.append((key, worker))
        surplus += [row.pk for row in loose]
    for row, moment in zip(moved, creation.stamps(task, len(moved)), strict=True):
        row.modified_at = moment
    for start in range(0, len(surplus), creation.CHUNK):
        Assignment.objects.filter(pk__in=surplus[start : start + creation.CHUNK]).delete()
    Assignment.objects.bulk_update(moved, ["worker", "modified_at"], batch_size=200)
    creation.add_assignments(task, missing)


def _recount(task: Task) -> None:
    """Write the number of assignments of each input, which DYNAMIC hands out by."""
    made = (
        Assignment.objects.filter(task=task, input=OuterRef("input"))
        .order_by()
        .values("input")
        .annotate(made=Count("id"))
        .values("made")
    )
    TaskInput.objects.filter(task=task).update(handed=Coalesce(Subquery(made), 0))


def delete_tasks(app: App, public_ids: list[str]) -> None:
    """Delete tasks with their assignments; annotations keep their `task_id`. All or nothing: raises 54102."""
    with transaction.atomic():
        found = dict(Task.objects.filter(app=app, public_id__in=public_ids).values_list("public_id", "pk"))
        errors.check_known(public_ids, found, "the app has no task", 54102)
        Task.objects.filter(pk__in=found.values()).delete()
