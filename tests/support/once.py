"""What a run makes once for all its processes, in a folder that is gone when the run ends."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_NAME = "PROOFDESK_TEST_FOLDER"  # by this variable the workers of xdist know the folder of their run


def run_folder() -> Path:
    """The folder of this run. Whoever asks first makes it, and removes it when that process ends."""
    if _NAME not in os.environ:
        os.environ[_NAME] = tempfile.mkdtemp(prefix="proofdesk-tests-")
        atexit.register(_remove, os.environ[_NAME], os.getpid())
    return Path(os.environ[_NAME])


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child ends too
        shutil.rmtree(folder, ignore_errors=True)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder that nobody changes any more: `make` fills it for whoever asks first, the others wait.

    A `make` that fails leaves nothing behind; the next one who asks tries again.
    """
    folder, part = run_folder() / name, run_folder() / f"{name}.part"
    with open(run_folder() / f"{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700)
            make(part)
            part.rename(folder)
    return folder
