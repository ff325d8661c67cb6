"""Jobs outlive their workers: a killed server's job goes on, two servers share the work, a cancelled job stops."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import packing
from tests.support.embedded import EmbeddedApp, EmbeddedServer, start_embedded
from tests.support.stores import wait_for

MEMBERS = 600


def texts(start: int, number: int) -> bytes:
    """An archive of small texts with ids of their own."""
    files = {f"t{n:05}.txt": f"text {n}".encode() for n in range(start, start + number)}
    return packing.tarred(files, packed=True)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[EmbeddedServer]]:
    """Servers over one data folder; a test adds what it starts."""
    started: list[EmbeddedServer] = [start_embedded(tmp_path)]
    yield started
    for one in started:
        one.stop()


def seen_from(app: EmbeddedApp, server: EmbeddedServer) -> EmbeddedApp:
    """The same app, met at another server."""
    return replace(app, base_url=server.base_url, client=server.client)


def ids(app: EmbeddedApp) -> list[str]:
    found: list[str] = []
    while True:
        params = {"per_page": 1000, "page": len(found) // 1000 + 1}
        page = app.ok("GET", "inputs", params=params)["inputs"]
        found += [one["id"] for one in page]
        if len(page) < 1000:
            return found


def kill(server: EmbeddedServer) -> None:
    """SIGKILL to the server and to the process below it, which would live on for a moment."""
    pid = server.process.pid
    below = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for one in (pid, *below):
        os.kill(one, signal.SIGKILL)
    server.process.wait(15)
    wait_for(lambda: not any(is_alive(one) for one in below), "the end of the server")


def is_alive(pid: int) -> bool:
    """False for a process that is gone, or that only waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def begin(app: EmbeddedApp, content: bytes, **more: Any) -> str:
    """Upload an archive in one part; answers the id of the job without waiting for it."""
    job_id, upload_id = packing.begin_upload(app, len(content), **more)
    app.ok("PUT", f"uploads/{upload_id}/content_parts", {"content_parts": [packing.part(1, 0, content)]})
    return job_id


def in_the_middle(app: EmbeddedApp, job_id: str) -> dict[str, Any]:
    """The job as soon as some of its inputs are made, and not all."""
    deadline = time.monotonic() + 60
    while True:
        job = packing.job_of(app, job_id)
        pending, running, succeeded, failed = packing.counts(job)
        if succeeded:
            assert job["status"]["code"] == 64001, "the job was over before it could be watched"
            assert pending + running + succeeded + failed == MEMBERS
            return job
        assert time.monotonic() < deadline, job


def test_a_killed_server(servers: list[EmbeddedServer], tmp_path: Path) -> None:
    app = servers[0].new_app()
    job_id = begin(app, texts(0, MEMBERS))
    in_the_middle(app, job_id)
    kill(servers[0])
    with sqlite3.connect(tmp_path / "embedded.sqlite3") as database:
        made = database.execute("SELECT COUNT(*) FROM embedded_api_input").fetchone()[0]
        done, status = database.execute(
            "SELECT succeeded, status_code FROM embedded_api_extractionjob"
        ).fetchone()
        # The time of the dead worker's claim is over.
        database.execute(
            "UPDATE embedded_api_extractionjob SET claimed_until = '2020-01-01T00:00:00.000000Z'"
        )
    database.close()
    assert (made, status) == (done, 64001)
    assert 0 < made < MEMBERS
    servers.append(start_embedded(tmp_path))
    job = packing.ended(seen_from(app, servers[1]), job_id)
    assert job["status"]["code"] == 64002
    assert packing.counts(job) == (0, 0, MEMBERS, 0)
    found = ids(seen_from(app, servers[1]))
    assert found == [f"t{n:05}.txt" for n in range(MEMBERS)]


def test_a_job_without_a_living_worker_is_not_touched_before_its_time(
    servers: list[EmbeddedServer], tmp_path: Path
) -> None:
    app = servers[0].new_app()
    job_id = begin(app, texts(0, MEMBERS))
    in_the_middle(app, job_id)
    kill(servers[0])
    servers.append(start_embedded(tmp_path))
    again = seen_from(app, servers[1])
    first, second = packing.job_of(again, job_id), packing.job_of(again, job_id)
    assert first == second
    assert first["status"]["code"] == 64001


def test_two_servers_share_the_work(servers: list[EmbeddedServer], tmp_path: Path) -> None:
    servers.append(start_embedded(tmp_path))
    app = servers[0].new_app()
    other = seen_from(app, servers[1])
    jobs = [begin(app if n % 2 else other, texts(n * 40, 40)) for n in range(12)]
    for job_id in jobs:
        job = packing.ended(app, job_id)
        # An input made twice would be refused the second time, and counted as failed.
        assert packing.counts(job) == (0, 0, 40, 0)
    assert sorted(ids(app)) == [f"t{n:05}.txt" for n in range(480)]


def test_cancelling_a_running_job(servers: list[EmbeddedServer]) -> None:
    app = servers[0].new_app()
    job_id = begin(app, texts(0, MEMBERS))
    in_the_middle(app, job_id)
    cancelled = app.ok("PATCH", f"inputs/jobs/add/{job_id}", {})["inputs_add_job"]
    assert cancelled["status"]["code"] == 64004
    # What was made stays, and is what the job counts; the next job is not held up.
    packing.ended(app, begin(app, texts(MEMBERS, 3)))
    after = packing.job_of(app, job_id)
    assert packing.counts(after)[2] == len(ids(app)) - 3
    assert packing.counts(after)[2] < MEMBERS
    assert after == packing.job_of(app, job_id)


def test_a_poisoned_job_is_given_up(servers: list[EmbeddedServer], tmp_path: Path) -> None:
    app = servers[0].new_app()
    job_id = begin(app, texts(0, MEMBERS))
    in_the_middle(app, job_id)
    kill(servers[0])
    with sqlite3.connect(tmp_path / "embedded.sqlite3") as database:
        statement = (
            "UPDATE embedded_api_extractionjob SET tries = 5, claimed_until = '2020-01-01T00:00:00.000000Z'"
        )
        database.execute(statement)
    database.close()
    servers.append(start_embedded(tmp_path))
    job = packing.ended(seen_from(app, servers[1]), job_id)
    assert job["status"]["code"] == 64003
    assert "again and again" in job["status"]["details"]
