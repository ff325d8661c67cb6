"""Tasks and label orders on the wire: what we say comes back, and what we do not model survives an edit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.platforms.clarifai import bodies, label_orders, task_bodies, tasks
from dashboard.platforms.clarifai.task_words import DATA_TYPES
from dashboard.platforms.errors import Rejected, Unsupported
from dashboard.platforms.types import (
    AnnotationState,
    Assist,
    AutoRule,
    LabelOrder,
    LabelOrderState,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    TaskPriority,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)
from tests.support import wire
from tests.support.platform_scripts import Script, answer

ROUTE = "/v2/users/acme/apps/cells/tasks"
# Top-level fields of a task, and fields inside it, that deployments of the older schema do not know.
NEWER = {"priority", "metadata"}
KNOWN_STATES = [state for state in AnnotationState if state is not AnnotationState.UNKNOWN]

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
fractions = st.floats(0, 1, width=32)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | names,
    lambda inner: st.lists(inner, max_size=3),
)
metadata = st.dictionaries(
    names.filter(lambda key: key not in ("input_ids", "assist_model")), anything, max_size=4
)


@st.composite
def details(draw: st.DrawFn, concepts: tuple[str, ...]) -> TaskDetails:
    source = draw(st.sampled_from([one for one in SourceKind if one is not SourceKind.UNKNOWN]))
    assist = draw(st.sampled_from(["workflow_id", "model_id", ""]))
    automatic = draw(st.sampled_from(["worker_model_id", "worker_workflow_id", ""]))
    rules = [
        AutoRule(
            one,
            tuple(name for name in DATA_TYPES if draw(st.booleans())),
            draw(fractions),
            draw(fractions),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.sampled_from(KNOWN_STATES)),
        )
        for one in concepts
        if draw(st.booleans())
    ]
    bounds = {"min_threshold": draw(fractions), "max_threshold": draw(fractions)}
    chosen = {assist: draw(names)} if assist else {}
    if assist == "model_id":
        chosen["version_id"] = draw(names | st.just(""))
    worker: dict[str, Any] = {automatic: draw(names), "automatic": True} if automatic else {}
    return TaskDetails(
        source=source,
        source_id="" if source is SourceKind.ALL else draw(names),
        priority=draw(st.sampled_from(TaskPriority)),
        metadata=draw(metadata),
        sample_ms=draw(st.integers(0, 60_000)),
        label_order_id=draw(st.just("") | names),
        delete_previous=draw(st.booleans()),
        assist=Assist(**chosen, **bounds, relation_ids=tuple(draw(st.lists(names, max_size=2)))),
        rules=tuple(rules),
        **worker,
    )


@st.composite
def whole_tasks(draw: st.DrawFn) -> Task:
    concepts = tuple(draw(st.lists(names, unique=True, max_size=4)))
    said = draw(details(concepts))
    people = st.lists(names, unique=True, max_size=3).map(tuple)
    strategy = draw(st.sampled_from(WorkerStrategy))
    labelers = () if said.automatic else draw(people)
    split = strategy is WorkerStrategy.PARTITIONED
    worker = WorkerPlan(
        strategy,
        labelers,
        draw(st.integers(1, 3)) if split else 1,
        dict.fromkeys(labelers, 1.5) if split and draw(st.booleans()) else {},
    )
    review = draw(st.sampled_from(ReviewStrategy))
    plan = ReviewPlan(
        review,
        draw(people),
        draw(st.integers(0, 3)) if review is ReviewStrategy.CONSENSUS else 0,
        draw(st.sampled_from([-1, 0])) if review is not ReviewStrategy.NONE else 0,
    )
    kind = draw(st.sampled_from([one for one in TaskType if one is not TaskType.UNKNOWN]))
    chosen = draw(st.none() | people)
    return Task(
        "t-1", draw(names), kind, draw(names), TaskState.IN_PROGRESS, concepts, worker, plan, said, chosen
    )


def read_back(body: Any) -> Task:
    return tasks.task(bodies.encode(body | {"status": {"code": 54001}}))


@settings(deadline=None)
@given(whole_tasks())
def test_whatever_a_task_says_comes_back_and_fits_the_schema(sent: Task) -> None:
    body = task_bodies.task_body(sent, subset=True)
    assert read_back(body) == sent
    wire.strict_request("POST", ROUTE, body=bodies.encode({"tasks": [body]}))


@settings(deadline=None)
@given(whole_tasks(), whole_tasks())
def test_an_edit_says_everything_that_the_new_task_says(old: Task, new: Task) -> None:
    current = bodies.encode(task_bodies.task_body(old, subset=True))
    body = task_bodies.edited_body(current, new)
    # Chosen inputs that the new task does not name stay chosen.
    expected = new if new.input_ids is not None else msgspec.structs.replace(new, input_ids=old.input_ids)
    assert read_back(body) == expected
    wire.strict_request("PATCH", ROUTE, body=bodies.encode({"tasks": [body], "action": "overwrite"}))


def test_what_a_task_does_not_say_is_not_sent() -> None:
    plain = Task(
        "t", "Cells", concept_ids=("rbc",),
        worker=WorkerPlan(WorkerStrategy.FULL, ("l-1",)),
        review=ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1",), 2, 0),
    )  # fmt: skip
    body = task_bodies.task_body(plain, subset=False)
    assert set(body) == {
        "id", "name", "description", "type", "worker", "review", "concepts", "input_source",
    }  # fmt: skip
    assert set(body["worker"]) == {"strategy", "workers"}
    assert body["review"]["consensus_strategy_info"] == {"approval_threshold": 2}
    assert not NEWER & set(body)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"details": TaskDetails(source=SourceKind.DATASET)}, "source_id"),
        ({"details": TaskDetails(source=SourceKind.UNKNOWN, source_id="x")}, "source"),
        ({"details": TaskDetails(automatic=True)}, "worker"),
        ({"details": TaskDetails(automatic=True, worker_model_id="m", worker_workflow_id="w")}, "worker"),
        ({"details": TaskDetails(rules=(AutoRule("other"),))}, "rules"),
        ({"details": TaskDetails(rules=(AutoRule("rbc", ("hologram",)),))}, "rules.data_types"),
        ({"details": TaskDetails(rules=(AutoRule("rbc", lower=float("nan")),))}, "rules"),
        ({"details": TaskDetails(assist=Assist(min_threshold=float("inf")))}, "assist"),
        ({"details": TaskDetails(metadata={"assist_model": {"id": "m"}})}, "metadata"),
        ({"worker": WorkerPlan(weights={"l-1": float("nan")})}, "weights"),
        ({"type": TaskType.UNKNOWN}, "type"),
    ],
)
def test_bad_tasks_are_refused_before_they_are_sent(changes: dict[str, Any], field: str) -> None:
    facts: dict[str, Any] = {"concept_ids": ("rbc",)} | changes
    with pytest.raises(Rejected) as refusal:
        task_bodies.task_body(Task("t", "n", **facts), subset=True)
    assert list(refusal.value.fields) == [field]


def test_chosen_inputs_need_a_platform_that_knows_them() -> None:
    with pytest.raises(Unsupported):
        task_bodies.task_body(Task("t", "n", input_ids=("i",)), subset=False)


CURRENT: dict[str, Any] = {
    "id": "t",
    "name": "old",
    "type": 3,
    "moon": "full",
    "status": {"code": 54001},
    "worker": {
        "strategy": 2,
        "type": 2,
        "moon": 1,
        "workers": [{"model": {"id": "m", "user_id": "maker", "app_id": "main", "model_version": {"id": "v"}}}],
        "partitioned_strategy_info": {"type": 1, "workers_per_input": 1, "moon": 2},
    },
    "review": {
        "strategy": 3,
        "users": [{"id": "r-1", "first_name": "R"}],
        "manual_strategy_info": {"sample_percentage": 0.5},
        "consensus_strategy_info": {
            "approval_threshold": 0, "approval_threshold_labelers": 2, "approval_threshold_reviewers": 1, "moon": 3,
        },
    },
    "concepts": [
        {
            "concept": {"id": "rbc", "name": "red", "value": 1},
            "moon": 4,
            "auto_annotation_config": {
                "annotation_data_types": 66,
                "threshold_range": {"lower": 0.5, "upper": 1.0},
                "status_code": 24199,
                "time_of_day_range": {"start": {"hour": 8}},
                "polygon": {"points": [{"row": 0.1, "col": 0.1}]},
            },
        }
    ],
    "input_source": {"type": 9, "id": "somewhere"},
    "ai_assistant": {"workflow_id": "w", "workflow": {"id": "w", "version": {"id": "wv"}}},
    "ai_assist_params": {"min_threshold": 0.25, "moon": 5},
    "metadata": {"moon": 6, "input_ids": "not ours"},
}  # fmt: skip


def test_an_edit_carries_along_what_we_do_not_model() -> None:
    former = tasks.task(bodies.encode(CURRENT))
    body = task_bodies.edited_body(bodies.encode(CURRENT), msgspec.structs.replace(former, name="new"))
    assert (body["name"], body["moon"], body["metadata"]) == (
        "new",
        "full",
        {"moon": 6, "input_ids": "not ours"},
    )
    assert body["worker"]["workers"] == CURRENT["worker"]["workers"]
    assert (body["worker"]["moon"], body["worker"]["partitioned_strategy_info"]["moon"]) == (1, 2)
    rule = body["review"]["consensus_strategy_info"]
    assert rule == {
        "approval_threshold": 2, "approval_threshold_labelers": 2, "approval_threshold_reviewers": 1, "moon": 3,
    }  # fmt: skip
    concept = body["concepts"][0]
    assert (concept["concept"], concept["moon"]) == (CURRENT["concepts"][0]["concept"], 4)
    config = concept["auto_annotation_config"]
    for key in ("annotation_data_types", "status_code", "time_of_day_range", "polygon"):
        assert config[key] == CURRENT["concepts"][0]["auto_annotation_config"][key], key
    # A source that we do not know stays what it is.
    assert body["input_source"] == CURRENT["input_source"]
    assert body["ai_assistant"] == CURRENT["ai_assistant"]
    assert body["ai_assist_params"]["moon"] == 5
    assert "status" not in body


def test_taking_things_out_of_a_task_takes_them_out() -> None:
    former = tasks.task(bodies.encode(CURRENT))
    people = WorkerPlan(WorkerStrategy.FULL, ("l-1",))
    bare = msgspec.structs.replace(former, worker=people, review=ReviewPlan(), details=TaskDetails())
    body = task_bodies.edited_body(bodies.encode(CURRENT), bare)
    assert body["worker"] == {
        "strategy": "FULL", "type": "WORKER_HUMAN", "moon": 1, "workers": [{"user": {"id": "l-1"}}],
    }  # fmt: skip
    assert body["review"] == {
        "strategy": "MANUAL", "users": [], "manual_strategy_info": {"sample_percentage": 0.5},
    }  # fmt: skip
    assert "auto_annotation_config" not in body["concepts"][0]
    assert body["input_source"] == {"type": "ALL_INPUTS"}
    assert body["ai_assist_params"] == {"moon": 5}
    assert not {"ai_assistant", "metadata", "priority"} & set(body)


# --- label orders -------------------------------------------------------------------------------------------

WHEN = datetime(2027, 1, 2, 3, 4, 5, 6, UTC)
ORDER: dict[str, Any] = {
    "id": "lo-1",
    "name": "May",
    "status": {"code": 55002},
    "auto_release": True,
    "desired_fulfill_time": "2027-01-02T03:04:05.000006Z",
    "task": {"id": "t-1", "name": "Cells", "type": 2},
    "created_at": "2026-01-01T00:00:00Z",
    "moon": 1,
}


def test_label_orders_are_read_and_edited() -> None:
    script = Script(answer(label_orders=[ORDER, {"id": "lo-2", "status": {"code": 55009}}]))
    connected = script.clarifai()
    first, second = connected.list_label_orders()
    assert (first.state, first.task_id, first.auto_release, first.wanted_at) == (
        LabelOrderState.IN_PROGRESS, "t-1", True, WHEN,
    )  # fmt: skip
    assert second.state is LabelOrderState.UNKNOWN
    assert "status 55009" in [one.name for one in connected.drift.rows()]
    edited = msgspec.structs.replace(
        first, name="June", state=LabelOrderState.CANCELED, wanted_at=None, expected_at=WHEN + timedelta(1)
    )
    assert label_orders.edited_order(bodies.encode(ORDER), edited) == {
        "id": "lo-1",
        "name": "June",
        "status": {"code": "LABEL_ORDER_CANCELED"},
        "auto_release": True,
        "allow_empty_tag": False,
        "estimate_fulfill_time": "2027-01-03T03:04:05.000006Z",
        "task": {"id": "t-1"},
        "moon": 1,
    }
    known = {key: value for key, value in ORDER.items() if key != "moon"}
    script = Script(answer(label_order=known), answer(label_orders=[known]))
    script.clarifai().edit_label_order(edited)
    assert (script.body()["action"], len(script.requests)) == ("overwrite", 2)


def test_an_order_is_made_with_its_task() -> None:
    script = Script(answer(label_orders=[ORDER]))
    script.clarifai().create_label_order(LabelOrder("lo-1", "May", wanted_at=WHEN), Task("t-1", "Cells"))
    sent = script.body()["label_orders"][0]
    assert (sent["id"], sent["task"]["id"], sent["desired_fulfill_time"]) == (
        "lo-1", "t-1", "2027-01-02T03:04:05.000006Z",
    )  # fmt: skip
    assert "status" not in sent
    with pytest.raises(Rejected) as refusal:
        label_orders.order_body(LabelOrder("lo-1", "  "))
    assert list(refusal.value.fields) == ["name"]
    assert json.loads(bodies.encode(sent))
