"""Does a prediction become an annotation? The rule of its concept says so. Pure.

Source: Clarifai API, message TaskConceptAutoAnnotationConfig. A concept without a rule takes what suits the type
of the task: tags of the whole input for CONCEPTS_CLASSIFICATION, boxes otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from embedded_api.status_codes import APPROVED

TAG, BOX = 1, 2  # bits of AnnotationDataType
CLASSIFICATION: Final = 1  # type of a task
Rule = Mapping[str, Any]
Edges = Mapping[str, float]
"""`bounding_box` of a region: fractions of height and width, 0 to 1"""


def passes(rule: Rule, task_type: int, value: float, box: Edges | None, now: time) -> bool:
    """Whether a prediction of `value` (0 to 1) passes; `box` is None for a tag, `now` a time of day in UTC."""
    wanted = rule.get("annotation_data_types") or (TAG if task_type == CLASSIFICATION else BOX)
    if not wanted & (TAG if box is None else BOX):
        return False
    if "threshold_range" in rule and not _in_range(rule["threshold_range"], value):
        return False
    if "time_of_day_range" in rule and not _in_time(rule["time_of_day_range"], now):
        return False
    return box is None or "polygon" not in rule or _touches(rule["polygon"]["points"], box)


def status_of(rule: Rule) -> int:
    """Status code of the annotations that a rule lets through."""
    code: int = rule.get("status_code", APPROVED)
    return code


def _in_range(values: Rule, value: float) -> bool:
    above = value >= values["lower"] if values["is_lower_inclusive"] else value > values["lower"]
    below = value <= values["upper"] if values["is_upper_inclusive"] else value < values["upper"]
    return above and below


def _in_time(times: Rule, now: time) -> bool:
    moment = ((now.hour * 60 + now.minute) * 60 + now.second) * 10**9 + now.microsecond * 1000
    start, end = (
        ((part["hours"] * 60 + part["minutes"]) * 60 + part["seconds"]) * 10**9 + part["nanos"]
        for part in (times["start"], times["end"])
    )
    after = moment >= start if times["is_start_inclusive"] else moment > start
    before = moment <= end if times["is_end_inclusive"] else moment < end
    # A range whose start is later than its end goes over midnight.
    return (after and before) if start <= end else (after or before)


def _touches(points: list[Mapping[str, float]], box: Edges) -> bool:
    """Whether polygon and box have a point in common: cut the polygon at each edge and see what is left."""
    left = [(point["row"], point["col"]) for point in points]
    limits = (
        (0, 1, box["top_row"]),
        (0, -1, -box["bottom_row"]),
        (1, 1, box["left_col"]),
        (1, -1, -box["right_col"]),
    )
    for axis, sign, limit in limits:
        left = _cut(left, axis, sign, limit)
    return bool(left)


def _cut(points: list[tuple[float, float]], axis: int, sign: int, limit: float) -> list[tuple[float, float]]:
    """The part of a polygon where `sign` x coordinate >= `limit`."""
    kept: list[tuple[float, float]] = []
    for place, point in enumerate(points):
        before = points[place - 1]
        here, there = sign * point[axis] - limit, sign * before[axis] - limit
        if (here < 0) != (there < 0):
            share = there / (there - here)
            kept.append(
                (before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1]))
            )
        if here >= 0:
            kept.append(point)
    return kept
