"""Asking for a pull; pausing and resuming a connection."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Connection, User
from dashboard.audit import services as audit

from .. import duties
from ..models import OutboxEntry, SyncRun
from . import waking


def request_sync(
    *, connection: Connection, mode: str = SyncRun.Mode.INCREMENTAL, by: User | None = None
) -> SyncRun:
    """Queue a pull that leaves nothing out, or join the one that waits, and wake the worker where it may start."""
    run = duties.queue(connection.pk, mode, by.pk if by else None, asked=True)
    if run.pk in duties.startable():
        transaction.on_commit(partial(waking.run_pull, run.pk), robust=True)
    return run


def pause(*, connection: Connection, actor: User | None, reason: str) -> None:
    """Stop all calls to the platform; everything that waits is kept."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(
            paused_at=timezone.now(), paused_reason=reason[:300]
        )
        audit.record(
            actor=actor,
            connection=connection,
            action="connection.pause",
            target=connection.slug,
            data={"reason": reason[:300]},
        )
    connection.refresh_from_db(fields=["paused_at", "paused_reason"])


def resume(*, connection: Connection, actor: User | None) -> None:
    """Call the platform again; what waited is due at once."""
    now = timezone.now()
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(
            paused_at=None, paused_reason="", failures=0, open_until=None
        )
        OutboxEntry.objects.filter(
            connection=connection,
            state__in=(OutboxEntry.State.PENDING, OutboxEntry.State.SENT),
            due_at__gt=now,
        ).update(due_at=now)
        audit.record(
            actor=actor, connection=connection, action="connection.resume", target=connection.slug, data={}
        )
        transaction.on_commit(partial(waking.push, connection.pk), robust=True)
    connection.refresh_from_db(fields=["paused_at", "paused_reason", "failures", "open_until"])
