"""`additional_fields` metrics of tasks. Source: Clarifai API guide, message TaskMetrics.

An input counts as worked on when every assignment of it was submitted, as reviewed when every one of them is
approved or rejected. Percentages are cut, so that 100 is only shown when all inputs are really done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Q

from embedded_api.models import Assignment, Task, TaskInput
from embedded_api.tasks.crew import AUTO, DYNAMIC
from embedded_api.tasks.reviewer_metrics import COUNTS, PERCENT, REVIEWABLE, per_reviewer
from embedded_api.tasks.transitions import State

_OPEN = (State.PENDING, State.SENT_BACK)
_CLOSED = (State.SUCCESS, State.REJECTED)
_NOTHING = {"rows": 0, "inputs": 0, "unworked": 0, "unreviewed": 0}
FIELDS = (
    "metrics.work.inputs_count_estimated",
    "metrics.work.inputs_percent_estimated",
    "metrics.review.inputs_count_estimated",
    "metrics.review.inputs_percent_estimated",
    *(f"metrics.review.{name}" for name in (COUNTS, REVIEWABLE, PERCENT)),
    "metrics.input_source.inputs_count_estimated",
)


def metrics_of(
    tasks: Sequence[Task], wishes: Iterable[str], reviewers: Mapping[int, list[str]]
) -> dict[int, dict[str, Any]]:
    """Metrics by task primary key, only those asked for; {} when none is. Counts are text (64-bit numbers)."""
    wanted = set(FIELDS) if "all" in wishes else set(FIELDS) & set(wishes)
    if not wanted or not tasks:
        return {}
    totals, handed = _taken_in(tasks)
    seen = _worked_on(tasks, handed)
    found = {
        task.pk: _one(task, totals.get(task.pk, 0), seen.get(task.pk, _NOTHING), wanted) for task in tasks
    }
    lists = {name for name in (COUNTS, REVIEWABLE, PERCENT) if f"metrics.review.{name}" in wanted}
    if lists:
        for task_pk, numbers in per_reviewer(tasks, reviewers, totals).items():
            found[task_pk].setdefault("review", {}).update({name: numbers[name] for name in lists})
    return found


def _taken_in(tasks: Sequence[Task]) -> tuple[dict[int, int], dict[int, int]]:
    """By task: its inputs, counted afresh because some may have been deleted; and those that were handed out."""
    totals: dict[int, int] = {}
    handed: dict[int, int] = {}
    rows = TaskInput.objects.filter(task__in=tasks).values_list("task_id").order_by()
    counted = rows.annotate(inputs=Count("id"), handed=Count("id", filter=Q(handed__gt=0)))
    for task_pk, inputs, done in counted:
        totals[task_pk], handed[task_pk] = inputs, done
    return totals, handed


def _worked_on(tasks: Sequence[Task], handed: Mapping[int, int]) -> dict[int, Mapping[str, Any]]:
    """By task: numbers of assignments, and of inputs with one, with an unworked one, with an unreviewed one."""
    seen: dict[int, Mapping[str, Any]] = {
        row["task_id"]: row
        for row in Assignment.objects.filter(task__in=tasks)
        .values("task_id")
        .annotate(
            rows=Count("id"),
            inputs=Count("input_id", distinct=True),
            unworked=Count("input_id", distinct=True, filter=Q(state__in=_OPEN)),
            unreviewed=Count("input_id", distinct=True, filter=~Q(state__in=_CLOSED)),
        )
    }
    for task in tasks:
        if task.worker_type == AUTO:  # a model has no assignments; what it has looked at is done
            seen[task.pk] = _NOTHING | {"inputs": handed.get(task.pk, 0)}
    return seen


def _one(task: Task, total: int, made: Mapping[str, Any], wanted: set[str]) -> dict[str, Any]:
    # A dynamic task may still owe further assignments of an input that looks finished.
    dynamic = task.worker_strategy == DYNAMIC and task.worker_type != AUTO
    owes = dynamic and made["rows"] < total * task.workers_per_input
    found: dict[str, Any] = {}
    for name, left in (("work", made["unworked"]), ("review", made["unreviewed"])):
        done = made["inputs"] - left
        percent = done * 100 // total if total else 0
        if f"metrics.{name}.inputs_count_estimated" in wanted:
            found.setdefault(name, {})["inputs_count_estimated"] = str(done)
        if f"metrics.{name}.inputs_percent_estimated" in wanted:
            found.setdefault(name, {})["inputs_percent_estimated"] = min(percent, 99) if owes else percent
    if "metrics.input_source.inputs_count_estimated" in wanted:
        found["input_source"] = {"inputs_count_estimated": str(total)}
    return found
