"""The whole product, started by its own command in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.children import tied_to_parent
from devtools.environment import ROOT
from tests.support.once import made_once
from tests.support.stores import wait_for

READY = "Proofdesk is ready"
START_SECONDS = 300.0  # a first start draws the demo data; the machine may be busy


class RunningDesk:
    """One `dev.py up`. `said()` is all it printed; `url` and `embedded_url` are its two servers."""

    def __init__(self, data: Path, *, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port, self.embedded_port = free_port(), free_port()
        self._output = data.with_name(data.name + ".out")
        self._output.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            command(self.port, self.embedded_port),
            cwd=ROOT,
            env=clean_environment(PROOFDESK_DATA_DIR=str(data), **(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=open(self._output, "wb"),  # noqa: SIM115  (closed with the test process)
            stderr=subprocess.STDOUT,
            preexec_fn=tied_to_parent(signal.SIGTERM),
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def embedded_url(self) -> str:
        return f"http://127.0.0.1:{self.embedded_port}"

    def said(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self) -> None:
        """Return once the ready line and the line after the sign-ins are printed."""
        wait_for(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, READY, START_SECONDS)
        assert self.process.poll() is None, self.said()
        assert READY in self.said()

    def credentials(self) -> dict[str, tuple[str, str]]:
        """{role: (login, password)} of the demo's people; the first of each role."""
        return read_credentials(self.data)

    def family(self) -> dict[int, str]:
        """{process id: arguments} of all that the supervisor started, to any depth."""
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
        parents = {int(row[0]): (int(row[1]), row[2] if len(row) > 2 else "") for row in rows}
        found: dict[int, str] = {}
        front = {self.process.pid}
        while front:
            front = {pid for pid, (parent, _) in parents.items() if parent in front}
            found.update({pid: parents[pid][1] for pid in front})
        return {pid: args for pid, args in found.items() if "<defunct>" not in args}

    def part(self, words: str) -> int:
        """Process id of the first process whose arguments hold `words`, the outermost one."""
        return min(pid for pid, args in self.family().items() if words in args)

    def terminate(self) -> int:
        """TERM, as an init system sends it. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        """SIGKILL, as when memory runs out."""
        self.process.kill()
        self.process.wait()


def read_credentials(data: Path) -> dict[str, tuple[str, str]]:
    """{role: (login, password)} of the demo's people in a data folder; the first of each role."""
    people: dict[str, tuple[str, str]] = {}
    for line in (data / "credentials.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            role, login, password = line.split()[:3]
            people.setdefault(role, (login, password))
    return people


def command(port: int, embedded_port: int) -> list[str]:
    return [
        *(sys.executable, str(ROOT / "dev.py"), "up"),
        *("--port", str(port), "--embedded-port", str(embedded_port)),
    ]


@contextmanager
def running_desk(data: Path, *, env: dict[str, str] | None = None) -> Iterator[RunningDesk]:
    """A ready desk on free ports; whatever happens, it and all its processes are gone at the end."""
    desk = RunningDesk(data, env=env)
    try:
        desk.wait_until_ready()
        yield desk
    finally:
        try:
            desk.terminate()
        except subprocess.TimeoutExpired:
            desk.kill()


@contextmanager
def demo_desk(data: Path, *, env: dict[str, str] | None = None) -> Iterator[RunningDesk]:
    """A ready desk whose folder `data` (not there yet) is a copy of one that was seeded in this run."""
    shutil.copytree(made_once("demo", _seed), data)
    with running_desk(data, env=env) as desk:
        yield desk


def _seed(folder: Path) -> None:
    with running_desk(folder):
        pass


def clean_environment(**more: str) -> dict[str, str]:
    """The caller's variables less those that would point a desk at another database, store or folder."""
    ours = ("PROOFDESK_", "EMBEDDED_", "DJANGO_")
    names = ("DATABASE_URL", "REDIS_URL", "PYTHONPATH")
    kept = {name: v for name, v in os.environ.items() if not name.startswith(ours) and name not in names}
    return {**kept, **more}


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody serves now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")
