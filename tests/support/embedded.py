"""Fixtures: a live embedded platform server, met over HTTP like any other platform."""

from __future__ import annotations

import base64
import io
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from devtools.children import tied_to_parent
from devtools.freshness import is_migrated
from tests.support import judged
from tests.support.once import made_once

REPO = Path(__file__).resolve().parents[2]
OPERATOR_KEY = "test-operator-" + secrets.token_hex(16)


@dataclass
class EmbeddedApp:
    """A fresh app: `tokens` maps every user id (owner, workers, reviewers) to a token."""

    base_url: str
    user_id: str
    app_id: str
    token: str
    tokens: dict[str, str]
    client: httpx.Client = field(repr=False)

    @property
    def path(self) -> str:
        """Long path form, `/v2/users/{}/apps/{}`."""
        return f"/v2/users/{self.user_id}/apps/{self.app_id}"

    def call(
        self, method: str, route: str, body: Any = None, *, user: str = "", **more: Any
    ) -> httpx.Response:
        """One call below the app's path, as its owner or as `user`; `more` goes to httpx."""
        headers = {"Authorization": f"Key {self.tokens[user or self.user_id]}"} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self.client.request(method, f"{self.path}/{route}", headers=headers, **more)

    def ok(self, method: str, route: str, body: Any = None, *, user: str = "", **more: Any) -> dict[str, Any]:
        """The same, but the answer must be a full success; answers the parsed body."""
        response = self.call(method, route, body, user=user, **more)
        assert response.status_code == 200, response.text[:2000]
        found: dict[str, Any] = response.json()
        assert found["status"]["code"] == 10000, response.text[:2000]
        return found

    def add_inputs(self, *ids: str, size: tuple[int, int] = (40, 30)) -> list[str]:
        """Post one small picture per id (each different); answers the ids."""
        inputs = [
            {"id": name, "data": {"image": {"base64": picture(size, shade=place * 7 % 256)}}}
            for place, name in enumerate(ids)
        ]
        self.ok("POST", "inputs", {"inputs": inputs})
        return list(ids)

    def annotate(self, input_id: str, user: str = "", **more: Any) -> dict[str, Any]:
        """Post one annotation (a box of the concept rbc unless `data` is given); answers it as printed."""
        box = {"top_row": 0.1, "left_col": 0.1, "bottom_row": 0.5, "right_col": 0.5}
        region = {"region_info": {"bounding_box": box}, "data": {"concepts": [{"id": "rbc", "value": 1}]}}
        sent = {"input_id": input_id, "data": {"regions": [region]}} | more
        made: dict[str, Any] = self.ok("POST", "annotations", {"annotations": [sent]}, user=user)[
            "annotations"
        ][0]
        return made


def picture(size: tuple[int, int] = (40, 30), form: str = "PNG", shade: int = 128, mode: str = "RGB") -> str:
    """A plain picture as base64."""
    image = Image.new(
        mode, size, shade if mode in ("L", "I;16", "P", "1") else (shade, 64, 200, 90)[: len(mode)]
    )
    target = io.BytesIO()
    image.save(target, form)
    return base64.b64encode(target.getvalue()).decode()


@dataclass
class EmbeddedServer:
    """A running server process with its own data folder."""

    base_url: str
    operator_key: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    client: httpx.Client
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def operator(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """A call with the operator's key that must succeed."""
        headers = {"Authorization": f"Key {self.operator_key}"}
        response = self.client.request(method, path, json=body, headers=headers)
        assert response.status_code == 200, response.text[:2000]
        found: dict[str, Any] = response.json()
        return found

    def new_user(self, user_id: str) -> str:
        """Make a user unless known, and a fresh token for it."""
        headers = {"Authorization": f"Key {self.operator_key}"}
        made = self.client.post("/v2/users", json={"users": [{"id": user_id}]}, headers=headers)
        assert made.json()["status"]["code"] in (10000, 40010), made.text[:2000]
        sent = {"keys": [{"description": "test", "type": "personal_access_token", "scopes": ["All"]}]}
        token: str = self.operator("POST", f"/v2/users/{user_id}/keys", sent)["keys"][0]["id"]
        return token

    def new_app(
        self,
        workers: list[str] | None = None,
        reviewers: list[str] | None = None,
        concepts: list[str] | None = None,
    ) -> EmbeddedApp:
        """An app of a new owner; workers and reviewers become collaborators; users may be shared by apps."""
        number = next(self._numbers)
        owner = f"owner-{number}"
        token = self.new_user(owner)
        app_id = f"app-{number}"
        self.operator("POST", f"/v2/users/{owner}/apps", {"apps": [{"id": app_id}]})
        tokens = {owner: token}
        for user_id in dict.fromkeys([*(workers or []), *(reviewers or [])]):
            tokens[user_id] = self.new_user(user_id)
            body = {"collaborators": [{"user": {"id": user_id}}]}
            self.operator("POST", f"/v2/users/{owner}/apps/{app_id}/collaborators", body)
        app = EmbeddedApp(self.base_url, owner, app_id, token, tokens, self.client)
        if concepts:
            app.ok("POST", "concepts", {"concepts": [{"id": name} for name in concepts]})
        return app

    def stop(self) -> None:
        """End the process that this object started."""
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(data_dir: Path) -> dict[str, str]:
    ours = ("EMBEDDED_", "PROOFDESK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "DJANGO_SETTINGS_MODULE": "embedded_api.settings",
        "EMBEDDED_DATA_DIR": str(data_dir),
        "EMBEDDED_OPERATOR_KEY": OPERATOR_KEY,
    }


def _migrate(data_dir: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=REPO,
        env=_environment(data_dir),
        check=True,
        timeout=120,
    )


def _prepare_database(data_dir: Path) -> None:
    """Bring the folder's database up to date; a new one is a copy of one that was migrated in this run."""
    database = data_dir / "embedded.sqlite3"
    if not database.exists():
        shutil.copy(made_once("embedded", _migrate) / database.name, database)
    elif not is_migrated(database, REPO / "embedded_api"):
        _migrate(data_dir)


def start_embedded(data_dir: Path, *, threads: int = 8, **environment: str) -> EmbeddedServer:
    """Migrate a data folder and serve it with gunicorn; answers when /healthz does."""
    env = {**_environment(data_dir), **environment}
    _prepare_database(data_dir)
    port = free_port()
    log = (data_dir / "embedded.log").open("wb")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "embedded_api.wsgi:application"),
            *("--config", "python:embedded_api.gunicorn_conf"),
            *("--bind", f"127.0.0.1:{port}", "--threads", str(threads)),
            *("--log-level", "warning", "--no-control-socket"),
        ],
        cwd=REPO,
        env=env,
        stdout=log,
        stderr=log,
        preexec_fn=tied_to_parent(signal.SIGTERM),
    )
    log.close()
    base_url = f"http://127.0.0.1:{port}"
    client = judged.client(base_url)
    judged.SERVERS.add(base_url)
    server = EmbeddedServer(base_url, OPERATOR_KEY, data_dir, process, client)
    deadline = time.monotonic() + 60
    while True:
        try:
            if client.get("/healthz").status_code == 200:
                return server
        except httpx.TransportError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise RuntimeError("no embedded server: " + (data_dir / "embedded.log").read_text()[-3000:])
        time.sleep(0.05)  # pause between two tries, bounded by the deadline


@pytest.fixture(scope="session")
def embedded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """One server for the whole run; every test makes its own apps."""
    server = start_embedded(tmp_path_factory.mktemp("embedded"))
    yield server
    server.stop()


@pytest.fixture
def embedded_app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    """A fresh app with workers l-1, l-2, reviewers r-1, r-2 and the concepts rbc, wbc."""
    return embedded_server.new_app(workers=["l-1", "l-2"], reviewers=["r-1", "r-2"], concepts=["rbc", "wbc"])
