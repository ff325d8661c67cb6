"""What the clock asks for: which pulls are due, which connections have something to send, a sign of life."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Case, Exists, Max, OuterRef, Q, When
from django.utils import timezone

from dashboard.accounts.models import Connection

from . import outbox
from .models import Heartbeat, SyncRun

#: A pull that gave no sign of life for this long has died with its worker.
STALE = timedelta(seconds=90)
WORKER = "worker"


def beat() -> None:
    """Write down that a worker, and the clock that sent it here, are alive."""
    Heartbeat.objects.update_or_create(name=WORKER, defaults={"at": timezone.now()})


def waiting_connections() -> list[int]:
    """Connections for which a push is worth starting."""
    return outbox.waiting_connections()


def due_runs() -> list[int]:
    """Queue what is due, give up on what died, and answer the runs that can be started now."""
    now = timezone.now()
    _bury_stale(now)
    _queue_due(now)
    return startable(now)


def startable(now: datetime | None = None) -> list[int]:
    """Queued runs that may start now: one per connection, and of the long ones only one at all.

    Reading everything takes minutes; two of them would keep a small worker from sending decisions.
    """
    now = now or timezone.now()
    able = Connection.objects.filter(paused_at=None).filter(_closed(now))
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    queued = SyncRun.objects.filter(state=SyncRun.State.QUEUED, connection__in=able)
    free = queued.exclude(connection__in=running.values("connection")).order_by("id")
    rows = free.annotate(long=_long()).values_list("id", "long")
    busy = running.annotate(long=_long()).filter(long=True).exists()
    found = []
    for pk, long in rows:
        if long and busy:
            continue
        busy = busy or long
        found.append(pk)
    return found


def _long() -> Case:
    """True for a run that reads everything: asked to, or because nothing of its connection was read before."""
    before = SyncRun.objects.filter(connection=OuterRef("connection"), state=SyncRun.State.DONE)
    return Case(When(mode=SyncRun.Mode.FULL, then=True), default=~Exists(before), output_field=BooleanField())


def queue(
    connection_id: int, mode: str, requested_by_id: int | None = None, *, asked: bool = False
) -> SyncRun:
    """A queued run of this connection: the one that waits already, or a new one.

    Who joins a waiting run adds to it: full wins over incremental, asked for over scheduled.
    """
    for _ in range(3):
        waiting = SyncRun.objects.filter(connection_id=connection_id, state=SyncRun.State.QUEUED).first()
        if waiting is not None:
            wanted: dict[str, object] = {}
            if mode == SyncRun.Mode.FULL and waiting.mode != mode:
                wanted["mode"] = mode
            if asked and not waiting.asked:
                wanted |= {"asked": True, "requested_by_id": requested_by_id}
            still = SyncRun.objects.filter(pk=waiting.pk, state=SyncRun.State.QUEUED)
            if wanted and not still.update(**wanted):
                continue  # it was started just now, as what it was
            for name, value in wanted.items():
                setattr(waiting, name, value)
            return waiting
        try:
            with transaction.atomic():
                return SyncRun.objects.create(
                    connection_id=connection_id, mode=mode, requested_by_id=requested_by_id, asked=asked
                )
        except IntegrityError:
            continue  # somebody else queued one just now
    return SyncRun.objects.filter(connection_id=connection_id).latest("id")


def _queue_due(now: datetime) -> None:
    since = now - timedelta(seconds=settings.SYNC_SECONDS)
    able = Connection.objects.filter(paused_at=None).filter(_closed(now))
    busy = SyncRun.objects.filter(state__in=(SyncRun.State.QUEUED, SyncRun.State.RUNNING)).values(
        "connection"
    )
    # From start to start: a long pull does not make the next one later.
    resting = able.exclude(id__in=busy).annotate(last=Max("runs__started_at"))
    for connection in resting.filter(Q(last__isnull=True) | Q(last__lte=since)):
        queue(connection.pk, SyncRun.Mode.INCREMENTAL)


def _bury_stale(now: datetime) -> None:
    dead = SyncRun.objects.filter(state=SyncRun.State.RUNNING).filter(
        Q(beat_at__lte=now - STALE) | Q(beat_at__isnull=True, started_at__lte=now - STALE)
    )
    for run in dead:
        buried = dead.filter(pk=run.pk).update(
            state=SyncRun.State.FAILED,
            ended_at=now,
            error="It stopped without a word: the worker was ended or the machine went down. It is repeated.",
        )
        if buried:
            queue(run.connection_id, run.mode, run.requested_by_id, asked=run.asked)


def _closed(now: datetime) -> Q:
    return Q(open_until__isnull=True) | Q(open_until__lte=now)
