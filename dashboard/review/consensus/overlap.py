"""How much two shapes overlap, as intersection over union (pure).

Boxes exactly; polygons by parallel cuts, which is exact enough to tell same from different (about one per cent).
Coordinates are fractions of the picture's height and width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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
    covered = areas - inside
    return inside / covered if covered > 0 else 0.0  # numbers of a platform may be too small to multiply


Points = Sequence[Sequence[float]]
Spans = list[tuple[float, float]]


def _polygons(first: Points, second: Points) -> float:
    """Both are cut along the same rows; what is common and what is covered is added up over the cuts."""
    (top, bottom), (start, stop) = _rows(first), _rows(second)
    if top >= stop or start >= bottom:
        return 0.0
    top, height = min(top, start), max(bottom, stop) - min(top, start)
    if not 0 < height < math.inf:
        return 0.0
    common = covered = 0.0
    for one, other in zip(_cut(first, top, height), _cut(second, top, height), strict=True):
        both = _common(one, other)
        common += both
        covered += _length(one) + _length(other) - both
    return common / covered if covered else 0.0


def _rows(points: Points) -> tuple[float, float]:
    rows = [point[0] for point in points]
    return min(rows), max(rows)


def _cut(points: Points, top: float, height: float) -> Iterator[Spans]:
    """For each cut the parts of its row that lie inside a polygon (even-odd rule).

    Every edge is looked at once, and only at the rows that it may cross: polygons can have thousands.
    """
    crossings: list[list[float]] = [[] for _ in range(CUTS)]
    for (row0, col0), (row1, col1) in zip(points, [*points[1:], points[0]], strict=True):
        low, high = (int((row - top) / height * CUTS) for row in (min(row0, row1), max(row0, row1)))
        for place in range(max(0, low - 1), min(CUTS, high + 2)):  # one more at either end, for rounding
            row = top + height * (place + 0.5) / CUTS
            if (row0 <= row) != (row1 <= row):
                crossings[place].append(col0 + (row - row0) / (row1 - row0) * (col1 - col0))
    for columns in crossings:
        columns.sort()
        yield list(zip(columns[::2], columns[1::2], strict=True))


def _length(spans: Spans) -> float:
    return sum(end - start for start, end in spans)


def _common(first: Spans, second: Spans) -> float:
    """Length of what two rows of spans share; both are in order, so that one walk along them is enough."""
    shared, one, other = 0.0, 0, 0
    while one < len(first) and other < len(second):
        (start, end), (begin, stop) = first[one], second[other]
        shared += max(0.0, min(end, stop) - max(start, begin))
        if end < stop:
            one += 1
        else:
            other += 1
    return shared
