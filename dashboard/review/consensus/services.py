"""Storing which shapes stand, as one decision per labeler's item, all in one transaction.

A labeler who agrees with something that stands is approved, without the shapes that do not stand themselves; one who
agrees with nothing is rejected. So every object stands exactly once, under the name of the person who drew it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db import transaction

from dashboard.accounts.models import Membership
from dashboard.sync import seen
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.shapes import FieldErrors, lines

from ..models import BulkReview
from ..services import OperationReused, Verdict, decide
from .grouping import Line, Row, rows_of

STANDS_ELSEWHERE = "Another labeler's shapes stand for this input."


@dataclass(frozen=True)
class Settlement:
    """What the reviewer says. ``picks``: {row id: key of the mark that stands, or None for nothing}; ``bases``:
    {item id: {annotation id: version that was shown}} for every item that is settled."""

    picks: Mapping[str, str | None]
    bases: Mapping[int, Mapping[str, str]]
    note: str = ""


def settle(
    *,
    actor: Membership,
    platform_user_id: str | None,
    items: Sequence[WorkItem],
    operation: UUID,
    said: Settlement,
) -> BulkReview:
    """Decide on all items of one input at once; the same operation again answers what was stored.

    Raises FieldErrors, PolicyError (who may not, or an item that is not awaiting review any more).
    """
    task = items[0].task
    known = _stored(operation, actor, task)
    if known is not None:
        return known
    drawn = {item.pk: shown_lines(item, said.bases.get(item.pk, {})) for item in items}
    verdicts = _verdicts(said, drawn)
    with transaction.atomic():
        # A double click waits here and then finds what the first one stored.
        list(WorkItem.objects.select_for_update().filter(pk__in=[item.pk for item in items]).order_by("pk"))
        known = _stored(operation, actor, task)
        if known is not None:
            return known
        bulk = BulkReview.objects.create(
            operation=operation, task=task, reviewer=actor.user, total=len(items)
        )
        for item in items:
            decide(
                actor=actor,
                platform_user_id=platform_user_id,
                item=item,
                operation=uuid5(operation, str(item.pk)),
                said=verdicts[item.pk],
                bulk=bulk,
            )
    return bulk


def _stored(operation: UUID, actor: Membership, task: Task) -> BulkReview | None:
    known = BulkReview.objects.filter(operation=operation).first()
    if known is not None and (known.reviewer_id != actor.user_id or known.task_id != task.pk):
        raise OperationReused("This operation id belongs to another decision. Open the input again.")
    return known


def shown_lines(item: WorkItem, base: Mapping[str, str]) -> list[Line]:
    """The lines that the reviewer was shown of one item. Raises FieldErrors for a version that we never showed."""
    found: list[Line] = []
    errors: dict[str, str] = {}
    for annotation_id, text in base.items():
        try:
            found += lines(seen.decode(annotation_id, text, item=item.pk))
        except ValueError as problem:
            errors[f"bases.{item.pk}.{annotation_id}"] = str(problem)
    if errors:
        raise FieldErrors(errors)
    return found


def _verdicts(said: Settlement, drawn: Mapping[int, Sequence[Line]]) -> dict[int, Verdict]:
    rows = rows_of(drawn)
    stand = _standing(said.picks, rows)
    groups = [group for row in rows for group in row.groups]
    agreed = {
        mark.item
        for group in groups
        if any(mark.key in stand for mark in group.marks)
        for mark in group.marks
    }
    if not stand:
        agreed = {item for item, own in drawn.items() if not own}  # who drew nothing is right
    return {item: _verdict(said, item, own, stand, agrees=item in agreed) for item, own in drawn.items()}


def _standing(picks: Mapping[str, str | None], rows: Sequence[Row]) -> set[str]:
    """Keys of the marks that stand. Raises FieldErrors when a row is left open, or picked from elsewhere."""
    errors = {
        f"picks.{row}": "is no row of what was shown" for row in picks.keys() - {row.id for row in rows}
    }
    stand: set[str] = set()
    for row in rows:
        if row.id not in picks:
            errors[f"picks.{row.id}"] = "must say whose shape stands, or null for none"
            continue
        pick = picks[row.id]
        if pick is not None and pick not in row.marks:
            errors[f"picks.{row.id}"] = "must be one of this row's shapes, or null for none"
        elif pick is not None:
            stand.add(pick)
    if errors:
        raise FieldErrors(errors)
    return stand


def _verdict(said: Settlement, item: int, own: Sequence[Line], stand: set[str], *, agrees: bool) -> Verdict:
    base = said.bases.get(item, {})
    if agrees:
        fallen = [line["id"] for line in own if f"{item}/{line['id']}" not in stand]
        changes = [{"op": "delete", "id": line} for line in fallen]
        return Verdict("approve", note=said.note, base=base, changes=changes)
    note = f"{STANDS_ELSEWHERE} {said.note}".strip() if stand else said.note
    return Verdict("reject", reasons=["other"], note=note, base=base)
