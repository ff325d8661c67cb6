"""What became of a call: the outcomes of a batch, and answers that we did not expect."""

from __future__ import annotations

import msgspec

from .annotations import Annotation
from .assignments import Assignment


class Outcome(msgspec.Struct, frozen=True):
    """What became of one item of a batch. ``error`` None means done; ``annotation`` as answered, if any."""

    id: str
    error: Exception | None = None
    annotation: Annotation | None = None
    assignment: Assignment | None = None


class DriftRow(msgspec.Struct, frozen=True):
    """An answer that we did not expect, and how often it was seen.

    ``kind`` is the platform's name of the message, ``what`` one of unknown_field, new_value, missing_field and
    wrong_type, ``name`` the field (with the value where that is new), ``example`` a type name or an enum number.
    """

    kind: str
    what: str
    name: str
    count: int
    example: str = ""
