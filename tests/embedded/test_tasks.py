"""Tasks: post, list, get, patch, delete, and how inputs are shared out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, annotate, annotations, done, error, listing, make_task, put, task_body


def _per_worker(app: EmbeddedApp, task_id: str) -> Counter[str]:
    return Counter(row["worker"]["user"]["id"] for row in listing(app, task_id))


def test_a_posted_task_is_answered_in_full(embedded_app: EmbeddedApp) -> None:
    add_inputs(embedded_app, 3)
    split = {"type": "WEIGHTED", "workers_per_input": 1, "weights": {"l-1": 2, "l-2": 1}}
    sent = task_body(
        id="t-1", split=split, description="two\nlines", priority="HIGH", metadata={"batch": [1]}
    )
    made = embedded_app.ok("POST", "tasks", {"tasks": [sent]})["tasks"][0]
    assert made["created_at"] == made["modified_at"]
    del made["created_at"], made["modified_at"]
    assert made == {
        "id": "t-1",
        "type": 2,
        "name": "find cells",
        "description": "two\nlines",
        "worker": {
            "strategy": 2,
            "user_ids": ["l-1", "l-2"],
            "users": [{"id": "l-1"}, {"id": "l-2"}],
            "workers": [{"user": {"id": "l-1"}}, {"user": {"id": "l-2"}}],
            "type": 1,
            "partitioned_strategy_info": {
                "type": 2,
                "workers_per_input": 1,
                "weights": {"l-1": 2.0, "l-2": 1.0},
            },
        },
        "concept_ids": ["rbc"],
        "concepts": [{"concept": {"id": "rbc", "value": 1}}],
        "input_source": {"type": 1},
        "review": {"strategy": 2, "user_ids": ["r-1"], "users": [{"id": "r-1"}]},
        "app_id": embedded_app.app_id,
        "user_id": embedded_app.user_id,
        "priority": 3,
        "status": {"code": 54001, "description": "Task is in progress"},
        "metadata": {"batch": [1]},
    }
    assert _per_worker(embedded_app, "t-1") == {"l-1": 2, "l-2": 1}
    assert {row["status"]["code"] for row in listing(embedded_app, "t-1")} == {54201}


@pytest.mark.parametrize(
    "worker",
    [
        {"workers": [{"user": {"id": "l-1"}}, {"user": {"id": "l-2"}}]},
        {"users": [{"id": "l-1"}, {"id": "l-2"}]},
        {"user_ids": ["l-1", "l-2"]},
        {"workers": [{"user": {"id": "l-1"}}, {"user": {"id": "l-2"}}], "user_ids": ["r-1"]},
        {"userIds": ["l-1", "l-2"], "partitionedStrategyInfo": {"type": "EVENLY", "workersPerInput": 1}},
    ],
)
def test_workers_in_every_spelling(embedded_app: EmbeddedApp, worker: dict[str, Any]) -> None:
    made = make_task(embedded_app, worker={"strategy": "PARTITIONED"} | worker)
    assert made["worker"]["user_ids"] == ["l-1", "l-2"]


def test_full_gives_every_input_to_every_worker(embedded_app: EmbeddedApp) -> None:
    names = add_inputs(embedded_app, 4)
    task = make_task(embedded_app, strategy="FULL")
    pairs = [(row["input"]["id"], row["worker"]["user"]["id"]) for row in listing(embedded_app, task["id"])]
    assert sorted(pairs) == sorted((name, worker) for name in names for worker in ("l-1", "l-2"))


def test_two_workers_for_each_input(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(workers=["l-1", "l-2", "l-3"], concepts=["rbc"])
    add_inputs(app, 9)
    task = make_task(app, workers=["l-1", "l-2", "l-3"], per_input=2, reviewers=[])
    rows = listing(app, task["id"])
    assert set(Counter(row["input"]["id"] for row in rows).values()) == {2}
    assert len({(row["input"]["id"], row["worker"]["user"]["id"]) for row in rows}) == len(rows)
    assert _per_worker(app, task["id"]) == {"l-1": 6, "l-2": 6, "l-3": 6}


def test_only_chosen_inputs(embedded_app: EmbeddedApp) -> None:
    names = add_inputs(embedded_app, 6)
    task = make_task(embedded_app, metadata={"input_ids": [names[4], names[1], names[4]]})
    assert sorted(row["input"]["id"] for row in listing(embedded_app, task["id"])) == [names[1], names[4]]
    one = make_task(embedded_app, input_source={"type": "INPUT", "id": names[2]})
    assert [row["input"]["id"] for row in listing(embedded_app, one["id"])] == [names[2]]
    assert one["input_source"] == {"type": 4, "id": names[2]}


def test_the_split_follows_the_task_id_alone(embedded_server: EmbeddedServer) -> None:
    splits = []
    for task_id in ("same", "same", "another"):
        app = embedded_server.new_app(workers=["l-1", "l-2"], concepts=["rbc"])
        add_inputs(app, 20)
        make_task(app, id=task_id, reviewers=[])
        rows = listing(app, task_id)
        splits.append(sorted((row["input"]["id"], row["worker"]["user"]["id"]) for row in rows))
    assert splits[0] == splits[1] != splits[2]


def test_a_task_without_workers_waits_for_them(embedded_app: EmbeddedApp) -> None:
    add_inputs(embedded_app, 4)
    task = make_task(embedded_app, workers=[])
    assert listing(embedded_app, task["id"]) == []
    body = task_body(id=task["id"], workers=["l-2"])
    embedded_app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [body]})
    assert _per_worker(embedded_app, task["id"]) == {"l-2": 4}


def test_lists_are_filtered_and_paged(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    make_task(app, id="a", workers=["l-1"], reviewers=["r-1"])
    make_task(app, id="b", workers=["l-2"], reviewers=["r-1", "r-2"])
    make_task(app, id="c", workers=["l-1", "l-2"], reviewers=[], review="NONE")

    def ids(**params: Any) -> list[str]:
        return [task["id"] for task in app.ok("GET", "tasks", params=params)["tasks"]]

    assert ids() == ["a", "b", "c"]
    assert ids(worker_user_ids="l-1") == ["a", "c"]
    assert ids(worker_user_ids=["l-1", "l-2"]) == ["a", "b", "c"]
    assert ids(review_user_ids="r-2") == ["b"]
    assert ids(worker_user_ids="l-2", review_user_ids="r-1") == ["b"]
    assert ids(ids=["c", "a"]) == ["a", "c"]
    assert ids(label_order_ids="x") == []
    assert ids(input_source_type="DATASET") == []
    assert ids(page=2, per_page=2) == ["c"]
    assert ids(page=3, per_page=2) == []


def test_additional_fields_come_only_on_request(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 3)
    task_id = make_task(app, workers=["l-1"])["id"]
    started = done(app, task_id, "l-1", "LABEL_START")
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[started[0]["id"], started[1]["id"]])
    plain = app.ok("GET", f"tasks/{task_id}")["task"]
    assert "metrics" not in plain
    assert plain["worker"]["users"] == [{"id": "l-1"}]
    full = app.ok("GET", f"tasks/{task_id}", params={"additional_fields": "all"})["task"]
    assert full["metrics"] == {
        "work": {"inputs_count_estimated": "2", "inputs_percent_estimated": 66},
        "review": {
            "inputs_count_estimated": "0",
            "inputs_percent_estimated": 0,
            "inputs_count_estimated_per_reviewer": ["0"],
            "inputs_reviewable_count_estimated_per_reviewer": ["3"],
            "inputs_percent_estimated_per_reviewer": [0],
        },
        "input_source": {"inputs_count_estimated": "3"},
    }
    assert set(full["worker"]["users"][0]) == {"id", "first_name", "last_name"}
    name = "metrics.work.inputs_percent_estimated"
    some = app.ok("GET", "tasks", params={"additional_fields": [name, "unknown"]})["tasks"][0]
    assert some["metrics"] == {"work": {"inputs_percent_estimated": 66}}


def test_deleted_inputs_leave_their_tasks(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 4)
    task_id = make_task(app, workers=["l-1"], review="NONE", reviewers=[])["id"]
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[done(app, task_id, "l-1", "LABEL_START")[1]["id"]])
    app.ok("DELETE", "inputs", {"ids": [names[0], names[3]]})
    assert sorted(row["input"]["id"] for row in listing(app, task_id)) == names[1:3]
    found = app.ok("GET", f"tasks/{task_id}", params={"additional_fields": "all"})["task"]["metrics"]
    assert found["work"] == {"inputs_count_estimated": "1", "inputs_percent_estimated": 50}
    assert found["input_source"] == {"inputs_count_estimated": "2"}


def test_merge_changes_what_is_sent(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 3)
    before = make_task(app, metadata={"input_ids": names[:2], "a": 1, "b": {"x": 1}})
    sent = {"id": before["id"], "status": {"code": "TASK_DONE"}, "metadata": {"b": {"y": 2}}, "priority": 1}
    after = app.ok("PATCH", "tasks", {"action": "merge", "tasks": [sent]})["tasks"][0]
    assert after["modified_at"] > before["modified_at"]
    expected = before | {
        "status": {"code": 54002, "description": "Task is done"},
        "metadata": {"input_ids": names[:2], "a": 1, "b": {"x": 1, "y": 2}},
        "priority": 1,
        "modified_at": after["modified_at"],
    }
    assert after == expected == app.ok("GET", f"tasks/{before['id']}")["task"]


def test_overwrite_replaces_all_but_status_and_inputs(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 3)
    before = make_task(app, description="old", priority=2, metadata={"input_ids": names[:2], "a": 1})
    app.ok("PATCH", "tasks", {"action": "merge", "tasks": [{"id": before["id"], "status": {"code": 54003}}]})
    body = task_body(id=before["id"], name="new", review="NONE", reviewers=[])
    after = app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [body]})["tasks"][0]
    assert (after["name"], after["description"], after["priority"]) == ("new", "", 0)
    assert after["status"]["code"] == 54003
    assert after["review"] == {"strategy": 1, "user_ids": [], "users": []}
    assert after["metadata"] == {"input_ids": names[:2]}
    # What was answered may be sent back as it is.
    again = app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [after]})["tasks"][0]
    assert again == after | {"modified_at": again["modified_at"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"type": "POLYGON_DETECTION"}, "type"),
        ({"input_source": {"type": "INPUT", "id": "in-0"}}, "input_source"),
        ({"metadata": {"input_ids": ["in-0"]}}, "metadata.input_ids"),
    ],
)
def test_what_is_fixed_stays(embedded_app: EmbeddedApp, change: dict[str, Any], field: str) -> None:
    add_inputs(embedded_app, 2)
    task = make_task(embedded_app)
    for action, body in (("merge", {"id": task["id"]}), ("overwrite", task_body(id=task["id"]))):
        response = embedded_app.call("PATCH", "tasks", {"action": action, "tasks": [body | change]})
        http, code, details = error(response)
        assert (http, code) == (400, 10020)
        assert details.startswith(f"tasks[0].{field}: cannot change")


def test_new_workers_get_only_unstarted_work(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 40)
    task_id = make_task(app)["id"]
    started = {row["id"] for row in done(app, task_id, "l-1", "LABEL_START")}
    assert len(started) == 10
    before = {row["id"]: row for row in listing(app, task_id)}
    app.ok(
        "PATCH", "tasks", {"action": "overwrite", "tasks": [task_body(id=task_id, workers=["l-2", "r-2"])]}
    )
    after = {row["id"]: row for row in listing(app, task_id)}
    assert after.keys() == before.keys(), "assignments keep their ids"
    assert _per_worker(app, task_id) == {"l-1": 10, "l-2": 15, "r-2": 15}
    for public_id, row in after.items():
        old = before[public_id]
        if public_id in started:
            assert row["worker"]["user"]["id"] == "l-1"
        # Whoever follows by time sees each change of hands.
        changed = row["worker"] != old["worker"]
        assert (row["modified_at"] > old["modified_at"]) == changed
    # The former worker finishes what was begun.
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=sorted(started))


def test_fewer_workers_per_input_drop_surplus_work(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 5)
    task_id = make_task(app, per_input=2)["id"]
    assert len(listing(app, task_id)) == 10
    app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [task_body(id=task_id, per_input=1)]})
    rows = listing(app, task_id)
    assert set(Counter(row["input"]["id"] for row in rows).values()) == {1}
    app.ok("PATCH", "tasks", {"action": "overwrite", "tasks": [task_body(id=task_id, strategy="FULL")]})
    assert len(listing(app, task_id)) == 10


def test_review_strategy_is_fixed_after_the_first_submit(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    add_inputs(app, 2)
    task_id = make_task(app)["id"]
    rows = done(app, task_id, "l-1", "LABEL_START")
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=[rows[0]["id"]])
    body = task_body(id=task_id, review="NONE")
    response = app.call("PATCH", "tasks", {"action": "overwrite", "tasks": [body]})
    assert response.json()["tasks"][0]["status"]["code"] == 54100


def test_delete_takes_assignments_and_leaves_annotations(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = add_inputs(app, 2)
    make_task(app, id="gone")
    kept = annotate(app, "gone", "l-1", names[0])
    response = app.call("DELETE", "tasks", {"ids": ["gone", "never"]})
    assert error(response)[:2] == (404, 54102)
    assert app.ok("DELETE", "tasks", {"ids": ["gone"]}).keys() == {"status"}
    assert error(app.call("GET", "tasks/gone"))[:2] == (404, 54102)
    assert error(app.call("GET", "tasks/gone/assignments/all"))[:2] == (404, 54102)
    assert annotations(app, "gone") == {kept: (names[0], "l-1", 24151)}
    make_task(app, id="gone")


def test_a_taken_id_is_refused_and_the_rest_is_made(embedded_app: EmbeddedApp) -> None:
    make_task(embedded_app, id="a")
    sent = [task_body(id="a"), task_body(id="b"), task_body(id="c", name="")]
    response = embedded_app.call("POST", "tasks", {"tasks": sent})
    assert (response.status_code, response.json()["status"]["code"]) == (200, 10010)
    first, second, third = response.json()["tasks"]
    assert (first["id"], first["status"]["code"]) == ("a", 40010)
    assert (second["id"], second["status"]["code"]) == ("b", 54001)
    assert (third["id"], third["status"]["details"]) == ("c", "tasks[2].name: is required")


def test_collaborators_change_tasks_only_when_their_scopes_say_so(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    task_id = make_task(app)["id"]
    assert app.ok("GET", f"tasks/{task_id}", user="l-1")["task"]["id"] == task_id
    calls: list[tuple[str, Any]] = [
        ("POST", {"tasks": [task_body()]}),
        ("PATCH", {"action": "merge", "tasks": [{"id": task_id, "status": {"code": 54002}}]}),
        ("DELETE", {"ids": [task_id]}),
    ]
    for method, body in calls:
        assert error(app.call(method, "tasks", body, user="r-1"))[:2] == (403, 11007)
    wider = {"user": {"id": "r-1"}, "scopes": ["All"]}
    app.ok("PATCH", "collaborators", {"action": "overwrite", "collaborators": [wider]})
    for method, body in calls:
        app.ok(method, "tasks", body, user="r-1")


def test_another_app_knows_nothing_of_a_task(
    embedded_server: EmbeddedServer, embedded_app: EmbeddedApp
) -> None:
    add_inputs(embedded_app, 1)
    task_id = make_task(embedded_app)["id"]
    other = embedded_server.new_app(workers=["l-1"])
    routes = ["", "/assignments", "/assignments/all", "/annotations/count", "/inputs/count"]
    for route in routes:
        assert error(other.call("GET", f"tasks/{task_id}{route}"))[:2] == (404, 54102)
    assert error(put(other, task_id, "l-1", "LABEL_START"))[:2] == (404, 54102)


@pytest.mark.slow
def test_ten_thousand_inputs_are_shared_out(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(workers=["l-1", "l-2", "l-3"], reviewers=["r-1"], concepts=["rbc"])
    add_inputs(app, 10_000)
    task_id = make_task(app, workers=["l-1", "l-2", "l-3"])["id"]
    rows = listing(app, task_id)
    assert len({row["input"]["id"] for row in rows}) == len(rows) == 10_000
    assert sorted(_per_worker(app, task_id).values()) == [3333, 3333, 3334]
    times = [row["modified_at"] for row in rows]
    assert times == sorted(set(times)), "each assignment has a time of its own"
