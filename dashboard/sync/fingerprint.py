"""What an annotation says, as a short text to compare by (pure).

Platforms without entity tags give nothing else to compare with, and their times are too coarse; so what was
seen, what is there now and what shall be are compared by content.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from dashboard.platforms.types import Annotation, ConceptValue, Region

#: Digits kept of a coordinate or value: platforms store single-precision floats, and 1e-6 is far below a pixel.
DIGITS = 6


def fingerprint(annotation: Annotation) -> str:
    """16 hexadecimal digits over kind, shape and concepts. Status, times and ids are left out.

    The order of concepts does not matter; that of a polygon's points does. Coordinates that differ by less
    than half a millionth of the picture count as equal.
    """
    canonical = [_region(annotation.region), _concepts(annotation.concepts)]
    text = json.dumps(canonical, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same_shape(one: Region | None, other: Region | None) -> bool:
    """Whether two regions have the same outline, to the precision of a fingerprint."""
    return _outline(one) == _outline(other)


def same_value(one: float, other: float) -> bool:
    """Whether two concept values are equal, to the precision of a fingerprint."""
    return _number(one) == _number(other)


def _region(region: Region | None) -> list[Any] | None:
    return None if region is None else [*_outline(region), _concepts(region.concepts)]


def _outline(region: Region | None) -> list[Any]:
    if region is None:
        return ["", None, None]
    box = region.box
    edges = box and [_number(edge) for edge in (box.top, box.left, box.bottom, box.right)]
    points = region.points and [[_number(row), _number(column)] for row, column in region.points]
    return [region.kind, edges or None, points or None]


def _concepts(concepts: tuple[ConceptValue, ...]) -> list[list[Any]]:
    return sorted([concept.id, _number(concept.value)] for concept in concepts)


def _number(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # + 0.0 turns -0.0 into 0.0
