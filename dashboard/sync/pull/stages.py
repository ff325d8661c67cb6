"""What a pull reads, in order: tasks, people, concepts, inputs, then each task's work.

A stage writes as it reads, so memory stays bounded; what is missing is marked only after a complete read, and
taken for deleted only after two.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.platforms.errors import Forbidden, NotFound, PlatformError, Unsupported
from dashboard.platforms.interface import Platform

from .. import mirroring
from ..counting import recount
from ..models import Input, Task, UserCount
from . import tasks
from .progress import Progress

SWEEPS = 2


def everything(platform: Platform, connection: Connection, progress: Progress, *, full: bool) -> None:
    """Read all stages. Raises PlatformError where reading failed, Superseded when the run was given up."""
    progress.stage("Reading tasks")
    listed = platform.list_tasks() if platform.capabilities.tasks else []
    done = mirroring.save_tasks(connection.pk, listed)
    gone = _miss_tasks(connection, {task.id for task in listed})
    progress.step(read=done.read, changed=done.changed + gone)
    _people_and_concepts(platform, connection, progress)
    if full:
        _all_inputs(platform, connection, progress)
    else:
        _new_inputs(platform, connection, progress)
    alive = Task.objects.filter(
        connection=connection, deleted_at=None, platform_id__in=[t.id for t in listed]
    )
    for task in alive.order_by("id"):
        changed = tasks.work(platform, task, progress, full=full)
        _counts(platform, task, progress)
        if changed or full or task.counted_at is None or task.counted_at.date() != timezone.now().date():
            recount([task.pk])
        else:
            Task.objects.filter(pk=task.pk).update(counted_at=timezone.now())
    progress.run.quarantined = getattr(getattr(platform, "quarantine", None), "count", 0)
    progress.stage("")


def _miss_tasks(connection: Connection, listed: set[str]) -> int:
    """The list of tasks is always complete, so each pull may miss one; the second time it is gone."""
    missing = Task.objects.filter(connection=connection, deleted_at=None).exclude(platform_id__in=listed)
    missing.update(missing_sweeps=F("missing_sweeps") + 1)
    return missing.filter(missing_sweeps__gte=SWEEPS).update(deleted_at=timezone.now())


def _people_and_concepts(platform: Platform, connection: Connection, progress: Progress) -> None:
    progress.stage("Reading people and concepts")
    try:
        people: Sequence[types.PlatformUser] = platform.list_people()
    except (Forbidden, Unsupported, NotFound):
        people = []  # a token without this right still syncs everything else
    for done in (
        mirroring.save_people(connection.pk, people),
        mirroring.save_concepts(connection.pk, platform.list_concepts()),
    ):
        progress.step(read=done.read, changed=done.changed)


def _new_inputs(platform: Platform, connection: Connection, progress: Progress) -> None:
    """What was added since the last one we know, and what was not ready then."""
    progress.stage("Reading new inputs")
    last = (
        Input.objects.filter(connection=connection, deleted_at=None)
        .order_by("-id")
        .values_list("platform_id", flat=True)
        .first()
    )
    if last is None:
        _all_inputs(platform, connection, progress)
        return
    try:
        for part in tasks.chunks(platform.iter_inputs(after=last)):
            _save(connection, part, progress)
    except NotFound:
        _all_inputs(platform, connection, progress)  # the one we stopped at was deleted
        return
    waiting = Input.objects.filter(connection=connection, deleted_at=None, ready=False)
    names = list(waiting.order_by("id").values_list("platform_id", flat=True)[:1000])
    if names:
        _save(connection, platform.get_inputs(names), progress)


def _all_inputs(platform: Platform, connection: Connection, progress: Progress) -> None:
    try:
        total = platform.count_inputs()
    except PlatformError:
        total = 0
    progress.stage("Reading inputs", total)
    seen: set[str] = set()
    for part in tasks.chunks(platform.iter_inputs()):
        seen.update(one.id for one in part)
        _save(connection, part, progress)
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


def _counts(platform: Platform, task: Task, progress: Progress) -> None:
    progress.stage(f"Reading counts of {task.name}")
    try:
        mirroring.save_counts(task, UserCount.What.ANNOTATIONS, platform.annotation_counts(task.platform_id))
        mirroring.save_counts(task, UserCount.What.INPUTS, platform.input_counts(task.platform_id))
    except (Unsupported, Forbidden, NotFound):
        return  # shown as "not told by the platform"
