"""Merge, overwrite and remove, rule by rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from embedded_api.patching import PatchError, apply_patch

BOX = {"bounding_box": {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.6}}
MOVED = {"bounding_box": {"top_row": 0.3, "left_col": 0.2, "bottom_row": 0.7, "right_col": 0.6}}


def _region(name: str | None, info: dict[str, Any] | None = None, **concepts: float) -> dict[str, Any]:
    region: dict[str, Any] = {"id": name} if name else {}
    if info:
        region["region_info"] = info
    if concepts:
        region["data"] = {"concepts": [{"id": key, "value": value} for key, value in concepts.items()]}
    return region


ROBIN, WREN = {"id": "robin", "value": 1}, {"id": "wren", "value": 1}

MERGE = [
    ("a scalar replaces", {"text": {"raw": "a"}}, {"text": {"raw": "b"}}, {"text": {"raw": "b"}}),
    ("what is not sent stays", {"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}, {"a": 1, "b": {"c": 2, "d": 3}}),
    ("null is not sent", {"a": 1, "b": {"c": 2}}, {"a": None, "b": {"c": None}}, {"a": 1, "b": {"c": 2}}),
    ("an empty object replaces", {"metadata": {"a": 1}, "b": 1}, {"metadata": {}}, {"metadata": {}, "b": 1}),
    ("an empty list replaces", {"concepts": [ROBIN]}, {"concepts": []}, {"concepts": []}),
    (
        "positive to negative",
        {"concepts": [ROBIN, WREN]},
        {"concepts": [{"id": "robin", "value": 0}]},
        {"concepts": [{"id": "robin", "value": 0}, WREN]},
    ),
    ("a new id is appended", {"concepts": [ROBIN]}, {"concepts": [WREN]}, {"concepts": [ROBIN, WREN]}),
    ("a first list", {}, {"concepts": [ROBIN]}, {"concepts": [ROBIN]}),
    (
        "an id twice in one patch",
        {},
        {"concepts": [ROBIN, {"id": "robin", "value": 0}]},
        {"concepts": [{"id": "robin", "value": 0}]},
    ),
    (
        "a concept inside the region",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("r", wren=0)]},
        {"regions": [_region("r", BOX, robin=1, wren=0)]},
    ),
    (
        "a region with another id is another",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("s", wren=1)]},
        {"regions": [_region("r", BOX, robin=1), _region("s", wren=1)]},
    ),
    (
        "a region without id is another",
        {"regions": [_region("r", BOX)]},
        {"regions": [_region(None, MOVED)]},
        {"regions": [_region("r", BOX), _region(None, MOVED)]},
    ),
    (
        "frames are found by id",
        {"frames": [{"id": "f", "data": {"concepts": [ROBIN]}}]},
        {"frames": [{"id": "f", "data": {"concepts": [WREN]}}]},
        {"frames": [{"id": "f", "data": {"concepts": [ROBIN, WREN]}}]},
    ),
    (
        "other lists are appended",
        {"metadata": {"l": [1, 2]}},
        {"metadata": {"l": [2]}},
        {"metadata": {"l": [1, 2, 2]}},
    ),
    (
        "another kind replaces",
        {"metadata": {"x": [1]}},
        {"metadata": {"x": {"y": 1}}},
        {"metadata": {"x": {"y": 1}}},
    ),
    ("nothing sent", {"concepts": [ROBIN]}, {}, {"concepts": [ROBIN]}),
]

OVERWRITE = [
    (
        "omitted keys are lost",
        {"concepts": [ROBIN], "metadata": {"a": 1}},
        {"concepts": [WREN]},
        {"concepts": [WREN]},
    ),
    (
        "a box moves with its concepts",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("r", MOVED, robin=1)]},
        {"regions": [_region("r", MOVED, robin=1)]},
    ),
    (
        "concepts that are not sent are lost",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("r", MOVED)]},
        {"regions": [_region("r", MOVED)]},
    ),
    ("nothing sent empties", {"concepts": [ROBIN]}, {}, {}),
    ("null is not sent", {"concepts": [ROBIN]}, {"concepts": None, "text": {"raw": None}}, {"text": {}}),
]

REMOVE = [
    ("by id", {"concepts": [ROBIN, WREN]}, {"concepts": [{"id": "wren"}]}, {"concepts": [ROBIN]}),
    (
        "the value does not matter",
        {"concepts": [ROBIN, WREN]},
        {"concepts": [{"id": "wren", "value": 0}]},
        {"concepts": [ROBIN]},
    ),
    (
        "the last one takes the list along",
        {"concepts": [ROBIN], "a": 1},
        {"concepts": [{"id": "robin"}]},
        {"a": 1},
    ),
    (
        "what is absent is left alone",
        {"concepts": [ROBIN]},
        {"concepts": [{"id": "x"}], "geo": {"a": 1}, "text": "t"},
        {"concepts": [ROBIN]},
    ),
    ("a key", {"a": 1, "b": 2}, {"a": 7}, {"b": 2}),
    (
        "a key inside an object",
        {"metadata": {"a": 1, "b": 2}},
        {"metadata": {"a": 1}},
        {"metadata": {"b": 2}},
    ),
    ("a whole object by a scalar", {"metadata": {"a": 1}, "b": 2}, {"metadata": True}, {"b": 2}),
    ("false overwrites", {"bool_value": True}, {"bool_value": False}, {"bool_value": False}),
    ("false on nothing", {}, {"bool_value": False}, {}),
    ("null is not sent", {"a": 1}, {"a": None}, {"a": 1}),
    (
        "empty names nothing",
        {"a": {"b": 1}, "concepts": [ROBIN]},
        {"a": {}, "concepts": []},
        {"a": {"b": 1}, "concepts": [ROBIN]},
    ),
    (
        "a concept out of a region",
        {"regions": [_region("r", BOX, robin=1, wren=0)]},
        {"regions": [_region("r", wren=1)]},
        {"regions": [_region("r", BOX, robin=1)]},
    ),
    (
        "the last concept leaves the region",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("r", robin=1)]},
        {"regions": [_region("r", BOX)]},
    ),
    ("a region by its id", {"regions": [_region("r", BOX, robin=1)]}, {"regions": [{"id": "r"}]}, {}),
    (
        "a region sent in full goes in full",
        {"regions": [_region("r", BOX, robin=1)]},
        {"regions": [_region("r", BOX, robin=1)]},
        {},
    ),
    (
        "equal elements of other lists",
        {"metadata": {"l": [1, 2, True]}},
        {"metadata": {"l": [1]}},
        {"metadata": {"l": [2, True]}},
    ),
]

CASES = [
    pytest.param(action, *case[1:], id=f"{action}: {case[0]}")
    for action, cases in (("merge", MERGE), ("overwrite", OVERWRITE), ("remove", REMOVE))
    for case in cases
]


@pytest.mark.parametrize(("action", "current", "sent", "expected"), CASES)
def test_rule(action: str, current: dict[str, Any], sent: dict[str, Any], expected: dict[str, Any]) -> None:
    before, patch = copy.deepcopy(current), copy.deepcopy(sent)
    after = apply_patch(current, sent, action)
    assert after == expected
    assert (current, sent) == (before, patch), "the arguments were changed"


def test_the_answer_shares_nothing_with_its_sources() -> None:
    current, sent = {"a": {"x": [1]}}, {"b": {"y": [2]}}
    for action in ("merge", "overwrite", "remove"):
        after = apply_patch(current, sent, action)
        for value in after.values():
            value.clear()
    assert (current, sent) == ({"a": {"x": [1]}}, {"b": {"y": [2]}})


@pytest.mark.parametrize("action", ["", "MERGE", "delete", None])
def test_unknown_actions_are_refused(action: Any) -> None:
    with pytest.raises(PatchError, match="merge, overwrite, remove"):
        apply_patch({}, {}, action)


def test_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(PatchError, match="object"):
        apply_patch({}, [1], "merge")  # type: ignore[arg-type]


@pytest.mark.parametrize("action", ["merge", "overwrite"])
def test_bottomless_nesting_is_refused(action: str) -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"a": deep}
    with pytest.raises(PatchError, match="deeper"):
        apply_patch({}, {"metadata": deep}, action)
