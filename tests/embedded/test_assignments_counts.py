"""The list of all assignments, the counts, and the patch of a task's annotation statuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp

from .work import add_inputs, annotate, annotations, done, error, listing, make_task

ZERO = dict.fromkeys(
    ["pending", "awaiting_review", "success", "review_denied", "awaiting_consensus_review"], 0
)


def _row(user: str, **numbers: int) -> dict[str, Any]:
    return {"user_id": user, **ZERO, **numbers, "worker": {"user": {"id": user}}}


def test_the_list_of_all_assignments(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 7)
    task_id = make_task(app, strategy="FULL")["id"]
    rows = done(app, task_id, "l-1", "LABEL_START")
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[rows[3]["id"]])
    every = listing(app, task_id)
    assert [(row["modified_at"], row["id"]) for row in every] == sorted(
        (row["modified_at"], row["id"]) for row in every
    )
    assert every[-1] == {
        "id": rows[3]["id"],
        "created_at": rows[3]["created_at"],
        "modified_at": every[-1]["modified_at"],
        "worker": {"user": {"id": "l-1"}},
        "input": {"id": rows[3]["input"]["id"]},
        "status": {"code": 54202, "description": "Assignment awaits review"},
    }

    def ids(**params: Any) -> list[str]:
        return [row["id"] for row in listing(app, task_id, **params)]

    assert ids(user_ids="l-2") == [row["id"] for row in every if row["worker"]["user"]["id"] == "l-2"]
    assert ids(status_codes="TASK_ASSIGNMENT_AWAITING_REVIEW") == [rows[3]["id"]]
    assert len(ids(status_codes=[54201, 54202])) == 14
    assert len(ids(input_ids=names[:2])) == 4
    assert ids(ids=[every[4]["id"], every[1]["id"]]) == [every[1]["id"], every[4]["id"]]
    assert ids(modified_since=every[9]["modified_at"]) == [
        row["id"] for row in every if row["modified_at"] >= every[9]["modified_at"]
    ]
    assert ids(modified_since="2999-01-01T00:00:00Z") == []
    assert ids(modified_since="2020-01-01T00:00:00+05:00") == [row["id"] for row in every]


def test_the_list_can_be_walked_by_its_own_last_row(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 23)
    task_id = make_task(app, workers=["l-1"])["id"]
    # Ten rows share one time now: a walk by time alone would lose or repeat some.
    done(app, task_id, "l-1", "LABEL_START")
    every = listing(app, task_id)
    assert len({row["modified_at"] for row in every}) == 14
    walked: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        part = app.ok("GET", f"tasks/{task_id}/assignments/all", params={"per_page": 4} | cursor)
        walked += part["task_assignments"]
        if len(part["task_assignments"]) < 4:
            break
        cursor = {"modified_since": walked[-1]["modified_at"], "after_id": walked[-1]["id"]}
    assert walked == every


def test_counts_print_zeros_and_everybody(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 4)
    task_id = make_task(app, strategy="FULL")["id"]
    counts = app.ok("GET", f"tasks/{task_id}/annotations/count")
    assert counts["counts"] == [_row("l-1"), _row("l-2")]
    assert (counts["app_id"], counts["task_id"]) == (app.app_id, task_id)
    for name in names:
        annotate(app, task_id, "l-1", name)
    annotate(app, task_id, "r-1", names[0], status={"code": 24158})
    annotate(app, task_id, "r-1", names[0], status={"code": 24152})
    rows = done(app, task_id, "l-1", "LABEL_START")
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[row["id"] for row in rows[:3]])
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=[rows[0]["id"]])
    done(app, task_id, "r-1", "REVIEW_REJECT", ids=[rows[1]["id"]])
    inputs = app.ok("GET", f"tasks/{task_id}/inputs/count", user="l-2")["counts"]
    numbers = {"pending": 1, "awaiting_review": 1, "success": 1, "review_denied": 1}
    assert inputs == [_row("l-1", **numbers), _row("l-2", pending=4)]
    found = app.ok("GET", f"tasks/{task_id}/annotations/count")["counts"]
    assert found == [_row("l-1", **numbers), _row("l-2"), _row("r-1", review_denied=1)]
    some = app.ok("GET", f"tasks/{task_id}/annotations/count", params={"user_ids": ["r-1", "x"]})["counts"]
    assert some == [_row("r-1", review_denied=1), _row("x")]


def test_patching_the_statuses_of_a_tasks_annotations(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 3)
    task_id = make_task(app, strategy="FULL")["id"]
    mine = [annotate(app, task_id, "l-1", name) for name in names]
    theirs = annotate(app, task_id, "l-2", names[0])
    elsewhere = annotate(app, "other", "l-1", names[0])
    approved = annotate(app, task_id, "l-1", names[0], status={"code": 24150})
    before = listing(app, task_id)
    route = f"task/{task_id}/annotations/status"
    body = {
        "user_ids": ["l-1"],
        "status_codes": ["ANNOTATION_PENDING", 24157],
        "action": "overwrite",
        "status_code": "ANNOTATION_AWAITING_REVIEW",
    }
    answer = app.ok("PATCH", route, body, user="r-1")
    assert (answer["user_ids"], answer["updated_count"]) == (["l-1"], 3)
    codes = {name: code for name, (_, _, code) in annotations(app, task_id).items()}
    assert codes == dict.fromkeys(mine, 24157) | {theirs: 24151, approved: 24150}
    assert annotations(app, "other")[elsewhere][2] == 24151
    assert app.ok("PATCH", route, body)["updated_count"] == 0
    assert listing(app, task_id) == before, "assignments do not move"


@pytest.mark.parametrize(
    ("user", "users", "http"), [("l-2", ["l-1"], 403), ("l-2", ["l-2"], 200), ("r-1", ["l-1"], 200)]
)
def test_who_may_patch_statuses(embedded_app: EmbeddedApp, user: str, users: list[str], http: int) -> None:
    task_id = make_task(embedded_app)["id"]
    body = {"user_ids": users, "status_codes": [24151], "action": "overwrite", "status_code": 24150}
    response = embedded_app.call("PATCH", f"task/{task_id}/annotations/status", body, user=user)
    assert response.status_code == http
    if http != 200:
        assert error(response)[1] == 24156
