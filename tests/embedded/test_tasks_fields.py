"""Everything that a task can say: kept, printed as it was checked, patched, and refused where it makes no sense."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, error, listing, make_task, task_body

ASSIST = {"workflow_id": "demo-assist", "workflow": {"id": "demo-assist", "version": {"id": "demo-assist-1"}}}
RULE = {
    "annotation_data_types": 34,
    "threshold_range": {"is_lower_inclusive": True, "is_upper_inclusive": False, "lower": 0.3, "upper": 0.75},
    "status_code": 24157,
    "time_of_day_range": {
        "start": {"hours": 22, "minutes": 30, "seconds": 0, "nanos": 0},
        "end": {"hours": 6, "minutes": 0, "seconds": 0, "nanos": 500},
        "is_start_inclusive": True,
        "is_end_inclusive": False,
    },
    "polygon": {"points": [{"row": 0.0, "col": 0.0}, {"row": 1.0, "col": 0.0}, {"row": 1.0, "col": 1.0}]},
}
EXTRAS = {
    "ai_assistant": ASSIST,
    "ai_assist_params": {"min_threshold": 0.2, "max_threshold": 0.9, "concept_relation_ids": ["rel-1"]},
    "visibility": {"gettable": 10},
    "sample_ms": 500,
    "delete_previous_annotations": True,
}
AUTO = {"type": "WORKER_AUTO", "workers": [{"model": {"id": "demo-detector"}}]}


def _auto_worker(**changes: Any) -> dict[str, Any]:
    return {"worker": AUTO | changes, "review": "NONE", "reviewers": []}


def test_what_is_sent_is_kept_and_printed(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    concepts = [{"concept": {"id": "rbc"}, "auto_annotation_config": RULE}, {"concept": {"id": "wbc"}}]
    sent = task_body(id="t", concepts=concepts, **EXTRAS)
    sent["review"]["manual_strategy_info"] = {"sample_percentage": 0.25, "approval_threshold": 1}
    app.ok("POST", "tasks", {"tasks": [sent]})
    found = app.ok("GET", "tasks/t")["task"]
    assert {name: found[name] for name in EXTRAS} == EXTRAS
    assert found["concepts"] == [
        {"concept": {"id": "rbc", "value": 1}, "auto_annotation_config": RULE},
        {"concept": {"id": "wbc", "value": 1}},
    ]
    assert found["review"]["manual_strategy_info"] == {"sample_percentage": 0.25, "approval_threshold": 1}
    # What was read can be sent back as it is.
    again = app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [found]})["tasks"][0]
    assert again == found | {"modified_at": again["modified_at"]}


def test_names_and_camel_case_are_understood(embedded_app: EmbeddedApp) -> None:
    rule = {"annotationDataTypes": 2, "statusCode": "ANNOTATION_PENDING"}
    made = make_task(
        embedded_app,
        aiAssistant={"workflowId": "demo-assist"},
        visibility={"gettable": "PUBLIC"},
        concepts=[{"concept": {"id": "rbc"}, "autoAnnotationConfig": rule}],
    )
    assert made["ai_assistant"] == ASSIST
    assert made["visibility"] == {"gettable": 50}
    assert made["concepts"][0]["auto_annotation_config"] == {"annotation_data_types": 2, "status_code": 24151}


def test_overwrite_drops_what_is_not_sent_and_merge_keeps_it(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    make_task(app, id="t", **EXTRAS)
    kept = app.ok("PATCH", "tasks", {"action": "merge", "tasks": [{"id": "t", "status": {"code": 54002}}]})
    assert {name: kept["tasks"][0][name] for name in EXTRAS} == EXTRAS
    assert kept["tasks"][0]["status"]["code"] == 54002
    off = {"id": "t", "ai_assistant": {}, "delete_previous_annotations": False}
    merged = app.ok("PATCH", "tasks", {"action": "merge", "tasks": [off]})["tasks"][0]
    assert "ai_assistant" not in merged
    assert "delete_previous_annotations" not in merged
    assert merged["ai_assist_params"] == EXTRAS["ai_assist_params"]
    body = task_body(id="t", sample_ms=500)
    plain = app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [body]})["tasks"][0]
    assert set(EXTRAS) & set(plain) == {"sample_ms"}


def test_an_auto_task_has_one_model_and_no_assignments(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 3)
    made = make_task(app, id="auto", status={"code": "TASK_IDLE"}, **_auto_worker())
    worker = {"model": {"id": "demo-detector", "model_version": {"id": "demo-detector-1"}}}
    assert made["worker"]["type"] == 2
    assert made["worker"]["workers"] == [worker]
    assert made["worker"]["user_ids"] == []
    assert made["status"]["code"] == 54006
    assert listing(app, "auto") == []
    (row,) = app.ok("GET", "tasks/auto/annotations/count")["counts"]
    assert (row["user_id"], row["worker"], row["success"]) == ("", worker, 0)
    flow = {"workers": [{"workflow": {"id": "demo-assist"}}], "strategy": "PARTITIONED"}
    made = make_task(app, **_auto_worker(**flow))
    assert made["worker"]["workers"] == [
        {"workflow": {"id": "demo-assist", "version": {"id": "demo-assist-1"}}}
    ]
    assert made["worker"]["strategy"] == 2


def test_an_auto_task_can_become_one_for_people(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 4)
    make_task(app, id="t", **_auto_worker())
    body = task_body(id="t", review="NONE", reviewers=[], status={"code": "TASK_IN_PROGRESS"})
    changed = app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [body]})["tasks"][0]
    assert changed["worker"]["user_ids"] == ["l-1", "l-2"]
    assert len(listing(app, "t")) == 4


def test_counts_of_model_versions(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 2)
    make_task(app, id="t", workers=["l-1"])
    by_model = {"worker": {"model": {"id": "demo-detector", "model_version": {"id": "v-9"}}}}
    for input_id, more in (("in-0", {}), ("in-1", by_model)):
        data = {"concepts": [{"id": "rbc", "value": 1}]}
        sent = {"input_id": input_id, "task_id": "t", "data": data} | more
        app.ok("POST", "annotations", {"annotations": [sent]})

    def rows(**params: Any) -> list[tuple[str, str, int]]:
        found = app.ok("GET", "tasks/t/annotations/count", params=params)["counts"]
        return [
            (
                row["user_id"],
                row["worker"].get("model", {}).get("model_version", {}).get("id", ""),
                row["success"],
            )
            for row in found
        ]

    owner = app.user_id
    assert rows(model_version_ids="v-9") == [("", "v-9", 1)]
    assert rows(model_version_ids="v-8") == []
    assert rows(user_ids=owner) == [(owner, "", 1)]
    assert rows(user_ids=owner, model_version_ids="v-9") == [(owner, "", 1), ("", "v-9", 1)]
    assert sorted(rows()) == sorted([("l-1", "", 0), (owner, "", 1), ("", "v-9", 1)])
    inputs = app.ok("GET", "tasks/t/inputs/count", params={"model_version_ids": "v-9"})["counts"]
    assert inputs == []


def test_datasets_are_sources(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 4)
    app.ok("POST", "datasets", {"datasets": [{"id": "train"}]})
    members = [{"input": {"id": name}} for name in names[1:3]]
    app.ok("POST", "datasets/train/inputs", {"dataset_inputs": members})
    task = make_task(app, workers=["l-1"], input_source={"type": "DATASET", "id": "train"})
    assert task["input_source"] == {"type": 3, "id": "train"}
    assert [row["input"]["id"] for row in listing(app, task["id"])] == names[1:3]
    found = app.ok("GET", "tasks", params={"input_source_type": "DATASET", "input_source_ids": "train"})[
        "tasks"
    ]
    assert [row["id"] for row in found] == [task["id"]]


def test_saved_searches_are_sources(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 3)
    marked = {"id": "marked", "data": {"text": {"raw": "x"}, "metadata": {"site": "north"}}}
    app.ok("POST", "inputs", {"inputs": [marked]})
    query = {"filters": [{"input": {"data": {"metadata": {"site": "north"}}}}]}
    app.ok("POST", "searches", {"searches": [{"id": "north", "save": True, "query": query}]})
    task = make_task(app, workers=["l-1"], input_source={"type": "SAVED_SEARCH", "id": "north"})
    assert [row["input"]["id"] for row in listing(app, task["id"])] == ["marked"]
    assert names


WORKFLOW = "ai_assistant.workflow"
RANGE = "concepts[0].auto_annotation_config.threshold_range"
TIMES = "concepts[0].auto_annotation_config.time_of_day_range"


def _rule(**rule: Any) -> dict[str, Any]:
    return {"concepts": [{"concept": {"id": "rbc"}, "auto_annotation_config": rule}]}


@pytest.fixture(scope="module")
def app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    return embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1"], concepts=["rbc"])


@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({"ai_assistant": 1}, "ai_assistant: must be an object"),
        ({"ai_assistant": {"workflow_id": "x"}}, f"{WORKFLOW}_id: the app has no workflow x"),
        ({"ai_assistant": {"workflow": {"id": "x"}}}, f"{WORKFLOW}.id: the app has no workflow x"),
        (
            {"ai_assistant": {"workflow": {"id": "demo-assist", "version": {"id": "2"}}}},
            f"{WORKFLOW}.version.id: the workflow has no version 2",
        ),
        (
            {"ai_assistant": {"workflow_id": "x", "workflow": {"id": "demo-assist"}}},
            f"{WORKFLOW}.id: is not the same as workflow_id",
        ),
        (
            {"ai_assist_params": {"min_threshold": -0.1}},
            "ai_assist_params.min_threshold: must be from 0 to 1",
        ),
        ({"ai_assist_params": {"max_threshold": 2}}, "ai_assist_params.max_threshold: must be from 0 to 1"),
        (
            {"ai_assist_params": {"min_threshold": 0.9, "max_threshold": 0.1}},
            "ai_assist_params.min_threshold: must be at most",
        ),
        (
            {"ai_assist_params": {"concept_relation_ids": [1]}},
            "ai_assist_params.concept_relation_ids[0]: must be",
        ),
        ({"visibility": {"gettable": "SECRET"}}, "visibility.gettable: must be one of"),
        ({"sample_ms": -1}, "sample_ms: must be a whole number"),
        ({"sample_ms": "often"}, "sample_ms: must be a whole number"),
        ({"delete_previous_annotations": "yes"}, "delete_previous_annotations: must be true or false"),
        ({"label_order_id": "lo"}, "label_order_id: cannot be set"),
        (
            _rule(annotation_data_types=64),
            "concepts[0].auto_annotation_config.annotation_data_types: must be",
        ),
        (_rule(threshold_range={"lower": 0.8, "upper": 0.2}), f"{RANGE}.lower: must be at most upper"),
        (_rule(threshold_range={"upper": 1.5}), f"{RANGE}.upper: must be from 0 to 1"),
        (_rule(threshold_range={"is_lower_inclusive": 1}), f"{RANGE}.is_lower_inclusive: must be true"),
        (_rule(status_code=10000), "concepts[0].auto_annotation_config.status_code: must be a status code"),
        (_rule(status_code="DONE"), "concepts[0].auto_annotation_config.status_code: is not a known"),
        (_rule(time_of_day_range={"start": {"hours": 25}}), f"{TIMES}.start.hours: must be a whole number"),
        (_rule(time_of_day_range={"end": {"hours": 24, "minutes": 1}}), f"{TIMES}.end: must not be later"),
        (_rule(polygon={"points": []}), "concepts[0].auto_annotation_config.polygon.points: must have 3"),
        (_auto_worker(workers=[]), "worker.workers: must be exactly one"),
        (_auto_worker(workers=[{"user": {"id": "l-1"}}]), "worker.workers[0]: must be exactly one"),
        (_auto_worker(user_ids=["l-1"]), "worker.workers: must be exactly one"),
        (_auto_worker(workers=AUTO["workers"] * 2), "worker.workers: must be exactly one"),
        (
            _auto_worker(workers=[{"model": {"id": "m"}}]),
            "worker.workers[0].model.id: the app has no model m",
        ),
        (
            _auto_worker(workers=[{"model": {"id": "demo-detector", "model_version": {"id": "7"}}}]),
            "worker.workers[0].model.model_version.id: the model has no version 7",
        ),
        (_auto_worker(strategy="SOME"), "worker.strategy: must be one of"),
        (_auto_worker(type="WORKER_ROBOT"), "worker.type: must be one of"),
        (_auto_worker(runner_selectors=[{}]), "worker.runner_selectors: this server has no runners"),
    ],
)
def test_bad_fields_are_named(app: EmbeddedApp, change: dict[str, Any], details: str) -> None:
    response = app.call("POST", "tasks", {"tasks": [task_body(**change)]})
    assert response.status_code == 400, response.text
    assert response.json()["tasks"][0]["status"]["details"].startswith(f"tasks[0].{details}"), response.text


def test_the_reviewers_threshold_of_manual_review_in_its_newer_field(app: EmbeddedApp) -> None:
    body = task_body()
    body["review"]["consensus_strategy_info"] = {"approval_threshold_reviewers": -1}
    made = app.ok("POST", "tasks", {"tasks": [body]})["tasks"][0]
    assert made["review"]["manual_strategy_info"] == {"approval_threshold": -1}


def test_a_sample_is_a_fraction(app: EmbeddedApp) -> None:
    body = task_body()
    body["review"]["manual_strategy_info"] = {"sample_percentage": 25}
    told = error(app.call("POST", "tasks", {"tasks": [body]}))[2]
    assert told == "tasks[0].review.manual_strategy_info.sample_percentage: must be from 0 to 1"


def test_sampling_and_sources_are_fixed(app: EmbeddedApp) -> None:
    make_task(app, id="fixed")
    body = task_body(id="fixed", input_source={"type": "DATASET", "id": "d"})
    assert error(app.call("PATCH", "tasks", {"action": "overwrite", "tasks": [body]}))[1] == 10020
    body = {"id": "fixed", "label_order_id": "lo"}
    assert error(app.call("PATCH", "tasks", {"action": "merge", "tasks": [body]}))[1] == 10020
