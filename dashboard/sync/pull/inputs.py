"""The app's inputs: all of them with what is missing, or what was added."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.platforms.errors import NotFound, PlatformError
from dashboard.platforms.interface import Platform

from .. import mirroring
from ..models import Input
from .chunks import chunks
from .progress import Progress
from .proof import Ledger

SWEEPS = 2


def new(platform: Platform, connection: Connection, progress: Progress) -> bool:
    """What was added since the last one we know, and what was not ready then; True when something was added."""
    progress.stage("Reading new inputs")
    last = (
        Input.objects.filter(connection=connection, deleted_at=None)
        .order_by("-id")
        .values_list("platform_id", flat=True)
        .first()
    )
    if last is None:
        everything(platform, connection, progress, None)
        return True
    added = False
    try:
        for part in chunks(platform.iter_inputs(after=last)):
            _save(connection, part, progress)
            added = True
    except NotFound:
        everything(platform, connection, progress, None)  # the one we stopped at was deleted
        return True
    waiting = Input.objects.filter(connection=connection, deleted_at=None, ready=False)
    names = list(waiting.order_by("id").values_list("platform_id", flat=True)[:1000])
    if names:
        _save(connection, platform.get_inputs(names), progress)
    return added


def everything(platform: Platform, connection: Connection, progress: Progress, ledger: Ledger | None) -> None:
    """All of them; what is missing from two complete readings is taken for deleted."""
    try:
        total = platform.count_inputs()
    except PlatformError:
        total = 0
    progress.stage("Reading inputs", total)
    seen: set[str] = set()
    for part in chunks(platform.iter_inputs()):
        seen.update(one.id for one in part)
        _save(connection, part, progress)
        if ledger is not None:
            ledger.tell_inputs(part)
    # Only here, after the stream has ended by itself, is anything known to be missing.
    rows = Input.objects.filter(connection=connection, deleted_at=None).values_list("id", "platform_id")
    missing = [pk for pk, name in rows.iterator(chunk_size=2000) if name not in seen]
    for start in range(0, len(missing), 500):
        part_missing = Input.objects.filter(pk__in=missing[start : start + 500])
        part_missing.update(missing_sweeps=F("missing_sweeps") + 1)
        gone = part_missing.filter(missing_sweeps__gte=SWEEPS).update(deleted_at=timezone.now())
        progress.step(changed=gone)


def _save(connection: Connection, part: Sequence[types.Input], progress: Progress) -> None:
    done = mirroring.save_inputs(connection.pk, part)
    progress.step(read=done.read, changed=done.changed)
