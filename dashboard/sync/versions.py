"""Versions of an annotation as the outbox stores and compares them: base, theirs, mine (pure)."""

from __future__ import annotations

from typing import Any

import msgspec

from dashboard.platforms.types import Annotation, Box, ConceptValue, Region

from .fingerprint import fingerprint, same_shape, same_value
from .models import OutboxEntry
from .shapes import lines

Kind = OutboxEntry.Kind


def theirs(annotation: Annotation | None) -> dict[str, Any]:
    """What the platform holds, for a conflict or as the state before a write."""
    if annotation is None:
        return {"gone": True, "fingerprint": "", "shape": []}
    return {
        "gone": False,
        "fingerprint": fingerprint(annotation),
        "shape": lines(annotation),
        "author": annotation.user_id,
        "status": annotation.state.value,
        "modified_at": stamp(annotation.modified_at),
    }


def stamp(when: Any) -> str:
    return when.isoformat() if when else ""


def intended(entry: OutboxEntry, current: Annotation | None) -> Annotation | None:
    """What the annotation is once this edit is applied to ``current`` (None = it does not exist).

    A create ignores ``current``; every other edit of something that does not exist leaves it so.
    """
    payload = entry.payload
    if entry.kind == Kind.CREATE:
        region = outline(payload)
        made = Annotation(id=entry.annotation_id, input_id=current.input_id if current else "")
        concepts = (ConceptValue(id=payload["concept"], value=float(payload.get("value", 1))),)
        if region is None:
            return msgspec.structs.replace(made, concepts=concepts)
        return msgspec.structs.replace(made, region=msgspec.structs.replace(region, concepts=concepts))
    if current is None or entry.kind == Kind.DELETE:
        return None
    region, whole = current.region, current.concepts
    if entry.kind == Kind.MERGE:
        if payload.get("in_region") and region is not None:
            merged = _merge(region.concepts, payload["concepts"])
            region = msgspec.structs.replace(region, concepts=merged)
        else:
            whole = _merge(whole, payload["concepts"])
    elif entry.kind == Kind.REMOVE:
        gone = set(payload["concepts"])
        whole = tuple(c for c in whole if c.id not in gone)
        if region is not None:
            left = tuple(c for c in region.concepts if c.id not in gone)
            region = msgspec.structs.replace(region, concepts=left)
    elif entry.kind == Kind.OVERWRITE:
        sent = concept_values(payload["concepts"]) if payload.get("concepts") is not None else None
        if region is not None:
            shape = outline(payload)
            region = Region(
                id=region.id,
                box=shape.box if shape else region.box,
                points=shape.points if shape else region.points,
                concepts=region.concepts if sent is None else sent,
            )
        elif sent is not None:
            whole = sent
    return msgspec.structs.replace(current, region=region, concepts=whole)


def applied(entry: OutboxEntry, current: Annotation | None) -> bool:
    """Whether the platform already holds what this edit intends."""
    if entry.kind == Kind.DELETE:
        return current is None
    if current is None:
        # Removing the last concept may have taken the annotation with it.
        return entry.kind == Kind.REMOVE
    wanted = intended(entry, current)
    if wanted is None:
        return False
    if entry.kind == Kind.OVERWRITE and not same_shape(wanted.region, current.region):
        return False
    return fingerprint(wanted) == fingerprint(current)


def outline(payload: dict[str, Any]) -> Region | None:
    """The box or polygon of a payload, without concepts; None when it has neither."""
    if payload.get("box"):
        return Region(box=Box(**payload["box"]))
    if payload.get("points"):
        return Region(points=tuple((float(row), float(column)) for row, column in payload["points"]))
    return None


def concept_values(raw: list[dict[str, Any]]) -> tuple[ConceptValue, ...]:
    return tuple(ConceptValue(id=one["id"], value=float(one.get("value", 1))) for one in raw)


def _merge(present: tuple[ConceptValue, ...], raw: list[dict[str, Any]]) -> tuple[ConceptValue, ...]:
    sent = {concept.id: concept for concept in concept_values(raw)}
    kept = tuple(
        concept
        if concept.id not in sent or same_value(concept.value, sent[concept.id].value)
        else msgspec.structs.replace(concept, value=sent[concept.id].value)
        for concept in present
    )
    known = {concept.id for concept in present}
    return (*kept, *(concept for name, concept in sent.items() if name not in known))


def from_lines(shape: list[dict[str, Any]], annotation_id: str) -> Annotation | None:
    """An annotation from stored lines (see :func:`dashboard.sync.shapes.lines`); None for none."""
    if not shape:
        return None
    region = outline(shape[0])
    concepts = tuple(
        ConceptValue(id=line["concept"], value=float(line.get("value", 1)))
        for line in shape
        if line["concept"]
    )
    if region is not None:
        region = msgspec.structs.replace(region, concepts=concepts)
        return Annotation(id=annotation_id, input_id="", region=region)
    return Annotation(id=annotation_id, input_id="", concepts=concepts)


def mine(entry: OutboxEntry) -> list[dict[str, Any]]:
    """The lines that this edit would have made of what its author saw; [] = deleted."""
    result = intended(entry, from_lines(entry.base.get("shape") or [], entry.annotation_id))
    return lines(result) if result is not None else []
