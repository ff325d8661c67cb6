"""One pull from start to end, as a record that people can watch."""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms.errors import PlatformError, Throttled, Unauthorized

from .. import drift, gateway, outbox
from ..models import SyncRun
from . import stages
from .progress import Progress, Superseded

log = logging.getLogger(__name__)


def pull(run_id: int) -> SyncRun | None:
    """Run a queued pull; None when it is not queued any more, or another one of the connection runs.

    A failure is written on the record. What was read before it stays; nothing is deleted because of it.
    """
    gateway.check_outside_transaction()
    run = _start(run_id)
    if run is None:
        return None
    connection = run.connection
    progress = Progress(run)
    try:
        platform = gateway.platform_for(connection)
        progress.platform = platform
        stages.everything(platform, connection, progress, full=run.mode == SyncRun.Mode.FULL)
        progress.save()
    except Superseded:
        return None
    except Unauthorized as error:
        outbox.breaker.pause(
            connection.pk,
            f"The platform does not accept the connection's token any more ({error.message}). "
            "Enter a new one, then resume.",
        )
        _finish(progress, error.message)
    except PlatformError as error:
        if isinstance(error, Throttled):
            outbox.breaker.rest(connection.pk, error.retry_after or 1.0)
        elif error.retryable:
            outbox.breaker.failed(connection.pk)
        _finish(progress, f"{run.stage}: {error.message}" if run.stage else error.message)
    except Exception as error:
        log.exception("pull %s failed inside", run.pk)
        _finish(progress, f"Internal: {type(error).__name__} while {run.stage or 'starting'}.")
    else:
        _finish(progress, "")
        if connection.failures or connection.open_until:
            outbox.breaker.worked(connection.pk)
    finally:
        if progress.platform is not None:
            drift.record(connection.pk, [progress.platform])
    return run


def _start(run_id: int) -> SyncRun | None:
    now = timezone.now()
    try:
        with transaction.atomic():
            started = SyncRun.objects.filter(
                pk=run_id, state=SyncRun.State.QUEUED, connection__paused_at=None
            ).update(state=SyncRun.State.RUNNING, started_at=now, beat_at=now)
    except IntegrityError:
        return None  # another pull of this connection runs; this one stays queued
    if not started:
        return None
    run = SyncRun.objects.get(pk=run_id)
    run.connection = Connection.objects.get(pk=run.connection_id)
    return run


def _finish(progress: Progress, error: str) -> None:
    progress.count()
    run = progress.run
    run.state = SyncRun.State.FAILED if error else SyncRun.State.DONE
    run.error = error[:500]
    run.ended_at = timezone.now()
    SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(
        state=run.state,
        error=run.error,
        ended_at=run.ended_at,
        beat_at=run.ended_at,
        read=run.read,
        changed=run.changed,
        quarantined=run.quarantined,
        requests=run.requests,
        proof=run.proof,
    )
