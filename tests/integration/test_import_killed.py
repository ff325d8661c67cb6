"""An import that is killed with SIGKILL in its middle: the next run finishes it, nothing is there twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard.assignments.import_ids import task_id
from tests.support.desk import clean_environment
from tests.support.embedded import REPO, EmbeddedApp, EmbeddedServer
from tests.support.stores import wait_for
from tests.support.voc import VocFolder, annotation_xml

IMAGES = 400
CONNECT = """
import os
from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
connection = Connection.objects.create(
    slug="demo", name="Demo", kind="embedded", base_url="", platform_user_id=os.environ["T_USER"],
    platform_app_id=os.environ["T_APP"], token=os.environ["T_TOKEN"],
)
for login, role, name in (("ann", "is_labeler", "l-1"), ("ben", "is_labeler", "l-2"), ("cleo", "is_reviewer", "r-1")):
    user = User.objects.create(username=login)
    Membership.objects.create(user=user, connection=connection, **{role: True})
    PlatformIdentity.objects.create(user=user, connection=connection, platform_user_id=name)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = VocFolder(tmp_path / "cells")
    picture = made.picture("0.jpg").read_bytes()
    for number in range(IMAGES):
        (made.root / "JPEGImages" / f"{number}.jpg").write_bytes(picture)
        boxes = [("RBC", 1, 1, 20, 20), ("WBC", 30, 20, 64, 48)]
        made.xml(str(number), annotation_xml(f"{number}.jpg", (64, 48), boxes))
    return made.root


def total(app: EmbeddedApp, route: str, name: str) -> int:
    joint = "&" if "?" in route else "?"
    count, page = 0, 1
    while True:
        found = app.ok("GET", f"{route}{joint}per_page=1000&page={page}").get(name, [])
        count += sum(name != "annotations" or bool(one["data"].get("regions")) for one in found)
        if len(found) < 1000:
            return count
        page += 1


@pytest.mark.slow
def test_killed_twice_and_continued(embedded_server: EmbeddedServer, folder: Path, tmp_path: Path) -> None:
    app = embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1"])
    env = clean_environment(
        PROOFDESK_DATA_DIR=str(tmp_path),
        PROOFDESK_SECRET_KEY="k" * 50,
        EMBEDDED_URL=embedded_server.base_url,
        T_USER=app.user_id,
        T_APP=app.app_id,
        T_TOKEN=app.token,
    )
    env["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"

    def manage(*arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=REPO, env=env, check=True, timeout=300)

    manage("migrate", "--verbosity", "0")
    manage("shell", "--verbosity", "0", "--command", CONNECT)
    order = [
        *("import_dataset", str(folder), "--connection", "demo", "--task-name", "Cells"),
        *("--labeler", "ann", "ben", "--reviewer", "cleo"),
    ]

    def kill_when(reached: Any, what: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *order],
            cwd=REPO,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: process.poll() is not None or reached(), what, 120)
            assert process.poll() is None, "the import ended before it could be killed"
        finally:
            process.kill()
            process.wait(30)

    def at_least_100(route: str, name: str) -> bool:
        return len(app.ok("GET", f"{route}per_page=100").get(name, [])) == 100

    kill_when(lambda: at_least_100("inputs?", "inputs"), "the first pictures")
    sent = total(app, "inputs", "inputs")
    assert 0 < sent < IMAGES
    boxes = f"annotations?task_id={task_id(folder.name, 'Cells')}"
    kill_when(lambda: at_least_100(f"{boxes}&", "annotations"), "the first boxes")
    assert total(app, "inputs", "inputs") == IMAGES
    assert 0 < total(app, boxes, "annotations") < 2 * IMAGES

    manage(*order)
    assert total(app, "inputs", "inputs") == IMAGES
    assert total(app, boxes, "annotations") == 2 * IMAGES
    (task,) = app.ok("GET", "tasks")["tasks"]
    work = app.ok("GET", f"tasks/{task['id']}/assignments/all?per_page=1000")["task_assignments"]
    assert len(work) == IMAGES
    assert {one["status"]["code"] for one in work} == {54202}
