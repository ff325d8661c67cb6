"""A task that only takes time; loaded into a worker by `--include tests.support.nap`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import shared_task


@shared_task
def nap(mark: str, seconds: float) -> None:
    """Append this process's id to the file `mark` at the start, then sleep."""
    with open(mark, "a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(seconds)


def starts(mark: Path) -> list[int]:
    """Process ids in which the task began, oldest first."""
    return [int(line) for line in mark.read_text().split()] if mark.exists() else []
