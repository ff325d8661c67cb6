"""What `dev.py test` does before the first test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from devtools import suite
from tests.support.pace import LONGEST

APT = """#!/bin/sh
echo "$@" >> {folder}/asked
case "$1" in
  install) {install} ;;
esac
"""


def fake_apt(folder: Path, install: str) -> None:
    program = folder / "apt-get"
    program.write_text(APT.format(folder=folder, install=install))
    program.chmod(0o755)


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with this folder alone, as root."""
    monkeypatch.setenv("PATH", f"{tmp_path}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


def test_a_missing_chromium_is_installed_without_a_question(only: Path) -> None:
    target = only / "chromium"
    fake_apt(only, f"echo '#!/bin/sh' > {target}; /bin/chmod 755 {target}")
    assert suite.ensure_chromium() == str(target)
    asked = (only / "asked").read_text().splitlines()
    assert asked[0].startswith("update")
    assert asked[1].split()[:2] == ["install", "-y"]
    assert asked[1].split()[-1] == "chromium"
    assert suite.ensure_chromium() == str(target)
    assert len((only / "asked").read_text().splitlines()) == 2, "what is there is not installed again"


def test_a_chromium_that_cannot_be_installed_is_said_loudly(
    only: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_apt(only, "echo 'no such package' >&2; exit 100")
    assert suite.ensure_chromium() is None
    said = capsys.readouterr().out
    assert "no such package" in said
    assert "BROWSER TESTS ARE SKIPPED" in said


def test_the_suite_never_meets_the_callers_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "PROOFDESK_DATA_DIR", "EMBEDDED_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "somebody's")
    monkeypatch.setenv("HOME_OF_ANOTHER", "kept")
    env = suite.environment_for_tests()
    assert "somebody's" not in env.values()
    assert env["HOME_OF_ANOTHER"] == "kept"


def test_the_files_that_begin_first_are_there() -> None:
    there = {path.name for path in (suite.ROOT / "tests").glob("*/test_*.py")}
    assert set(LONGEST) <= there
