"""When do several labelers of one input agree? Pure geometry and counting.

The platform's guide names thresholds and does not say what "agree" means; the rule here is ours. Two labelers
agree when (1) they gave the same image-level concepts the same verdict (present or absent), and (2) their
regions can be paired one to one, each pair with the same concepts and overlapping enough (IoU of boxes, and
of the bounding boxes of polygons; at least 0.5). Labelers that drew nothing at all agree with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

MIN_IOU: Final = 0.5
Box = tuple[float, float, float, float]
"""(top, left, bottom, right) as fractions of height and width, 0 to 1"""
Verdicts = frozenset[tuple[str, bool]]
"""(concept id, present) pairs"""


@dataclass(frozen=True)
class Shape:
    box: Box
    verdicts: Verdicts


@dataclass
class Answer:
    """What one labeler said about one input."""

    verdicts: set[tuple[str, bool]] = field(default_factory=set)
    shapes: list[Shape] = field(default_factory=list)


def answer_of(bodies: Sequence[Mapping[str, Any]]) -> Answer:
    """Read the `data` objects of one labeler's annotations; what cannot be read as a shape is left out."""
    answer = Answer()
    for body in bodies:
        answer.verdicts |= _verdicts(body)
        regions = body.get("regions")
        for region in regions if isinstance(regions, list) else ():
            if not isinstance(region, Mapping):
                continue
            box = _box_of(region.get("region_info"))
            inner = region.get("data")
            if box is not None:
                answer.shapes.append(Shape(box, _verdicts(inner if isinstance(inner, Mapping) else {})))
    return answer


def _verdicts(body: Mapping[str, Any]) -> Verdicts:
    concepts = body.get("concepts")
    found = set()
    for concept in concepts if isinstance(concepts, list) else ():
        if isinstance(concept, Mapping) and isinstance(concept.get("id"), str):
            found.add((concept["id"], _number(concept.get("value", 1)) >= 0.5))
    return frozenset(found)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _box_of(info: Any) -> Box | None:
    if not isinstance(info, Mapping):
        return None
    box = info.get("bounding_box")
    if isinstance(box, Mapping):
        return (
            _number(box.get("top_row")),
            _number(box.get("left_col")),
            _number(box.get("bottom_row")),
            _number(box.get("right_col")),
        )
    polygon = info.get("polygon")
    points = polygon.get("points") if isinstance(polygon, Mapping) else None
    if not isinstance(points, list) or not points:
        return None
    rows = [_number(point.get("row")) for point in points if isinstance(point, Mapping)]
    cols = [_number(point.get("col")) for point in points if isinstance(point, Mapping)]
    return (min(rows), min(cols), max(rows), max(cols)) if rows else None


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes, 0 to 1; two equal boxes of no area count as 1."""
    if first == second:
        return 1.0
    height = min(first[2], second[2]) - max(first[0], second[0])
    width = min(first[3], second[3]) - max(first[1], second[1])
    if height <= 0 or width <= 0:
        return 0.0
    inside = height * width
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    return inside / (areas - inside)


def agrees(first: Answer, second: Answer) -> bool:
    """Do two labelers agree on an input? Symmetric."""
    if first.verdicts != second.verdicts or len(first.shapes) != len(second.shapes):
        return False
    partners = [
        [
            place
            for place, other in enumerate(second.shapes)
            if shape.verdicts == other.verdicts and iou(shape.box, other.box) >= MIN_IOU
        ]
        for shape in first.shapes
    ]
    taken: dict[int, int] = {}
    return all(_pair(place, partners, taken, set()) for place in range(len(partners)))


def _pair(place: int, partners: list[list[int]], taken: dict[int, int], seen: set[int]) -> bool:
    """Find a partner for one shape, moving earlier pairs aside where needed (augmenting path)."""
    for other in partners[place]:
        if other in seen:
            continue
        seen.add(other)
        if other not in taken or _pair(taken[other], partners, taken, seen):
            taken[other] = place
            return True
    return False


def agreeing(answers: Mapping[str, Answer], threshold: int) -> frozenset[str]:
    """The labelers that agree with one and the same labeler, when they are at least `threshold` (that one
    included), else nobody. Of several such groups the largest counts, then the one of the first labeler."""
    best: frozenset[str] = frozenset()
    for anchor in answers.values():
        group = frozenset(name for name, other in answers.items() if agrees(anchor, other))
        if len(group) > len(best):
            best = group
    return best if len(best) >= max(threshold, 1) else frozenset()
