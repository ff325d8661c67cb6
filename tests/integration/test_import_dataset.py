"""`manage.py import_dataset` against a live embedded server; everything is counted again over HTTP."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.assignments import imports
from dashboard.assignments.uploads import Stopped
from tests.support.embedded import EmbeddedApp, EmbeddedServer
from tests.support.people import make_connection, make_person
from tests.support.voc import VocFolder

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(embedded_server: EmbeddedServer, settings: Any) -> EmbeddedApp:
    settings.EMBEDDED_URL = embedded_server.base_url
    return embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1"])


@pytest.fixture
def connection(app: EmbeddedApp) -> Connection:
    made = make_connection(
        "demo",
        kind=Connection.Kind.EMBEDDED,
        base_url="",
        platform_user_id=app.user_id,
        platform_app_id=app.app_id,
        token=app.token,
    )
    people = (("ann", "labeler", "l-1"), ("ben", "labeler", "l-2"), ("cleo", "reviewer", "r-1"))
    for login, role, platform_id in people:
        user = make_person(made, role, username=login)
        PlatformIdentity.objects.create(user=user, connection=made, platform_user_id=platform_id)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> VocFolder:
    """Nine pictures with two boxes each; one more box is outside, one more file is broken."""
    made = VocFolder(tmp_path / "cells")
    for number in range(9):
        made.add(f"cell-{number}", [("RBC", 1, 1, 20, 20), ("WBC", 30, 20, 64, 48)], color="pink")
    made.add("cell-9", [("RBC", 1, 1, 99, 20), ("RBC", 3, 3, 9, 9)])
    made.xml("broken", "<annotation>")
    return made


def run(folder: Path, *more: str) -> str:
    out = io.StringIO()
    call_command(
        "import_dataset", str(folder), "--connection", "demo", *more, stdout=out, stderr=io.StringIO()
    )
    return out.getvalue()


def listed(app: EmbeddedApp, route: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = 1
    joint = "&" if "?" in route else "?"
    while True:
        answer = app.ok("GET", f"{route}{joint}per_page=1000&page={page}").get(name, [])
        found += answer
        if len(answer) < 1000:
            return found
        page += 1


def boxes_of(app: EmbeddedApp, query: str = "") -> list[dict[str, Any]]:
    """Annotations with a region; the platform adds one without for each input."""
    found = listed(app, f"annotations?list_all_annotations=true{query}", "annotations")
    return [one for one in found if one["data"].get("regions")]


def test_inputs_and_boxes_arrive_as_the_owners(
    app: EmbeddedApp, connection: Connection, folder: VocFolder, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    said = run(folder.root, "--report", str(report))
    assert "Sent 10 images and 19 boxes" in said
    assert len(listed(app, "inputs", "inputs")) == 10
    boxes = boxes_of(app)
    assert len(boxes) == 19
    assert {a["status"]["code"] for a in boxes} == {24150}
    assert {a["user_id"] for a in boxes} == {app.user_id}
    assert {c["id"] for c in listed(app, "concepts", "concepts")} == {"rbc", "wbc"}
    told = json.loads(report.read_text())
    assert told["sent"] == {"images": 10, "boxes": 19}
    assert told["read"]["counts"] == {"box_outside": 1, "xml_refused": 1}
    edges = {
        tuple(round(a["data"]["regions"][0]["region_info"]["bounding_box"][side], 4) for side in sides)
        for a in boxes
        for sides in [("top_row", "left_col", "bottom_row", "right_col")]
    }
    assert (0.0, 0.0, round(20 / 48, 4), round(20 / 64, 4)) in edges


def test_a_second_run_doubles_nothing(app: EmbeddedApp, connection: Connection, folder: VocFolder) -> None:
    run(folder.root)
    before = {a["id"]: a["modified_at"] for a in boxes_of(app)}
    said = run(folder.root)
    assert "Sent 0 images and 0 boxes; 10 images and 19 boxes were there already." in said
    assert {a["id"]: a["modified_at"] for a in boxes_of(app)} == before
    assert len(listed(app, "inputs", "inputs")) == 10


def test_with_labelers_a_task_awaits_review(
    app: EmbeddedApp, connection: Connection, folder: VocFolder
) -> None:
    more = ("--task-name", "Blood", "--labeler", "ann", "ben", "--reviewer", "cleo")
    said = run(folder.root, *more)
    assert "10 inputs submitted now" in said
    (task,) = listed(app, "tasks", "tasks")
    assert task["name"] == "Blood"
    work = listed(app, f"tasks/{task['id']}/assignments/all", "task_assignments")
    assert Counter(one["worker"]["user"]["id"] for one in work) == {"l-1": 5, "l-2": 5}
    assert {one["status"]["code"] for one in work} == {54202}
    boxes = boxes_of(app, f"&task_id={task['id']}")
    assert len(boxes) == 19
    assert {a["status"]["code"] for a in boxes} == {24157}
    holder = {one["input"]["id"]: one["worker"]["user"]["id"] for one in work}
    assert all(a["user_id"] == holder[a["input_id"]] for a in boxes)

    again = run(folder.root, *more)
    assert "Sent 0 images and 0 boxes" in again
    assert len(listed(app, "tasks", "tasks")) == 1


def test_what_a_reviewer_sent_back_is_left_alone(
    app: EmbeddedApp, connection: Connection, folder: VocFolder
) -> None:
    more = ("--labeler", "ann", "ben", "--reviewer", "cleo")
    run(folder.root, *more)
    (task,) = listed(app, "tasks", "tasks")
    work = listed(app, f"tasks/{task['id']}/assignments/all", "task_assignments")
    body = {
        "action": "REVIEW_REQUEST_CHANGES",
        "review_request_changes_config": {"task_assignments": [{"id": work[0]["id"]}]},
    }
    app.ok("PUT", f"tasks/{task['id']}/assignments", body)
    said = run(folder.root, *more)
    assert "0 inputs submitted now, 1 left alone" in said
    after = listed(app, f"tasks/{task['id']}/assignments/all", "task_assignments")
    assert [one["status"]["code"] for one in after if one["id"] == work[0]["id"]] == [54201]


@pytest.mark.parametrize("stop_at", ["images", "boxes"])
def test_a_run_that_was_cut_off_is_continued(
    app: EmbeddedApp, connection: Connection, folder: VocFolder, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    """The import ends in the middle of a stage; the next run finishes it and nothing is there twice."""
    more = ("--labeler", "ann", "ben", "--reviewer", "cleo")
    real = imports.send
    calls = Counter[str]()

    def broken(call: Any, writes: Any, **rest: Any) -> Any:
        kind = (
            "images" if hasattr(writes[0], "content") else "boxes" if hasattr(writes[0], "region") else "rest"
        )
        calls[kind] += 1
        if kind == stop_at and len(writes) > 2:
            real(call, writes[:2], **rest)
            raise Stopped("the line was cut")
        return real(call, writes, **rest)

    monkeypatch.setattr(imports, "send", broken)
    with pytest.raises(CommandError, match="run the same command again"):
        run(folder.root, *more)
    monkeypatch.setattr(imports, "send", real)
    half = len(listed(app, "inputs", "inputs")), len(boxes_of(app))
    assert half == ((2, 0) if stop_at == "images" else (10, 2))
    run(folder.root, *more)
    assert len(listed(app, "inputs", "inputs")) == 10
    assert len(boxes_of(app)) == 19
    (task,) = listed(app, "tasks", "tasks")
    work = listed(app, f"tasks/{task['id']}/assignments/all", "task_assignments")
    assert {one["status"]["code"] for one in work} == {54202}


def test_a_picture_that_cannot_be_read_costs_one_picture(
    app: EmbeddedApp, connection: Connection, folder: VocFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def failing(path: Path) -> bytes:
        if path.name == "cell-4.jpg":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", failing)
    said = run(folder.root)
    assert "image_unreadable" in said
    assert "cell-4.jpg: it cannot be read: Permission denied" in said
    assert "Sent 9 images and 17 boxes" in said
    assert len(listed(app, "inputs", "inputs")) == 9


def test_a_platform_that_is_not_there_says_so(
    connection: Connection, folder: VocFolder, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBEDDED_URL = "http://127.0.0.1:9"
    monkeypatch.setattr("dashboard.assignments.uploads.TRIES", 2)
    with pytest.raises(CommandError, match="run the same command again"):
        run(folder.root)


def test_a_dry_run_sends_nothing(app: EmbeddedApp, connection: Connection, folder: VocFolder) -> None:
    said = run(folder.root, "--dry-run", "--labeler", "ann", "--reviewer", "cleo")
    assert "Dry run: nothing was sent." in said
    assert "Images: 10 of 11 usable. Boxes: 19 of 20 usable." in said
    assert listed(app, "inputs", "inputs") == []


def test_the_limit_takes_the_first_pictures(
    app: EmbeddedApp, connection: Connection, folder: VocFolder
) -> None:
    run(folder.root, "--limit", "4")  # the broken file is one of them
    assert len(listed(app, "inputs", "inputs")) == 3


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--connection", "nowhere"], "no such connection"),
        (["--labeler", "nobody"], "nobody with this login"),
        (["--labeler", "cleo"], "is no labeler"),
        (["--labeler", "ann", "--reviewer", "ann"], "is no reviewer"),
        (["--task-name", "x"], "at least one --labeler"),
        (["--report", "no-such-folder/report.json"], "folder that exists"),
        (["--limit", "0"], "--limit must be at least 1"),
        (["--image-set", "nope"], "image set nope"),
    ],
)
def test_a_bad_order_is_refused_with_the_reason(
    connection: Connection, folder: VocFolder, more: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run(folder.root, *more)


def test_a_folder_of_another_kind_is_refused(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Annotations is missing"):
        run(tmp_path)


@pytest.mark.slow
def test_bccd_whole(
    app: EmbeddedApp, connection: Connection, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    bccd = Path(request.config.rootpath).parent / "shared" / "data" / "bccd"
    if not bccd.is_dir():
        pytest.skip("the bccd reference data are not beside the project")
    report = tmp_path / "report.json"
    more = (
        "--task-name",
        "Blood cells",
        "--labeler",
        "ann",
        "ben",
        "--reviewer",
        "cleo",
        "--report",
        str(report),
    )
    run(bccd, *more)
    assert len(listed(app, "inputs", "inputs")) == 364
    boxes = boxes_of(app)
    assert len(boxes) == 4886
    concepts = Counter(a["data"]["regions"][0]["data"]["concepts"][0]["id"] for a in boxes)
    assert concepts == {"rbc": 4153, "wbc": 372, "platelets": 361}
    (task,) = listed(app, "tasks", "tasks")
    work = listed(app, f"tasks/{task['id']}/assignments/all", "task_assignments")
    assert Counter(one["status"]["code"] for one in work) == {54202: 364}
    told = json.loads(report.read_text())
    assert told["read"]["boxes"] == {"found": 4888, "read": 4886}
    refused = [p for p in told["read"]["problems"] if p["severity"] == "box_skipped"]
    assert [(p["file"], p["box"]) for p in refused] == [
        ("BloodImage_00338.xml", [504, 337, 504, 337]),
        ("BloodImage_00343.xml", [181, 329, 181, 329]),
    ]
    run(bccd, *more)
    assert len(boxes_of(app)) == 4886
    assert len(listed(app, "inputs", "inputs")) == 364
