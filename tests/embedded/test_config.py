"""Bad environment values stop the start with one sentence that names the variable."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.embedded import REPO


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("EMBEDDED_")}
    env |= {"DJANGO_SETTINGS_MODULE": "embedded_api.settings"} | environment
    return subprocess.run(
        [sys.executable, "-c", "import embedded_api.settings"],
        cwd=REPO,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMBEDDED_DATA_DIR", "relative/folder"),
        ("EMBEDDED_DATA_DIR", "/proc/none/here"),
        ("EMBEDDED_SECRET_KEY", "short"),
        ("EMBEDDED_SECRET_KEY_FILE", "/nonexistent/file"),
        ("EMBEDDED_OPERATOR_KEY", "short"),
        ("EMBEDDED_OPERATOR_KEY", "with a space in it, long"),
        ("EMBEDDED_PUBLIC_URL", "ftp://x"),
        ("EMBEDDED_PUBLIC_URL", "http://[::1"),
        ("EMBEDDED_PUBLIC_URL", "just words"),
        ("EMBEDDED_RATE_LIMIT", "many"),
        ("EMBEDDED_RATE_LIMIT", "-1"),
        ("EMBEDDED_RATE_LIMIT", "nan"),
        ("EMBEDDED_FETCH_ALLOWED", "no-port"),
        ("EMBEDDED_FETCH_ALLOWED", "host:99999"),
        ("EMBEDDED_SOURCE_DIR", "relative/folder"),
        ("EMBEDDED_SOURCE_DIR", "/tmp/../etc"),
        ("EMBEDDED_SOURCE_DIR", "/nonexistent/folder"),
    ],
)
def test_bad_values(tmp_path: Path, name: str, value: str) -> None:
    done = start(**({"EMBEDDED_DATA_DIR": str(tmp_path)} | {name: value}))
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert name in last
    assert "ImproperlyConfigured" in last


def test_good_values(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    key = tmp_path / "key"
    key.write_text("k" * 40)
    done = start(
        EMBEDDED_DATA_DIR=str(folder),
        EMBEDDED_SECRET_KEY_FILE=str(key),
        EMBEDDED_PUBLIC_URL="https://desk.example/platform/",
        EMBEDDED_RATE_LIMIT="15",
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
