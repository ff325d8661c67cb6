"""Lists of work items: the filtered list, and the queue of the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from dashboard.accounts.models import Connection
from dashboard.sync.models import Input, Task, WorkItem, WorkItemConcept
from dashboard.sync.shapes import FieldErrors

from .pages import Page, clamp, cut, number

State = WorkItem.State


@dataclass(frozen=True)
class ItemFilter:
    """What to show. Empty = everything. ``states`` and ``concept`` are checked; an unknown one finds nothing."""

    task_id: int | None = None
    states: Sequence[str] = ()
    labeler_id: str = ""
    concept: str = ""
    search: str = ""


@dataclass(frozen=True)
class QueuePage:
    """A page of the workbench's queue. ``total`` = waiting and done together, ``done`` of them are done."""

    rows: list[WorkItem]
    next: str | None
    total: int
    done: int


def items(
    connection: Connection, *, filters: ItemFilter | None = None, after: str | None = None, limit: int = 50
) -> Page[WorkItem]:
    """Work items with input and task, in the order in which they came. Raises FieldErrors for a bad cursor."""
    filters = filters or ItemFilter()
    rows = filtered(connection, filters)
    start = number(after)
    if start is not None:
        rows = rows.filter(id__gt=start)
    limit = clamp(limit)
    found = list(rows.select_related("input", "task", "connection").order_by("id")[: limit + 1])
    return cut(found, limit, "pk")


def filtered(connection: Connection, filters: ItemFilter) -> QuerySet[WorkItem]:
    """The work items that a filter names, unordered."""
    return narrowed(WorkItem.objects.filter(connection=connection), connection, filters)


def narrowed(rows: QuerySet[WorkItem], connection: Connection, filters: ItemFilter) -> QuerySet[WorkItem]:
    """Those of ``rows`` (of this connection) that a filter names."""
    wanted = {"task__deleted_at": None} if filters.task_id is None else {"task_id": filters.task_id}
    rows = rows.filter(gone=False, **wanted)
    if filters.states:
        rows = rows.filter(state__in=list(filters.states))
    if filters.labeler_id:
        rows = rows.filter(labeler_id=filters.labeler_id)
    if filters.concept:
        links = WorkItemConcept.objects.filter(
            item=OuterRef("pk"), concept__connection=connection, concept__platform_id=filters.concept
        )
        rows = rows.filter(Exists(links))
    if filters.search:
        named = Input.objects.filter(
            Q(name__icontains=filters.search) | Q(platform_id=filters.search),
            pk=OuterRef("input"),
        )
        rows = rows.filter(Exists(named))
    return rows


def queue(
    task: Task,
    *,
    state: str | Sequence[str] = State.AWAITING_REVIEW,
    labeler_id: str | None = None,
    exclude_labeler: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> QueuePage:
    """What is next in a task: items in these states, oldest first; in a labeler's own queue skipped ones last.

    ``exclude_labeler`` leaves out a reviewer's own work. Raises FieldErrors for a bad cursor.
    """
    states = [state] if isinstance(state, str) else list(state)
    rows = WorkItem.objects.filter(task=task, state__in=states, gone=False)
    if labeler_id is not None:
        rows = rows.filter(labeler_id=labeler_id)
    if exclude_labeler:
        rows = rows.exclude(labeler_id=exclude_labeler)
    limit = clamp(limit)
    skipping = labeler_id is not None
    rows = _after(rows, after, skipping=skipping)
    order = ("skipped", "id") if skipping else ("id",)
    found = list(rows.select_related("input", "task", "connection").order_by(*order)[: limit + 1])
    following = None
    if len(found) > limit:
        found = found[:limit]
        following = f"{int(found[-1].skipped)}-{found[-1].pk}" if skipping else str(found[-1].pk)
    total, done = _progress(task, states, labeler_id)
    return QueuePage(found, following, total, done)


def _after(rows: QuerySet[WorkItem], after: str | None, *, skipping: bool) -> QuerySet[WorkItem]:
    if not after:
        return rows
    if not skipping:
        return rows.filter(id__gt=number(after))
    mark, dash, place = str(after).partition("-")
    if mark not in ("0", "1") or not dash or not place:
        raise FieldErrors({"after": "must be a cursor from an earlier page"})
    start = number(place)
    ahead = Q(skipped=mark == "1", id__gt=start)
    return rows.filter(ahead if mark == "1" else ahead | Q(skipped=True))


def _progress(task: Task, states: list[str], labeler_id: str | None) -> tuple[int, int]:
    """(waiting and done, done). What counts as done follows from whose queue it is."""
    reviewing = State.AWAITING_REVIEW in states
    done_states = [State.APPROVED, State.REJECTED, State.CHANGES_ASKED]
    if not reviewing:
        done_states = [State.AWAITING_REVIEW, State.APPROVED, State.REJECTED]
    done_states = [one for one in done_states if one not in states]
    if labeler_id is None and task.counts:
        counts: dict[str, Any] = task.counts
        done = sum(int(counts.get(one, 0)) for one in done_states)
        return done + sum(int(counts.get(one, 0)) for one in states), done
    rows = WorkItem.objects.filter(task=task, gone=False)
    if labeler_id is not None:
        rows = rows.filter(labeler_id=labeler_id)
    done = rows.filter(state__in=done_states).count()
    return done + rows.filter(state__in=states).count(), done
