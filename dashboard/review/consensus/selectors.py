"""Inputs that several labelers labeled in one task."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dashboard.sync.models import Input, Task, WorkItem

from ..transitions import AWAITING


@dataclass(frozen=True)
class SharedPage:
    """A page of inputs; ``next`` is the cursor of the following page, None on the last one."""

    rows: list[Input]
    next: int | None


def shared_inputs(task: Task, *, reviewer_id: str | None, after: int = 0, limit: int = 24) -> SharedPage:
    """Inputs with at least two items that wait for review, in the order of the mirror.

    ``reviewer_id`` is the reader's platform id: an input that they labeled themselves is left out, whoever else
    labeled it. Each row carries ``waiting``, the number of its items that wait.
    """
    waiting = Count("items", filter=Q(items__task=task, items__state=AWAITING, items__gone=False))
    busy = WorkItem.objects.filter(task=task, state=AWAITING, input=OuterRef("pk"))
    inputs = Input.objects.filter(Exists(busy), connection=task.connection_id)
    rows: QuerySet[Input] = inputs.annotate(waiting=waiting).filter(waiting__gte=2)
    if reviewer_id:
        own = WorkItem.objects.filter(task=task, input=OuterRef("pk"), labeler_id=reviewer_id, gone=False)
        rows = rows.exclude(Exists(own))
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    return SharedPage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def items_of(task: Task, input_id: int) -> list[WorkItem]:
    """All work items of one input in the task, in the order of their labelers' ids."""
    # The inner query finds nothing for a number that no key can be; a comparison with it would fail.
    rows = WorkItem.objects.filter(task=task, input__in=Input.objects.filter(pk=input_id), gone=False)
    return list(rows.select_related("task", "input", "connection").order_by("labeler_id"))
