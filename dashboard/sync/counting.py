"""A task's numbers, made once when something changed instead of on every page."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from .models import DailyCount, Task, WorkItem


def recount(task_ids: Iterable[int]) -> None:
    """Count work items that are not gone per effective state, and keep the numbers as today's.

    ``Task.counts`` afterwards: every state's number, ``total`` and ``skipped`` (of those still to do).
    """
    for task_id in sorted(set(task_ids)):
        counts: dict[str, int] = dict.fromkeys(WorkItem.State.values, 0)
        rows = WorkItem.objects.filter(task_id=task_id, gone=False).order_by().values_list("state")
        counts.update(dict(rows.annotate(number=Count("id"))))
        counts["total"] = sum(counts.values())
        counts["skipped"] = WorkItem.objects.filter(
            task_id=task_id,
            state__in=(WorkItem.State.TO_DO, WorkItem.State.IN_PROGRESS),
            skipped=True,
            gone=False,
        ).count()
        now = timezone.now()
        with transaction.atomic():
            Task.objects.filter(pk=task_id).update(counts=counts, counted_at=now)
            DailyCount.objects.update_or_create(task_id=task_id, day=now.date(), defaults={"counts": counts})
