"""Drafting, submitting and skipping. What is sent to the platform goes through the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from dashboard.accounts.models import Membership
from dashboard.accounts.policies import PolicyError
from dashboard.audit import services as audit
from dashboard.platforms.types import Annotation
from dashboard.sync import edits, shapes
from dashboard.sync.models import Concept, Task, WorkItem
from dashboard.sync.services import delivery
from dashboard.sync.shapes import FieldErrors, Shape

from . import policies, verdicts
from .models import Draft, Skip, Submission
from .verdicts import Judged

MAX_SHAPES = 2_000
SKIP_REASONS = {
    "blurry": "Too blurry to tell",
    "unclear": "The instructions do not cover it",
    "duplicate": "Seen before",
    "other": "Other",
}


class OperationTaken(PolicyError):
    """The operation id belongs to another submission."""


class StaleDraft(PolicyError):
    """A newer draft exists, saved from another tab or machine."""


def save_draft(
    *, actor: Membership, platform_user_id: str | None, item: WorkItem, revision: int, raw: Any
) -> Draft:
    """Keep unsubmitted shapes. ``revision`` is the one the browser started from.

    Raises FieldErrors, PolicyError, or StaleDraft when another tab saved a newer draft: nothing is overwritten.
    """
    policies.check_label(membership=actor, platform_user_id=platform_user_id, item=item)
    parsed = parse_shapes(raw, item)
    with transaction.atomic():
        draft, made = Draft.objects.select_for_update().get_or_create(item=item, labeler=actor.user)
        if not made and draft.revision != revision:
            raise StaleDraft(
                "A newer draft of this item was saved in another window. Reload to see it; nothing was replaced."
            )
        draft.revision += 1
        draft.shapes = [line(shape) for shape in parsed]
        draft.save()
        if item.state == WorkItem.State.TO_DO:
            delivery.set_state(items=[item], state=WorkItem.State.IN_PROGRESS)
    return draft


def submit(
    *,
    actor: Membership,
    platform_user_id: str | None,
    item: WorkItem,
    operation: UUID,
    raw: Any,
    present: Mapping[str, Annotation],
    judged: Sequence[Judged] = (),
) -> tuple[Submission, bool]:
    """Queue what differs from ``present`` (the labeler's annotations as they were shown) and the submit itself.

    ``judged`` is what the labeler said of a model's suggestions on the way. The same operation id again answers
    the stored submission. Raises FieldErrors and PolicyError.
    """
    known = Submission.objects.filter(operation=operation).first()
    if known is not None:
        if known.labeler_id != actor.user_id or known.item_id != item.pk:
            raise OperationTaken("This operation id belongs to another submission. Open the item again.")
        return known, False
    parsed = parse_shapes(raw, item)
    planned = plan(parsed, present, input_id=item.input.platform_id, author=item.labeler_id)
    with transaction.atomic():
        item = (
            WorkItem.objects.select_for_update(of=("self",)).select_related("task", "input").get(pk=item.pk)
        )
        policies.check_label(membership=actor, platform_user_id=platform_user_id, item=item)
        submission = Submission.objects.create(
            operation=operation, item=item, labeler=actor.user, shapes=[line(shape) for shape in parsed]
        )
        audit.record(
            actor=actor.user,
            connection=actor.connection,
            action="label.submit",
            target=f"item:{item.pk}",
            data={
                "edits": [
                    {"kind": w.kind, "annotation": w.annotation_id, "payload": w.payload} for w in planned
                ]
            },
        )
        writes = [delivery.Write(w.kind, w.annotation_id, w.payload, w.base) for w in planned]
        delivery.enqueue(
            connection=actor.connection,
            item=item,
            actor=actor.user,
            operation=operation,
            writes=[*writes, delivery.Write("submit", "", {}, {})],
        )
        reviewed = item.task.review.get("strategy") != "none"
        delivery.set_state(
            items=[item],
            state=WorkItem.State.AWAITING_REVIEW if reviewed else WorkItem.State.APPROVED,
        )
        Draft.objects.filter(item=item, labeler=actor.user).delete()
        verdicts.record(judged, actor=actor.user, item=item, operation=operation)
    return submission, True


def skip(*, actor: Membership, platform_user_id: str | None, item: WorkItem, reason: str, note: str) -> Skip:
    """Pass on an item with a reason; it stays assigned and is offered last. Ours alone, the platform has no skip."""
    errors = {}
    if reason not in SKIP_REASONS:
        errors["reason"] = f"must be one of {', '.join(SKIP_REASONS)}"
    if len(note) > 500:
        errors["note"] = "must have at most 500 characters"
    if errors:
        raise FieldErrors(errors)
    policies.check_label(membership=actor, platform_user_id=platform_user_id, item=item)
    with transaction.atomic():
        skipped = Skip.objects.create(item=item, labeler=actor.user, reason=reason, note=note.strip())
        delivery.set_skipped(item=item, skipped=True)
        audit.record(
            actor=actor.user,
            connection=actor.connection,
            action="label.skip",
            target=f"item:{item.pk}",
            data={"reason": reason, "note": note},
        )
    return skipped


def parse_shapes(raw: Any, item: WorkItem) -> list[Shape]:
    """Check the browser's whole list of shapes for one item. Raises FieldErrors."""
    if not isinstance(raw, list) or len(raw) > MAX_SHAPES:
        raise FieldErrors({"shapes": f"must be a list of at most {MAX_SHAPES} shapes"})
    concepts = task_concepts(item.task)
    errors: dict[str, str] = {}
    parsed = []
    for index, shape in enumerate(raw):
        try:
            parsed.append(shapes.parse(shape, f"shapes.{index}", concepts))
        except FieldErrors as wrong:
            errors.update(wrong.fields)
    ids = [shape.id for shape in parsed]
    if len(set(ids)) < len(ids):
        errors["shapes"] = "must not name an id twice"
    if errors:
        raise FieldErrors(errors)
    return parsed


def task_concepts(task: Task) -> set[str]:
    """Ids of the concepts that may be used in a task: its own, or all of the app where it names none."""
    known = Concept.objects.filter(connection=task.connection_id)
    return set(task.concept_ids) or set(known.values_list("platform_id", flat=True))


def plan(
    wanted: Sequence[Shape], present: Mapping[str, Annotation], *, input_id: str, author: str
) -> list[edits.PlannedWrite]:
    """The writes that turn ``present`` into ``wanted``: by id, smallest write each (pure)."""
    by_annotation: dict[str, list[Shape]] = {}
    for shape in wanted:
        by_annotation.setdefault(shapes.annotation_id(shape.id), []).append(shape)
    planned = [
        edits.plan_edit(_edit(annotation, by_annotation.pop(annotation.id, [])))
        for annotation in present.values()
        if annotation.region is None or annotation.region.kind != "other"
    ]
    created = [
        edits.plan_create(
            msgspec.structs.replace(shape, id=shapes.annotation_id(shape.id)),
            input_id=input_id,
            user_id=author,
            state="pending",
        )
        for several in by_annotation.values()
        for shape in several[:1]
    ]
    return [write for write in planned if write is not None] + created


def _edit(annotation: Annotation, wanted: Sequence[Shape]) -> edits.Edit:
    edit = edits.Edit(seen=annotation)
    if not wanted:
        edit.delete = True
    elif annotation.region is not None:
        shape = wanted[0]
        edit.concept = shape.concept
        if shape.box is not None and shape.box != annotation.region.box:
            edit.box = shape.box
        if shape.points is not None and shape.points != annotation.region.points:
            edit.points = shape.points
    else:
        values = {shape.concept: shape.value for shape in wanted}
        edit.values = {
            c.id: values[c.id] for c in annotation.concepts if c.id in values and values[c.id] != c.value
        }
        edit.drop = tuple(c.id for c in annotation.concepts if c.id not in values)
    return edit


def line(shape: Shape) -> dict[str, Any]:
    """A shape as JSON for the browser and for our own records."""
    box = shape.box
    return {
        "id": shape.id,
        "kind": shape.kind,
        "concept": shape.concept,
        "value": shape.value,
        "box": box and {"top": box.top, "left": box.left, "bottom": box.bottom, "right": box.right},
        "points": shape.points,
    }
