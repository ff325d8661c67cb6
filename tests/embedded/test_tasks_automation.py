"""AUTO tasks: the demo model works through the inputs in the background, by the rules of the task."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.embedded import EmbeddedApp, picture, start_embedded

from .work import make_task

MODEL = {"model": {"id": "demo-detector"}}


def _notes(app: EmbeddedApp, count: int, text: str = "one rbc", prefix: str = "n") -> list[str]:
    names = [f"{prefix}-{number}" for number in range(count)]
    inputs = [{"id": name, "data": {"text": {"raw": text}}} for name in names]
    app.ok("POST", "inputs", {"inputs": inputs})
    return names


def _auto(app: EmbeddedApp, worker: dict[str, Any] = MODEL, **changes: Any) -> str:
    body = {"worker": {"type": "WORKER_AUTO", "workers": [worker]}, "review": "NONE", "reviewers": []}
    found: str = make_task(app, **body | {"type": "CONCEPTS_CLASSIFICATION"} | changes)["id"]
    return found


def _when_idle(app: EmbeddedApp, task_id: str) -> dict[str, Any]:
    """The task once the model has ended."""
    deadline = time.monotonic() + 30
    while True:
        task: dict[str, Any] = app.ok("GET", f"tasks/{task_id}", params={"additional_fields": "all"})["task"]
        if task["status"]["code"] != 54001 or time.monotonic() > deadline:
            assert task["status"]["code"] == 54006
            return task
        time.sleep(0.02)  # pause between two looks, bounded by the deadline


def _made(app: EmbeddedApp, task_id: str) -> list[dict[str, Any]]:
    query = {"task_id": task_id, "list_all_annotations": "true", "per_page": 1000}
    found: list[dict[str, Any]] = app.ok("GET", "annotations", params=query)["annotations"]
    return found


def test_every_input_is_annotated_once_and_the_task_is_idle(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    names = _notes(app, 40)
    _notes(app, 3, "nothing of the kind", prefix="empty")
    task_id = _auto(app)
    metrics = _when_idle(app, task_id)["metrics"]["work"]
    assert metrics == {"inputs_count_estimated": "43", "inputs_percent_estimated": 100}
    rows = _made(app, task_id)
    assert Counter(row["input_id"] for row in rows) == Counter(names)
    assert {row["status"]["code"] for row in rows} == {24150}
    version = {"id": "demo-detector", "model_version": {"id": "demo-detector-1"}}
    assert all(row["worker"] == {"model": version} and not row["trusted"] for row in rows)
    assert rows[0]["data"] == {"concepts": [{"id": "rbc", "value": 0.95}]}
    # The model is no labeler: without the flag its annotations are not listed.
    assert app.ok("GET", "annotations", params={"task_id": task_id})["annotations"] == []
    (count,) = app.ok("GET", f"tasks/{task_id}/annotations/count")["counts"]
    assert (count["success"], count["worker"]) == (40, {"model": version})


def test_rules_say_what_passes_and_in_which_status(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    _notes(app, 2, "rbc and wbc")
    open_range = {"lower": 0.95, "upper": 1.0, "is_lower_inclusive": True, "is_upper_inclusive": True}
    closed = open_range | {"is_lower_inclusive": False}
    concepts = [
        {
            "concept": {"id": "rbc"},
            "auto_annotation_config": {
                "threshold_range": open_range,
                "status_code": "ANNOTATION_AWAITING_REVIEW",
            },
        },
        {"concept": {"id": "wbc"}, "auto_annotation_config": {"threshold_range": closed}},
    ]
    task_id = _auto(app, concepts=concepts)
    _when_idle(app, task_id)
    rows = _made(app, task_id)
    said = [(row["data"]["concepts"][0]["id"], row["status"]["code"]) for row in rows]
    assert said == [("rbc", 24157)] * 2
    # A detection task without a rule takes no tags.
    task_id = _auto(app, type="BOUNDING_BOX_DETECTION")
    _when_idle(app, task_id)
    assert _made(app, task_id) == []


def test_a_workflow_works_too_and_older_work_goes_when_the_task_says_so(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    _notes(app, 3, "rbc wbc")
    workflow = {"workflow": {"id": "demo-assist"}}
    first, by_model = _auto(app, workflow, concepts=[{"concept": {"id": "rbc"}}]), _auto(app)
    _when_idle(app, first)
    _when_idle(app, by_model)
    mask = {"region_info": {"mask": {"image": {"base64": picture(mode="L")}}}}
    region = mask | {"data": {"concepts": [{"id": "rbc"}]}}
    author = _made(app, first)[0]["worker"]
    masked = app.annotate("n-0", data={"regions": [region]}, worker=author, task_id=first)
    file = masked["data"]["regions"][0]["region_info"]["mask"]["image"]["url"]
    other = _auto(app, workflow, concepts=[{"concept": {"id": "wbc"}}], delete_previous_annotations=True)
    _when_idle(app, other)
    assert len(_made(app, first)) == 4  # another concept
    assert app.client.get(file).status_code == 200
    again = _auto(app, workflow, concepts=[{"concept": {"id": "rbc"}}], delete_previous_annotations=True)
    _when_idle(app, again)
    assert [len(_made(app, one)) for one in (first, by_model, other, again)] == [0, 3, 3, 3]
    assert app.client.get(file).status_code == 404  # the file of a mask goes with its annotation


def test_an_idle_task_waits_until_it_is_set_in_progress(embedded_app: EmbeddedApp) -> None:
    app = embedded_app
    _notes(app, 2)
    task_id = _auto(app, status={"code": "TASK_IDLE"})
    assert _made(app, task_id) == []
    start = {"id": task_id, "status": {"code": "TASK_IN_PROGRESS"}}
    app.ok("PATCH", "tasks", {"action": "merge", "tasks": [start]})
    _when_idle(app, task_id)
    assert len(_made(app, task_id)) == 2
    app.ok("PATCH", "tasks", {"action": "merge", "tasks": [start]})
    _when_idle(app, task_id)
    assert len(_made(app, task_id)) == 2


def test_a_new_process_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    server = start_embedded(tmp_path)
    try:
        app = server.new_app(concepts=["rbc"])
        names = _notes(app, 40)
        task_id = _auto(app, status={"code": "TASK_IDLE"})
    finally:
        server.stop()
    # As a process leaves it that dies in the middle: in progress, the first 16 inputs done.
    with closing(sqlite3.connect(tmp_path / "embedded.sqlite3")) as database, database:
        database.execute("UPDATE embedded_api_task SET status_code = 54001")
        first = "(SELECT id FROM embedded_api_taskinput ORDER BY id LIMIT 16)"
        database.execute(f"UPDATE embedded_api_taskinput SET handed = 1 WHERE id IN {first}")
    again = start_embedded(tmp_path)
    try:
        app = EmbeddedApp(again.base_url, app.user_id, app.app_id, app.token, app.tokens, again.client)
        _when_idle(app, task_id)
        assert sorted(row["input_id"] for row in _made(app, task_id)) == sorted(names[16:])
    finally:
        again.stop()
