"""What changed in the whole app since the last pull, by one search, and how far that was read.

Changes may become visible out of order, so the last minutes are read again, now and then, while something moves.
What was seen in them before is remembered by a digest: reading them again costs one search and nothing else.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from dashboard.platforms.errors import Forbidden, NotFound, Rejected, Unsupported
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Annotation

from ..models import ChangeMark, Concept, Task
from .progress import Progress

#: This much is read again, now and then, while something is moving.
OVERLAP = timedelta(minutes=5)
SHORT_OVERLAP = timedelta(seconds=10)
#: A list in the order of change moves while it is paged through: who changes jumps to its end, and one row
#: behind it slips past us. Lists of several pages are read again until nothing new comes.
READINGS = 3
#: Digests that are kept between two pulls: 1.6 MB at most. Beyond them, items are only read again.
KEPT = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ROW = struct.Struct("<qQ")


class Seen:
    """Which annotations were read in which version: digests with their times."""

    def __init__(self, packed: bytes = b"") -> None:
        self._rows = {digest: second for second, digest in _ROW.iter_unpack(packed)}

    def add(self, annotation: Annotation) -> bool:
        """Remember this version; True when it is new."""
        when = annotation.modified_at or _EPOCH
        text = f"{annotation.input_id}\0{annotation.id}\0{annotation.state}\0{when.timestamp()}"
        digest = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        if digest in self._rows:
            return False
        self._rows[digest] = int(when.timestamp())
        if len(self._rows) > 2 * KEPT:  # a first reading passes millions
            self._prune(max(self._rows.values()) - int(OVERLAP.total_seconds()))
        return True

    def pack(self, until: datetime | None) -> bytes:
        """The rows of the overlap before ``until``, and what is newer."""
        if until is not None:
            self._prune(int((until - OVERLAP).timestamp()))
        return b"".join(_ROW.pack(second, digest) for digest, second in self._rows.items())

    def _prune(self, since: int) -> None:
        newest = sorted(self._rows.items(), key=lambda row: row[1], reverse=True)[:KEPT]
        self._rows = {digest: second for digest, second in newest if second >= since}


class Latest:
    """The newest change of several lists that are read one after the other.

    A list that was read first may have changed while the others were read. So a time counts only while this is
    shorter ago than ``within``, which must be less than what will be read again; the first list always counts.
    """

    def __init__(self, known: datetime | None, within: timedelta) -> None:
        self.when = known
        self._end = time.monotonic() + within.total_seconds()
        self._first = True

    def add(self, when: datetime | None) -> None:
        if when is not None and (self._first or time.monotonic() < self._end):
            self.when = when if self.when is None else max(self.when, when)

    def next_list(self) -> None:
        self._first = False


@dataclass
class Changes:
    """Where the reading of one pull stands. ``touched`` is {task: {input: None}}, by platform ids."""

    mark: ChangeMark
    seen: Seen
    latest: Latest
    whole: bool
    touched: dict[str, dict[str, None]] = field(default_factory=dict)
    overlap: timedelta = OVERLAP
    # A concept was named that the mirror does not know.
    strange: bool = False

    def note(self, annotation: Annotation) -> None:
        """An annotation that was read in a complete reading."""
        self.seen.add(annotation)
        self.latest.add(annotation.modified_at)

    def save(self) -> None:
        """Only after everything was stored: a pull that broke off starts again where it had started."""
        mark, now = self.mark, timezone.now()
        if self.latest.when != mark.until:
            mark.advanced_at = now
        if self.whole or self.overlap == OVERLAP:
            mark.overlapped_at = now
        mark.until = self.latest.when
        mark.seen = self.seen.pack(mark.until)
        mark.save()


def begin(connection_id: int, *, full: bool) -> Changes:
    """Where the last pull ended; ``whole`` when every task is to be read from its beginning."""
    mark, _ = ChangeMark.objects.get_or_create(connection_id=connection_id)
    overlap = overlap_of(mark, timezone.now())
    whole = full or mark.overlapped_at is None
    latest = Latest(mark.until, (OVERLAP if whole else SHORT_OVERLAP) / 2)
    return Changes(mark, Seen(bytes(mark.seen)), latest, whole, overlap=overlap)


def overlap_of(row: ChangeMark | Task, now: datetime) -> timedelta:
    """How far back to read again.

    The whole overlap every five minutes while something moves; a short one in between; none once nothing has
    moved for longer than the overlap and it was read again since: then all that could come late has come.
    """
    read, moved = row.overlapped_at, row.advanced_at
    if read and moved and read - moved > OVERLAP:
        return timedelta(0)
    if read is None or now - read >= OVERLAP:
        return OVERLAP
    return SHORT_OVERLAP


def collect(platform: Platform, tasks: Sequence[Task], changes: Changes, progress: Progress) -> None:
    """Find out which inputs of which tasks changed since the mark."""
    progress.stage("Reading what changed")
    known = {task.platform_id for task in tasks}
    rows = Concept.objects.filter(connection_id=changes.mark.connection_id)
    concepts = set(rows.values_list("platform_id", flat=True))
    until = changes.mark.until
    # Before anything was ever annotated: nothing of a task is older than the task.
    oldest = min((task.created_at or _EPOCH for task in tasks), default=_EPOCH)
    since = oldest if until is None else until - changes.overlap
    for _ in range(READINGS):
        read = fresh = 0
        for annotation in _stream(platform, tasks, since, changes.latest):
            read += 1
            progress.step(read=1)
            changes.latest.add(annotation.modified_at)
            if annotation.task_id in known and changes.seen.add(annotation):
                fresh += 1
                changes.touched.setdefault(annotation.task_id, {})[annotation.input_id] = None
                named = annotation.region.concepts if annotation.region else annotation.concepts
                changes.strange |= any(one.id not in concepts for one in named)
        if not fresh or read <= platform.capabilities.page_size:
            break
    changes.latest.next_list()


def _stream(
    platform: Platform, tasks: Sequence[Task], since: datetime, latest: Latest
) -> Iterator[Annotation]:
    """One search over the app; where the platform or the token does not allow it, task by task."""
    try:
        yield from platform.iter_changes(since)
        return
    except (Unsupported, Forbidden, NotFound, Rejected):
        pass
    for task in tasks:
        try:
            yield from platform.iter_annotations(task_id=task.platform_id, changed_since=since)
        except NotFound:
            continue  # deleted meanwhile; the next list of tasks says so
        latest.next_list()
