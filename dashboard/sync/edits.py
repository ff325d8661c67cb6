"""From what a person changed to what is written: the smallest platform write for each annotation (pure).

==========================  =========================================================================
change                      write
==========================  =========================================================================
only the concept            merge: the new concept with 1, the former with 0, inside the region
only the shape              overwrite: the new shape, and every concept that was there
shape and concept           overwrite: the new shape with the new concept
value of a tag              merge: the same concept with the other value
one of several tags gone    remove: that concept
the annotation gone         delete
something new               create, with an id that the browser chose
==========================  =========================================================================
"""

from __future__ import annotations

from typing import Any

import msgspec

from dashboard.platforms.types import Annotation, Box, ConceptValue, Region

from .fingerprint import fingerprint
from .shapes import Shape, lines, main_concept, to_annotation


class Edit(msgspec.Struct):
    """What shall become of one annotation that was seen. Everything unset stays as it is."""

    seen: Annotation
    concept: str = ""
    box: Box | None = None
    points: tuple[tuple[float, float], ...] | None = None
    values: dict[str, float] = {}
    drop: tuple[str, ...] = ()
    delete: bool = False


class PlannedWrite(msgspec.Struct, frozen=True):
    """One write: ``kind`` as in OutboxEntry.Kind, ``result`` the annotation afterwards (None = gone)."""

    kind: str
    annotation_id: str
    payload: dict[str, Any]
    base: dict[str, Any]
    result: Annotation | None


def plan_create(shape: Shape, *, input_id: str, user_id: str, state: str) -> PlannedWrite:
    """A new annotation in ``user_id``'s name; ``state`` is an AnnotationState value."""
    made = to_annotation(shape, input_id=input_id)
    payload = {**lines(made)[0], "user_id": user_id, "state": state}
    return PlannedWrite("create", shape.id, payload, {}, made)


def plan_edit(edit: Edit) -> PlannedWrite | None:
    """The write for one edit, or None when nothing differs from what was seen."""
    result = _apply(edit)
    if result is not None and fingerprint(result) == fingerprint(edit.seen):
        return None
    base = {"fingerprint": fingerprint(edit.seen), "shape": lines(edit.seen)}
    kind, payload = _write(edit, result)
    return PlannedWrite(kind, edit.seen.id, payload, base, result)


def _apply(edit: Edit) -> Annotation | None:
    seen = edit.seen
    if edit.delete:
        return None
    if seen.region is not None:
        region = seen.region
        moved = edit.box is not None or edit.points is not None
        return msgspec.structs.replace(
            seen,
            region=Region(
                id=region.id,
                box=edit.box if moved else region.box,
                points=edit.points if moved else region.points,
                concepts=_renamed(region.concepts, edit.concept, keep_former=not moved),
            ),
        )
    kept = tuple(
        msgspec.structs.replace(concept, value=edit.values.get(concept.id, concept.value))
        for concept in seen.concepts
        if concept.id not in edit.drop
    )
    return msgspec.structs.replace(seen, concepts=kept) if kept else None


def _renamed(
    concepts: tuple[ConceptValue, ...], concept: str, *, keep_former: bool
) -> tuple[ConceptValue, ...]:
    former = main_concept(concepts)
    if not concept or (former and former.id == concept and former.value > 0):
        return concepts
    if not keep_former:
        return (ConceptValue(id=concept),)
    others = tuple(
        ConceptValue(id=c.id, value=0.0) if former and c.id == former.id else c
        for c in concepts
        if c.id != concept
    )
    return (*others, ConceptValue(id=concept))


def _write(edit: Edit, result: Annotation | None) -> tuple[str, dict[str, Any]]:
    seen = edit.seen
    if result is None:
        return "delete", {}
    if result.region is not None and seen.region is not None:
        changed = _changed(seen.region.concepts, result.region.concepts)
        if edit.box is None and edit.points is None:
            return "merge", {"concepts": changed, "in_region": True}
        payload: dict[str, Any] = {
            key: value for key, value in lines(result)[0].items() if key in ("box", "points") and value
        }
        if changed:
            payload["concepts"] = [{"id": c.id, "value": c.value} for c in result.region.concepts]
        return "overwrite", payload
    if edit.drop and not edit.values:
        return "remove", {"concepts": list(edit.drop)}
    if edit.drop:
        return "overwrite", {"concepts": [{"id": c.id, "value": c.value} for c in result.concepts]}
    return "merge", {"concepts": _changed(seen.concepts, result.concepts), "in_region": False}


def _changed(before: tuple[ConceptValue, ...], after: tuple[ConceptValue, ...]) -> list[dict[str, Any]]:
    known = {concept.id: concept.value for concept in before}
    return [{"id": c.id, "value": c.value} for c in after if known.get(c.id) != c.value]
