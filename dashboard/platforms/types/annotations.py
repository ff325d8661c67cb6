"""Annotations: what is drawn or said of an input, and how it is written."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class AnnotationState(enum.StrEnum):
    """Status of one annotation, in the field's words."""

    PENDING = "pending"  # work to do, or sent back (Clarifai 24151)
    AWAITING_REVIEW = "awaiting_review"  # 24157
    AWAITING_CONSENSUS = "awaiting_consensus"  # 24159
    APPROVED = "approved"  # 24150
    REJECTED = "rejected"  # 24158
    UNKNOWN = "unknown"  # anything else; never taken for approved


class PatchAction(enum.StrEnum):
    MERGE = "merge"
    OVERWRITE = "overwrite"
    REMOVE = "remove"


class Concept(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str


class ConceptValue(msgspec.Struct, frozen=True, gc=False):
    """One concept with its value: 1 present, 0 explicitly absent."""

    id: str
    value: float = 1.0
    name: str = ""


class Box(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Edges as fractions: 0 <= top < bottom <= 1 of the height, 0 <= left < right <= 1 of the width."""

    top: float
    left: float
    bottom: float
    right: float


class Region(msgspec.Struct, frozen=True, gc=False):
    """A part of a picture: a box, or a polygon as (row, column) points. ``id`` empty = not yet given.

    ``kind`` is box, polygon, or other (a shape that we show but do not edit).
    """

    id: str = ""
    box: Box | None = None
    points: tuple[tuple[float, float], ...] | None = None
    concepts: tuple[ConceptValue, ...] = ()

    @property
    def kind(self) -> str:
        if self.box is not None:
            return "box"
        return "polygon" if self.points is not None else "other"


class Annotation(msgspec.Struct, frozen=True, gc=False):
    """One annotation: at most one region, or concepts of the whole input.

    ``raw`` is the platform's own ``data`` as JSON bytes, kept so that an overwrite loses nothing that we do
    not model. ``tag`` is the entity tag for preconditions ("" where the platform has none). ``by_model``: a model or
    workflow made it and nobody vouched for it; lists leave such annotations out.
    """

    id: str
    input_id: str
    user_id: str = ""
    task_id: str = ""
    state: AnnotationState = AnnotationState.UNKNOWN
    region: Region | None = None
    concepts: tuple[ConceptValue, ...] = ()
    input_level: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None
    tag: str = ""
    raw: bytes = b"{}"
    by_model: bool = False


class AnnotationWrite(msgspec.Struct, frozen=True, gc=False):
    """What to send for one annotation: a create, or a patch of what is named.

    For MERGE and REMOVE only the given parts are sent; for OVERWRITE ``base_raw`` is the data just read, into
    which the given region and concepts are put, so that unknown keys survive.
    """

    id: str
    input_id: str
    region: Region | None = None
    concepts: tuple[ConceptValue, ...] | None = None
    user_id: str = ""
    task_id: str = ""
    state: AnnotationState | None = None
    base_raw: bytes = b""
    if_match: str = ""
