"""One task's work: its assignments, and what its annotations say of each work item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from dashboard.platforms.errors import Forbidden, NotFound, Unsupported
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Annotation, Assignment

from .. import mirroring, reading, states, summaries
from ..models import Task, WorkItem
from .progress import Progress
from .spool import Spool

T = TypeVar("T")

CHUNK = 250
#: Changes may become visible out of order; this much is read again, now and then, while a task is moving.
OVERLAP = timedelta(minutes=5)
SHORT_OVERLAP = timedelta(seconds=10)
#: A list in the order of change moves while it is paged through: who changes jumps to its end, and one row
#: behind it slips past us. A complete list that is shorter than the platform's own count is read again.
READINGS = 3


def work(platform: Platform, task: Task, progress: Progress, *, full: bool) -> int:
    """Pull one task's assignments and annotations; answers how many work items changed."""
    now = timezone.now()
    overlap = _overlap(task, now)
    before = (task.assignments_until, task.pulled_until)
    changed = 0
    try:
        if platform.capabilities.assignment_listing:
            changed += _assignments(
                platform, task, progress, _since(task.assignments_until, overlap, full=full)
            )
        since = _since(task.pulled_until, overlap, full=full)
        if since is None:
            changed += _all_annotations(platform, task, progress)
        else:
            changed += _changed_annotations(platform, task, progress, since)
    except NotFound:
        return changed  # deleted while we read; the next list of tasks says so
    if (task.assignments_until, task.pulled_until) != before:
        task.advanced_at = now
    if overlap == OVERLAP or full:
        task.overlapped_at = now
    # Only after everything was read: a pull that broke off starts again where it had started.
    Task.objects.filter(pk=task.pk).update(
        assignments_until=task.assignments_until,
        pulled_until=task.pulled_until,
        advanced_at=task.advanced_at,
        overlapped_at=task.overlapped_at,
    )
    return changed


def _overlap(task: Task, now: datetime) -> timedelta:
    """How far back to read again.

    The whole overlap every five minutes while something moves; a short one in between; none once nothing has
    moved for longer than the overlap and it was read again since: then all that could come late has come.
    """
    read, moved = task.overlapped_at, task.advanced_at
    if read and moved and read - moved > OVERLAP:
        return timedelta(0)
    if read is None or now - read >= OVERLAP:
        return OVERLAP
    return SHORT_OVERLAP


def _since(until: datetime | None, overlap: timedelta, *, full: bool) -> datetime | None:
    return None if full or until is None else until - overlap


def _latest(known: datetime | None, seen: Iterable[datetime | None]) -> datetime | None:
    return max((when for when in (known, *seen) if when is not None), default=None)


def _assignments(platform: Platform, task: Task, progress: Progress, since: datetime | None) -> int:
    progress.stage(
        f"Reading assignments of {task.name}", int(task.counts.get("total", 0)) if not since else 0
    )
    changed = 0
    until = task.assignments_until
    for _ in range(READINGS if since is None else 1):
        seen: set[str] = set()
        for part in chunks(platform.iter_assignments(task.platform_id, changed_since=since)):
            inputs = reading.input_ids(platform, task.connection_id, [one.input_id for one in part])
            done = mirroring.save_assignments(task, part, inputs)
            until = _latest(until, (one.modified_at for one in part))
            seen.update(one.id for one in part)
            changed += done.changed
            progress.step(read=len(part), changed=done.changed)
        if since is not None or len(seen) >= _told(platform, task):
            break
    task.assignments_until = until
    return changed


def _told(platform: Platform, task: Task) -> int:
    """How many assignments the platform counts; 0 where it does not say."""
    try:
        counts = platform.input_counts(task.platform_id)
    except (Unsupported, Forbidden):
        return 0
    names = ("pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review")
    return sum(getattr(one, name) for one in counts for name in names)


def _changed_annotations(platform: Platform, task: Task, progress: Progress, since: datetime) -> int:
    """What changed names the inputs; each of these is then read whole, because lists show whole items."""
    progress.stage(f"Reading changed annotations of {task.name}")
    touched: dict[str, None] = {}
    until = task.pulled_until
    for annotation in platform.iter_annotations(task_id=task.platform_id, changed_since=since):
        if since == task.pulled_until and annotation.modified_at == since:
            continue  # the very last one, known already
        touched[annotation.input_id] = None
        until = _latest(until, (annotation.modified_at,))
        progress.step(read=1)
    changed = 0
    names = list(touched)
    for start in range(0, len(names), reading.INPUTS):
        part = names[start : start + reading.INPUTS]
        found: dict[str, list[Annotation]] = {name: [] for name in part}
        for annotation in reading.of_inputs(platform, task, part):
            found.setdefault(annotation.input_id, []).append(annotation)
        changed += _store(platform, task, found, part)
        progress.step(changed=changed)
    task.pulled_until = until
    return changed


def _all_annotations(platform: Platform, task: Task, progress: Progress) -> int:
    """One pass over everything, put aside on disk and taken back input by input."""
    progress.stage(f"Reading annotations of {task.name}")
    until = task.pulled_until
    with Spool() as spool:
        for part in chunks(platform.iter_annotations(task_id=task.platform_id), 1000):
            spool.add(part)
            until = _latest(until, (one.modified_at for one in part))
            progress.step(read=len(part))
        changed = 0
        if not platform.capabilities.assignment_listing:
            for names in spool.inputs():
                changed += _store(platform, task, spool.take(names), names)
        rows = WorkItem.objects.filter(task=task).order_by("id")
        progress.stage(f"Storing annotations of {task.name}", rows.count())
        last = 0
        while names_of := list(rows.filter(id__gt=last).values_list("id", "input__platform_id")[:CHUNK]):
            last = names_of[-1][0]
            part_names = list(dict.fromkeys(name for _, name in names_of))
            only = {pk for pk, _ in names_of}
            stored = _store(platform, task, spool.take(part_names), part_names, only=only)
            changed += stored
            progress.step(changed=stored, done=len(names_of))
    task.pulled_until = until
    return changed


def _store(
    platform: Platform,
    task: Task,
    found: dict[str, list[Annotation]],
    names: Sequence[str],
    *,
    only: Collection[int] | None = None,
) -> int:
    """Put all annotations of these inputs on their work items; answers how many differed."""
    changed = 0
    if not platform.capabilities.assignment_listing and only is None:
        changed += _items_from_annotations(platform, task, found, names)
    items = WorkItem.objects.filter(task=task, input__platform_id__in=names)
    if only is not None:
        items = items.filter(pk__in=only)
    bodies = {
        pk: [
            one
            for one in found.get(name, ())
            if summaries.belongs(one.user_id, labeler_id=labeler, labelers=task.labeler_ids)
        ]
        for pk, labeler, name in items.values_list("id", "labeler_id", "input__platform_id")
    }
    return changed + summaries.store(bodies, connection_id=task.connection_id)


def _items_from_annotations(
    platform: Platform, task: Task, found: dict[str, list[Annotation]], names: Sequence[str]
) -> int:
    """Where the platform lists no assignments, a labeler's annotations on an input are what we know of one."""
    inputs = reading.input_ids(platform, task.connection_id, names)
    told: list[Assignment] = []
    for name in names:
        by_person: dict[str, list[Annotation]] = {}
        for one in found.get(name, ()):
            if one.user_id and (not task.labeler_ids or one.user_id in task.labeler_ids):
                by_person.setdefault(one.user_id, []).append(one)
        for person, several in by_person.items():
            told.append(
                Assignment(
                    id="",
                    task_id=task.platform_id,
                    input_id=name,
                    user_id=person,
                    state=states.from_annotations(several),
                    modified_at=_latest(None, (one.modified_at for one in several)),
                )
            )
    return mirroring.save_assignments(task, told, inputs).changed


def chunks(stream: Iterator[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most ``size``."""
    part: list[T] = []
    for one in stream:
        part.append(one)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
