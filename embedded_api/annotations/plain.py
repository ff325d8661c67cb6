"""One box with its concepts, the most common annotation by far, read in a third of the time.

A short cut, not a second opinion: it takes only what has exactly this form and breaks no rule. Everything else goes
the long way (`posting.read`), which alone says what is wrong. A test holds both ways to the same rows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from embedded_api import fields, ids
from embedded_api.annotations.content import MAX_CONCEPTS
from embedded_api.annotations.facts import Said
from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import Json
from embedded_api.models.annotations import Values, blank
from embedded_api.status_codes import APPROVED, OF_ANNOTATIONS

if TYPE_CHECKING:
    from embedded_api.annotations.posting import Room

_Fraction = Annotated[float, Meta(ge=0, le=1)]
_Id = Annotated[str, Meta(pattern=rf"\A{ids.PATTERN.pattern}\Z")]


class _Concept(msgspec.Struct, forbid_unknown_fields=True):
    id: str  # one that the app has
    value: _Fraction = 1.0


class _Box(msgspec.Struct, forbid_unknown_fields=True):
    top_row: _Fraction = 0.0
    left_col: _Fraction = 0.0
    bottom_row: _Fraction = 0.0
    right_col: _Fraction = 0.0


class _RegionInfo(msgspec.Struct, forbid_unknown_fields=True):
    bounding_box: _Box


class _Concepts(msgspec.Struct, forbid_unknown_fields=True):
    concepts: Annotated[list[_Concept], Meta(min_length=1, max_length=MAX_CONCEPTS)]


class _Region(msgspec.Struct, forbid_unknown_fields=True):
    region_info: _RegionInfo
    data: _Concepts
    id: _Id | None = None


class _Data(msgspec.Struct, forbid_unknown_fields=True):
    regions: Annotated[list[_Region], Meta(min_length=1, max_length=1)]


class _Status(msgspec.Struct, forbid_unknown_fields=True):
    code: int | Annotated[str, Meta(max_length=64)]


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    input_id: str  # one that there is
    user_id: str  # a member of the app
    data: _Data
    id: _Id | None = None
    task_id: _Id | None = None
    status: _Status | None = None


def read(sent: Json, room: Room, inputs: dict[str, int]) -> Values | None:
    """The row that `posting.read` would make of this, or None when it is not that plain."""
    try:
        found = msgspec.convert(sent, _Sent)
    except msgspec.ValidationError:
        return None
    region = found.data.regions[0]
    box = region.region_info.bounding_box
    said = {concept.id: concept.value for concept in region.data.concepts}
    status = APPROVED if found.status is None else _status(found.status.code)
    by_right = found.user_id in room.members and (found.user_id == room.user_id or room.is_owner)
    if not (
        found.input_id in inputs
        and by_right
        and status
        and box.top_row < box.bottom_row
        and box.left_col < box.right_col
        and len(said) == len(region.data.concepts)
        and room.concepts.issuperset(said)
    ):
        return None
    concepts = [Said(name, int(value) if value in (0, 1) else value, True) for name, value in said.items()]
    shown = {
        "id": region.id or ids.new(),
        "region_info": {"bounding_box": box},
        "data": {"concepts": [{"id": one.concept_id, "value": one.value} for one in concepts]},
    }
    return blank() | {
        "app_id": room.app.pk,
        "input_id": inputs[found.input_id],
        "public_id": found.id or ids.new(),
        "input_public_id": found.input_id,
        "user_id": found.user_id,
        "task_id": found.task_id or "",
        "status_code": status,
        "data": dumps({"regions": [shown]}),
        "trusted": True,
        "shape": "bounding_box",
        "concepts": tuple(concepts),
    }


@lru_cache(maxsize=256, typed=True)
def _status(sent: int | str) -> int | None:
    """The number of a status of annotations, None when it is none."""
    try:
        return fields.one_status_code(sent, "", OF_ANNOTATIONS)
    except FieldError:
        return None
