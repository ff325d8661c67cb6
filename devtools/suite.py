"""`dev.py test`: the whole suite on SQLite, then what touches the database again on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

from devtools import environment
from devtools.children import tied_to_parent
from devtools.words import say

ROOT = environment.ROOT
CHROMIUM = ("chromium", "chromium-browser")
MOST_WORKERS = 6  # each holds a browser and a server of its own
POSTGRES_FOLDERS = ("tests/unit", "tests/integration")


def chromium() -> str | None:
    """Path of the system's Chromium, or None."""
    return next((path for path in map(shutil.which, CHROMIUM) if path), None)


def ensure_chromium() -> str | None:
    """Install Debian's Chromium where that needs no question; else say loudly what will not be tested."""
    found = chromium()
    if found:
        return found
    apt = shutil.which("apt-get")
    prefix: list[str] | None = None
    if apt and os.geteuid() == 0:
        prefix = []
    elif apt and shutil.which("sudo"):
        probe = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        prefix = ["sudo", "-n"] if probe.returncode == 0 else None
    if apt and prefix is not None:
        say("chromium     installing Debian's package for the browser tests")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "chromium"]):
            result = subprocess.run(
                [*prefix, apt, *words],
                env=env,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            if result.returncode != 0:
                reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
                say(f"chromium     apt-get {words[0]} failed: {reason}")
                break
        found = chromium()
    if not found:
        say("=" * 78)
        say("NO CHROMIUM: THE BROWSER TESTS ARE SKIPPED. Install the package chromium")
        say("and run this again.")
        say("=" * 78)
    return found


def environment_for_tests() -> dict[str, str]:
    """The caller's environment less what would point the suite at somebody's real data or servers."""
    ours = ("PROOFDESK_", "EMBEDDED_")
    names = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours) and k not in names}


def workers() -> int:
    """One more than there are processors: some tests mostly wait for servers and for browsers."""
    return min((os.cpu_count() or 1) + 1, MOST_WORKERS)


def run(arguments: list[str], *, postgres_only: bool = False) -> int:
    """Run the tests; with `arguments` only what they name, once, on SQLite (or on PostgreSQL alone).

    Returns the first exit code of pytest that is not 0.
    """
    python = environment.ensure(environment.DEV)
    ensure_chromium()
    pytest = [str(python), "-m", "pytest"]
    on_postgres = [str(python), "-m", "tests.support.stores", *pytest]
    env = environment_for_tests()
    if postgres_only:
        return _pass("PostgreSQL", [*on_postgres, *(arguments or POSTGRES_FOLDERS)], env)
    if arguments:
        return _pass("SQLite", [*pytest, *arguments], env)
    # The order is tests.support.pace's: the longest files first.
    spread = ["-n", str(workers()), "--dist", "loadfile", "--no-loadscope-reorder"]
    first = _pass("SQLite", [*pytest, *spread], env)
    # Pure tests, and those that start processes with databases of their own, would only repeat themselves.
    chosen = ["-m", "django_db and not slow and not browser"]
    second = _pass("PostgreSQL", [*on_postgres, *spread, *chosen, *POSTGRES_FOLDERS], env)
    # The last line of a good run is pytest's own closing line.
    failed = [name for name, code in (("SQLite", first), ("PostgreSQL", second)) if code != 0]
    if failed:
        say(f"test         FAILED on {' and on '.join(failed)}")
    return first or second


def _pass(name: str, command: list[str], env: dict[str, str]) -> int:
    say(f"test         on {name}, started {time.strftime('%H:%M:%S')}")
    return subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        preexec_fn=tied_to_parent(signal.SIGTERM),  # a killed `dev.py test` leaves nothing running
        check=False,
    ).returncode
