"""A real worker on a real store: what it does when the store or the worker is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery

from devtools.children import tied_to_parent
from devtools.environment import ROOT
from tests.support.desk import clean_environment
from tests.support.nap import starts
from tests.support.stores import Valkey, running_valkey, stop, wait_for

pytestmark = pytest.mark.slow
NAP = "tests.support.nap.nap"


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    with running_valkey() as server:
        yield server


@contextmanager
def running_worker(folder: Path, store_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with the house's settings and the napping task; `folder`/worker.log is its log."""
    env = clean_environment(
        PROOFDESK_SECRET_KEY="w" * 40,
        PROOFDESK_DATA_DIR=str(folder),
        REDIS_URL=store_url,
        PYTHONUNBUFFERED="1",
    )
    command = [sys.executable, "-m", "celery", "-A", "dashboard.celery", "worker", "-P", "threads", "-c", "2"]
    with open(folder / "worker.log", "ab") as log:
        worker = subprocess.Popen(
            [
                *command,
                "-l",
                "INFO",
                "--without-gossip",
                "--without-mingle",
                "--include",
                "tests.support.nap",
            ],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=tied_to_parent(signal.SIGKILL),
        )
    try:
        yield worker
    finally:
        worker.kill()
        stop(worker)


def send(store_url: str, mark: Path, seconds: float) -> None:
    with Celery(broker=store_url) as sender:
        # The worker's own key prefix, so that both speak of the same queue.
        sender.conf.broker_transport_options = {"global_keyprefix": "proofdesk:"}
        sender.send_task(NAP, args=[str(mark), seconds])


def test_a_worker_survives_the_loss_of_its_store_while_a_task_runs(
    tmp_path: Path, own_valkey: Valkey
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    with running_worker(tmp_path, own_valkey.url) as worker:
        send(own_valkey.url, before, 120)
        wait_for(lambda: starts(before), "the task runs", 60)
        own_valkey.kill()
        log = tmp_path / "worker.log"
        wait_for(lambda: "Connection to broker lost" in log.read_text(), "the worker noticed")
        own_valkey.start()
        send(own_valkey.url, after, 0)
        wait_for(lambda: starts(after) or worker.poll() is not None, "it takes new work", 60)
        assert worker.poll() is None, log.read_text()[-3000:]
        assert starts(after) == [worker.pid]


def test_an_idle_worker_stops_at_once_when_asked(tmp_path: Path, own_valkey: Valkey) -> None:
    mark = tmp_path / "mark"
    with running_worker(tmp_path, own_valkey.url) as worker:
        send(own_valkey.url, mark, 0)
        wait_for(lambda: starts(mark), "it works", 60)
        worker.terminate()
        assert worker.wait(15) == 0


def test_the_message_of_a_killed_worker_stays_with_the_store(tmp_path: Path, own_valkey: Valkey) -> None:
    """Late acknowledgement: the message stays with the store until the work is done."""
    mark = tmp_path / "mark"
    with running_worker(tmp_path, own_valkey.url) as worker:
        send(own_valkey.url, mark, 120)
        wait_for(lambda: starts(mark), "the task runs", 60)
        worker.kill()
        worker.wait()
    import redis

    with redis.Redis(unix_socket_path=str(own_valkey.socket), decode_responses=True) as client:
        waiting = client.hvals("proofdesk:unacked")
    assert len(waiting) == 1
    assert NAP in waiting[0]
