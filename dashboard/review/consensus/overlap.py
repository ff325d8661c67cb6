"""How much two shapes overlap, as intersection over union (pure).

Boxes exactly; polygons by parallel cuts, which is exact enough to tell same from different (about one per cent).
Coordinates are fractions of the picture's height and width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CUTS = 96  # rows that a pair of polygons is cut into


def overlap(first: Mapping[str, Any], second: Mapping[str, Any]) -> float:
    """Intersection over union of two lines of the workbench of the same kind, 0 to 1; 0 for other kinds.

    Tags have no place: two of them overlap wholly.
    """
    kind = first["kind"]
    if kind != second["kind"]:
        return 0.0
    if kind == "tag":
        return 1.0
    if kind == "box" and first["box"] and second["box"]:
        return _boxes(first["box"], second["box"])
    if kind == "polygon" and first["points"] and second["points"]:
        return _polygons(first["points"], second["points"])
    return 0.0


def _boxes(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    height = min(first["bottom"], second["bottom"]) - max(first["top"], second["top"])
    width = min(first["right"], second["right"]) - max(first["left"], second["left"])
    if height <= 0 or width <= 0:
        return 0.0
    inside = height * width
    areas = sum((box["bottom"] - box["top"]) * (box["right"] - box["left"]) for box in (first, second))
    return inside / (areas - inside)


Points = Sequence[Sequence[float]]
Spans = list[tuple[float, float]]


def _polygons(first: Points, second: Points) -> float:
    """Both are cut along the same rows; what is common and what is covered is added up over the cuts."""
    rows = [point[0] for points in (first, second) for point in points]
    top, height = min(rows), max(rows) - min(rows)
    common = covered = 0.0
    for cut in range(CUTS):
        row = top + height * (cut + 0.5) / CUTS
        one, other = _spans(first, row), _spans(second, row)
        both = _common(one, other)
        common += both
        covered += _length(one) + _length(other) - both
    return common / covered if covered else 0.0


def _spans(points: Points, row: float) -> Spans:
    """The parts of a row that lie inside a polygon (even-odd rule)."""
    crossings = []
    for (row0, col0), (row1, col1) in zip(points, [*points[1:], points[0]], strict=True):
        if (row0 <= row) != (row1 <= row):
            crossings.append(col0 + (row - row0) / (row1 - row0) * (col1 - col0))
    crossings.sort()
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def _length(spans: Spans) -> float:
    return sum(end - start for start, end in spans)


def _common(first: Spans, second: Spans) -> float:
    return sum(max(0.0, min(end, stop) - max(start, begin)) for start, end in first for begin, stop in second)
