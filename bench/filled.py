"""An embedded platform with many annotations, for the parts that read and write them over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.environment import ROOT
from tests.support.embedded import EmbeddedApp, start_embedded
from tests.support.stores import short_folder

PER_INPUT = 10
TASK = "bench"


@dataclass(frozen=True)
class Filled:
    """A live server with one task over `annotations` // PER_INPUT inputs."""

    app: EmbeddedApp
    folder: Path
    log: Path

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """What a program of this folder prints as its last line, as JSON; it runs in a fresh process."""
        app = self.app
        where = {"base_url": app.base_url, "user_id": app.user_id, "app_id": app.app_id, "token": app.token}
        house = self.folder / "house"
        house.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{module}", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "EMBEDDED_URL": app.base_url,
                "PROOFDESK_DATA_DIR": str(house),
                "PROOFDESK_SECRET_KEY": "only-for-the-benchmark-" + "0" * 32,
            },
            input=json.dumps(where | {"task_id": TASK}),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def requests(self) -> int:
        """Requests that the server has answered so far."""
        return sum(1 for _ in self.log.open("rb")) if self.log.exists() else 0


@contextmanager
def filled(name: str, annotations: int) -> Iterator[Filled]:
    """A server of its own on a free port, ended at the end."""
    with short_folder(name) as folder:
        log = folder / "access.log"
        server = start_embedded(folder, GUNICORN_CMD_ARGS=f"--access-logfile {log}")
        try:
            app = server.new_app(workers=["l-1"], reviewers=["r-1"], concepts=["rbc", "wbc"])
            _fill(app, folder, annotations)
            yield Filled(app, folder, log)
        finally:
            server.stop()


def _fill(app: EmbeddedApp, folder: Path, annotations: int) -> None:
    app.add_inputs("in-000000")
    _rows(folder, "inputs", app.app_id, str(annotations // PER_INPUT))
    task = {
        "id": TASK,
        "name": "Bench",
        "type": "BOUNDING_BOX_DETECTION",
        "worker": {"strategy": "FULL", "workers": [{"user": {"id": "l-1"}}]},
        "concepts": [{"concept": {"id": "rbc"}}, {"concept": {"id": "wbc"}}],
        "input_source": {"type": "ALL_INPUTS"},
        "review": {"strategy": "MANUAL", "users": [{"id": "r-1"}]},
    }
    app.ok("POST", "tasks", {"tasks": [task]})
    app.annotate("in-000000", user="l-1", task_id=TASK, status={"code": 24157})
    _rows(folder, "annotations", app.app_id, TASK, str(annotations))


def _rows(folder: Path, *arguments: str) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "embedded_api.settings", "EMBEDDED_DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "-m", "bench.platform_rows", *arguments], cwd=ROOT, env=env, check=True)
