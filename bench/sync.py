"""Reading a task's annotations over HTTP: our adapter against the official client, and a whole pull."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.figures import Figure, p50
from devtools.environment import ROOT
from tests.support.embedded import EmbeddedApp, EmbeddedServer, start_embedded
from tests.support.stores import short_folder

PER_INPUT = 10


def run(annotations: int = 20_000, rounds: int = 3) -> list[Figure]:
    """The figures; about a minute for 20,000 annotations, several for 100,000."""
    with short_folder("sync") as folder:
        log = folder / "access.log"
        server = start_embedded(folder, GUNICORN_CMD_ARGS=f"--access-logfile {log}")
        try:
            return _measure(server, folder, log, annotations, rounds)
        finally:
            server.stop()


def _measure(server: EmbeddedServer, folder: Path, log: Path, annotations: int, rounds: int) -> list[Figure]:
    app = server.new_app(workers=["l-1"], reviewers=["r-1"], concepts=["rbc", "wbc"])
    task_id = _fill(app, folder, annotations)
    where = {
        "base_url": app.base_url,
        "user_id": app.user_id,
        "app_id": app.app_id,
        "token": app.token,
        "task_id": task_id,
    }
    times: dict[str, list[float]] = {"adapter": [], "official": []}
    spent: dict[str, list[float]] = {"adapter": [], "official": []}
    requests: dict[str, int] = {}
    for _ in range(rounds):
        for way in times:
            seen = _requests(log)
            told = _read(way, where, folder)
            assert told["found"] == annotations, told
            times[way].append(told["seconds"])
            spent[way].append(told["processor"])
            requests[way] = _requests(log) - seen
    seen = _requests(log)
    pulled = _read("pull", where, folder)
    assert pulled["found"] == annotations, pulled
    own, theirs = p50(times["adapter"]), p50(times["official"])
    ratios = [b / a for a, b in zip(times["adapter"], times["official"], strict=True)]
    each = ", ".join(f"{one:.1f}" for one in ratios)
    what = f"{annotations:,} annotations"
    busy = {way: p50(each) for way, each in spent.items()}
    return [
        Figure("sync", f"{what} read by our adapter", f"{own:.2f} s, {requests['adapter']} requests"),
        Figure(
            "sync", f"{what} read by the official client", f"{theirs:.2f} s, {requests['official']} requests"
        ),
        Figure(
            "sync",
            f"Official : ours (rounds: {each})",
            f"{p50(ratios):.1f}x",
            "5x",
            p50(ratios) >= 5,
        ),
        Figure(
            "sync",
            "The same, processor time of the reading process alone (the server's is the same for both)",
            f"{busy['official']:.2f} s : {busy['adapter']:.2f} s = {busy['official'] / busy['adapter']:.1f}x",
        ),
        Figure(
            "sync",
            f"A whole pull into an empty mirror: {what} on {annotations // PER_INPUT:,} inputs and assignments",
            f"{pulled['seconds']:.1f} s, {_requests(log) - seen} requests, {pulled['grown']:.0f} MB more memory",
        ),
        Figure("sync", "The next pull, nothing changed", f"{pulled['again']:.2f} s"),
    ]


def _fill(app: EmbeddedApp, folder: Path, annotations: int) -> str:
    app.add_inputs("in-000000")
    _rows(folder, "inputs", app.app_id, str(annotations // PER_INPUT))
    task = {
        "id": "bench",
        "name": "Bench",
        "type": "BOUNDING_BOX_DETECTION",
        "worker": {"strategy": "FULL", "workers": [{"user": {"id": "l-1"}}]},
        "concepts": [{"concept": {"id": "rbc"}}, {"concept": {"id": "wbc"}}],
        "input_source": {"type": "ALL_INPUTS"},
        "review": {"strategy": "MANUAL", "users": [{"id": "r-1"}]},
    }
    app.ok("POST", "tasks", {"tasks": [task]})
    app.annotate("in-000000", user="l-1", task_id="bench", status={"code": 24157})
    _rows(folder, "annotations", app.app_id, "bench", str(annotations))
    return "bench"


def _rows(folder: Path, *arguments: str) -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "embedded_api.settings", "EMBEDDED_DATA_DIR": str(folder)}
    subprocess.run([sys.executable, "-m", "bench.platform_rows", *arguments], cwd=ROOT, env=env, check=True)


def _read(way: str, where: dict[str, str], folder: Path) -> dict[str, Any]:
    env = {
        **os.environ,
        "EMBEDDED_URL": where["base_url"],
        "PROOFDESK_DATA_DIR": str(folder / "house"),
        "PROOFDESK_SECRET_KEY": "only-for-the-benchmark-" + "0" * 32,
    }
    (folder / "house").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench.reading", way],
        cwd=ROOT,
        env=env,
        input=json.dumps(where),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _requests(log: Path) -> int:
    return sum(1 for _ in log.open("rb")) if log.exists() else 0
