"""From changes to the smallest writes, and shapes as a browser speaks of them."""

from __future__ import annotations

import uuid

import pytest

from dashboard.platforms.types import Box
from dashboard.review import changes
from dashboard.sync import edits, seen, shapes
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.shapes import FieldErrors
from tests.support.work import CONCEPTS, box, tags

NEW_BOX = {"top": 0.2, "left": 0.2, "bottom": 0.4, "right": 0.4}


def plan(raw: object, *annotations: object) -> list[edits.PlannedWrite]:
    known = {annotation.id: annotation for annotation in annotations}
    return changes.plan(raw, seen=known, concepts=CONCEPTS, input_id="in-1", author="r-1")


def test_another_concept_is_a_merge_that_turns_the_former_off() -> None:
    [write] = plan([{"op": "concept", "id": "an-1", "concept": "pear"}], box("an-1"))
    assert write.kind == "merge"
    assert write.payload == {
        "concepts": [{"id": "apple", "value": 0.0}, {"id": "pear", "value": 1.0}],
        "in_region": True,
    }
    assert shapes.lines(write.result)[0]["concept"] == "pear"


def test_a_moved_box_is_an_overwrite_of_the_shape_alone() -> None:
    [write] = plan([{"op": "shape", "id": "an-1", "box": NEW_BOX}], box("an-1"))
    assert write.kind == "overwrite"
    assert write.payload == {"box": NEW_BOX}
    assert write.result.region.box == Box(**NEW_BOX)
    assert write.result.region.concepts == box("an-1").region.concepts


def test_moved_and_renamed_is_one_overwrite_with_both() -> None:
    [write] = plan(
        [
            {"op": "shape", "id": "an-1", "box": NEW_BOX},
            {"op": "concept", "id": "an-1", "concept": "plum"},
        ],
        box("an-1"),
    )
    assert (write.kind, write.payload) == (
        "overwrite",
        {"box": NEW_BOX, "concepts": [{"id": "plum", "value": 1.0}]},
    )


def test_a_change_back_to_what_was_seen_writes_nothing() -> None:
    assert plan([{"op": "concept", "id": "an-1", "concept": "apple"}], box("an-1")) == []


def test_deletes_a_box_and_removes_one_of_two_tags() -> None:
    writes = plan(
        [{"op": "delete", "id": "an-1"}, {"op": "delete", "id": "an-2#pear"}],
        box("an-1"),
        tags("an-2", apple=1, pear=0),
    )
    assert [(w.kind, w.annotation_id, w.payload) for w in writes] == [
        ("delete", "an-1", {}),
        ("remove", "an-2", {"concepts": ["pear"]}),
    ]


def test_a_tag_turned_negative_is_a_merge() -> None:
    [write] = plan([{"op": "value", "id": "an-2", "value": 0}], tags("an-2", apple=1))
    assert (write.kind, write.payload) == (
        "merge",
        {"concepts": [{"id": "apple", "value": 0.0}], "in_region": False},
    )


def test_something_new_carries_its_author() -> None:
    new = str(uuid.uuid4())
    [write] = plan([{"op": "create", "id": new, "kind": "box", "concept": "pear", "box": NEW_BOX}])
    assert write.kind == "create"
    assert write.payload["user_id"] == "r-1"
    assert write.payload["box"] == NEW_BOX


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"op": "concept", "id": "an-9", "concept": "pear"}, "changes.0.id"),
        ({"op": "concept", "id": "an-1", "concept": "stone"}, "changes.0.concept"),
        ({"op": "shape", "id": "an-1", "box": {**NEW_BOX, "left": 0.9}}, "changes.0.box"),
        ({"op": "shape", "id": "an-1", "box": {**NEW_BOX, "top": -0.01}}, "changes.0.box.top"),
        ({"op": "shape", "id": "an-1", "box": {**NEW_BOX, "top": True}}, "changes.0.box.top"),
        ({"op": "shape", "id": "an-1", "box": {"top": 0.1}}, "changes.0.box.left"),
        ({"op": "value", "id": "an-1", "value": 0}, "changes.0.op"),
        ({"op": "explode", "id": "an-1"}, "changes.0.op"),
        ({"op": "create", "id": "short", "kind": "box", "concept": "pear", "box": NEW_BOX}, "changes.0.id"),
        ("text", "changes.0"),
    ],
)
def test_bad_changes_name_the_field(change: object, field: str) -> None:
    with pytest.raises(FieldErrors) as refusal:
        plan([change], box("an-1"))
    assert field in refusal.value.fields


@pytest.mark.parametrize(
    "points",
    [[[0, 0], [1, 1]], [[0, 0], [0.5, 0.5], [1, 1]], [[0, 0], [0, 2], [1, 1]], "x", [[0, 0], [0], [1, 1]]],
)
def test_polygons_without_an_area_or_outside_are_refused(points: object) -> None:
    errors: dict[str, str] = {}
    assert shapes.check_points(points, "points", errors) is None
    assert errors


def test_what_was_seen_survives_the_way_through_the_browser() -> None:
    annotation = box("an-1", left=0.123456789)
    text = seen.encode(annotation, item=7)
    back = seen.decode("an-1", text, item=7)
    assert back.region == annotation.region
    assert seen.fingerprint_of(text) == fingerprint(annotation)


def test_a_version_made_for_another_annotation_is_refused() -> None:
    text = seen.encode(box("an-1"), item=7)
    with pytest.raises(ValueError, match="not a version"):
        seen.decode("an-2", text, item=7)
    with pytest.raises(ValueError, match="not a version"):
        seen.decode("an-1", text[:-2] + "xx", item=7)
    with pytest.raises(ValueError, match="not a version"):
        seen.decode("an-1", text, item=8)
