"""What a platform answers beyond its schema: survived, counted, shown without anybody's data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from clarifai_grpc.grpc.api import resources_pb2
from clarifai_grpc.grpc.api.status import status_pb2
from clarifai_grpc.grpc.api.utils import extensions_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from msgspec import Raw

from dashboard.platforms.clarifai.known_fields import ENUMS, FIELDS
from dashboard.platforms.clarifai.looking import Eye, message, spread, values
from dashboard.platforms.drift import MOST_ROWS, Drift
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    AssignmentAction,
    AssignmentState,
    DriftRow,
    PatchAction,
    TaskState,
)
from tests.support.platform_scripts import Script, answer

# Fields that only the older schema (10.2.3) has.
OLDER = {("Annotation", "workflow_version_id"), ("WorkflowResult", "model")}
NUMBERS = {
    FieldDescriptor.TYPE_DOUBLE,
    FieldDescriptor.TYPE_FLOAT,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_UINT32,
}
LONG = {FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64}
PLAIN = {
    FieldDescriptor.TYPE_BOOL: "b",
    FieldDescriptor.TYPE_STRING: "s",
    FieldDescriptor.TYPE_BYTES: "s",
}


def official(name: str) -> Descriptor:
    """The vendor's own description of a message of our table."""
    where = status_pb2 if name == "Status" else resources_pb2
    found: Descriptor = where.DESCRIPTOR.message_types_by_name[name]
    return found


def expected(field: FieldDescriptor) -> set[str]:
    """Types of our table that are right for an official field; looking away (`*`) always is."""
    found = {"*"}
    if field.message_type is not None:
        found.add("t" if field.message_type.name == "Timestamp" else field.message_type.name)
    elif field.enum_type is not None:
        found |= {"n", "=" + field.enum_type.name}
    else:
        found.add("n" if field.type in NUMBERS else "l" if field.type in LONG else PLAIN[field.type])
    return found


@pytest.mark.parametrize("name", FIELDS)
def test_the_table_is_the_official_schema(name: str) -> None:
    fields = official(name).fields_by_name
    known = message(name)
    assert {(name, field) for field in known if field not in fields} <= OLDER
    assert set(fields) <= set(known)
    for field, ours in known.items():
        if (name, field) in OLDER:
            continue
        theirs = fields[field]
        assert ours.type in expected(theirs), field
        if ours.type != "*":
            assert ours.many is theirs.is_repeated, field
        if ours.always:
            assert theirs.GetOptions().Extensions[extensions_pb2.cl_show_if_empty], field


@pytest.mark.parametrize("name", ENUMS)
def test_the_enums_are_the_official_ones(name: str) -> None:
    found = next(
        field.enum_type
        for kind in FIELDS
        for field in official(kind).fields
        if field.enum_type is not None and field.enum_type.name == name
    )
    assert values(name) == {one.name for one in found.values} | {one.number for one in found.values}


# --- through the adapter ----------------------------------------------------------------------------------


def box(**edges: float) -> dict[str, Any]:
    return {"top_row": 0.1, "left_col": 0.1, "bottom_row": 0.5, "right_col": 0.5} | edges


def annotation(one: str = "an-1", code: int = 24150, **more: Any) -> dict[str, Any]:
    region = {
        "id": "rg-1",
        "region_info": {"bounding_box": box()},
        "data": {"concepts": [{"id": "rbc", "value": 1}]},
    }
    return {
        "id": one,
        "input_id": "img-1",
        "status": {"code": code},
        "data": {"regions": [region]},
    } | more


def rows(*items: Any, **payload: Any) -> list[DriftRow]:
    platform = Script(answer(annotations=list(items), **payload)).clarifai()
    platform.list_annotations(input_ids=["img-1"])
    return platform.drift.rows()


def test_what_the_schema_knows_is_no_drift() -> None:
    everything = annotation(
        trusted=True,
        consensus_info={"anything": {"at": ["all"]}},
        annotation_info={"odd": 1},
        worker={"user": {"id": "l-1"}},
        created_at="2026-03-01T10:00:00Z",
        modified_at=None,
        workflow_version_id="w-1",
    )
    everything["data"]["frames"] = [{"frame_info": {"index": 0, "time": "1500"}, "data": {"concepts": []}}]
    assert rows(everything) == []


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({"mood": "a secret sentence"}, DriftRow("Annotation", "unknown_field", "mood", 1, "text")),
        ({"trusted": "yes"}, DriftRow("Annotation", "wrong_type", "trusted", 1, "text")),
        ({"consensus_info": 5}, None),
        ({"worker": [1]}, DriftRow("Annotation", "wrong_type", "worker", 1, "array for object | null")),
        ({"id": 5}, DriftRow("Annotation", "wrong_type", "id", 1, "int for str")),
        ({"status": {"code": 24199}}, DriftRow("Annotation", "new_value", "status 24199", 1, "24199")),
        (
            {"status": {"code": "ANNOTATION_LOST"}},
            DriftRow("Annotation", "new_value", "status ANNOTATION_LOST", 1, "ANNOTATION_LOST"),
        ),
        ({"status": {"code": 24152}}, DriftRow("Annotation", "new_value", "status 24152", 1, "24152")),
        ({"status": None}, DriftRow("Annotation", "missing_field", "status", 1, "")),
        ({"status": {"code": 24150, "x": {}}}, DriftRow("Status", "unknown_field", "x", 1, "object")),
        (
            {"data": {"regions": [{"region_info": {"bounding_box": {"top_row": 0.5}}}]}},
            DriftRow("BoundingBox", "missing_field", "bottom_row", 1, ""),
        ),
        ({"data": {"concepts": [{"id": "a"}]}}, DriftRow("Concept", "missing_field", "value", 1, "")),
        ({"data": {"heat": 1}}, DriftRow("Data", "unknown_field", "heat", 1, "number")),
        (
            {"data": {"concepts": {}}},
            DriftRow("Annotation", "wrong_type", "concepts", 1, "object for array | null"),
        ),
        ({"data": {"time_segments": {}}}, DriftRow("Data", "wrong_type", "time_segments", 1, "object")),
        (
            {"data": {"regions": [{"region_info": {"rotated_box": {}}}]}},
            DriftRow("RegionInfo", "unknown_field", "rotated_box", 1, "object"),
        ),
    ],
)
def test_each_kind_of_drift_is_counted(change: dict[str, Any], row: DriftRow | None) -> None:
    found = rows(annotation(**change))
    assert row in found if row else found == []


def test_new_values_of_tasks() -> None:
    task = {"id": "t", "type": 9, "status": {"code": 54001}, "review": {"strategy": "PANEL"}, "priority": 3}
    platform = Script(answer(tasks=[task, {"id": "u", "status": {"code": 54009}}])).clarifai()
    first, second = platform.list_tasks()
    assert (first.state, second.state) == (TaskState.IN_PROGRESS, TaskState.UNKNOWN)
    assert platform.drift.rows() == [
        DriftRow("Task", "new_value", "status 54009", 1, "54009"),
        DriftRow("Task", "new_value", "type 9", 1, "9"),
        DriftRow("TaskReview", "new_value", "strategy PANEL", 1, "PANEL"),
    ]


def test_every_unknown_status_is_counted_and_never_approved() -> None:
    codes = [24199, 24150, 24151, 1, 0, 24300] * 50
    script = Script(answer(annotations=[annotation(f"an-{n}", code) for n, code in enumerate(codes)]))
    platform = script.clarifai()
    found = platform.list_annotations(input_ids=["img-1"])
    approved = [one.id for one in found if one.state is AnnotationState.APPROVED]
    assert approved == [f"an-{n}" for n, code in enumerate(codes) if code == 24150]
    counts = {one.name: one.count for one in platform.drift.rows() if one.kind == "Annotation"}
    assert counts == {"status 24199": 50, "status 1": 50, "status": 50, "status 24300": 50}


def test_statuses_in_answers_to_writes_are_counted_too() -> None:
    script = Script(answer(annotations=[annotation("an-1", 24150) | {"status": {"code": 24304}}]))
    platform = script.clarifai()
    outcome = platform.patch_annotations(
        [AnnotationWrite("an-1", "img-1", state=AnnotationState.APPROVED)], PatchAction.MERGE
    )[0]
    # An item with a code that we do not know is no success.
    assert outcome.annotation is None
    moved = {"id": "as-1", "status": {"code": 54300}, "input": {"id": "img-1"}}
    platform = Script(answer(task_assignments=[moved])).clarifai()
    found = platform.start_work("t", AssignmentAction.REVIEW_START)
    assert [one.state for one in found] == [AssignmentState.UNKNOWN]
    assert [one.name for one in platform.drift.rows()] == ["status 54300"]


def test_examples_hold_nobodys_data() -> None:
    secret = "a patient's name"
    found = rows(
        annotation("an-1", trusted=secret, mood=secret, status={"code": secret}),
        annotation("an-2", created_at=secret),
        annotation("an-3") | {secret: secret},
    )
    assert {one.what for one in found} == {"wrong_type", "unknown_field", "new_value"}
    assert "patient" not in json.dumps([[one.kind, one.what, one.name, one.example] for one in found])


def test_a_hostile_answer_makes_no_endless_log() -> None:
    many = rows(annotation() | {f"field_{n}": n for n in range(5000)})
    assert len(many) == MOST_ROWS
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"regions": [{"data": deep, "odd": 1}]}
    assert {one.name for one in rows(annotation(data=deep))} >= {"odd"}


def test_only_some_items_of_a_page_are_looked_at() -> None:
    assert [sorted(spread(n)) for n in (0, 1, 3, 4)] == [[], [0], [0, 1, 2], [0, 1, 2, 3]]
    assert sorted(spread(1000)) == [0, 333, 666, 999]
    odd = [annotation(f"an-{n}", mood=1) for n in range(999)]
    assert [one.count for one in rows(*odd)] == [4]


def test_counts_of_one_object_add_up_and_are_its_own() -> None:
    drift, other = Drift(), Drift()
    for _ in range(3):
        Eye(drift).item(Raw(b'{"id": "c", "value": 1, "mood": 2}'), "Concept")
    assert drift.rows() == [DriftRow("Concept", "unknown_field", "mood", 3, "number")]
    assert other.rows() == []
