"""Waking the worker: best effort, never felt by the person who decided.

A thread of its own publishes, so a broker that is down or does not answer costs the request nothing. Losing
every one of these calls costs seconds: the sweep reads the outbox itself.
"""

from __future__ import annotations

import logging
import os
import threading

from dashboard.sync import tasks

log = logging.getLogger(__name__)

_wanted: set[tuple[str, int]] = set()
_changed = threading.Condition()
_process = 0


def push(connection_id: int) -> None:
    """Ask for a push of this connection soon."""
    _ask("push", connection_id)


def run_pull(run_id: int) -> None:
    """Ask for this queued run to be started soon."""
    _ask("run_pull", run_id)


def _ask(task: str, argument: int) -> None:
    global _process
    with _changed:
        _wanted.add((task, argument))
        if _process != os.getpid():  # a forked process inherits no threads
            _process = os.getpid()
            threading.Thread(target=_publish_forever, name="waking", daemon=True).start()
        _changed.notify()


def _publish_forever() -> None:
    while True:
        with _changed:
            while not _wanted:
                _changed.wait()
            asked = sorted(_wanted)
            _wanted.clear()
        for task, argument in asked:
            try:
                # A message that nobody took within a minute says nothing new.
                getattr(tasks, task).apply_async((argument,), retry=False, expires=60)
            except Exception as error:
                log.warning("the worker could not be woken (%s); the sweep will do it", type(error).__name__)
