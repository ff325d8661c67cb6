"""A labeler's own work: per task, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q

from dashboard.accounts.models import Connection
from dashboard.sync.models import Task, WorkItem

from .policies import OPEN_STATES


def my_tasks(tasks: Sequence[Task], platform_user_id: str) -> list[dict[str, Any]]:
    """The person's tasks with counts of their own items: open, sent back, waiting, done. One query."""
    own = [task for task in tasks if platform_user_id in task.labeler_ids]
    counted = {
        row["task_id"]: row
        for row in WorkItem.objects.filter(task__in=[t.pk for t in own], labeler_id=platform_user_id)
        .values("task_id")
        .annotate(
            open=Count("id", filter=Q(state__in=OPEN_STATES)),
            back=Count("id", filter=Q(state="changes_asked")),
            waiting=Count("id", filter=Q(state="awaiting_review")),
            done=Count("id", filter=Q(state__in=("approved", "rejected"))),
        )
    }
    empty = {"open": 0, "back": 0, "waiting": 0, "done": 0}
    return [{"task": task, **counted.get(task.pk, empty)} for task in own]


def returned(connection: Connection, platform_user_id: str, *, limit: int = 12) -> list[WorkItem]:
    """The person's items that a reviewer sent back, newest first."""
    return list(
        WorkItem.objects.filter(connection=connection, labeler_id=platform_user_id, state="changes_asked")
        .select_related("task", "input")
        .order_by("-id")[:limit]
    )
