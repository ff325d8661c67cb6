"""Reading decisions: history of an item, what to show on its return, progress of a bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from dashboard.accounts.models import Connection, User
from dashboard.sync import selectors as sync
from dashboard.sync.models import Task

from .models import BulkReview, Decision


def history(item_id: int, *, limit: int = 20) -> list[dict[str, Any]]:
    """Decisions on one item, newest first, each with how far its delivery got."""
    rows = list(Decision.objects.filter(item=item_id).select_related("reviewer").order_by("-id")[:limit])
    states = sync.deliveries([row.operation for row in rows])
    return [
        {
            "at": row.created_at.isoformat(),
            "who": str(row.reviewer),
            "verdict": row.verdict,
            "reasons": row.reasons,
            "note": row.note,
            "delivery": states.get(row.operation, ""),
            "changes": len(row.changes),
        }
        for row in rows
    ]


def last_return(item_id: int) -> Decision | None:
    """The latest "ask for changes" that stands, for the labeler's banner and for before and after."""
    return (
        Decision.objects.filter(item=item_id, verdict=Decision.Verdict.REQUEST_CHANGES, withdrawn_at=None)
        .select_related("reviewer")
        .order_by("-id")
        .first()
    )


def states(user: User, operations: Sequence[Any]) -> dict[str, str]:
    """Delivery state per operation id, for the person's own decisions only."""
    own = Decision.objects.filter(reviewer=user, operation__in=operations).values_list("operation", flat=True)
    return {str(operation): state for operation, state in sync.deliveries(list(own)).items()}


def bulk_state(bulk: BulkReview) -> dict[str, Any]:
    """How far a bulk decision got: counts of its items per delivery state."""
    counts = sync.batch_progress(bulk.operation)
    waiting = counts.get("held", 0) + counts.get("pending", 0)
    return {
        "total": bulk.total,
        "saved": bulk.total,
        "waiting": waiting,
        "sent": counts.get("sent", 0),
        "confirmed": counts.get("confirmed", 0),
        "conflict": counts.get("conflict", 0),
        "failed": counts.get("failed", 0),
        "withdrawn": counts.get("withdrawn", 0),
        "finished": waiting + counts.get("sent", 0) == 0,
    }


def activity(task: Task, *, labeler_id: str = "", limit: int = 12) -> list[Decision]:
    """The latest decisions in a task (on one labeler's items), newest first, undone ones left out."""
    whose = {"item__labeler_id": labeler_id} if labeler_id else {}
    return list(
        Decision.objects.filter(task=task, withdrawn_at=None, **whose)
        .select_related("reviewer", "item__input")
        .order_by("-id")[:limit]
    )


def my_numbers(connection: Connection, reviewer: User) -> dict[str, int]:
    """The person's decisions of the last day and of the last week, undone ones left out."""
    now = timezone.now()
    own = Decision.objects.filter(
        connection=connection,
        reviewer=reviewer,
        withdrawn_at=None,
        created_at__gte=now - timedelta(days=7),
    )
    return own.aggregate(
        today=Count("id", filter=Q(created_at__gte=now - timedelta(days=1))),
        week=Count("id"),
    )


def my_latest(connection: Connection, reviewer: User, *, limit: int = 8) -> list[tuple[Decision, str]]:
    """The person's latest decisions with their delivery states, newest first, undone ones left out."""
    rows = list(
        Decision.objects.filter(connection=connection, reviewer=reviewer, withdrawn_at=None)
        .select_related("item__input", "item__task")
        .order_by("-id")[:limit]
    )
    states = sync.deliveries([row.operation for row in rows])
    return [(row, states.get(row.operation, "")) for row in rows]


def returned_reasons(items: Sequence[int]) -> dict[int, Decision]:
    """The latest standing "ask for changes" per item, in one query."""
    found: dict[int, Decision] = {}
    rows = (
        Decision.objects.filter(item__in=items, verdict=Decision.Verdict.REQUEST_CHANGES, withdrawn_at=None)
        .select_related("reviewer")
        .order_by("id")
    )
    for row in rows:
        found[row.item_id] = row
    return found
