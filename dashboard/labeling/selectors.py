"""A labeler's own work: per task, and what came back; how well a model's suggestions do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from dashboard.accounts.models import Connection
from dashboard.sync.models import Task, WorkItem

from .models import SuggestionVerdict
from .policies import OPEN_STATES


def my_tasks(tasks: Sequence[Task], platform_user_id: str) -> list[dict[str, Any]]:
    """The person's tasks with counts of their own items: open, sent back, waiting, done. One query."""
    own = [task for task in tasks if platform_user_id in task.labeler_ids]
    counted = {
        row["task_id"]: row
        for row in WorkItem.objects.filter(
            task__in=[t.pk for t in own], labeler_id=platform_user_id, gone=False
        )
        .values("task_id")
        .annotate(
            open=Count("id", filter=Q(state__in=OPEN_STATES)),
            back=Count("id", filter=Q(state="changes_asked")),
            waiting=Count("id", filter=Q(state="awaiting_review")),
            done=Count("id", filter=Q(state__in=("approved", "rejected"))),
        )
    }
    empty = {"open": 0, "back": 0, "waiting": 0, "done": 0}
    return [{"task": task, **counted.get(task.pk, empty)} for task in own]


def returned(connection: Connection, platform_user_id: str, *, limit: int = 12) -> list[WorkItem]:
    """The person's items that a reviewer sent back, newest first."""
    return list(
        WorkItem.objects.filter(
            connection=connection, labeler_id=platform_user_id, state="changes_asked", gone=False
        )
        .select_related("task", "input")
        .order_by("-id")[:limit]
    )


@dataclass(frozen=True)
class SuggestionPrecision:
    """How often a task's suggestions were right, so far. An edited one is judged, but counts as not accepted.

    ``share`` is accepted / judged; ``low`` and ``high`` are its 95 % interval (Wilson). All three are fractions.
    """

    accepted: int = 0
    edited: int = 0
    refused: int = 0

    @property
    def judged(self) -> int:
        return self.accepted + self.edited + self.refused

    @property
    def share(self) -> float:
        return self.accepted / self.judged if self.judged else 0.0

    @property
    def low(self) -> float:
        return wilson(self.accepted, self.judged)[0]

    @property
    def high(self) -> float:
        return wilson(self.accepted, self.judged)[1]


def suggestion_precision(task: Task, predictor: str) -> SuggestionPrecision:
    """Verdicts on the suggestions of one predictor ("model:<id>" or "workflow:<id>") in a task, counted; one query."""
    rows = SuggestionVerdict.objects.filter(task=task, predictor=predictor).order_by()
    counts = dict(rows.values_list("verdict").annotate(Count("id")))
    return SuggestionPrecision(**{str(verdict): number for verdict, number in counts.items()})


def judged_suggestions(items: Iterable[WorkItem]) -> dict[int, set[str]]:
    """{item id: ids of suggestions that somebody has judged}; what is judged does not come back. One query."""
    found: dict[int, set[str]] = {}
    rows = SuggestionVerdict.objects.filter(item__in=[item.pk for item in items]).order_by()
    for item, suggestion in rows.values_list("item_id", "suggestion"):
        found.setdefault(item, set()).add(suggestion)
    return found


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Bounds (fractions) within which the true share lies, for ``hits`` out of ``of``; (0, 1) for nothing seen."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
