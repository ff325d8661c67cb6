"""Outgoing rate limit: a token bucket shared by the threads of one process.

Clarifai allows 15 requests a second to every user. Each process keeps its own bucket; with several worker
processes on one token the sum may exceed the limit, which then shows as Throttled and is waited out. One bucket
for all processes (in Redis) can replace this class behind the same method.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimit:
    """At most ``burst`` calls at once and ``rate`` per second after that.

    With the defaults no window of one second holds more than 15 calls (12 refilled and 3 saved up).
    """

    def __init__(
        self,
        rate: float = 12.0,
        burst: int = 3,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("rate must be positive and burst at least 1")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._level = float(burst)
        self._seen = clock()

    def acquire(self) -> float:
        """Take one call's worth, waiting in line if needed; answers the wait in seconds."""
        with self._lock:
            now = self._clock()
            self._level = min(float(self._burst), self._level + (now - self._seen) * self._rate)
            self._seen = now
            self._level -= 1.0
            wait = max(0.0, -self._level / self._rate)
        if wait:
            self._sleep(wait)
        return wait
