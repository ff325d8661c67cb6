"""Shapes as a browser speaks of them, and what they are as annotations (pure).

One shape of the workbench is a box, a polygon, or a tag (a concept of the whole image). An annotation that
carries several tags becomes several lines in the browser, with ids ``<annotation>#<concept>``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

import msgspec

from dashboard.platforms.types import Annotation, Box, ConceptValue, Region

MAX_POINTS = 10_000
#: A float that fell out of the picture by rounding is put back; more than this is an error.
SLACK = 1e-6
#: Ids travel in addresses of the platform, where "." and ".." mean something.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]*")


class FieldErrors(ValueError):
    """Bad input: ``fields`` maps the path of each wrong field to the rule that it broke."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {rule}" for path, rule in fields.items()))
        self.fields = fields


class Shape(msgspec.Struct, frozen=True):
    """One line of the workbench. Coordinates are fractions; ``value`` 0 marks an explicit negative."""

    id: str
    kind: str  # box | polygon | tag
    concept: str
    value: float = 1.0
    box: Box | None = None
    points: tuple[tuple[float, float], ...] | None = None


def parse(raw: Any, path: str, concepts: Collection[str]) -> Shape:
    """Check one shape from a browser. Raises :class:`FieldErrors` naming every wrong field and its rule."""
    if not isinstance(raw, dict):
        raise FieldErrors({path: "must be an object"})
    errors: dict[str, str] = {}
    kind = raw.get("kind")
    if kind not in ("box", "polygon", "tag"):
        errors[f"{path}.kind"] = "must be box, polygon or tag"
    identifier = raw.get("id")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= 200:
        errors[f"{path}.id"] = "must be a text of 1 to 200 characters"
    elif not _ID.fullmatch(annotation_id(identifier)):
        errors[f"{path}.id"] = "must be made of letters, digits and _ - . : @ +, and not begin with a mark"
    concept = check_concept(raw.get("concept"), f"{path}.concept", concepts, errors)
    value = raw.get("value", 1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        errors[f"{path}.value"] = "must be a number from 0 to 1"
    box = check_box(raw.get("box"), f"{path}.box", errors) if kind == "box" else None
    points = check_points(raw.get("points"), f"{path}.points", errors) if kind == "polygon" else None
    if errors:
        raise FieldErrors(errors)
    return Shape(
        id=str(identifier), kind=str(kind), concept=concept, value=float(value), box=box, points=points
    )


def check_concept(raw: Any, path: str, concepts: Collection[str], errors: dict[str, str]) -> str:
    if not isinstance(raw, str) or raw not in concepts:
        errors[path] = "must be a concept of this task"
        return ""
    return raw


def check_box(raw: Any, path: str, errors: dict[str, str]) -> Box | None:
    if not isinstance(raw, dict):
        errors[path] = "must be an object with top, left, bottom and right"
        return None
    edges = []
    for name in ("top", "left", "bottom", "right"):
        edge = _fraction(raw.get(name))
        if edge is None:
            errors[f"{path}.{name}"] = "must be a number from 0 to 1"
        else:
            edges.append(edge)
    if len(edges) < 4:
        return None
    top, left, bottom, right = edges
    if top >= bottom or left >= right:
        errors[path] = "must have top above bottom and left before right"
        return None
    return Box(top=top, left=left, bottom=bottom, right=right)


def check_points(raw: Any, path: str, errors: dict[str, str]) -> tuple[tuple[float, float], ...] | None:
    if not isinstance(raw, list) or not 3 <= len(raw) <= MAX_POINTS:
        errors[path] = f"must be a list of 3 to {MAX_POINTS} points"
        return None
    points = []
    for index, pair in enumerate(raw):
        row, col = (_fraction(number) for number in pair) if _is_pair(pair) else (None, None)
        if row is None or col is None:
            errors[f"{path}.{index}"] = "must be [row, column], each from 0 to 1"
            return None
        points.append((row, col))
    if _area(points) < 1e-12:
        errors[path] = "must enclose an area"
        return None
    return tuple(points)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _fraction(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not -SLACK <= value <= 1 + SLACK:
        return None
    return min(1.0, max(0.0, float(value))) + 0.0  # + 0.0 turns -0.0 into 0.0


def _area(points: list[tuple[float, float]]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(r0 * c1 - r1 * c0 for (r0, c0), (r1, c1) in pairs)) / 2


def to_annotation(shape: Shape, *, input_id: str) -> Annotation:
    """The annotation that a new shape becomes."""
    concepts = (ConceptValue(id=shape.concept, value=shape.value),)
    if shape.kind == "tag":
        return Annotation(id=shape.id, input_id=input_id, concepts=concepts)
    region = Region(box=shape.box, points=shape.points, concepts=concepts)
    return Annotation(id=shape.id, input_id=input_id, region=region)


def main_concept(concepts: tuple[ConceptValue, ...]) -> ConceptValue | None:
    """What a shape is called: its first concept with a value above zero, else its first."""
    return next((concept for concept in concepts if concept.value > 0), concepts[0] if concepts else None)


def annotation_id(line_id: str) -> str:
    """The annotation that a line of the workbench belongs to."""
    return line_id.partition("#")[0]


def lines(annotation: Annotation) -> list[dict[str, Any]]:
    """The lines of the workbench for one annotation, as JSON: id, kind, concept, value, box, points."""
    region = annotation.region
    if region is not None:
        concept = main_concept(region.concepts)
        box = region.box
        return [
            {
                "id": annotation.id,
                "kind": region.kind,
                "concept": concept.id if concept else "",
                "value": concept.value if concept else 1,
                "box": box and {"top": box.top, "left": box.left, "bottom": box.bottom, "right": box.right},
                "points": region.points,
            }
        ]
    several = len(annotation.concepts) > 1
    return [
        {
            "id": f"{annotation.id}#{concept.id}" if several else annotation.id,
            "kind": "tag",
            "concept": concept.id,
            "value": concept.value,
            "box": None,
            "points": None,
        }
        for concept in annotation.concepts
    ]
