"""One task's work: its assignments, and what its annotations say of each work item."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dashboard.platforms.errors import NotFound
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Annotation, Assignment, StatusCounts, TaskState

from .. import mirroring, reading, states, summaries
from ..models import Task, WorkItem
from . import assignments
from .changes import Changes
from .chunks import CHUNK, chunks, latest
from .progress import Progress
from .proof import Ledger
from .spool import Spool


def whole(
    platform: Platform, task: Task, progress: Progress, changes: Changes, ledger: Ledger | None
) -> tuple[int, list[StatusCounts] | None]:
    """Read everything of a task; answers how many work items changed, and the assignment counts if asked for."""
    changed, counts = 0, None
    try:
        if platform.capabilities.assignment_listing:
            changed, counts = assignments.everything(platform, task, progress, ledger)
        changed += all_annotations(platform, task, progress, changes, ledger)
    except NotFound:
        return changed, counts  # deleted while we read; the next list of tasks says so
    # Only after everything was read: a pull that broke off starts again where it had started.
    _save(task)
    return changed, counts


def changed(platform: Platform, task: Task, progress: Progress, names: Collection[str], *, old: bool) -> int:
    """Read what changed: the assignments where they are listed, and these inputs (platform ids), each whole.

    Of a task that is over, assignments are asked for only where annotations changed or its counts are ``old``.
    """
    number = 0
    wanted = dict.fromkeys(names)
    try:
        if platform.capabilities.assignment_listing and (names or old or task.state != TaskState.DONE):
            number, new = assignments.changed(platform, task, progress)
            wanted.update(dict.fromkeys(new))
        if wanted:
            number += _inputs(platform, task, progress, list(wanted))
    except NotFound:
        return number
    _save(task)
    return number


def _save(task: Task) -> None:
    names = ("assignments_until", "pulled_until", "advanced_at", "overlapped_at")
    Task.objects.filter(pk=task.pk).update(**{name: getattr(task, name) for name in names})


def again(platform: Platform, task: Task, progress: Progress, names: Sequence[str], ledger: Ledger) -> None:
    """Read and store these inputs of a task once more, and tell the ledger anew."""
    if platform.capabilities.assignment_listing:
        told = list(platform.iter_assignments(task.platform_id, input_ids=names))
        inputs = reading.input_ids(platform, task.connection_id, [one.input_id for one in told])
        progress.step(changed=mirroring.save_assignments(task, told, inputs).changed)
        ledger.tell_assignments(task, told)
    _inputs(platform, task, progress, names, ledger)


def _inputs(
    platform: Platform,
    task: Task,
    progress: Progress,
    names: Sequence[str],
    ledger: Ledger | None = None,
) -> int:
    """Each changed input is read whole, because lists show whole items."""
    progress.stage(f"Reading changed annotations of {task.name}", len(names))
    number = 0
    for start in range(0, len(names), reading.INPUTS):
        part = names[start : start + reading.INPUTS]
        found: dict[str, list[Annotation]] = {name: [] for name in part}
        for annotation in reading.of_inputs(platform, task, part):
            found.setdefault(annotation.input_id, []).append(annotation)
        stored = _store(platform, task, found, part, ledger=ledger)
        number += stored
        progress.step(changed=stored, done=len(part))
    return number


def all_annotations(
    platform: Platform, task: Task, progress: Progress, changes: Changes, ledger: Ledger | None
) -> int:
    """One pass over everything, put aside on disk and taken back input by input."""
    progress.stage(f"Reading annotations of {task.name}")
    until = task.pulled_until
    with Spool() as spool:
        for part in chunks(platform.iter_annotations(task_id=task.platform_id), 1000):
            spool.add(part)
            until = latest(until, (one.modified_at for one in part))
            for one in part:
                changes.note(one)
            progress.step(read=len(part))
        changes.latest.next_list()
        number = 0
        if not platform.capabilities.assignment_listing:
            for names in spool.inputs():
                number += _items_from_annotations(platform, task, spool.take(names), names, ledger)
        rows = WorkItem.objects.filter(task=task).order_by("id")
        progress.stage(f"Storing annotations of {task.name}", rows.count())
        last = 0
        while names_of := list(rows.filter(id__gt=last).values_list("id", "input__platform_id")[:CHUNK]):
            last = names_of[-1][0]
            part_names = list(dict.fromkeys(name for _, name in names_of))
            only = {pk for pk, _ in names_of}
            stored = _store(
                platform, task, spool.take(part_names), part_names, only=only, ledger=ledger, made=True
            )
            number += stored
            progress.step(changed=stored, done=len(names_of))
    task.pulled_until = until
    return number


def _store(
    platform: Platform,
    task: Task,
    found: dict[str, list[Annotation]],
    names: Sequence[str],
    *,
    only: Collection[int] | None = None,
    ledger: Ledger | None = None,
    made: bool = False,
) -> int:
    """Put all annotations of these inputs on their work items; answers how many differed.

    ``made``: where the platform lists no assignments, the items were made from the annotations before.
    """
    number = 0
    listed = platform.capabilities.assignment_listing
    if not listed and not made:
        number += _items_from_annotations(platform, task, found, names, ledger)
    items = WorkItem.objects.filter(task=task, input__platform_id__in=names)
    if only is not None:
        items = items.filter(pk__in=only)
    told: dict[int, summaries.Summary] = {}
    for pk, labeler, name, gone in items.values_list("id", "labeler_id", "input__platform_id", "gone"):
        told[pk] = summaries.summarize(
            one
            for one in found.get(name, ())
            if summaries.belongs(one.user_id, labeler_id=labeler, labelers=task.labeler_ids)
        )
        if ledger is not None and not gone and (listed or told[pk].authors):
            ledger.tell_summary(task, name, labeler, told[pk])
    return number + summaries.keep(told, connection_id=task.connection_id)


def _items_from_annotations(
    platform: Platform,
    task: Task,
    found: dict[str, list[Annotation]],
    names: Sequence[str],
    ledger: Ledger | None,
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
                    modified_at=latest(None, (one.modified_at for one in several)),
                )
            )
    if ledger is not None:
        ledger.tell_assignments(task, told)
    return mirroring.save_assignments(task, told, inputs).changed
