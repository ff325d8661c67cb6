"""How far a pull got, written down often enough to be watched and seldom enough to cost nothing."""

from __future__ import annotations

import time

from django.utils import timezone

from dashboard.platforms.interface import Platform
from dashboard.sync.models import SyncRun

SAVE_SECONDS = 0.5


class Superseded(Exception):
    """The run was given up by somebody else while this worker still worked on it: stop quietly."""


class Progress:
    """Counts of one run; saved at most every half second, and at each new stage."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.platform: Platform | None = None
        self._saved = 0.0

    def stage(self, name: str, total: int = 0) -> None:
        """Begin a part of the work; ``total`` 0 = not known."""
        self.run.stage = name[:120]
        self.run.done, self.run.total = 0, max(0, total)
        self.save()

    def step(self, *, read: int = 0, changed: int = 0, done: int | None = None) -> None:
        """Count on. ``done`` is how far the stage is; by default as much as was read."""
        self.run.read += read
        self.run.changed += changed
        self.run.done += read if done is None else done
        if self.run.total:
            self.run.done = min(self.run.done, self.run.total)
        if time.monotonic() - self._saved >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the counts and a sign of life. Raises Superseded."""
        self._saved = time.monotonic()
        self.count()
        run = self.run
        alive = SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(
            stage=run.stage,
            done=run.done,
            total=run.total,
            read=run.read,
            changed=run.changed,
            quarantined=run.quarantined,
            requests=run.requests,
            beat_at=timezone.now(),
        )
        if not alive:
            raise Superseded

    def count(self) -> None:
        """Take over what the platform's adapter counted itself: requests, and rows that could not be read."""
        if self.platform is not None:
            self.run.requests = self.platform.requests
            self.run.quarantined = getattr(getattr(self.platform, "quarantine", None), "count", 0)
