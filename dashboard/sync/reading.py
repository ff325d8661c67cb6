"""Reading annotations and inputs of work items from the platform, in as few calls as it allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Annotation

from . import mirroring
from .models import Input, Task, WorkItem
from .summaries import belongs

#: Inputs per list call; their ids travel in the address.
INPUTS = 100


def bodies(platform: Platform, items: Sequence[WorkItem]) -> dict[int, list[Annotation]]:
    """{item id: its annotations}, oldest first; items need ``task`` and ``input`` loaded."""
    found: dict[int, list[Annotation]] = {item.pk: [] for item in items}
    by_task: dict[int, list[WorkItem]] = defaultdict(list)
    for item in items:
        by_task[item.task_id].append(item)
    for several in by_task.values():
        task = several[0].task
        by_input: dict[str, list[WorkItem]] = defaultdict(list)
        for item in several:
            by_input[item.input.platform_id].append(item)
        for annotation in of_inputs(platform, task, list(by_input)):
            for item in by_input.get(annotation.input_id, ()):
                if belongs(annotation.user_id, labeler_id=item.labeler_id, labelers=task.labeler_ids):
                    found[item.pk].append(annotation)
    return found


def of_inputs(platform: Platform, task: Task, input_ids: Sequence[str]) -> Iterable[Annotation]:
    """Every annotation of a task on these inputs (platform ids)."""
    for start in range(0, len(input_ids), INPUTS):
        part = input_ids[start : start + INPUTS]
        yield from platform.list_annotations(input_ids=part, task_id=task.platform_id)


def input_ids(platform: Platform, connection_id: int, wanted: Iterable[str]) -> dict[str, int]:
    """Our ids by the platform's; inputs that are not mirrored yet are read and mirrored first."""
    names = list(dict.fromkeys(wanted))
    known = _known(connection_id, names)
    missing = [name for name in names if name not in known]
    if missing:
        mirroring.save_inputs(connection_id, platform.get_inputs(missing))
        known.update(_known(connection_id, missing))
    return known


def _known(connection_id: int, names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(names), 500):
        rows = Input.objects.filter(connection_id=connection_id, platform_id__in=names[start : start + 500])
        found.update(rows.values_list("platform_id", "id"))
    return found
