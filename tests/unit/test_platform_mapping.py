"""Clarifai JSON and our types, both ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.platforms.clarifai import bodies, mapping, task_bodies, tasks
from dashboard.platforms.clarifai.codes import StatusWire, error_of
from dashboard.platforms.errors import (
    AlreadyExists,
    Ambiguous,
    Forbidden,
    IllegalMove,
    NotFound,
    PlatformError,
    PreconditionFailed,
    Rejected,
    Throttled,
    Unauthorized,
    Unsupported,
)
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    AssignmentState,
    Box,
    ConceptValue,
    InputWrite,
    PatchAction,
    Region,
    ReviewPlan,
    ReviewStrategy,
    Task,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)


def raw(value: Any) -> bytes:
    return json.dumps(value).encode()


def box_data(**edges: float) -> dict[str, Any]:
    return {"regions": [{"id": "rg-1", "region_info": {"bounding_box": edges}}]}


def test_a_missing_edge_is_zero_and_a_missing_value_is_one() -> None:
    data = box_data(bottom_row=0.5, right_col=0.25)
    data["regions"][0]["data"] = {"concepts": [{"id": "rbc"}, {"id": "wbc", "value": 0}]}
    found = mapping.annotation(
        raw({"id": "an-1", "input_id": "img-1", "data": data, "status": {"code": 24157}})
    )
    assert found.region == Region(
        "rg-1", Box(0.0, 0.0, 0.5, 0.25), None, (ConceptValue("rbc", 1.0), ConceptValue("wbc", 0.0))
    )
    assert found.state is AnnotationState.AWAITING_REVIEW


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (24150, AnnotationState.APPROVED),
        (24151, AnnotationState.PENDING),
        (24158, AnnotationState.REJECTED),
        (24159, AnnotationState.AWAITING_CONSENSUS),
        (24304, AnnotationState.UNKNOWN),
        (0, AnnotationState.UNKNOWN),
        ("24150", AnnotationState.APPROVED),
        ("SOMETHING", AnnotationState.UNKNOWN),
        (None, AnnotationState.UNKNOWN),
    ],
)
def test_annotation_states(code: Any, state: AnnotationState) -> None:
    assert mapping.annotation(raw({"id": "an-1", "status": {"code": code}})).state is state


def test_null_is_absent_and_unknown_keys_are_ignored() -> None:
    found = mapping.annotation(
        raw({"id": "a", "input_id": None, "data": None, "status": None, "worker": None, "new": {"x": [1]}})
    )
    assert (found.input_id, found.region, found.raw) == ("", None, b"{}")


@pytest.mark.parametrize(
    "regions",
    [
        [{"id": "r", "region_info": {"mask": {"image": {"url": "x"}}}}],
        [{"id": "r", "region_info": {"point": {"row": 0.5, "col": 0.5}}}],
        [{"id": "r", "region_info": {"bounding_box": {}, "polygon": {"points": []}}}],
        [{"id": "r"}],
        [{"id": "r", "region_info": {"bounding_box": {"bottom_row": 1, "right_col": 1}}}, {"id": "s"}],
    ],
)
def test_what_we_do_not_model_is_kind_other(regions: list[Any]) -> None:
    found = mapping.annotation(raw({"id": "a", "data": {"regions": regions}}))
    assert found.region is not None
    assert found.region.kind == "other"
    assert json.loads(found.raw) == {"regions": regions}


def test_the_author_may_come_in_the_newer_field() -> None:
    assert mapping.annotation(raw({"id": "a", "worker": {"user": {"id": "l-1"}}})).user_id == "l-1"


def test_the_tag_repeats_the_time_as_printed() -> None:
    wire = raw({"id": "a", "modified_at": "2026-03-01T10:00:00.1Z"})
    assert mapping.annotation(wire, tagged=True).tag == '"a@2026-03-01T10:00:00.1Z"'
    assert mapping.annotation(wire).tag == ""


@pytest.mark.parametrize(
    "item",
    [
        {"id": 5},
        {},
        [],
        "text",
        {"id": "a", "created_at": "yesterday"},
        {"id": "a", "data": {"regions": {}}},
        {"id": "a", "data": {"concepts": [{"id": "c", "value": "high"}]}},
        {"id": "a", "data": box_data(top_row="0.5")},  # type: ignore[arg-type]
    ],
)
def test_a_drifted_item_costs_itself_only(item: Any) -> None:
    quarantine = mapping.Quarantine()
    page = [msgspec.Raw(raw(one)) for one in ({"id": "good-1"}, item, {"id": "good-2"})]
    found = mapping.each(page, "annotation", mapping.annotation, quarantine)
    assert [one.id for one in found] == ["good-1", "good-2"]
    assert quarantine.count == 1
    assert quarantine.last[0][0] == "annotation"


def test_numbers_beyond_floats_are_drift() -> None:
    quarantine = mapping.Quarantine()
    text = b'{"id":"a","data":{"concepts":[{"id":"c","value":1e400}]}}'
    assert mapping.each([msgspec.Raw(text)], "annotation", mapping.annotation, quarantine) == []
    assert quarantine.last[0][1] == "a"


def test_times() -> None:
    assert mapping.moment("2026-03-01T10:00:00.123456789Z") == datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)
    assert mapping.moment("2026-03-01T12:00:00+02:00") == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert mapping.moment("") is None
    when = datetime(2026, 3, 1, 10, 0, 0, 5, UTC)
    assert mapping.moment(mapping.rfc3339(when)) == when


def test_an_input_with_hosted_sizes() -> None:
    hosted = {"prefix": "http://x/media/", "suffix": "k/a.webp", "sizes": ["orig", "large", "small"]}
    image = {
        "url": "http://x/media/orig/k/a.webp",
        "hosted": hosted,
        "image_info": {"width": 640, "height": 480},
    }
    found = mapping.input_(
        raw(
            {
                "id": "i",
                "data": {"image": image, "metadata": {"filename": "a.png"}},
                "status": {"code": 30000},
            }
        )
    )
    assert (found.kind, found.name, found.ready, found.width, found.height) == (
        "image",
        "a.png",
        True,
        640,
        480,
    )
    assert found.url == "http://x/media/orig/k/a.webp"
    assert found.large_url == "http://x/media/large/k/a.webp"
    assert found.thumb_url == "http://x/media/small/k/a.webp"


@pytest.mark.parametrize("kind", ["video", "audio", "text"])
def test_other_kinds_of_input(kind: str) -> None:
    found = mapping.input_(raw({"id": "i", "data": {kind: {"url": "http://x/a"}}, "status": {"code": 30001}}))
    assert (found.kind, found.url, found.ready) == (kind, "http://x/a", False)


# --- writes -----------------------------------------------------------------------------------------------


def test_merge_names_the_region_and_says_the_value() -> None:
    write = AnnotationWrite(
        "an-1", "img-1", region=Region("rg-1", concepts=(ConceptValue("rbc", 0.0), ConceptValue("wbc", 1.0)))
    )
    assert bodies.patch_body(write, PatchAction.MERGE) == {
        "id": "an-1",
        "input_id": "img-1",
        "data": {
            "regions": [
                {
                    "id": "rg-1",
                    "data": {"concepts": [{"id": "rbc", "value": 0.0}, {"id": "wbc", "value": 1.0}]},
                }
            ]
        },
    }
    with pytest.raises(Rejected):
        bodies.patch_body(AnnotationWrite("a", "i", region=Region("")), PatchAction.MERGE)


def test_remove_names_ids_only() -> None:
    write = AnnotationWrite("an-1", "img-1", concepts=(ConceptValue("rbc"),))
    assert bodies.patch_body(write, PatchAction.REMOVE)["data"] == {"concepts": [{"id": "rbc"}]}


def test_a_status_alone_sends_no_data() -> None:
    write = AnnotationWrite("an-1", "img-1", state=AnnotationState.PENDING)
    body = bodies.patch_body(write, PatchAction.MERGE)
    assert body == {"id": "an-1", "input_id": "img-1", "status": {"code": "ANNOTATION_PENDING"}}
    with pytest.raises(Rejected):
        bodies.status_body(AnnotationState.UNKNOWN)


def test_a_move_keeps_everything_else_of_the_region() -> None:
    base = (
        b'{"regions":[{"id":"rg-1","value":0.70,"track_id":"t","region_info":{"bounding_box":{"top_row":0.1},'
        b'"mask_hint":[1.10]},"data":{"concepts":[{"id":"rbc","name":"Red","value":1,"x":1e5}],"text":{"raw":"q"}}}],'
        b'"metadata":{"site":"north"},"big":123456789012345678901234567890}'
    )
    write = AnnotationWrite("a", "i", region=Region("rg-1", Box(0.2, 0.1, 0.6, 0.4)), base_raw=base)
    text = bodies.encode(bodies.overwritten(write))
    found = json.loads(text)
    region = found["regions"][0]
    assert region["region_info"] == {
        "bounding_box": {"top_row": 0.2, "left_col": 0.1, "bottom_row": 0.6, "right_col": 0.4},
        "mask_hint": [1.10],
    }
    assert region["data"] == {
        "concepts": [{"id": "rbc", "name": "Red", "value": 1, "x": 1e5}],
        "text": {"raw": "q"},
    }
    assert b"123456789012345678901234567890" in text
    assert found["metadata"] == {"site": "north"}


def test_a_new_shape_kind_replaces_the_old_one() -> None:
    base = raw(box_data(top_row=0.1, bottom_row=0.5, right_col=0.5))
    points = ((0.1, 0.1), (0.2, 0.3), (0.5, 0.1))
    write = AnnotationWrite("a", "i", region=Region("rg-1", points=points), base_raw=base)
    info = json.loads(bodies.encode(bodies.overwritten(write)))["regions"][0]["region_info"]
    assert list(info) == ["polygon"]


def test_renaming_by_overwrite_drops_the_old_concept() -> None:
    data = {
        "concepts": [{"id": "rbc", "name": "Red", "value": 1}, {"id": "wbc", "name": "White", "value": 0}]
    }
    write = AnnotationWrite("a", "i", concepts=(ConceptValue("wbc", 1.0),), base_raw=raw(data))
    assert json.loads(bodies.encode(bodies.overwritten(write))) == {
        "concepts": [{"id": "wbc", "name": "White", "value": 1.0}]
    }


@pytest.mark.parametrize(
    "base", [b"[]", b"nonsense", b'{"regions":5}', b'{"regions":[{"id":"a"},{"id":"b"}]}']
)
def test_a_base_that_cannot_be_kept_is_refused(base: bytes) -> None:
    with pytest.raises(Rejected):
        bodies.overwritten(AnnotationWrite("a", "i", region=Region("x", Box(0, 0, 1, 1)), base_raw=base))


edge = st.floats(min_value=0, max_value=1, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(top=edge, left=edge, bottom=edge, right=edge, value=edge)
def test_boxes_come_back_bit_for_bit(
    top: float, left: float, bottom: float, right: float, value: float
) -> None:
    sent = Region("rg-1", Box(top, left, bottom, right), None, (ConceptValue("rbc", value),))
    body = bodies.create_body(AnnotationWrite("an-1", "img-1", region=sent))
    assert mapping.annotation(bodies.encode(body)).region == sent


@given(points=st.lists(st.tuples(edge, edge), max_size=20))
def test_polygons_come_back_bit_for_bit(points: list[tuple[float, float]]) -> None:
    sent = Region("rg-1", points=tuple(points))
    body = bodies.create_body(AnnotationWrite("an-1", "img-1", region=sent))
    assert mapping.annotation(bodies.encode(body)).region == sent


@given(extra=st.dictionaries(st.text(min_size=1, max_size=6), json_values, max_size=4), top=edge)
def test_unknown_keys_survive_an_overwrite(extra: dict[str, Any], top: float) -> None:
    known = {"regions", "concepts", "id", "region_info", "data", "bounding_box", "polygon"}
    extra = {key: value for key, value in extra.items() if key not in known}
    region = extra | {"id": "rg-1", "region_info": {"bounding_box": {"top_row": 0.9}} | extra}
    write = AnnotationWrite(
        "a", "i", region=Region("rg-1", Box(top, 0.0, 1.0, 1.0)), base_raw=raw(extra | {"regions": [region]})
    )
    found = json.loads(bodies.encode(bodies.overwritten(write)))
    for place in (found, found["regions"][0], found["regions"][0]["region_info"]):
        for key, value in extra.items():
            assert json.dumps(place[key]) == json.dumps(value)
    assert found["regions"][0]["region_info"]["bounding_box"]["top_row"] == top


def test_inputs_carry_bytes_or_an_address() -> None:
    assert bodies.input_body(InputWrite("i", content=b"abc", name="a.png")) == {
        "id": "i",
        "data": {"image": {"base64": "YWJj"}, "metadata": {"filename": "a.png"}},
    }
    for write in (InputWrite("i"), InputWrite("i", content=b"a", url="http://x")):
        with pytest.raises(Rejected):
            bodies.input_body(write)


@pytest.mark.parametrize(
    ("author", "by_model"),
    [
        ({"user_id": "l-1"}, False),
        ({"worker": {"user": {"id": "l-1"}}, "model_version_id": "v"}, False),
        ({"worker": {"model": {"id": "m"}}}, True),
        ({"worker": {"workflow": {"id": "w"}}}, True),
        ({"worker": {"model": {"id": "m"}}, "trusted": True}, False),
        ({"model_version_id": "v"}, True),
        ({"model_version_id": "v", "user_id": "l-1"}, True),
        ({}, False),
    ],
)
def test_who_made_an_annotation(author: dict[str, Any], by_model: bool) -> None:
    assert mapping.annotation(raw({"id": "a"} | author)).by_model is by_model


# --- tasks ------------------------------------------------------------------------------------------------

PLANS = [
    (WorkerPlan(WorkerStrategy.PARTITIONED, ("l-1", "l-2"), 2), ReviewPlan(ReviewStrategy.MANUAL, ("r-1",))),
    (WorkerPlan(WorkerStrategy.PARTITIONED, ("l-1",), 1, {"l-1": 70.0}), ReviewPlan(ReviewStrategy.NONE)),
    (
        WorkerPlan(WorkerStrategy.FULL, ("l-1", "l-2")),
        ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1", "r-2"), 2, -1),
    ),
    (WorkerPlan(WorkerStrategy.FULL, ("l-1", "l-2")), ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1",), 2, 0)),
]


@pytest.mark.parametrize(("worker", "review"), PLANS)
def test_tasks_come_back_as_sent(worker: WorkerPlan, review: ReviewPlan) -> None:
    sent = Task(
        "t-1", "Cells", TaskType.BOXES, "All of them", concept_ids=("rbc",), worker=worker, review=review,
        input_ids=("img-1", "img-2"),
    )  # fmt: skip
    body = task_bodies.task_body(sent, subset=True) | {"status": {"code": 54001}}
    assert tasks.task(bodies.encode(body)) == sent


def test_enum_numbers_are_read() -> None:
    found = tasks.task(
        raw(
            {
                "id": "t",
                "type": 3,
                "status": {"code": 54002},
                "worker": {"strategy": 3, "users": [{"id": "l-1"}]},
                "review": {"strategy": 2, "user_ids": ["r-1"]},
                "input_source": {"type": 3, "id": "train"},
                "concept_ids": ["rbc"],
            }
        )
    )
    assert (found.type, found.state, found.details.source_id) == (TaskType.POLYGONS, TaskState.DONE, "train")
    assert found.worker.user_ids == ("l-1",)
    assert found.worker.strategy is WorkerStrategy.FULL
    assert found.review == ReviewPlan(ReviewStrategy.MANUAL, ("r-1",))


def test_unknown_enums_are_unknown() -> None:
    found = tasks.task(raw({"id": "t", "type": 99, "status": {"code": 1}}))
    assert (found.type, found.state) == (TaskType.UNKNOWN, TaskState.UNKNOWN)


def test_an_edit_keeps_what_we_do_not_model() -> None:
    current = {
        "id": "t", "name": "old", "type": 2, "created_at": "2026-03-01T10:00:00Z", "status": {"code": 54001},
        "priority": 3, "sample_ms": 40, "user_id": "acme", "metrics": {"work": {}},
        "worker": {"strategy": 2, "type": 1, "users": [{"id": "l-1"}], "workers": [{"user": {"id": "l-1"}}]},
        "review": {"strategy": 2, "users": [{"id": "r-1"}]},
    }  # fmt: skip
    new = msgspec.structs.replace(
        tasks.task(raw(current)),
        name="new",
        worker=WorkerPlan(WorkerStrategy.FULL, ("l-2",)),
        review=ReviewPlan(user_ids=("r-2",)),
    )
    body = task_bodies.edited_body(raw(current), new)
    assert (body["name"], body["priority"], body["sample_ms"]) == ("new", "HIGH", 40)
    assert body["type"] == "BOUNDING_BOX_DETECTION"
    assert body["worker"] == {"strategy": "FULL", "type": 1, "workers": [{"user": {"id": "l-2"}}]}
    assert body["review"] == {"strategy": "MANUAL", "users": [{"id": "r-2"}]}
    assert not {"created_at", "status", "user_id", "metrics"} & set(body)


def test_what_the_platform_cannot_do_is_refused_here() -> None:
    with pytest.raises(Unsupported):
        task_bodies.task_body(Task("t", "n", input_ids=("i",)), subset=False)
    with pytest.raises(Rejected):
        task_bodies.task_body(Task("t", "n", TaskType.UNKNOWN), subset=True)
    with pytest.raises(Rejected):
        task_bodies.state_body("t", TaskState.FAILED)


def test_assignments_and_counts() -> None:
    found = mapping.assignment(
        raw({"id": "as", "worker": {"user": {"id": "l-1"}}, "input": {"id": "i"}, "status": {"code": 54202}}),
        "t",
    )
    assert (found.task_id, found.input_id, found.user_id) == ("t", "i", "l-1")
    assert found.state is AssignmentState.AWAITING_REVIEW
    assert (
        mapping.assignment(raw({"id": "as", "status": {"code": 54302}}), "t").state is AssignmentState.UNKNOWN
    )
    counts = mapping.counts(raw({"worker": {"user": {"id": "l-1"}}, "success": 3}))
    assert (counts.user_id, counts.success, counts.pending) == ("l-1", 3, 0)


# --- codes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "http", "kind"),
    [
        (11005, 429, Throttled),
        (11005, 200, Throttled),
        (0, 429, Throttled),
        (11009, 401, Unauthorized),
        (11008, 200, Unauthorized),
        (0, 401, Unauthorized),
        (11007, 401, Forbidden),
        (24156, 400, Forbidden),
        (54103, 0, Forbidden),
        (0, 403, Forbidden),
        (30102, 0, NotFound),
        (54102, 400, NotFound),
        (11101, 404, NotFound),
        (0, 404, NotFound),
        (40010, 409, AlreadyExists),
        (30100, 0, AlreadyExists),
        (54100, 0, IllegalMove),
        (0, 409, IllegalMove),
        (0, 412, PreconditionFailed),
        (40017, 412, PreconditionFailed),
        (10040, 501, Unsupported),
        (99009, 500, Ambiguous),
        (98004, 200, Ambiguous),
        (0, 502, Ambiguous),
        (0, 408, Ambiguous),
        (0, 200, Ambiguous),
        (10030, 400, Ambiguous),
        (40031, 503, Ambiguous),
        (24155, 400, Rejected),
        (77777, 400, Rejected),
        (0, 413, Rejected),
    ],
)
def test_codes_become_errors(code: int, http: int, kind: type[PlatformError]) -> None:
    assert type(error_of(StatusWire(code=code), http)) is kind


def test_a_failed_precondition_inside_a_mixed_answer() -> None:
    assert type(error_of(StatusWire(code=40017, details="precondition failed"), 0)) is PreconditionFailed
    assert type(error_of(StatusWire(code=40017), 0)) is Rejected


def test_the_field_that_broke_a_rule_is_named() -> None:
    found = error_of(StatusWire(code=24155, details="annotations[0].data: must be an object"), 400)
    assert isinstance(found, Rejected)
    assert found.fields == {"annotations[0].data": "must be an object"}


def test_what_the_platform_says_is_one_short_printable_line() -> None:
    found = error_of(StatusWire(code=24155, details="a\r\nb\x1b[31m\u202e" + "x" * 5000), 400)
    assert len(found.message) < 400
    assert found.message.isprintable()
