"""`dev.py check`: lint, format, types, import contracts, migrations, templates."""

from __future__ import annotations

import subprocess
import tempfile
import time

from devtools import environment, suite
from devtools.words import say

# The package has no module to run, only a script whose place differs between systems.
CONTRACTS = "from importlinter.cli import lint_imports_command as check; check()"


def steps(python: str) -> list[tuple[str, list[str], dict[str, str]]]:
    """(name, command, extra environment) of every check."""
    manage = [python, "manage.py"]
    shed = {"DJANGO_SETTINGS_MODULE": "embedded_api.settings"}
    return [
        ("lint", [python, "-m", "ruff", "check", "."], {}),
        ("format", [python, "-m", "ruff", "format", "--check", "."], {}),
        (
            "import contracts",
            [python, "-c", CONTRACTS],
            {},
        ),
        ("django check", [*manage, "check"], {}),
        ("django check, embedded", [*manage, "check"], shed),
        ("migrations", [*manage, "makemigrations", "--check", "--dry-run"], {}),
        ("migrations, embedded", [*manage, "makemigrations", "--check", "--dry-run"], shed),
        (
            "repository",
            [python, "-m", "pytest", "-q", "-p", "no:randomly", "tests/unit/test_repository.py"],
            {},
        ),
        ("types", [python, "-m", "mypy"], {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}),
        (
            "types, embedded",
            [python, "-m", "mypy", "--cache-dir", ".mypy_cache/embedded", "embedded_api"],
            shed,
        ),
    ]


def run() -> int:
    """Run every check, also after one failed; print what failed. Returns 0 when all passed."""
    python = str(environment.ensure(environment.DEV))
    failed = []
    base = {
        **suite.environment_for_tests(),
        "PROOFDESK_SECRET_KEY": "only-for-checks-" + "0" * 32,
        "PROOFDESK_DATA_DIR": tempfile.gettempdir(),  # named, never written
        "EMBEDDED_DATA_DIR": tempfile.gettempdir(),
    }
    for name, command, extra in steps(python):
        began = time.monotonic()
        result = subprocess.run(
            command,
            cwd=environment.ROOT,
            env={**base, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        word = "passed" if result.returncode == 0 else "FAILED"
        say(f"check        {name}: {word} ({time.monotonic() - began:.1f} s)")
        if result.returncode != 0:
            failed.append(name)
            say(result.stdout + result.stderr)
    if failed:
        say("check        failed: " + ", ".join(failed))
    return 1 if failed else 0
