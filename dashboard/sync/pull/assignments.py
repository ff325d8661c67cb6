"""A task's assignments: all of them with what is missing, or what changed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils import timezone

from dashboard.platforms.errors import Forbidden, Unsupported
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import StatusCounts

from .. import mirroring, reading
from ..models import Task, WorkItem
from .changes import OVERLAP, READINGS, overlap_of
from .chunks import CHUNK, chunks, latest
from .progress import Progress
from .proof import Ledger

#: An item is gone when so many complete lists did not name its assignment.
SWEEPS = 2


def everything(
    platform: Platform, task: Task, progress: Progress, ledger: Ledger | None
) -> tuple[int, list[StatusCounts] | None]:
    """All assignments of a task: how many items changed, and the counts that the list was compared with."""
    progress.stage(f"Reading assignments of {task.name}", int(task.counts.get("total", 0)))
    changed = 0
    until = task.assignments_until
    seen: set[str] = set()
    counts: list[StatusCounts] | None = None
    for _ in range(READINGS):
        seen.clear()
        for part in chunks(platform.iter_assignments(task.platform_id)):
            inputs = reading.input_ids(platform, task.connection_id, [one.input_id for one in part])
            done = mirroring.save_assignments(task, part, inputs)
            until = latest(until, (one.modified_at for one in part))
            seen.update(one.id for one in part)
            changed += done.changed
            progress.step(read=len(part), changed=done.changed)
            if ledger is not None:
                ledger.tell_assignments(task, part)
        counts = _counts(platform, task)
        if len(seen) >= _total(counts):
            changed += _miss(task, seen)
            break
    _advance(task, until, overlapped=True)
    return changed, counts


def changed(platform: Platform, task: Task, progress: Progress) -> tuple[int, list[str]]:
    """What changed since the last time: how many items, and the inputs of those that are new."""
    progress.stage(f"Reading assignments of {task.name}")
    until, overlap = task.assignments_until, overlap_of(task, timezone.now())
    since = until - overlap if until is not None else None
    last = WorkItem.objects.order_by("-id").values_list("id", flat=True).first() or 0
    number = 0
    for part in chunks(platform.iter_assignments(task.platform_id, changed_since=since)):
        inputs = reading.input_ids(platform, task.connection_id, [one.input_id for one in part])
        done = mirroring.save_assignments(task, part, inputs)
        until = latest(until, (one.modified_at for one in part))
        number += done.changed
        progress.step(read=len(part), changed=done.changed)
    _advance(task, until, overlapped=overlap == OVERLAP)
    if not number:
        return 0, []
    new = WorkItem.objects.filter(task=task, id__gt=last).order_by("id")
    return number, list(new.values_list("input__platform_id", flat=True))


def _advance(task: Task, until: datetime | None, *, overlapped: bool) -> None:
    """Move the mark (not saved); our own clock says when."""
    now = timezone.now()
    if overlapped:
        task.overlapped_at = now
    if until != task.assignments_until:
        task.assignments_until, task.advanced_at = until, now


def _miss(task: Task, seen: set[str]) -> int:
    """Only a complete list says what is missing; the second time it is gone. Answers how many went."""
    rows = WorkItem.objects.filter(task=task, gone=False).values_list("id", "assignment_id")
    missing = [pk for pk, name in rows.iterator(chunk_size=2000) if name not in seen]
    gone = 0
    for start in range(0, len(missing), CHUNK):
        part = WorkItem.objects.filter(pk__in=missing[start : start + CHUNK])
        part.update(missing_sweeps=F("missing_sweeps") + 1)
        gone += part.filter(missing_sweeps__gte=SWEEPS).update(gone=True)
    return gone


def _counts(platform: Platform, task: Task) -> list[StatusCounts] | None:
    try:
        return platform.input_counts(task.platform_id)
    except (Unsupported, Forbidden):
        return None


def _total(counts: list[StatusCounts] | None) -> int:
    """How many assignments the platform counts; 0 where it does not say."""
    names = ("pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review")
    return sum(getattr(one, name) for one in counts or () for name in names)
