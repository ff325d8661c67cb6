"""Bad input on the routes of tasks: always the envelope, the field named, never a server fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, make_task, task_body

TEN = {"strategy": "PARTITIONED", "workers": [{"user": {"id": "l-1"}}, {"user": {"id": "l-2"}}]}


def _weighted(weights: Any, per_input: Any = 1) -> dict[str, Any]:
    return TEN | {
        "partitioned_strategy_info": {"type": "WEIGHTED", "weights": weights, "workers_per_input": per_input}
    }


def _review(**more: Any) -> dict[str, Any]:
    return {"strategy": "CONSENSUS", "users": [{"id": "r-1"}]} | more


# What is changed in a valid task, and how the details begin (after "tasks[0].").
POSTS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name: is required"),
    ({"name": " \t"}, "name: must not have control"),
    ({"name": 7}, "name: must be text"),
    ({"name": "x" * 300}, "name: must have at most 255"),
    ({"id": "a/b"}, "id: must be 1 to 128"),
    ({"description": ["x"]}, "description: must be text"),
    ({"type": None}, "type: is required"),
    ({"type": "BOXES"}, "type: must be one of"),
    ({"type": 9}, "type: must be one of"),
    ({"type": True}, "type: must be one of"),
    ({"priority": "URGENT"}, "priority: must be one of"),
    ({"status": {"code": 24150}}, "status.code: must be a status code from 54001"),
    ({"status": "done"}, "status: must be an object"),
    ({"metadata": []}, "metadata: must be an object"),
    ({"metadata": {"input_ids": "in-0"}}, "metadata.input_ids: must be a list"),
    ({"metadata": {"input_ids": []}}, "metadata.input_ids: must be a list"),
    ({"metadata": {"input_ids": ["in-0", "nope"]}}, "metadata.input_ids[1]: the app has no input"),
    ({"metadata": {"input_ids": ["in-0", 3]}}, "metadata.input_ids[1]: must be"),
    (
        {"metadata": {"input_ids": ["in-0"]}, "input_source": {"type": "INPUT", "id": "in-0"}},
        "metadata.input_ids",
    ),
    (
        {"concepts": [{"concept": {"id": "rbc"}}, {"concept": {"id": "x"}}]},
        "concepts[1].concept.id: the app has no",
    ),
    (
        {"concepts": [{"concept": {"id": "rbc"}}, {"concept": {"id": "rbc"}}]},
        "concepts[1].concept.id: rbc is named",
    ),
    ({"concepts": [{"id": "rbc"}]}, "concepts[0].concept.id: is required"),
    ({"concepts": [], "concept_ids": ["x"]}, "concept_ids[0]: the app has no concept x"),
    ({"concepts": "rbc"}, "concepts: must be a list"),
    ({"worker": []}, "worker: must be an object"),
    ({"worker": {"workers": [{"user": {"id": "l-1"}}]}}, "worker.strategy: is required"),
    ({"worker": TEN | {"strategy": 1}}, "worker.strategy: must be one of"),
    (
        {"worker": TEN | {"workers": [{"user": {"id": "l-1"}}, {"user": {"id": "eve"}}]}},
        "worker.workers[1].user.id: eve is neither",
    ),
    (
        {"worker": TEN | {"workers": [{"user": {"id": "l-1"}}, {"user": {"id": "l-1"}}]}},
        "worker.workers[1].user.id",
    ),
    ({"worker": TEN | {"workers": [{"user": {}}]}}, "worker.workers[0].user.id: is required"),
    ({"worker": TEN | {"workers": [{"model": {"id": "m"}}]}}, "worker.workers[0]: must name a user"),
    ({"worker": {"strategy": "FULL", "user_ids": ["l-1", "eve"]}}, "worker.user_ids[1]: eve is neither"),
    ({"worker": {"strategy": "FULL", "users": [{"id": "eve"}]}}, "worker.users[0].id: eve is neither"),
    (
        {"worker": TEN | {"partitioned_strategy_info": {"type": "EVENLY", "workers_per_input": 3}}},
        "worker.partitioned_strategy_info.workers_per_input: must be at most",
    ),
    (
        {"worker": TEN | {"partitioned_strategy_info": {"type": "EVENLY", "workers_per_input": -1}}},
        "worker.partitioned_strategy_info.workers_per_input: must be a whole number",
    ),
    ({"worker": TEN | {"partitioned_strategy_info": {"type": 5}}}, "worker.partitioned_strategy_info.type"),
    ({"worker": _weighted({"l-1": 1})}, "worker.partitioned_strategy_info.weights.l-2: is required"),
    (
        {"worker": _weighted({"l-1": 1, "l-2": 1, "eve": 1})},
        "worker.partitioned_strategy_info.weights.eve: is not",
    ),
    (
        {"worker": _weighted({"l-1": -1, "l-2": 1})},
        "worker.partitioned_strategy_info.weights.l-1: must be a number",
    ),
    (
        {"worker": _weighted({"l-1": 0, "l-2": 0})},
        "worker.partitioned_strategy_info.weights: must not all be 0",
    ),
    (
        {"worker": _weighted({"l-1": "2", "l-2": 1})},
        "worker.partitioned_strategy_info.weights.l-1: must be a finite",
    ),
    (
        {"worker": _weighted({"l-1": 3, "l-2": 1}, 2)},
        "worker.partitioned_strategy_info.weights.l-1: must be at most",
    ),
    ({"review": {"users": [{"id": "r-1"}]}}, "review.strategy: is required"),
    ({"review": {"strategy": "ALL"}}, "review.strategy: must be one of"),
    ({"review": {"strategy": "MANUAL", "users": [{"id": "eve"}]}}, "review.users[0].id: eve is neither"),
    ({"review": {"strategy": "MANUAL", "user_ids": [1]}}, "review.user_ids[0]: must be"),
    (
        {"review": _review(consensus_strategy_info={"approval_threshold_labelers": 2})},
        "review.consensus_strategy_info.approval_threshold_labelers: must be at most the number of labelers",
    ),
    (
        {"review": _review(consensus_strategy_info={"approval_threshold": 2})},
        "review.consensus_strategy_info.approval_threshold: must be at most",
    ),
    (
        {"review": _review(consensus_strategy_info={"approval_threshold_reviewers": 2})},
        "review.consensus_strategy_info.approval_threshold_reviewers: must be at most the number of reviewers",
    ),
    (
        {"review": _review(consensus_strategy_info={"approval_threshold_reviewers": -2})},
        "review.consensus_strategy_info.approval_threshold_reviewers: must be a whole number",
    ),
    ({"input_source": {"type": "DATASET"}}, "input_source.id: is required"),
    ({"input_source": {"type": "DATASET", "id": "d"}}, "input_source.id: the app has no dataset d"),
    ({"input_source": {"type": "SAVED_SEARCH", "id": "s"}}, "input_source.id: the app has no saved search s"),
    ({"input_source": {"type": 17}}, "input_source.type: must be one of"),
    ({"input_source": {"type": "INPUT"}}, "input_source.id: is required"),
    ({"input_source": {"type": "INPUT", "id": "nope"}}, "input_source.id: the app has no input"),
]

T = "tasks/t"
A = "tasks/t/assignments"
S = "task/t/annotations/status"
STATUS = {"action": "overwrite", "user_ids": ["l-1"], "status_codes": [24151], "status_code": 24150}
# method, route, body or query, HTTP status, status code, what the details begin with.
CALLS: list[tuple[str, str, Any, int, int, str]] = [
    ("POST", "tasks", {}, 400, 11102, "tasks: is required"),
    ("POST", "tasks", {"tasks": []}, 400, 11102, "tasks: must have 1 to 128"),
    ("POST", "tasks", {"tasks": [task_body()] * 129}, 400, 11102, "tasks: must have 1 to 128"),
    ("POST", "tasks", {"tasks": {}}, 400, 11102, "tasks: must be a list"),
    ("POST", "tasks", {"tasks": ["t"]}, 400, 11102, "tasks[0]: must be an object"),
    ("POST", "tasks", [], 400, 11100, ""),
    ("POST", "tasks", {"tasks": [{"id": {"a": 1}, "name": "x"}]}, 400, 10020, "tasks[0]."),
    ("PATCH", "tasks", {"tasks": [{"id": "t"}]}, 400, 11102, "action: must be merge or overwrite"),
    ("PATCH", "tasks", {"tasks": [{"id": "t"}], "action": "remove"}, 400, 11102, "action: must be"),
    ("PATCH", "tasks", {"tasks": [{}], "action": "merge"}, 400, 10020, "tasks[0].id: is required"),
    ("PATCH", "tasks", {"tasks": [{"id": "x"}], "action": "merge"}, 400, 10020, "the app has no task x"),
    (
        "PATCH",
        "tasks",
        {"tasks": [{"id": "t", "status": {"code": 1}}], "action": "merge"},
        400,
        10020,
        "tasks[0].status",
    ),
    (
        "PATCH",
        "tasks",
        {"tasks": [{"id": "t", "sample_ms": 1}], "action": "merge"},
        400,
        10020,
        "tasks[0].sample_ms",
    ),
    (
        "PATCH",
        "tasks",
        {"tasks": [{"id": "t", "metadata": 1}], "action": "merge"},
        400,
        10020,
        "tasks[0].metadata",
    ),
    (
        "PATCH",
        "tasks",
        {"tasks": [{"id": "t", "worker": {"strategy": "FULL", "user_ids": ["eve"]}}], "action": "merge"},
        400,
        10020,
        "tasks[0].worker.user_ids[0]: eve",
    ),
    (
        "PATCH",
        "tasks",
        {"tasks": [{"id": "t"}], "action": "overwrite"},
        400,
        10020,
        "tasks[0].name: is required",
    ),
    ("DELETE", "tasks", {}, 400, 11102, "ids: "),
    ("DELETE", "tasks", {"ids": []}, 400, 11102, "ids: is required"),
    ("DELETE", "tasks", {"ids": "t"}, 400, 11102, "ids: must be a list"),
    ("DELETE", "tasks", {"ids": ["a b"]}, 400, 11102, "ids[0]: must be"),
    ("GET", "tasks", {"page": "x"}, 400, 11102, "page: "),
    ("GET", "tasks", {"per_page": 1001}, 400, 11102, "per_page: "),
    ("GET", "tasks", {"worker_user_ids": "a b"}, 400, 11102, "worker_user_ids: "),
    ("GET", "tasks", {"input_source_type": "X"}, 400, 11102, "input_source_type: "),
    ("GET", "tasks/none", None, 404, 54102, "the app has no task none"),
    ("GET", "tasks/none/assignments", None, 404, 54102, "the app has no task"),
    ("GET", "tasks/none/inputs/count", None, 404, 54102, "the app has no task"),
    ("GET", "tasks/t/inputs/count", {"user_ids": "?"}, 400, 11102, "user_ids: "),
    ("GET", "tasks/none/annotations/count", None, 404, 54102, "the app has no task"),
    ("POST", "tasks/t", {}, 405, 11103, ""),
    ("DELETE", A, {}, 405, 11103, ""),
    ("GET", f"{A}/all", {"modified_since": "yesterday"}, 400, 11102, "modified_since: must be an RFC 3339"),
    ("GET", f"{A}/all", {"status_codes": 24150}, 400, 11102, "status_codes: "),
    ("GET", f"{A}/all", {"status_codes": "NOPE"}, 400, 11102, "status_codes: "),
    ("GET", f"{A}/all", {"after_id": "x"}, 400, 11102, "after_id: is only possible"),
    ("GET", f"{A}/all", {"per_page": -1}, 400, 11102, "per_page: "),
    ("PUT", A, {}, 400, 11102, "action: is required"),
    ("PUT", A, {"action": "DANCE"}, 400, 11102, "action: must be one of"),
    ("PUT", A, {"action": 3}, 400, 11102, "action: must be one of"),
    ("PUT", A, {"action": -1}, 400, 11102, "action: must be one of"),
    (
        "PUT",
        A,
        {"action": "LABEL_START", "label_submit_config": {}},
        400,
        11102,
        "label_submit_config: does not belong",
    ),
    (
        "PUT",
        A,
        {"action": 11, "review_approve_config": {}, "review_reject_config": {}},
        400,
        11102,
        "review_reject_config",
    ),
    ("PUT", A, {"action": "REVIEW_APPROVE"}, 400, 11102, "review_approve_config: needs either"),
    (
        "PUT",
        A,
        {
            "action": "REVIEW_APPROVE",
            "review_approve_config": {
                "task_assignments": [{"id": "a"}],
                "workers": [{"user": {"id": "l-1"}}],
            },
        },
        400,
        11102,
        "review_approve_config: needs either",
    ),
    (
        "PUT",
        A,
        {"action": "REVIEW_REJECT", "review_reject_config": {"workers": [{"user": {"id": "r-1"}}]}},
        400,
        11102,
        "review_reject_config.workers[0].user.id: r-1 is not a worker",
    ),
    (
        "PUT",
        A,
        {"action": 12, "review_request_changes_config": {"task_assignments": [{"id": "a"}] * 129}},
        400,
        11102,
        "review_request_changes_config.task_assignments: must have",
    ),
    ("PUT", A, {"action": "LABEL_SUBMIT"}, 400, 11102, "label_submit_config.task_assignments: is required"),
    (
        "PUT",
        A,
        {"action": "LABEL_SUBMIT", "label_submit_config": []},
        400,
        11102,
        "label_submit_config: must be",
    ),
    (
        "PUT",
        A,
        {"action": "LABEL_SUBMIT", "label_submit_config": {"task_assignments": [1]}},
        400,
        11102,
        "label_submit_config.task_assignments[0]: must be",
    ),
    (
        "PUT",
        A,
        {"action": "LABEL_SUBMIT", "label_submit_config": {"task_assignments": [{}]}},
        400,
        11102,
        "label_submit_config.task_assignments[0].id: is required",
    ),
    (
        "PUT",
        A,
        {"action": "LABEL_SUBMIT", "label_submit_config": {"task_assignments": [{"id": "zz"}]}},
        400,
        10020,
        "the task has no assignment zz",
    ),
    ("PUT", A, {"input_id": "nope"}, 404, 54102, "owner"),
    ("PUT", A, {"action": "LABEL_START"}, 403, 54103, "owner"),
    ("PUT", "tasks/none/assignments", {"action": "LABEL_START"}, 404, 54102, "the app has no task"),
    ("PATCH", S, {}, 400, 24155, "action: must be overwrite"),
    ("PATCH", S, STATUS | {"action": "merge"}, 400, 24155, "action: must be overwrite"),
    ("PATCH", S, STATUS | {"user_ids": []}, 400, 24155, "user_ids: "),
    ("PATCH", S, STATUS | {"user_ids": [5]}, 400, 24155, "user_ids[0]: "),
    ("PATCH", S, STATUS | {"status_codes": []}, 400, 24155, "status_codes: is required"),
    ("PATCH", S, STATUS | {"status_codes": ["X"]}, 400, 24155, "status_codes[0]: "),
    ("PATCH", S, STATUS | {"status_code": 54201}, 400, 24155, "status_code: "),
    (
        "PATCH",
        S,
        {key: value for key, value in STATUS.items() if key != "status_code"},
        400,
        24155,
        "status_code: is",
    ),
    ("PATCH", "task/none/annotations/status", STATUS, 404, 54102, "the app has no task"),
    ("GET", S, None, 405, 11103, ""),
]


@pytest.fixture(scope="module")
def app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    app = embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1"], concepts=["rbc"])
    add_inputs(app, 3)
    embedded_server.new_user("eve")
    make_task(app, id="t")
    return app


def _name(row: Any) -> str:
    return str(row)[:60]


@pytest.mark.parametrize(("change", "details"), POSTS, ids=_name)
def test_bad_tasks_name_the_field(app: EmbeddedApp, change: dict[str, Any], details: str) -> None:
    body = {name: value for name, value in (task_body() | change).items() if value is not None}
    response = app.call("POST", "tasks", {"tasks": [body]})
    answer = response.json()
    assert response.status_code == 400, response.text
    assert answer["status"]["code"] == 10020
    assert answer["status"]["details"].startswith(f"tasks[0].{details}"), answer["status"]["details"]
    assert answer["tasks"][0]["status"]["details"] == answer["status"]["details"]
    assert len(app.ok("GET", "tasks")["tasks"]) == 1, "nothing was made"


@pytest.mark.parametrize(("method", "route", "sent", "http", "code", "details"), CALLS, ids=_name)
def test_bad_calls(
    app: EmbeddedApp, method: str, route: str, sent: Any, http: int, code: int, details: str
) -> None:
    response = app.call(method, route, params=sent) if method == "GET" else app.call(method, route, sent)
    status = response.json()["status"]
    assert (response.status_code, status["code"]) == (http, code), response.text
    assert status.get("details", "").startswith(details), status
    assert response.headers["content-type"] == "application/json"


def test_a_valid_task_passes_the_same_way(app: EmbeddedApp) -> None:
    body = task_body(id="fine")
    assert app.ok("POST", "tasks", {"tasks": [body]})["tasks"][0]["id"] == "fine"
    app.ok("DELETE", "tasks", {"ids": ["fine"]})
