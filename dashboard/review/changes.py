"""Checking a reviewer's changes and turning them into edits (pure)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dashboard.platforms.types import Annotation
from dashboard.sync import edits, shapes
from dashboard.sync.shapes import FieldErrors

MAX_CHANGES = 500
_NEW_ID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def plan(
    raw: Any,
    *,
    seen: Mapping[str, Annotation],
    concepts: Collection[str],
    input_id: str,
    author: str,
) -> list[edits.PlannedWrite]:
    """The writes for the browser's ``changes`` list. Raises FieldErrors naming each wrong field.

    ``seen`` maps annotation ids to what the reviewer saw, ``author`` is the platform user of new annotations.
    """
    if not isinstance(raw, list) or len(raw) > MAX_CHANGES:
        raise FieldErrors({"changes": f"must be a list of at most {MAX_CHANGES} changes"})
    errors: dict[str, str] = {}
    edited: dict[str, edits.Edit] = {}
    created: dict[str, edits.PlannedWrite] = {}
    for index, change in enumerate(raw):
        path = f"changes.{index}"
        if not isinstance(change, dict):
            errors[path] = "must be an object"
            continue
        try:
            if change.get("op") == "create":
                shape = _new_shape(change, path, concepts)
                created[shape.id] = edits.plan_create(
                    shape, input_id=input_id, user_id=author, state="awaiting_review"
                )
            else:
                _edit(change, path, seen, concepts, edited)
        except FieldErrors as wrong:
            errors.update(wrong.fields)
    if errors:
        raise FieldErrors(errors)
    planned = [edits.plan_edit(edit) for edit in edited.values()]
    return [write for write in planned if write is not None] + list(created.values())


def _new_shape(change: dict[str, Any], path: str, concepts: Collection[str]) -> shapes.Shape:
    shape = shapes.parse(change, path, concepts)
    if not _NEW_ID.fullmatch(shape.id):
        raise FieldErrors({f"{path}.id": "must be a UUID for something new"})
    return shape


def _edit(
    change: dict[str, Any],
    path: str,
    seen: Mapping[str, Annotation],
    concepts: Collection[str],
    edited: dict[str, edits.Edit],
) -> None:
    line = change.get("id")
    annotation = seen.get(shapes.annotation_id(line)) if isinstance(line, str) else None
    if not isinstance(line, str) or annotation is None:
        raise FieldErrors({f"{path}.id": "must be an annotation whose version is given in base"})
    edit = edited.setdefault(annotation.id, edits.Edit(seen=annotation))
    tag = _tag_of(line, annotation)
    errors: dict[str, str] = {}
    match change.get("op"):
        case "concept" if annotation.region is not None:
            edit.concept = shapes.check_concept(change.get("concept"), f"{path}.concept", concepts, errors)
        case "shape" if annotation.region is not None and annotation.region.kind == "box":
            edit.box = shapes.check_box(change.get("box"), f"{path}.box", errors)
        case "shape" if annotation.region is not None and annotation.region.kind == "polygon":
            edit.points = shapes.check_points(change.get("points"), f"{path}.points", errors)
        case "value" if annotation.region is None and tag:
            if change.get("value") not in (0, 1):
                errors[f"{path}.value"] = "must be 0 or 1"
            else:
                edit.values = {**edit.values, tag: float(change["value"])}
        case "delete" if annotation.region is not None or len(annotation.concepts) < 2:
            edit.delete = True
        case "delete" if tag:
            edit.drop = (*edit.drop, tag)
        case "concept" | "shape" | "value" | "delete":
            errors[f"{path}.op"] = "does not fit this kind of annotation"
        case _:
            errors[f"{path}.op"] = "must be create, concept, shape, value or delete"
    if errors:
        raise FieldErrors(errors)


def _tag_of(line: str, annotation: Annotation) -> str:
    if annotation.region is not None:
        return ""
    named = line.partition("#")[2]
    known = [concept.id for concept in annotation.concepts]
    if named in known:
        return named
    return known[0] if len(known) == 1 and not named else ""
