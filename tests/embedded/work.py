"""Small steps for tests of tasks: inputs, tasks, annotations, actions. All over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.embedded import EmbeddedApp

CODES = {"pending": 54201, "awaiting_review": 54202, "success": 54200, "review_denied": 54204}
BOX = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.6}


def add_inputs(app: EmbeddedApp, count: int, prefix: str = "in") -> list[str]:
    """Text inputs `in-0` ...; they cost nothing to make."""
    names = [f"{prefix}-{number}" for number in range(count)]
    for start in range(0, count, 128):
        sent = [{"id": name, "data": {"text": {"raw": name}}} for name in names[start : start + 128]]
        app.ok("POST", "inputs", {"inputs": sent})
    return names


def task_body(**changes: Any) -> dict[str, Any]:
    """A small valid task; `workers`, `reviewers` and `review` (strategy) are short cuts."""
    workers = changes.pop("workers", ["l-1", "l-2"])
    reviewers = changes.pop("reviewers", ["r-1"])
    strategy = changes.pop("strategy", "PARTITIONED")
    review = changes.pop("review", "MANUAL")
    split = changes.pop("split", {"type": "EVENLY", "workers_per_input": changes.pop("per_input", 1)})
    rule = changes.pop("rule", None)
    body: dict[str, Any] = {
        "name": "find cells",
        "type": "BOUNDING_BOX_DETECTION",
        "worker": {
            "strategy": strategy,
            "workers": [{"user": {"id": user}} for user in workers],
            "partitioned_strategy_info": split,
        },
        "concepts": [{"concept": {"id": "rbc"}}],
        "input_source": {"type": "ALL_INPUTS"},
        "review": {"strategy": review, "users": [{"id": user} for user in reviewers]},
    }
    if rule is not None:
        body["review"]["consensus_strategy_info"] = rule
    return body | changes


def make_task(app: EmbeddedApp, **changes: Any) -> dict[str, Any]:
    """Post one task and answer it."""
    found: dict[str, Any] = app.ok("POST", "tasks", {"tasks": [task_body(**changes)]})["tasks"][0]
    return found


def listing(app: EmbeddedApp, task_id: str, **params: Any) -> list[dict[str, Any]]:
    """Every assignment of a task."""
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        query = {"page": page, "per_page": 500} | params
        part = app.ok("GET", f"tasks/{task_id}/assignments/all", params=query)["task_assignments"]
        rows += part
        if len(part) < 500:
            return rows
        page += 1


def states(app: EmbeddedApp, task_id: str) -> dict[str, int]:
    """Status code by assignment id."""
    return {row["id"]: row["status"]["code"] for row in listing(app, task_id)}


def put(app: EmbeddedApp, task_id: str, user: str, action: str, **config: Any) -> httpx.Response:
    """One action; `ids=[...]` or `workers=[...]` go into the action's config."""
    body: dict[str, Any] = {"action": action}
    inner: dict[str, Any] = {}
    if "ids" in config:
        inner["task_assignments"] = [{"id": one} for one in config["ids"]]
    if "workers" in config:
        inner["workers"] = [{"user": {"id": one}} for one in config["workers"]]
    if inner:
        body[f"{action.lower()}_config"] = inner
    return app.call("PUT", f"tasks/{task_id}/assignments", body, user=user)


def done(app: EmbeddedApp, task_id: str, user: str, action: str, **config: Any) -> list[dict[str, Any]]:
    """The same, but it must succeed; answers the assignments."""
    response = put(app, task_id, user, action, **config)
    assert response.status_code == 200, response.text
    assert response.json()["status"]["code"] == 10000, response.text
    rows: list[dict[str, Any]] = response.json()["task_assignments"]
    return rows


def annotate(app: EmbeddedApp, task_id: str, user: str, input_id: str, **changes: Any) -> str:
    """A labeler's image-level annotation of the task, pending; answers its id."""
    body = {
        "input_id": input_id,
        "task_id": task_id,
        "data": {"concepts": [{"id": "rbc", "value": 1}]},
        "status": {"code": "ANNOTATION_PENDING"},
    }
    made = app.ok("POST", "annotations", {"annotations": [body | changes]}, user=user)
    found: str = made["annotations"][0]["id"]
    return found


def annotations(app: EmbeddedApp, task_id: str) -> dict[str, tuple[str, str, int]]:
    """id -> (input, author, status code) of a task's annotations."""
    rows = app.ok("GET", "annotations", params={"task_id": task_id, "per_page": 1000})["annotations"]
    return {row["id"]: (row["input_id"], row["user_id"], row["status"]["code"]) for row in rows}


def error(response: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, status code and details of an answer that is not a success."""
    status = response.json()["status"]
    return response.status_code, status["code"], status.get("details", "")
