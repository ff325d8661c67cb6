"""Doing in this process, and waiting for it, what the worker does in the background. For commands only.

A worker may do the same at the same time: claims and the rule of one running pull hold for both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.utils import timezone

from dashboard.accounts.models import Connection

from .. import duties
from ..models import OutboxEntry, SyncRun
from ..pull import pull
from ..push import push

State = OutboxEntry.State
_PAUSE = 0.2


class NotFinished(RuntimeError):
    """It was not done within the time; the worker goes on with it."""


def pull_all(*, connection: Connection, seconds: float = 300.0) -> SyncRun:
    """A full pull from its start to its end. Raises NotFinished, also when the pull failed."""
    deadline = time.monotonic() + seconds
    run = duties.queue(connection.pk, SyncRun.Mode.FULL)
    while True:
        run.refresh_from_db()
        if run.state == SyncRun.State.DONE:
            return run
        if run.state == SyncRun.State.FAILED:
            raise NotFinished(f"the pull failed: {run.error}")
        if time.monotonic() > deadline:
            raise NotFinished(f"the pull did not end within {seconds:.0f} s")
        if run.state == SyncRun.State.QUEUED:
            pull(run.pk)  # does nothing while another pull of the connection runs
            run.refresh_from_db()
        if run.state in (SyncRun.State.QUEUED, SyncRun.State.RUNNING):
            time.sleep(_PAUSE)


def push_operations(
    *,
    connection: Connection,
    operations: Sequence[UUID],
    progress: Callable[[int, int], None] = lambda done, total: None,
    seconds: float = 120.0,
) -> dict[str, int]:
    """End the undo time of these operations and send them; answers {state: entries} once nothing waits.

    Raises NotFinished when entries still wait after `seconds`.
    """
    deadline = time.monotonic() + seconds
    ours = OutboxEntry.objects.filter(connection=connection, operation__in=list(operations))
    ours.filter(state=State.HELD).update(state=State.PENDING, due_at=timezone.now())
    total = ours.count()
    while True:
        left = ours.filter(state__in=OutboxEntry.UNFINISHED).count()
        progress(total - left, total)
        if not left:
            counts: dict[str, int] = {}
            for state in ours.values_list("state", flat=True):
                counts[state] = counts.get(state, 0) + 1
            return counts
        if time.monotonic() > deadline:
            raise NotFinished(f"{left} of {total} writes were not confirmed within {seconds:.0f} s")
        push(connection.pk)
        if ours.filter(state__in=OutboxEntry.UNFINISHED).count() == left:
            time.sleep(_PAUSE)
