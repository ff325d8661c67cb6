"""Label orders: posted with their task, listed, overwritten, deleted without it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, error, listing, task_body


def _order(order_id: str = "lo", **changes: Any) -> dict[str, Any]:
    return {"id": order_id, "name": "spring", "task": task_body(id=f"task-of-{order_id}")} | changes


def _post(app: EmbeddedApp, *orders: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = app.ok("POST", "label_orders", {"label_orders": list(orders)})[
        "label_orders"
    ]
    return found


def test_an_order_makes_its_task(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 4)
    times = {"desired_fulfill_time": "2026-12-24T12:00:00+01:00"}
    (made,) = _post(app, _order(auto_release=True, allow_empty_tag=True, **times))
    task = made["task"]
    assert task == app.ok("GET", "tasks/task-of-lo")["task"]
    assert task["label_order_id"] == "lo"
    assert len(listing(app, "task-of-lo")) == 4
    assert made["status"] == {"code": 55001, "description": "Label order is pending"}
    assert (made["auto_release"], made["allow_empty_tag"]) == (True, True)
    assert made["desired_fulfill_time"] == "2026-12-24T11:00:00.000000Z"
    assert made["created_at"] == made["modified_at"]
    assert app.ok("GET", "label_orders/lo")["label_order"] == made
    assert app.ok("GET", "label_orders", user="l-1")["label_orders"] == [made]


def test_tasks_of_orders_are_listed_on_request_only(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    app.ok("POST", "tasks", {"tasks": [task_body(id="plain")]})
    _post(app, _order("a"), _order("b"))

    def ids(**params: Any) -> list[str]:
        return [task["id"] for task in app.ok("GET", "tasks", params=params)["tasks"]]

    assert ids() == ["plain"]
    assert ids(including_label_order_tasks="True") == ["plain", "task-of-a", "task-of-b"]
    assert ids(label_order_ids="b") == ["task-of-b"]
    assert ids(label_order_ids=["b", "a", "x"]) == ["task-of-a", "task-of-b"]


def test_pages(embedded_app: EmbeddedApp) -> None:
    _post(embedded_app, *(_order(f"o-{number}") for number in range(5)))
    query = {"page": 2, "per_page": 2}
    found = embedded_app.ok("GET", "label_orders", params=query)["label_orders"]
    assert [order["id"] for order in found] == ["o-2", "o-3"]


def test_overwrite_replaces_the_order_and_keeps_an_unsent_status(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    (before,) = _post(app, _order(auto_release=True, desired_fulfill_time="2026-12-24T12:00:00Z"))

    def patch(**sent: Any) -> dict[str, Any]:
        body = {"action": "overwrite", "label_orders": [{"id": "lo"} | sent]}
        found: dict[str, Any] = app.ok("PATCH", "label_orders", body)["label_orders"][0]
        return found

    released = patch(name="spring 2", status={"code": "LABEL_ORDER_SUCCESS"})
    assert (released["name"], released["status"]["code"], released["auto_release"]) == (
        "spring 2",
        55003,
        False,
    )
    assert "desired_fulfill_time" not in released
    assert released["modified_at"] > before["modified_at"]
    assert released["task"]["status"]["code"] == 54001
    assert patch(name="spring 3")["status"]["code"] == 55003
    changed = patch(name="spring 3", task=before["task"] | {"name": "other words"})
    assert changed["task"]["name"] == "other words"
    assert patch(name="spring 4", task={"id": "task-of-lo"})["task"]["name"] == "other words"


def test_deleting_an_order_keeps_its_task_and_the_other_way_round(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    _post(app, _order("a"), _order("b"))
    app.ok("DELETE", "label_orders", {"ids": ["a"]})
    assert error(app.call("GET", "label_orders/a"))[:2] == (404, 11101)
    task = app.ok("GET", "tasks/task-of-a")["task"]
    assert task["status"]["code"] == 54001
    assert "label_order_id" not in task
    assert [row["id"] for row in app.ok("GET", "tasks")["tasks"]] == ["task-of-a"]
    app.ok("DELETE", "tasks", {"ids": ["task-of-b"]})
    assert "task" not in app.ok("GET", "label_orders/b")["label_order"]
    body = {"action": "overwrite", "label_orders": [{"id": "b", "name": "n", "task": {"id": "task-of-b"}}]}
    assert error(app.call("PATCH", "label_orders", body))[1] == 10020


def test_a_bad_order_leaves_no_task_behind(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    _post(app, _order("a"))
    response = app.call(
        "POST", "label_orders", {"label_orders": [_order("a", task=task_body(id="new")), _order("b")]}
    )
    first, second = response.json()["label_orders"]
    assert response.json()["status"]["code"] == 10010
    assert first["status"]["code"] == 40010
    assert second["id"] == "b"
    assert error(app.call("GET", "tasks/new"))[:2] == (404, 54102)


@pytest.fixture(scope="module")
def app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    return embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1"], concepts=["rbc"])


@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({"name": ""}, "name: is required"),
        ({"name": 1}, "name: must be text"),
        ({"id": "a/b"}, "id: must be 1 to 128"),
        ({"task": {}}, "task: is required"),
        ({"task": []}, "task: must be an object"),
        ({"task": task_body(name="")}, "task.name: is required"),
        ({"task": task_body(label_order_id="another")}, "task.label_order_id: is not the id of this order"),
        ({"status": {"code": 54001}}, "status.code: must be a status code from 55001"),
        ({"auto_release": "yes"}, "auto_release: must be true or false"),
        ({"desired_fulfill_time": "tomorrow"}, "desired_fulfill_time: must be an RFC 3339 time"),
        ({"estimate_fulfill_time": 5}, "estimate_fulfill_time: must be an RFC 3339 time"),
    ],
)
def test_bad_orders_name_the_field(app: EmbeddedApp, change: dict[str, Any], details: str) -> None:
    response = app.call("POST", "label_orders", {"label_orders": [_order() | change]})
    assert response.status_code == 400, response.text
    told = response.json()["label_orders"][0]["status"]["details"]
    assert told.startswith(f"label_orders[0].{details}"), told


@pytest.mark.parametrize(
    ("method", "body", "http", "code"),
    [
        ("POST", {}, 400, 11102),
        ("POST", {"label_orders": [{}] * 129}, 400, 11102),
        ("PATCH", {"action": "merge", "label_orders": [{"id": "x", "name": "n"}]}, 400, 11102),
        ("PATCH", {"action": "overwrite", "label_orders": [{"id": "x", "name": "n"}]}, 400, 10020),
        ("DELETE", {}, 400, 11102),
        ("DELETE", {"ids": ["x"]}, 404, 11101),
    ],
)
def test_bad_calls(app: EmbeddedApp, method: str, body: Any, http: int, code: int) -> None:
    assert error(app.call(method, "label_orders", body))[:2] == (http, code)


def test_collaborators_read_only(app: EmbeddedApp) -> None:
    assert app.call("GET", "label_orders", user="l-1").status_code == 200
    for method, body in (
        ("POST", {"label_orders": [_order()]}),
        ("PATCH", {"action": "overwrite", "label_orders": [{"id": "lo", "name": "n"}]}),
        ("DELETE", {"ids": ["lo"]}),
    ):
        assert error(app.call(method, "label_orders", body, user="l-1"))[:2] == (403, 11007)
