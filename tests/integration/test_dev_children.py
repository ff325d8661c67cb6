"""No process outlives a supervisor that is killed, with the kernel's help and without it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.children import Child
from devtools.environment import ROOT
from devtools.words import Refusal
from tests.support.desk import alive, clean_environment
from tests.support.stores import wait_for

# A supervisor with one child that has a child of its own, as a web server has workers.
SUPERVISOR = """
import sys, time, pathlib
from devtools.children import Child, new_leash
folder = pathlib.Path(sys.argv[1])
grandchild = "import subprocess, sys, time, os; p = subprocess.Popen(['sleep', '300']);" \\
    "open(sys.argv[1] + '/pids', 'w').write(f'{os.getpid()} {p.pid}\\\\n'); p.wait()"
child = Child("part", [sys.executable, "-c", grandchild, str(folder)], env={"PATH": "/usr/bin:/bin"},
              log=folder / "part.log", leash=new_leash())
child.start()
time.sleep(300)
"""


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(word) for word in path.read_text().split()] if path.exists() else []


@pytest.mark.parametrize("leash", ["0", "1"])
def test_a_killed_supervisor_takes_its_children_with_it(tmp_path: Path, leash: str) -> None:
    if leash == "0" and not sys.platform.startswith("linux"):
        pytest.skip("the parent-death signal is Linux's")
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        cwd=ROOT,
        env=clean_environment(PROOFDESK_LEASH=leash),
    )
    try:
        wait_for(lambda: len(pids(tmp_path)) == 2, "the child and its child run")
        child, grandchild = pids(tmp_path)
        assert alive(child)
        assert alive(grandchild)
    finally:
        supervisor.kill()
        supervisor.wait()
    wait_for(lambda: not alive(child), "the child is gone")
    if leash == "1":  # the leash ends whole groups; the kernel signals children, which end their own
        wait_for(lambda: not alive(grandchild), "its child is gone")
    else:
        subprocess.run(["kill", str(grandchild)], check=False)


def test_a_part_that_keeps_dying_is_given_up_with_its_reason(tmp_path: Path) -> None:
    child = Child("part", [sys.executable, "-c", "raise SystemExit(3)"], env={}, log=tmp_path / "part.log")
    child.start()
    child.process.wait()  # type: ignore[union-attr]

    def tend_without_waiting() -> bool:
        child.tend()
        if child.due is not None:
            child.due = 0.0  # the pause is not what is tested
        return False

    with pytest.raises(Refusal, match=r"part stopped 6 times .*exit code 3"):
        wait_for(tend_without_waiting, "it is given up")


def test_a_large_log_is_set_aside_at_the_next_start(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_bytes(b"x" * 5_000_001)
    child = Child("part", [sys.executable, "-c", "print('new')"], env={}, log=log)
    child.start()
    child.stop()
    assert (tmp_path / "part.log.1").stat().st_size == 5_000_001
    assert log.stat().st_size < 100
