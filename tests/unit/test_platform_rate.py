"""The outgoing rate limit, on a clock of its own."""

from __future__ import annotations

import threading

import pytest

from dashboard.platforms.rate import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.lock = threading.Lock()

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


def test_no_second_holds_more_than_fifteen_calls() -> None:
    clock = Clock()
    limit = RateLimit(clock=clock.read, sleep=clock.sleep)
    times = []
    for _ in range(100):
        limit.acquire()
        times.append(clock.now)
    for start in times:
        assert sum(start <= one < start + 1.0 for one in times) <= 15


def test_after_a_pause_only_the_burst_is_free() -> None:
    clock = Clock()
    limit = RateLimit(rate=10, burst=3, clock=clock.read, sleep=clock.sleep)
    clock.now += 1000
    assert [limit.acquire() for _ in range(3)] == [0.0, 0.0, 0.0]
    assert limit.acquire() == pytest.approx(0.1)


def test_a_clock_that_stands_still_makes_everyone_queue() -> None:
    limit = RateLimit(rate=10, burst=1, clock=lambda: 0.0, sleep=lambda _: None)
    waits: list[float] = []
    threads = [threading.Thread(target=lambda: waits.append(limit.acquire())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(waits) == pytest.approx([number / 10 for number in range(20)])


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_senseless_limits_are_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        RateLimit(rate=rate, burst=burst)
