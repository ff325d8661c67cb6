"""The platform's own counts of a task: kept to be shown, and compared, because a deletion leaves no other trace.

A deleted annotation changes nothing that a search for changes would find. But the platform then counts fewer
annotations of a labeler than the mirror holds, and the task is read again. A difference that was still there
after reading everything has another cause: only another one is a reason to read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from dashboard.platforms.errors import Forbidden, NotFound, Unsupported
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import StatusCounts

from .. import mirroring
from ..models import Task, UserCount, WorkItem
from .progress import Progress

#: Counts of a task where nothing happened are asked for this seldom.
OLD = timedelta(hours=1)


def are_old(task: Task) -> bool:
    return task.told_at is None or timezone.now() - task.told_at > OLD


def tell(
    platform: Platform, task: Task, progress: Progress, inputs: Sequence[StatusCounts] | None = None
) -> dict[str, int]:
    """Keep the platform's counts, and say by how much its annotations are apart from ours.

    ``inputs`` are the counts of assignments, where they were just asked for.
    """
    progress.stage(f"Reading counts of {task.name}")
    try:
        annotations = platform.annotation_counts(task.platform_id)
        mirroring.save_counts(task, UserCount.What.ANNOTATIONS, annotations)
        if inputs is None:
            inputs = platform.input_counts(task.platform_id)
        mirroring.save_counts(task, UserCount.What.INPUTS, inputs)
    except (Unsupported, Forbidden, NotFound):
        return {}  # shown as "not told by the platform"
    return apart(task)


def apart(task: Task) -> dict[str, int]:
    """{labeler: how many annotations the platform counted more (or, below zero, fewer) than the mirror holds}.

    Empty where the platform told nothing.
    """
    rows = UserCount.objects.filter(task=task, what=UserCount.What.ANNOTATIONS)
    told = {row.user_id: row.total for row in rows}
    if not told:
        return {}
    held = dict(
        WorkItem.objects.filter(task=task).order_by().values_list("labeler_id").annotate(Sum("own_count"))
    )
    both = {name: told.get(name, 0) - held.get(name, 0) for name in task.labeler_ids}
    return {name: difference for name, difference in both.items() if difference}


def is_reason(task: Task, found: dict[str, int]) -> bool:
    """Whether something was deleted. More than we hold is no reason: a search for changes brings it."""
    return any(difference < task.apart.get(name, 0) for name, difference in found.items() if difference < 0)


def settle(task: Task, found: dict[str, int], *, whole: bool) -> None:
    """Remember when the counts were told, and what a complete reading did not explain."""
    task.told_at = timezone.now()
    if whole:
        task.apart = {name: difference for name, difference in found.items() if difference < 0}
    Task.objects.filter(pk=task.pk).update(told_at=task.told_at, apart=task.apart)
