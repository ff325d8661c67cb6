"""Which predictions of an AUTO task become annotations."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from embedded_api.tasks.rules import BOX, CLASSIFICATION, TAG, passes, status_of

NOON = time(12, 0)
HERE = {"top_row": 0.4, "left_col": 0.4, "bottom_row": 0.6, "right_col": 0.6}
DETECTION = 2


def _range(lower: float, upper: float, *, low: bool, high: bool) -> dict[str, Any]:
    return {
        "threshold_range": {
            "lower": lower,
            "upper": upper,
            "is_lower_inclusive": low,
            "is_upper_inclusive": high,
        }
    }


def _hours(start: int, end: int, *, ends: bool = True) -> dict[str, Any]:
    moments = {
        name: {"hours": hour, "minutes": 0, "seconds": 0, "nanos": 0}
        for name, hour in (("start", start), ("end", end))
    }
    return {"time_of_day_range": moments | {"is_start_inclusive": ends, "is_end_inclusive": ends}}


def _area(*points: tuple[float, float]) -> dict[str, Any]:
    return {"polygon": {"points": [{"row": row, "col": col} for row, col in points]}}


@pytest.mark.parametrize(
    ("rule", "task_type", "box", "wanted"),
    [
        ({}, CLASSIFICATION, None, True),
        ({}, CLASSIFICATION, HERE, False),
        ({}, DETECTION, None, False),
        ({}, DETECTION, HERE, True),
        ({"annotation_data_types": TAG}, DETECTION, None, True),
        ({"annotation_data_types": TAG | BOX}, DETECTION, HERE, True),
        ({"annotation_data_types": 32}, DETECTION, HERE, False),
        (_range(0.5, 0.7, low=True, high=False), DETECTION, HERE, True),
        (_range(0.5, 0.7, low=False, high=False), DETECTION, HERE, False),
        (_range(0.2, 0.5, low=True, high=True), DETECTION, HERE, True),
        (_range(0.2, 0.5, low=True, high=False), DETECTION, HERE, False),
        (_hours(8, 18), DETECTION, HERE, True),
        (_hours(13, 18), DETECTION, HERE, False),
        (_hours(12, 12), DETECTION, HERE, True),
        (_hours(12, 18, ends=False), DETECTION, HERE, False),
        (_hours(22, 6), DETECTION, HERE, False),
        (_hours(18, 13), DETECTION, HERE, True),
        (_area((0, 0), (0, 1), (1, 0)), DETECTION, HERE, True),
        (_area((0, 0), (0, 0.3), (0.3, 0)), DETECTION, HERE, False),
        (_area((0.45, 0.45), (0.45, 0.55), (0.55, 0.5)), DETECTION, HERE, True),  # inside the box
        (_area((0, 0), (0, 1), (1, 1), (1, 0)), DETECTION, HERE, True),  # around the box
        (_area((0.1, 0.5), (0.9, 0.49), (0.9, 0.51)), DETECTION, HERE, True),  # through it
        # A bracket around the box that leaves it free.
        (
            _area((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.8, 0.9), (0.8, 0.2), (0.3, 0.2)),
            DETECTION,
            HERE,
            False,
        ),
        (_area((0, 0), (0, 0.3), (0.3, 0)) | {"annotation_data_types": TAG}, DETECTION, None, True),
    ],
)
def test_rules(rule: dict[str, Any], task_type: int, box: dict[str, float] | None, wanted: bool) -> None:
    assert passes(rule, task_type, 0.5, box, NOON) is wanted


def test_a_range_over_midnight() -> None:
    for moment, wanted in ((time(23), True), (time(3), True), (time(6), True), (time(6, 0, 1), False)):
        assert passes(_hours(22, 6), DETECTION, 0.5, HERE, moment) is wanted


def test_statuses() -> None:
    assert status_of({}) == 24150
    assert status_of({"status_code": 24157}) == 24157
