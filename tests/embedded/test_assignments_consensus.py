"""CONSENSUS review: labelers who agree need no reviewer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import BOX, add_inputs, annotate, annotations, done, listing, make_task

LABELERS = ["l-1", "l-2", "l-3"]


@pytest.fixture
def app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    return embedded_server.new_app(workers=LABELERS, reviewers=["r-1"], concepts=["rbc", "wbc"])


def _box(concept: str, **edges: float) -> dict[str, Any]:
    info = {"bounding_box": BOX | edges}
    return {"data": {"regions": [{"region_info": info, "data": {"concepts": [{"id": concept, "value": 1}]}}]}}


SAME, CLOSE, OTHER = _box("rbc"), _box("rbc", top_row=0.15), _box("wbc")


def _play(app: EmbeddedApp, task_id: str, input_id: str, worker: str, what: dict[str, Any]) -> int:
    """A labeler draws one shape and submits; answers the status of that assignment."""
    annotate(app, task_id, worker, input_id, **what)
    rows = done(app, task_id, worker, "LABEL_START")
    mine = [row["id"] for row in rows if row["input"]["id"] == input_id]
    code: int = done(app, task_id, worker, "LABEL_SUBMIT", ids=mine)[0]["status"]["code"]
    return code


def _codes(app: EmbeddedApp, task_id: str) -> dict[str, tuple[int, int]]:
    """Labeler -> (status of the assignment, status of the annotation)."""
    authors = {user: code for _, user, code in annotations(app, task_id).values()}
    return {
        (user := row["worker"]["user"]["id"]): (row["status"]["code"], authors.get(user, 0))
        for row in listing(app, task_id)
    }


def _task(app: EmbeddedApp, **rule: int) -> str:
    add_inputs(app, 1)
    return make_task(app, workers=LABELERS, strategy="FULL", review="CONSENSUS", rule=rule)["id"]


def test_the_second_who_agrees_settles_both(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold_labelers=2)
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54203
    assert _codes(app, task_id)["l-1"] == (54203, 24159)
    assert _play(app, task_id, "in-0", "l-2", CLOSE) == 54200
    assert _codes(app, task_id) == {"l-1": (54200, 24150), "l-2": (54200, 24150), "l-3": (54201, 0)}
    # The third comes late: agreement is approved, anything else goes to a reviewer.
    assert _play(app, task_id, "in-0", "l-3", OTHER) == 54202
    assert _codes(app, task_id)["l-3"] == (54202, 24157)


def test_who_disagrees_goes_to_a_reviewer_when_the_others_agree(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold_labelers=2)
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54203
    assert _play(app, task_id, "in-0", "l-2", OTHER) == 54203, "the third may still agree with one of them"
    assert _play(app, task_id, "in-0", "l-3", CLOSE) == 54200
    assert _codes(app, task_id) == {"l-1": (54200, 24150), "l-2": (54202, 24157), "l-3": (54200, 24150)}


def test_no_hope_of_agreement_goes_to_a_reviewer_at_once(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold_labelers=3)
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54203
    assert _play(app, task_id, "in-0", "l-2", OTHER) == 54202
    assert _codes(app, task_id) == {"l-1": (54202, 24157), "l-2": (54202, 24157), "l-3": (54201, 0)}
    rows = done(app, task_id, "r-1", "REVIEW_START")
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=[row["id"] for row in rows])
    assert _codes(app, task_id)["l-1"] == (54200, 24150)


def test_a_threshold_of_one_approves_everybody(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold_labelers=1)
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54200


def test_a_threshold_of_zero_leaves_it_to_people(app: EmbeddedApp) -> None:
    task_id = _task(app)
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54202


def test_the_older_threshold_is_read(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold=2)
    info = app.ok("GET", f"tasks/{task_id}")["task"]["review"]["consensus_strategy_info"]
    assert info == {
        "approval_threshold": 2,
        "approval_threshold_labelers": 2,
        "approval_threshold_reviewers": 0,
    }
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54203


def test_dynamic_waits_for_the_labelers_still_to_come(app: EmbeddedApp) -> None:
    add_inputs(app, 1)
    rule = {"approval_threshold_labelers": 2}
    task_id = make_task(
        app, workers=LABELERS, strategy="DYNAMIC", per_input=2, review="CONSENSUS", rule=rule
    )["id"]
    assert _play(app, task_id, "in-0", "l-1", SAME) == 54203
    assert _play(app, task_id, "in-0", "l-2", SAME) == 54200
    assert done(app, task_id, "l-3", "LABEL_START") == []
    assert _codes(app, task_id) == {"l-1": (54200, 24150), "l-2": (54200, 24150)}


def test_a_changed_mind_after_a_review_can_still_agree(app: EmbeddedApp) -> None:
    task_id = _task(app, approval_threshold_labelers=3)
    _play(app, task_id, "in-0", "l-1", SAME)
    _play(app, task_id, "in-0", "l-2", OTHER)
    mine = [row["id"] for row in listing(app, task_id) if row["worker"]["user"]["id"] == "l-2"]
    done(app, task_id, "r-1", "REVIEW_REQUEST_CHANGES", ids=mine)
    assert _codes(app, task_id)["l-2"] == (54201, 24151)
    rows = app.ok("GET", "annotations", params={"task_id": task_id, "user_ids": "l-2"})["annotations"]
    app.ok("DELETE", "annotations", {"input_ids": ["in-0"], "ids": [rows[0]["id"]]})
    assert _play(app, task_id, "in-0", "l-2", CLOSE) == 54203
    assert _play(app, task_id, "in-0", "l-3", SAME) == 54200
    assert _codes(app, task_id)["l-2"] == (54200, 24150)
