"""The list of inputs, each with its work items for the shapes on the thumbnail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q

from dashboard.accounts.models import Connection
from dashboard.sync.models import Input, WorkItem

from .items import ItemFilter, narrowed
from .pages import Page, clamp, cut, number


@dataclass(frozen=True)
class InputFilter:
    """What to show. Empty = everything; ``state``, ``labeler_id``, ``concept`` and ``task_id`` speak of work items."""

    task_id: int | None = None
    state: str = ""
    labeler_id: str = ""
    concept: str = ""
    search: str = ""

    @property
    def of_items(self) -> ItemFilter:
        return ItemFilter(
            task_id=self.task_id,
            states=(self.state,) if self.state else (),
            labeler_id=self.labeler_id,
            concept=self.concept,
        )


def inputs(
    connection: Connection, *, filters: InputFilter | None = None, after: str | None = None, limit: int = 50
) -> Page[Input]:
    """Inputs in the order of addition, each with ``shown_items`` (a list of its work items that match).

    Raises FieldErrors for a bad cursor.
    """
    filters = filters or InputFilter()
    rows = Input.objects.filter(connection=connection, deleted_at=None)
    if filters.search:
        rows = rows.filter(Q(name__icontains=filters.search) | Q(platform_id=filters.search))
    # Without the connection, which the inputs have already: SQLite would search all its items for each input.
    wanted = narrowed(WorkItem.objects.all(), connection, filters.of_items)
    if filters.of_items != ItemFilter():
        rows = rows.filter(Exists(wanted.filter(input=OuterRef("pk"))))
    start = number(after)
    if start is not None:
        rows = rows.filter(id__gt=start)
    limit = clamp(limit)
    shown = Prefetch("items", queryset=wanted.select_related("task").order_by("id"), to_attr="shown_items")
    found: list[Input] = list(rows.order_by("id").prefetch_related(shown)[: limit + 1])
    return cut(found, limit, "pk")
