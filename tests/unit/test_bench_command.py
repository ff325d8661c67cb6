"""The benchmark command says what it can do, and refuses what it cannot, before anything starts."""

from __future__ import annotations

import subprocess
import sys

from devtools.environment import ROOT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "bench/run.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_help_names_every_part() -> None:
    answer = bench("--help")
    assert answer.returncode == 0, answer.stderr
    for part in ("latency", "bulk", "lists", "wire", "sync", "memory"):
        assert part in answer.stdout
        assert (ROOT / "bench" / f"{part}.py").exists()
        assert f"<!-- {part} -->" in (ROOT / "bench" / "README.md").read_text()


def test_an_unknown_part_is_refused() -> None:
    answer = bench("speed")
    assert answer.returncode == 2
    assert "there is no part 'speed'" in answer.stderr
