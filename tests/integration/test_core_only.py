"""What `dev.py up` installs is enough: the worker starts and works without any development package."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from devtools import environment, store
from devtools.children import tied_to_parent
from tests.support.desk import clean_environment
from tests.support.stores import Valkey, stop, wait_for

pytestmark = pytest.mark.slow


def test_the_worker_runs_in_an_environment_without_development_packages(
    tmp_path: Path, valkey: Valkey
) -> None:
    # Kept between runs; made again only when the pins change.
    folder = environment.ROOT / ".venv-core"
    python = environment.ensure(environment.CORE, folder)
    assert not list(folder.glob("lib/python*/site-packages/pytest")), (
        "this environment must hold the core alone"
    )
    assert store.binary_in_wheel(folder) is not None
    heartbeat = tmp_path / "worker.alive"
    (tmp_path / "secret.key").write_text("k" * 50)
    env = clean_environment(
        PROOFDESK_DATA_DIR=str(tmp_path),
        PROOFDESK_SECRET_KEY_FILE=str(tmp_path / "secret.key"),
        PROOFDESK_WORKER_FILE=str(heartbeat),
        PROOFDESK_BEAT="1",
        REDIS_URL=valkey.url,
    )
    valkey.flush()
    manage = [str(python), "manage.py"]
    subprocess.run(
        [*manage, "migrate", "--noinput"], cwd=environment.ROOT, env=env, check=True, capture_output=True
    )
    log = tmp_path / "worker.log"
    with open(log, "wb") as output:
        worker = subprocess.Popen(
            [str(python), "-m", "celery", "-A", "dashboard.celery", "worker", "-P", "threads", "-c", "2"],
            cwd=environment.ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=tied_to_parent(signal.SIGKILL),
        )
    try:
        wait_for(lambda: heartbeat.exists() or worker.poll() is not None, "a heartbeat", 60)
        assert heartbeat.exists(), log.read_text()[-3000:]
    finally:
        stop(worker)
