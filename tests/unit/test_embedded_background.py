"""The thread of the embedded platform that works while there is something to do."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from embedded_api.background import Background

PATIENCE = 10.0  # seconds


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.005)


def running(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def test_a_call_during_work_is_not_lost_and_starts_no_second_thread() -> None:
    entered, go_on, rounds = threading.Event(), threading.Event(), []

    def work() -> None:
        rounds.append(threading.get_ident())
        entered.set()
        assert go_on.wait(PATIENCE)

    background = Background("once", work)
    background.wake()
    assert entered.wait(PATIENCE)
    for _ in range(5):
        background.wake()
    assert running("once") == 1
    go_on.set()
    until(lambda: running("once") == 0)
    assert len(rounds) == 2  # the five calls are one more look
    assert len(set(rounds)) == 1


def test_no_call_is_lost_between_the_last_look_and_the_end() -> None:
    """Many callers, each of whom leaves something to do before it calls."""
    todo: list[int] = []
    done: list[int] = []

    def work() -> None:
        while todo:
            done.append(todo.pop())

    background = Background("many", work)

    def call(start: int) -> None:
        for number in range(start, start + 300):
            todo.append(number)
            background.wake()

    callers = [threading.Thread(target=call, args=(place * 300,)) for place in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(PATIENCE)
    until(lambda: running("many") == 0)
    assert sorted(done) == list(range(1200))


def test_it_looks_again_by_itself_when_the_work_says_so() -> None:
    answers: list[float | None] = [0.01, 0.01, None]
    rounds: list[int] = []

    def work() -> float | None:
        rounds.append(1)
        return answers.pop(0)

    Background("again", work).wake()
    until(lambda: not answers and running("again") == 0)
    assert len(rounds) == 3


def test_an_error_ends_the_thread_and_the_next_call_starts_another(caplog: pytest.LogCaptureFixture) -> None:
    outcomes: list[Exception | None] = [RuntimeError("away"), None]

    def work() -> None:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    background = Background("broken", work)
    with caplog.at_level(logging.ERROR):
        background.wake()
        until(lambda: running("broken") == 0)
    assert "the thread broken ended" in caplog.text
    background.wake()
    until(lambda: not outcomes and running("broken") == 0)
