"""Assignments: handing out, submitting, reviewing, who may, and what annotations do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, annotate, annotations, done, error, listing, make_task, put, states, task_body

VERDICTS = [
    ("REVIEW_APPROVE", 54200, 24150),
    ("REVIEW_REQUEST_CHANGES", 54201, 24151),
    ("REVIEW_REJECT", 54204, 24158),
]


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def _submitted(app: EmbeddedApp, count: int = 2, **changes: Any) -> tuple[str, list[str]]:
    """A task of `l-1` alone with `count` submitted assignments."""
    names = add_inputs(app, count)
    task_id = make_task(app, **({"workers": ["l-1"]} | changes))["id"]
    for name in names:
        annotate(app, task_id, "l-1", name)
    rows = done(app, task_id, "l-1", "LABEL_START")
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(rows))
    return task_id, _ids(rows)


def test_start_hands_out_ten_and_the_same_ten_again(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 25)
    task_id = make_task(app, workers=["l-1"])["id"]
    first = done(app, task_id, "l-1", "LABEL_START")
    assert [row["input"]["id"] for row in first] == names[:10]
    assert {row["status"]["code"] for row in first} == {54201}
    assert _ids(done(app, task_id, "l-1", "LABEL_START")) == _ids(first)
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(first)[:7])
    second = done(app, task_id, "l-1", "LABEL_START")
    assert [row["input"]["id"] for row in second] == names[7:17]


def test_looking_at_the_next_inputs_hands_nothing_out(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 12)
    task_id = make_task(app, workers=["l-1"])["id"]
    before = listing(app, task_id)
    found = app.ok("GET", f"tasks/{task_id}/assignments", user="l-1")["inputs"]
    assert [row["id"] for row in found] == names[:10]
    assert found[0]["data"]["text"]["raw"] == names[0]
    assert listing(app, task_id) == before
    assert app.ok("GET", f"tasks/{task_id}/assignments", user="l-2")["inputs"] == []


def test_dynamic_hands_out_on_request(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 15)
    task_id = make_task(app, strategy="DYNAMIC")["id"]
    assert listing(app, task_id) == []
    first = done(app, task_id, "l-1", "LABEL_START")
    second = done(app, task_id, "l-2", "LABEL_START")
    assert (len(first), len(second)) == (10, 5)
    assert sorted(row["input"]["id"] for row in first + second) == sorted(names)
    assert _ids(done(app, task_id, "l-1", "LABEL_START")) == _ids(first)
    assert _ids(listing(app, task_id)) == _ids(first + second)


def test_dynamic_with_two_workers_for_each_input(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 4)
    task_id = make_task(app, strategy="DYNAMIC", per_input=2)["id"]
    for worker in ("l-1", "l-2", "l-1", "l-2"):
        assert len(done(app, task_id, worker, "LABEL_START")) == 4
    assert len(listing(app, task_id)) == 8


def test_a_closed_task_hands_out_nothing_and_lets_work_finish(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 2)
    task_id = make_task(app, workers=["l-1"])["id"]
    rows = done(app, task_id, "l-1", "LABEL_START")
    app.ok("PATCH", "tasks", {"action": "merge", "tasks": [{"id": task_id, "status": {"code": "TASK_DONE"}}]})
    assert error(put(app, task_id, "l-1", "LABEL_START"))[:2] == (409, 54100)
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(rows))
    assert error(put(app, task_id, "r-1", "REVIEW_START"))[:2] == (409, 54100)
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=_ids(rows))


@pytest.mark.parametrize(("review", "state", "code"), [("NONE", 54200, 24150), ("MANUAL", 54202, 24157)])
def test_submit(embedded_app: EmbeddedApp, review: str, state: int, code: int) -> None:
    app = embedded_app
    names = add_inputs(app, 3)
    task_id = make_task(app, workers=["l-1"], review=review)["id"]
    mine = [annotate(app, task_id, "l-1", name) for name in names]
    loose = annotate(app, "another", "l-1", names[0])
    rows = done(app, task_id, "l-1", "LABEL_START")
    moved = done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(rows)[:2])
    assert [row["status"]["code"] for row in moved] == [state, state]
    codes = {name: status for name, (_, _, status) in annotations(app, task_id).items()}
    assert [codes[name] for name in mine] == [code, code, 24151]
    assert annotations(app, "another")[loose][2] == 24151, "other tasks' annotations stay"
    # Again: accepted, and nothing changes.
    before = listing(app, task_id)
    again = done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(rows)[:2])
    assert again == moved
    assert listing(app, task_id) == before


def test_submit_by_input_is_the_old_form(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 2)
    task_id = make_task(app, workers=["l-1"])["id"]
    route = f"tasks/{task_id}/assignments"
    rows = app.ok("PUT", route, {"input_id": names[1]}, user="l-1")["task_assignments"]
    assert [(row["input"]["id"], row["status"]["code"]) for row in rows] == [(names[1], 54202)]
    rows = app.ok("PUT", route, {"inputId": names[0], "action": 0})["task_assignments"]
    assert rows[0]["status"]["code"] == 54202, "the owner submits the only assignment that there is"
    assert error(app.call("PUT", route, {"input_id": names[0]}, user="r-1"))[:2] == (404, 54102)


@pytest.mark.parametrize(("action", "state", "code"), VERDICTS)
def test_verdict_moves_assignment_and_annotations(
    embedded_app: EmbeddedApp, action: str, state: int, code: int
) -> None:
    app = embedded_app
    task_id, ids = _submitted(app)
    before = {row["id"]: row for row in listing(app, task_id)}
    stamps = {
        row["id"]: row["modified_at"]
        for row in app.ok("GET", "annotations", params={"task_id": task_id})["annotations"]
    }
    moved = done(app, task_id, "r-1", action, ids=[ids[0]])
    assert [(row["id"], row["status"]["code"]) for row in moved] == [(ids[0], state)]
    after = {row["id"]: row for row in listing(app, task_id)}
    assert after[ids[1]] == before[ids[1]]
    assert after[ids[0]]["modified_at"] > before[ids[0]]["modified_at"]
    touched = after[ids[0]]["input"]["id"]
    for row in app.ok("GET", "annotations", params={"task_id": task_id})["annotations"]:
        assert row["status"]["code"] == (code if row["input_id"] == touched else 24157)
        assert (row["modified_at"] > stamps[row["id"]]) == (row["input_id"] == touched)
    # The same verdict again is the same answer; a different one is refused and changes nothing.
    assert done(app, task_id, "r-1", action, ids=[ids[0]]) == moved
    for other, _, _ in VERDICTS:
        if other != action:
            response = put(app, task_id, "r-1", other, ids=[ids[0]])
            assert response.status_code == 400
            status = response.json()["task_assignments"][0]["status"]
            assert status["code"] == 54100
            assert "wanted TASK_ASSIGNMENT_AWAITING_REVIEW" in status["details"]
    assert {row["id"]: row for row in listing(app, task_id)} == after


def test_sent_back_work_comes_first_and_can_be_submitted_again(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 14)
    task_id = make_task(app, workers=["l-1"])["id"]
    ids = _ids(done(app, task_id, "l-1", "LABEL_START"))
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=ids)
    done(app, task_id, "r-1", "REVIEW_REQUEST_CHANGES", ids=[ids[5]])
    rows = done(app, task_id, "l-1", "LABEL_START")
    assert rows[0]["id"] == ids[5]
    assert len(rows) == 5
    assert done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[ids[5]])[0]["status"]["code"] == 54202


def test_sent_back_work_comes_first_even_when_it_was_never_started(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 14)
    task_id = make_task(app, workers=["l-1"])["id"]
    done(app, task_id, "l-1", "LABEL_START")
    last = listing(app, task_id)[3]["id"]  # listed by age of the last change: the four unstarted come first
    assert last not in _ids(done(app, task_id, "l-1", "LABEL_START"))
    for action, user in (("LABEL_SUBMIT", "l-1"), ("REVIEW_REQUEST_CHANGES", "r-1")):
        done(app, task_id, user, action, ids=[last])
    assert done(app, task_id, "l-1", "LABEL_START")[0]["id"] == last


def test_reviewers_share_the_queue(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 15)
    task_id = make_task(app, workers=["l-1"], reviewers=["r-1", "r-2"])["id"]
    for _ in range(2):
        done(app, task_id, "l-1", "LABEL_SUBMIT", ids=_ids(done(app, task_id, "l-1", "LABEL_START")))
    first = done(app, task_id, "r-1", "REVIEW_START")
    second = done(app, task_id, "r-2", "REVIEW_START")
    assert (len(first), len(second)) == (10, 5)
    assert {row["input"]["id"] for row in first + second} == set(names)
    assert _ids(done(app, task_id, "r-1", "REVIEW_START")) == _ids(first)
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=_ids(first)[:4])
    assert _ids(done(app, task_id, "r-1", "REVIEW_START")) == _ids(first)[4:]
    assert {row["status"]["code"] for row in second} == {54202}


def test_review_start_can_be_limited_to_workers(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 4)
    task_id = make_task(app, strategy="FULL")["id"]
    for worker in ("l-1", "l-2"):
        done(app, task_id, worker, "LABEL_SUBMIT", ids=_ids(done(app, task_id, worker, "LABEL_START")))
    rows = done(app, task_id, "r-1", "REVIEW_START", workers=["l-2"])
    assert {row["worker"]["user"]["id"] for row in rows} == {"l-2"}
    assert len(rows) == 4
    assert len(done(app, task_id, "r-1", "REVIEW_START")) == 8


@pytest.mark.parametrize(("action", "state", "code"), VERDICTS)
def test_bulk_verdict_on_all_work_of_some_workers(
    embedded_app: EmbeddedApp, action: str, state: int, code: int
) -> None:
    app = embedded_app
    names = add_inputs(app, 6)
    task_id = make_task(app, strategy="FULL")["id"]
    for worker in ("l-1", "l-2"):
        for name in names:
            annotate(app, task_id, worker, name)
        rows = done(app, task_id, worker, "LABEL_START")
        done(app, task_id, worker, "LABEL_SUBMIT", ids=_ids(rows)[:4])
    moved = done(app, task_id, "r-1", action, workers=["l-1"])
    assert len(moved) == 4
    by_worker: dict[str, list[int]] = {"l-1": [], "l-2": []}
    for row in listing(app, task_id):
        by_worker[row["worker"]["user"]["id"]].append(row["status"]["code"])
    assert sorted(by_worker["l-1"]) == sorted([state] * 4 + [54201] * 2)
    assert sorted(by_worker["l-2"]) == sorted([54202] * 4 + [54201] * 2)
    authors = sorted((user, status) for _, user, status in annotations(app, task_id).values())
    wanted = [("l-1", code)] * 4 + [("l-1", 24151)] * 2 + [("l-2", 24157)] * 4 + [("l-2", 24151)] * 2
    assert authors == sorted(wanted)
    assert done(app, task_id, "r-1", action, workers=["l-1"]) == []


def test_a_reviewers_addition_follows_where_one_worker_has_the_input(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    task_id, ids = _submitted(app, 1)
    added = annotate(app, task_id, "r-1", "in-0", status={"code": 24157})
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=ids)
    assert annotations(app, task_id)[added] == ("in-0", "r-1", 24150)


def test_a_reviewers_addition_stays_where_two_workers_have_the_input(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    task_id, ids = _submitted(app, 1, workers=["l-1", "l-2"], strategy="FULL")
    added = annotate(app, task_id, "r-1", "in-0", status={"code": 24157})
    theirs = annotate(app, task_id, "l-2", "in-0")
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=ids)
    found = annotations(app, task_id)
    assert (found[added][2], found[theirs][2]) == (24157, 24151)


def test_some_items_fail(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    task_id, ids = _submitted(app, 3)
    done(app, task_id, "r-1", "REVIEW_REJECT", ids=[ids[1]])
    response = put(app, task_id, "r-1", "REVIEW_APPROVE", ids=[ids[0], ids[1], "nobody", ids[2]])
    answer = response.json()
    assert (response.status_code, answer["status"]["code"]) == (200, 10010)
    assert [(row["id"], row["status"]["code"]) for row in answer["task_assignments"]] == [
        (ids[0], 54200),
        (ids[1], 54100),
        ("nobody", 54102),
        (ids[2], 54200),
    ]
    refusal = answer["task_assignments"][1]["status"]["details"]
    assert "is TASK_ASSIGNMENT_REJECTED, wanted TASK_ASSIGNMENT_AWAITING_REVIEW" in refusal
    assert sorted(states(app, task_id).values()) == [54200, 54200, 54204]


def test_who_may(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1", "r-2"], concepts=["rbc"])
    add_inputs(app, 4)
    task_id = make_task(app, workers=["l-1", "r-1"], reviewers=["r-1"])["id"]
    ids: dict[str, list[str]] = {}
    for worker in ("l-1", "r-1"):
        ids[worker] = _ids(done(app, task_id, worker, "LABEL_START"))
    owner = app.user_id
    for user in ("l-2", "r-2", owner):
        assert error(put(app, task_id, user, "LABEL_START"))[:2] == (403, 54103)
    response = put(app, task_id, "r-1", "LABEL_SUBMIT", ids=[ids["l-1"][0]])
    assert response.json()["task_assignments"][0]["status"]["code"] == 54103
    done(app, task_id, owner, "LABEL_SUBMIT", ids=ids["l-1"])
    done(app, task_id, "r-1", "LABEL_SUBMIT", ids=ids["r-1"])
    for action in ("REVIEW_START", "REVIEW_APPROVE", "REVIEW_REQUEST_CHANGES", "REVIEW_REJECT"):
        config = {} if action == "REVIEW_START" else {"ids": ids["l-1"]}
        for user in ("l-1", "l-2", "r-2"):
            assert error(put(app, task_id, user, action, **config))[:2] == (403, 54103)
    # Nobody reviews own assignments: neither one by one, nor all at once, nor by getting them handed out.
    response = put(app, task_id, "r-1", "REVIEW_APPROVE", ids=[ids["r-1"][0], ids["l-1"][0]])
    codes = [row["status"]["code"] for row in response.json()["task_assignments"]]
    assert codes == [54103, 54200]
    assert error(put(app, task_id, "r-1", "REVIEW_APPROVE", workers=["r-1"]))[:2] == (403, 54103)
    assert _ids(done(app, task_id, "r-1", "REVIEW_START")) == ids["l-1"][1:]
    done(app, task_id, owner, "REVIEW_APPROVE", ids=[*ids["r-1"], *ids["l-1"]])
    assert set(states(app, task_id).values()) == {54200}


def test_all_reviewers_must_approve(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(workers=["l-1"], reviewers=["r-1", "r-2"], concepts=["rbc"])
    review = {
        "strategy": "MANUAL",
        "users": [{"id": "r-1"}, {"id": "r-2"}],
        "manual_strategy_info": {"approval_threshold": -1},
    }
    names = add_inputs(app, 2)
    task_id = app.ok("POST", "tasks", {"tasks": [task_body(workers=["l-1"]) | {"review": review}]})["tasks"][
        0
    ]["id"]
    first, second = _ids(done(app, task_id, "l-1", "LABEL_START"))
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[first, second])
    for _ in range(2):
        assert done(app, task_id, "r-1", "REVIEW_APPROVE", ids=[first])[0]["status"]["code"] == 54202
    assert [row["input"]["id"] for row in done(app, task_id, "r-1", "REVIEW_START")] == [names[1]]
    assert [row["input"]["id"] for row in done(app, task_id, "r-2", "REVIEW_START")] == names
    assert done(app, task_id, "r-2", "REVIEW_APPROVE", ids=[first])[0]["status"]["code"] == 54200
    # One request for changes begins anew: the earlier approval counts no more.
    done(app, task_id, "r-1", "REVIEW_APPROVE", ids=[second])
    done(app, task_id, "r-2", "REVIEW_REQUEST_CHANGES", ids=[second])
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[second])
    assert done(app, task_id, "r-2", "REVIEW_APPROVE", ids=[second])[0]["status"]["code"] == 54202
    # The owner, who is no reviewer here, decides alone.
    assert done(app, task_id, app.user_id, "REVIEW_APPROVE", ids=[second])[0]["status"]["code"] == 54200
