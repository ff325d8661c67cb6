"""Sent-back work that its labelers put right and submitted again, through the labeling room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID, uuid5

from dashboard.accounts.models import Connection, Membership
from dashboard.demo.layout import Box
from dashboard.demo.mistakes import Mistake
from dashboard.demo.plan import LABELERS, Fate
from dashboard.demo.platform_work import Work
from dashboard.labeling.services import submit
from dashboard.sync.models import WorkItem
from dashboard.sync.services import at_once, work
from dashboard.sync.shapes import lines

_SPACE = UUID("b8b0c9a1-8f1e-4c7e-9a43-6f0f7d1a2e05")


def correct_all(
    connection: Connection, planned: Collection[Work], progress: Callable[[str, int, int], None]
) -> None:
    """Put right and submit again what came back and has the fate to return."""
    returned = [one for one in planned if one.fate is Fate.RETURNED]
    operations = []
    progress("corrections", 0, len(returned))
    for done, one in enumerate(returned, start=1):
        operation = uuid5(_SPACE, f"{one.task.id}/{one.assignment.input_id}")
        item = WorkItem.objects.select_related("task", "input").get(
            connection=connection,
            task__platform_id=one.task.id,
            input__platform_id=one.assignment.input_id,
            labeler_id=one.assignment.user_id,
        )
        # A second decision means that somebody has gone on from here.
        if item.state == WorkItem.State.CHANGES_ASKED and item.decisions.count() == 1:
            _correct(connection, one, item, operation)
        operations.append(operation)
        progress("corrections", done, len(returned))
    at_once.push_operations(connection=connection, operations=operations)


def _correct(connection: Connection, one: Work, item: WorkItem, operation: UUID) -> None:
    bodies = work.bodies(connection=connection, items=[item])[item.pk]
    shown = {line["id"]: line for body in bodies for line in lines(body)}
    person = LABELERS[one.labeler]
    actor = Membership.objects.select_related("user", "connection").get(
        connection=connection, user__username=person.login
    )
    submit(
        actor=actor,
        platform_user_id=person.platform_id,
        item=item,
        operation=operation,
        raw=_put_right(one, shown),
        present={body.id: body for body in bodies},
    )


def _put_right(one: Work, shown: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The shapes as they shall be, in the browser's form; what was good keeps its id and its edges."""
    shapes: list[dict[str, Any]] = []
    for place, drawn in enumerate(one.labels.drawn):
        shape = shown.get(one.annotation_id(f"box/{place}"))
        if shape is None or drawn.truth is None:
            continue
        if drawn.mistake is Mistake.WRONG_CLASS:
            shape = {**shape, "concept": drawn.truth.concept}
        elif drawn.mistake is Mistake.LOOSE:
            shape = {**shape, "box": _edges(drawn.truth.box)}
        shapes.append(shape)
    for place, piece in enumerate(one.labels.missed):
        name = one.annotation_id(f"missed/{place}")
        box = _edges(piece.box)
        shapes.append({"id": name, "kind": "box", "concept": piece.concept, "value": 1, "box": box})
    for concept, present in one.truth.facts.items():
        shape = shown.get(one.annotation_id(f"fact/{concept}"))
        if shape is not None:
            shapes.append({**shape, "value": int(present)})
    return shapes


def _edges(box: Box) -> dict[str, float]:
    return {"top": box.top, "left": box.left, "bottom": box.bottom, "right": box.right}
