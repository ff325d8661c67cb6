"""Signs of life of the background work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.sync.duties import WORKER
from dashboard.sync.models import Drift, Heartbeat, OutboxEntry, SyncRun

#: The heartbeat comes every ten seconds; after this long without one the worker counts as stopped.
SILENT = timedelta(seconds=45)


def health() -> dict[str, Any]:
    """``{"ok", "worker": age in seconds or None, "worker_at", "waiting", "oldest", "attention"}``

    ``ok`` False: no worker, or no clock, has shown itself for 45 s. ``oldest`` is when the write that waits
    longest was decided.
    """
    now = timezone.now()
    beat = Heartbeat.objects.filter(name=WORKER).values_list("at", flat=True).first()
    counts = {
        state: (total, oldest)
        for state, total, oldest in OutboxEntry.objects.filter(state__in=OutboxEntry.BLOCKING)
        .order_by()
        .values_list("state")
        .annotate(total=Count("id"), oldest=Min("created_at"))
    }
    waiting = [counts[state] for state in OutboxEntry.UNFINISHED if state in counts]
    stuck = (OutboxEntry.State.CONFLICT, OutboxEntry.State.FAILED)
    return {
        "ok": beat is not None and now - beat <= SILENT,
        "worker": max(0.0, (now - beat).total_seconds()) if beat else None,
        "worker_at": beat,
        "waiting": sum(total for total, _ in waiting),
        "oldest": min((since for _, since in waiting), default=None),
        "attention": sum(counts[state][0] for state in stuck if state in counts),
    }


def runs(connection: Connection, *, limit: int = 50) -> list[SyncRun]:
    """The latest pulls of a connection, newest first."""
    rows = SyncRun.objects.filter(connection=connection).select_related("requested_by")
    return list(rows.order_by("-id")[: max(1, min(limit, 200))])


def drift(connection: Connection, *, limit: int = 100) -> list[Drift]:
    """What the platform's answers held that we did not expect, the latest first."""
    return list(Drift.objects.filter(connection=connection)[: max(1, min(limit, 500))])


def has_drift(connection: Connection) -> bool:
    return Drift.objects.filter(connection=connection).exists()
