"""Our types -> Clarifai JSON. Pure. Requests speak snake_case and enum names.

Only fields that both the published schema of 10.2.3 and that of 12.6.0 know are sent.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import msgspec
from msgspec import Raw

from ..errors import Rejected
from ..types import AnnotationState, AnnotationWrite, ConceptValue, InputWrite, PatchAction, Region
from .codes import ANNOTATION_NAMES, UNREADABLE

_encode = msgspec.json.Encoder().encode
_SHAPES = ("bounding_box", "polygon")
RawObject = dict[str, Raw]


def encode(value: Any) -> bytes:
    """Compact JSON. Raises Rejected for what JSON cannot hold."""
    try:
        return _encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        failure = Rejected("Something in the request cannot be written as JSON.")
    raise failure


def finite(field: str, *numbers: float) -> None:
    """Raise Rejected, naming the field, for what JSON would turn into null."""
    if not all(math.isfinite(number) for number in numbers):
        raise Rejected("A number is not finite.", fields={field: "must be a finite number"})


def concept_body(value: ConceptValue) -> dict[str, Any]:
    """A concept in a write: the value is always said, because absent means 1."""
    finite("value", value.value)
    return {"id": value.id, "value": value.value}


def shape_body(region: Region) -> dict[str, Any] | None:
    """``region_info`` of a box or polygon; None where the region names no shape."""
    if region.box is not None:
        box = region.box
        finite("box", box.top, box.left, box.bottom, box.right)
        return {
            "bounding_box": {
                "top_row": box.top,
                "left_col": box.left,
                "bottom_row": box.bottom,
                "right_col": box.right,
            }
        }
    if region.points is not None:
        finite("points", *(number for point in region.points for number in point))
        return {"polygon": {"points": [{"row": row, "col": col} for row, col in region.points]}}
    return None


def _region_body(region: Region, *, values: bool) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if region.id:
        body["id"] = region.id
    if values and (info := shape_body(region)) is not None:
        body["region_info"] = info
    if region.concepts:
        body["data"] = {
            "concepts": [concept_body(c) if values else {"id": c.id} for c in region.concepts],
        }
    return body


def _data(write: AnnotationWrite, *, values: bool) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if write.region is not None:
        data["regions"] = [_region_body(write.region, values=values)]
    if write.concepts is not None:
        data["concepts"] = [concept_body(c) if values else {"id": c.id} for c in write.concepts]
    return data


def status_body(state: AnnotationState) -> dict[str, Any]:
    if state not in ANNOTATION_NAMES:
        raise Rejected("An annotation cannot be set to an unknown status.", fields={"state": "not settable"})
    return {"code": ANNOTATION_NAMES[state]}


def create_body(write: AnnotationWrite) -> dict[str, Any]:
    """One annotation of a POST."""
    body: dict[str, Any] = {"id": write.id, "input_id": write.input_id, "data": _data(write, values=True)}
    if write.user_id:
        body["user_id"] = write.user_id
    if write.task_id:
        body["task_id"] = write.task_id
    if write.state is not None:
        body["status"] = status_body(write.state)
    return body


def patch_body(write: AnnotationWrite, action: PatchAction) -> dict[str, Any]:
    """One annotation of a PATCH.

    MERGE sends the named parts, a region with its present id (without it the platform takes it for another
    region). REMOVE sends ids. OVERWRITE sends the whole data with the named parts put into ``base_raw``.
    A write that names no part sends no data at all, so that only the status changes.
    """
    body: dict[str, Any] = {"id": write.id, "input_id": write.input_id}
    if action is PatchAction.OVERWRITE:
        body["data"] = overwritten(write)
    elif write.region is not None or write.concepts is not None:
        if action is PatchAction.MERGE and write.region is not None and not write.region.id:
            raise Rejected("A merge into a region needs the region's id.", fields={"region.id": "required"})
        body["data"] = _data(write, values=action is PatchAction.MERGE)
    if write.state is not None:
        body["status"] = status_body(write.state)
    return body


def overwritten(write: AnnotationWrite) -> RawObject:
    """``base_raw`` with the given shape and concepts in it; every other byte of it stays as it was.

    A region without shape keeps the base's shape; a region without concepts keeps the base's concepts (use
    REMOVE to take concepts away). ``concepts`` None keeps those of the whole input, an empty tuple drops them.
    """
    data = _open(write.base_raw)
    if write.region is not None:
        regions = _open_list(data.get("regions")) or [{}]
        if len(regions) > 1:
            raise Rejected("The annotation holds several regions and is not edited here.")
        data["regions"] = Raw(_encode([_put_region(regions[0], write.region)]))
    if write.concepts is not None:
        data["concepts"] = _put_concepts(data.get("concepts"), write.concepts)
    return data


def _open(raw: bytes | Raw | None) -> RawObject:
    if raw is None or not bytes(raw).strip():
        return {}
    try:
        return msgspec.json.decode(raw, type=RawObject | None) or {}
    except UNREADABLE:
        raise Rejected("The annotation's data as read is not a JSON object.") from None


def _open_list(raw: Raw | None) -> list[RawObject]:
    if raw is None:
        return []
    try:
        return msgspec.json.decode(raw, type=list[RawObject] | None) or []
    except UNREADABLE:
        raise Rejected("The annotation's data as read has no list where one belongs.") from None


def _text(raw: Raw | None) -> str:
    found = msgspec.json.decode(raw) if raw is not None else ""
    return found if isinstance(found, str) else ""


def _put_region(base: RawObject, region: Region) -> RawObject:
    found = dict(base)
    # The platform may have given a new id since: the one in the data just read is the present one.
    if region.id and not _text(found.get("id")):
        found["id"] = Raw(_encode(region.id))
    if (shape := shape_body(region)) is not None:
        info = {key: value for key, value in _open(found.get("region_info")).items() if key not in _SHAPES}
        found["region_info"] = Raw(_encode(info | {key: Raw(_encode(part)) for key, part in shape.items()}))
    if region.concepts:
        inner = _open(found.get("data"))
        inner["concepts"] = _put_concepts(inner.get("concepts"), region.concepts)
        found["data"] = Raw(_encode(inner))
    return found


def _put_concepts(base: Raw | None, concepts: tuple[ConceptValue, ...]) -> Raw:
    known = {_text(one.get("id")): one for one in _open_list(base)}
    return Raw(
        _encode(
            [
                known.get(c.id, {}) | {key: Raw(_encode(part)) for key, part in concept_body(c).items()}
                for c in concepts
            ]
        )
    )


def input_body(write: InputWrite) -> dict[str, Any]:
    """One input of a POST. The name travels as ``metadata.filename``."""
    if bool(write.content) == bool(write.url):
        raise Rejected("An input needs either a picture or an address.", fields={"content": "exactly one"})
    image: dict[str, Any]
    if write.content:
        image = {"base64": base64.b64encode(write.content).decode("ascii")}
    else:
        image = {"url": write.url, "allow_duplicate_url": True}
    data: dict[str, Any] = {"image": image}
    metadata = dict(write.metadata)
    if write.name:
        metadata["filename"] = write.name
    if metadata:
        data["metadata"] = metadata
    body: dict[str, Any] = {"id": write.id, "data": data}
    if write.dataset_ids:
        body["dataset_ids"] = list(write.dataset_ids)
    return body
