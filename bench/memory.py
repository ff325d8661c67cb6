"""Resident memory and start times of the whole product, as `dev.py up` runs it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.figures import Figure
from bench.ground import approval, queue, signed_in
from dashboard.demo.plan import SLUG
from devtools.environment import ROOT
from tests.support.desk import RunningDesk, clean_environment, free_port
from tests.support.stores import short_folder, wait_for

ROUNDS = 40  # of the pages of a session


def run(cold: bool = False) -> list[Figure]:
    """The figures; about three minutes, with `cold` some more and a download of the pinned packages."""
    found: list[Figure] = []
    with short_folder("memory") as folder:
        first, seconds = _start(folder)
        first.terminate()
        found.append(
            Figure("memory", "`up`, first start in a new data folder: demo data drawn", f"{seconds:.1f} s")
        )
        desk, seconds = _start(folder)
        try:
            found.append(
                Figure("memory", "`up`, every later start (warm)", f"{seconds:.1f} s", "5 s", seconds <= 5)
            )
            found.append(_memory("Resident memory (PSS) of all processes after the start", desk))
            pages = _session(desk)
            found.append(_memory(f"The same after a session of {pages} requests by three people", desk))
        finally:
            desk.terminate()
    if cold:
        found.append(_cold())
    return found


def _start(folder: Path) -> tuple[RunningDesk, float]:
    began = time.monotonic()
    desk = RunningDesk(folder / "var")
    desk.wait_until_ready()
    return desk, time.monotonic() - began


def _memory(what: str, desk: RunningDesk) -> Figure:
    parts = {pid: _proportional(pid) for pid in (desk.process.pid, *desk.family())}
    total = sum(parts.values())
    largest = ", ".join(f"{one:.0f}" for one in sorted(parts.values(), reverse=True))
    return Figure(
        "memory", what, f"{total:.0f} MB in {len(parts)} processes ({largest})", "400 MB", total <= 400
    )


def _proportional(pid: int) -> float:
    """Proportional set size in MB: a page shared by n processes counts for one nth (Linux)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _session(desk: RunningDesk) -> int:
    """Pages, bodies, pictures and decisions, as three people would ask for them; answers how many requests."""
    asked = 0
    home = f"/c/{SLUG}"
    people = [signed_in(desk, role) for role in ("labeler", "reviewer", "admin")]
    reviewer = people[1]
    tasks = [int(one) for one in _numbers(reviewer.page(f"{home}/tasks/?state="), "/tasks/")]
    for task in tasks:
        for row in queue(reviewer, task)[:20]:
            reviewer.client.get(row["body"]["item"]["image"]["url"])
            reviewer.send(f"{home}/items/{row['id']}/decisions/", approval(row))
            asked += 2
    for _ in range(ROUNDS):
        for person in people:
            for path in ("/", "/inputs/", "/tasks/", f"/tasks/{tasks[0]}/"):
                person.client.get(home + path)
                asked += 1
    return asked


def _numbers(page: str, before: str) -> list[str]:
    """The numbers that follow a piece of an address on a page, each once."""
    parts = (part.split("/")[0] for part in page.split(before)[1:])
    return list(dict.fromkeys(part for part in parts if part.isdigit()))


def _cold() -> Figure:
    """A fresh clone without an environment: packages are fetched and installed, then everything starts."""
    with short_folder("cold") as folder:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        output = folder / "out"
        began = time.monotonic()
        python = os.path.realpath(sys.executable)
        process = subprocess.Popen(
            [python, "dev.py", "up", "--port", str(free_port()), "--embedded-port", str(free_port())],
            cwd=clone,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output.open("wb"),
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: b"Ctrl-C" in output.read_bytes() or process.poll() is not None, "ready", 900)
            seconds = time.monotonic() - began
            assert process.poll() is None, output.read_text()[-2000:]
            size = sum(one.stat().st_size for one in (clone / ".venv").rglob("*") if one.is_file()) / 1e6
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            shutil.rmtree(clone, ignore_errors=True)
        what = "`up` in a fresh clone: packages fetched and installed, demo data drawn"
        return Figure("memory", what, f"{seconds:.0f} s ({size:.0f} MB environment)", "60 s", seconds <= 60)
