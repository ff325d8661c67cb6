"""What a run makes once: by one of many who ask at the same time, whole or not at all, and gone at the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.environment import ROOT
from tests.support.once import made_once
from tests.support.stores import short_folder

ASK = """
import os, time
from tests.support.once import made_once
def make(folder):
    (folder / "made").write_text(str(os.getpid()))
    time.sleep(0.2)
    with open(os.environ["MAKERS"], "a") as makers:
        makers.write("x")
assert (made_once("thing", make) / "made").read_text()
"""


def test_of_many_processes_one_makes_it(tmp_path: Path) -> None:
    makers = tmp_path / "makers"
    env = {"PROOFDESK_TEST_FOLDER": str(tmp_path), "MAKERS": str(makers), "PATH": "/usr/bin:/bin"}
    asking = [subprocess.Popen([sys.executable, "-c", ASK], cwd=ROOT, env=env) for _ in range(3)]
    assert [process.wait(30) for process in asking] == [0, 0, 0]
    assert makers.read_text() == "x"


def test_one_that_fails_leaves_nothing_and_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFDESK_TEST_FOLDER", str(tmp_path))

    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        made_once("thing", fail)
    assert not (tmp_path / "thing").exists()
    folder = made_once("thing", lambda part: (part / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]


def test_the_folder_of_a_run_is_gone_when_the_run_ends() -> None:
    code = "import tests.support.once as once; print(once.run_folder())"
    with short_folder("once") as temporary:
        env = {"TMPDIR": str(temporary), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        folder = Path(done.stdout.strip())
        assert folder.parent == temporary
        assert not folder.exists()
