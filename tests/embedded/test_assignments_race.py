"""Several people at once: nothing is handed out twice, nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, done, listing, make_task

WORKERS = [f"l-{number}" for number in range(1, 7)]


def _put(app: EmbeddedApp, task_id: str, user: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    # Each thread has a connection of its own, so that the calls really meet on the server.
    with httpx.Client(base_url=app.base_url, timeout=60) as client:
        response = client.put(
            f"{app.path}/tasks/{task_id}/assignments",
            json=body,
            headers={"Authorization": f"Key {app.tokens[user]}"},
        )
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["task_assignments"]
    return rows


def test_nothing_is_handed_out_twice(embedded_server: EmbeddedServer) -> None:
    reviewers = ["r-1", "r-2", "r-3"]
    app = embedded_server.new_app(WORKERS, reviewers, ["rbc"])
    names = add_inputs(app, 50)
    task_id = make_task(app, workers=WORKERS, reviewers=reviewers, strategy="DYNAMIC")["id"]
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda user: _put(app, task_id, user, {"action": "LABEL_START"}), WORKERS * 2))
    held = {row["id"]: row["input"]["id"] for part in parts for row in part}
    assert sorted(held.values()) == sorted(names)
    assert len(listing(app, task_id)) == 50
    for worker, part in zip(WORKERS, parts, strict=False):
        if part:
            done(app, task_id, worker, "LABEL_SUBMIT", ids=[row["id"] for row in part])
    with ThreadPoolExecutor(6) as pool:
        taken = list(
            pool.map(lambda user: _put(app, task_id, user, {"action": "REVIEW_START"}), reviewers * 2)
        )
    by_reviewer = [{row["id"] for row in part} for part in taken]
    assert by_reviewer[:3] == by_reviewer[3:], "asked twice, given the same"
    assert [len(part) for part in by_reviewer[:3]] == [10, 10, 10]
    assert len(set.union(*by_reviewer[:3])) == 30


def test_one_of_two_opposite_verdicts_wins(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(["l-1"], ["r-1", "r-2"], ["rbc"])
    add_inputs(app, 10)
    task_id = make_task(app, workers=["l-1"], reviewers=["r-1", "r-2"])["id"]
    ids = [row["id"] for row in done(app, task_id, "l-1", "LABEL_START")]
    done(app, task_id, "l-1", "LABEL_SUBMIT", ids=ids)

    def judge(case: tuple[str, str, str]) -> int:
        user, action, public_id = case
        body = {"action": action, f"{action.lower()}_config": {"task_assignments": [{"id": public_id}]}}
        with httpx.Client(base_url=app.base_url, timeout=60) as client:
            response = client.put(
                f"{app.path}/tasks/{task_id}/assignments",
                json=body,
                headers={"Authorization": f"Key {app.tokens[user]}"},
            )
        code: int = response.json()["task_assignments"][0]["status"]["code"]
        return code

    cases = [
        (user, action, public_id)
        for public_id in ids
        for user, action in (("r-1", "REVIEW_APPROVE"), ("r-2", "REVIEW_REJECT"))
    ]
    with ThreadPoolExecutor(6) as pool:
        codes = Counter(pool.map(judge, cases))
    assert codes[54100] == 10
    final = Counter(row["status"]["code"] for row in listing(app, task_id))
    assert final == Counter({code: number for code, number in codes.items() if code != 54100})
