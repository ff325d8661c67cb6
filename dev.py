#!/usr/bin/env python3
"""Proofdesk's commands. Needs Python 3.11 or newer and nothing else.

python3 dev.py up       set up, then serve http://127.0.0.1:8000/ with demo data
python3 dev.py test     set up, then run every test (arguments go to pytest)
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit(f"Proofdesk needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
if sys.platform == "win32":
    sys.exit("Proofdesk runs on Linux and macOS; on Windows run it inside WSL.")

import argparse
import os
import subprocess

from devtools import checks, environment, suite
from devtools.up import up
from devtools.words import Refusal, say

SCRIPTS = {"bench": ("bench", "run.py"), "shots": ("docs/screens", "make.py")}


def lock() -> int:
    """Pin again with uv. The options leave out every line that would name a registry."""
    form = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.11"]
    base = ["uv", "pip", "compile", *form, "pyproject.toml"]
    dev = [*base, "--group", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt"]
    try:
        for command in ([*base, "-o", "requirements.txt"], dev):
            subprocess.run(command, cwd=environment.ROOT, check=True, stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        raise Refusal("pinning needs uv on PATH: install it, then run python3 dev.py lock again.") from None
    except subprocess.CalledProcessError as error:
        raise Refusal(f"uv could not pin the dependencies (exit code {error.returncode}).") from None
    return 0


def run_script(folder: str, name: str, arguments: list[str]) -> int:
    """Run one of the project's scripts in the development environment."""
    script = environment.ROOT / folder / name
    if not script.exists():
        raise Refusal(f"{folder}/{name} is not there.")
    python = environment.ensure(environment.DEV)
    suite.ensure_chromium()
    return subprocess.run(
        [str(python), str(script), *arguments], cwd=environment.ROOT, check=False
    ).returncode


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py", description="Proofdesk's commands.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    serve = verbs.add_parser("up", help="set up and serve, with demo data on the first start")
    serve.add_argument("--host", default="127.0.0.1", help="address to serve on (default 127.0.0.1)")
    serve.add_argument("--port", type=int, default=8000, help="port of the pages (default 8000)")
    serve.add_argument("--embedded-port", type=int, default=8001, help="port of the platform (default 8001)")
    tests = verbs.add_parser("test", help="set up and run all tests; further arguments go to pytest")
    tests.add_argument("--postgres", action="store_true", help="only the pass on PostgreSQL")
    verbs.add_parser("check", help="lint, format, types, import contracts, migrations")
    verbs.add_parser("lock", help="pin the dependencies again (needs uv)")
    verbs.add_parser("bench", help="run the benchmarks of bench/")
    verbs.add_parser("shots", help="make the screenshots of docs/screens/")
    known, rest = parser.parse_known_args(arguments)
    if rest and known.verb not in ("test", "bench", "shots"):
        parser.error("unknown arguments: " + " ".join(rest))
    # Every command starts many processes; one that must compile Django again takes two seconds longer.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if known.verb == "up":
        return up(host=known.host, port=known.port, embedded_port=known.embedded_port)
    if known.verb == "test":
        return suite.run(rest, postgres_only=known.postgres)
    if known.verb == "check":
        return checks.run()
    if known.verb == "lock":
        return lock()
    folder, name = SCRIPTS[known.verb]
    return run_script(folder, name, rest)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        say(f"proofdesk: {refusal}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
