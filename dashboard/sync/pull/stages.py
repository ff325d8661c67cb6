"""What a pull reads, in order: tasks, inputs, what changed, people and concepts, then each touched task's work.

A stage writes as it reads, so memory stays bounded; what is missing is marked only after a complete read, and
taken for deleted only after two. A pull where nothing happened costs three requests, and one more for each open
task where assignments are listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.platforms.errors import Forbidden, NotFound, Unsupported
from dashboard.platforms.interface import Platform

from .. import mirroring
from ..counting import recount
from ..models import Task
from . import changes, counts, inputs, tasks
from .changes import Changes
from .progress import Progress
from .proof import Ledger

SWEEPS = 2
#: People and concepts change seldom. Beside this they are read when somebody asks, and when a task is new or
#: was edited, an input is new, or something names an unknown concept.
LISTED_FOR = timedelta(minutes=10)


def everything(platform: Platform, connection: Connection, progress: Progress, *, full: bool) -> None:
    """Read all stages. Raises PlatformError where reading failed, Superseded when the run was given up."""
    if not full:
        _read(platform, connection, progress, None)
        return
    ledger = Ledger(connection.pk)
    try:
        alive = _read(platform, connection, progress, ledger)
        progress.run.proof = _prove(platform, alive, progress, ledger)
    finally:
        ledger.close()
    progress.stage("")


def _read(
    platform: Platform, connection: Connection, progress: Progress, ledger: Ledger | None
) -> list[Task]:
    """Read and store; answers the tasks that exist. ``ledger`` is told everything, in a full pull."""
    edited = _tasks(platform, connection, progress, ledger)
    grown = False
    alive = list(Task.objects.filter(connection=connection, deleted_at=None, missing_sweeps=0).order_by("id"))
    if ledger is not None:
        inputs.everything(platform, connection, progress, ledger)
    else:
        grown = inputs.new(platform, connection, progress)
    found = changes.begin(connection.pk, full=ledger is not None)
    if not found.whole:
        changes.collect(platform, [task for task in alive if task.told_at], found, progress)
    if grown or edited or _lists_are_due(progress, found):
        _people_and_concepts(platform, connection, progress, ledger)
        found.mark.listed_at = timezone.now()
    for task in alive:
        _work(platform, task, progress, found, ledger, edited=task.platform_id in edited)
    found.save()
    progress.stage("")
    return alive


def _tasks(platform: Platform, connection: Connection, progress: Progress, ledger: Ledger | None) -> set[str]:
    """Mirror the list of tasks; answers the ids of those that are new or were edited."""
    progress.stage("Reading tasks")
    listed = platform.list_tasks() if platform.capabilities.tasks else []
    known = dict(Task.objects.filter(connection=connection).values_list("platform_id", "modified_at"))
    done = mirroring.save_tasks(connection.pk, listed)
    gone = _miss_tasks(connection, {task.id for task in listed})
    progress.step(read=done.read, changed=done.changed + gone)
    if ledger is not None:
        ledger.tell_tasks(listed)
    return {task.id for task in listed if task.id not in known or known[task.id] != task.modified_at}


def _miss_tasks(connection: Connection, listed: set[str]) -> int:
    """The list of tasks is always complete, so each pull may miss one; the second time it is gone."""
    missing = Task.objects.filter(connection=connection, deleted_at=None).exclude(platform_id__in=listed)
    missing.update(missing_sweeps=F("missing_sweeps") + 1)
    return missing.filter(missing_sweeps__gte=SWEEPS).update(deleted_at=timezone.now())


def _lists_are_due(progress: Progress, found: Changes) -> bool:
    read = found.mark.listed_at
    old = not read or timezone.now() - read > LISTED_FOR
    return old or found.whole or found.strange or progress.run.asked


def _people_and_concepts(
    platform: Platform, connection: Connection, progress: Progress, ledger: Ledger | None
) -> None:
    progress.stage("Reading people and concepts")
    try:
        people: Sequence[types.PlatformUser] = platform.list_people()
    except (Forbidden, Unsupported, NotFound):
        people = []  # a token without this right still syncs everything else
    concepts = platform.list_concepts()
    if ledger is not None:
        ledger.tell_concepts(concepts)
    for done in (
        mirroring.save_people(connection.pk, people),
        mirroring.save_concepts(connection.pk, concepts),
    ):
        progress.step(read=done.read, changed=done.changed)


def _work(
    platform: Platform,
    task: Task,
    progress: Progress,
    found: Changes,
    ledger: Ledger | None,
    *,
    edited: bool,
) -> None:
    """One task: whole where nothing of it was read before, else what changed; then its numbers."""
    old = counts.are_old(task)
    touched = found.touched.get(task.platform_id, {})
    told: list[types.StatusCounts] | None = None
    whole = found.whole or task.told_at is None
    if whole:
        changed, told = tasks.whole(platform, task, progress, found, ledger)
    else:
        changed = tasks.changed(platform, task, progress, touched, old=old)
    if whole or changed or touched or edited or old:
        apart = counts.tell(platform, task, progress, told)
        if not whole and counts.is_reason(task, apart):
            changed += tasks.all_annotations(platform, task, progress, found, None)
            apart = counts.apart(task)
            whole = True
        counts.settle(task, apart, whole=whole)
    if changed or whole or task.counted_at is None or task.counted_at.date() != timezone.now().date():
        recount([task.pk])
    else:
        Task.objects.filter(pk=task.pk).update(counted_at=timezone.now())


def _prove(
    platform: Platform, alive: Sequence[Task], progress: Progress, ledger: Ledger
) -> dict[str, object]:
    """Compare; what differs is read again first, because others worked while we read."""
    progress.stage("Comparing the mirror with what was read")
    listed = platform.capabilities.assignment_listing
    ledger.hold_lists()
    for task in alive:
        progress.stage(f"Comparing {task.name}", int(task.counts.get("total", 0)))
        ledger.hold_items(task, progress, listed=listed)
    known = {task.platform_id: task for task in alive}
    for task_id, names in ledger.differing().items():
        ledger.forget(task_id, names)
        if task_id:
            with suppress(NotFound):  # deleted meanwhile; the next list of tasks says so
                tasks.again(platform, known[task_id], progress, names, ledger)
            ledger.hold_items(known[task_id], progress, listed=listed, only=names)
        else:
            found = platform.get_inputs(names)
            mirroring.save_inputs(ledger.connection_id, found)
            ledger.tell_inputs(found)
            ledger.hold_inputs(names)
    return ledger.proof()
