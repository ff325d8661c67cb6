"""Sending many things in batches that a platform takes, again and again until each has its final answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from dashboard.platforms.errors import AlreadyExists, PlatformError, Throttled
from dashboard.platforms.types import Outcome

MAX_ITEMS = 128
# A request of this many base64 characters stays far below what servers refuse and keeps memory flat.
MAX_BASE64 = 8 * 1024 * 1024
TRIES = 8
_SLOWEST = 20.0


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Write = TypeVar("Write", bound=HasId)
Thing = TypeVar("Thing")


class Stopped(Exception):
    """The platform could not be reached, or refused everything. Nothing is lost: the same call
    continues."""


def batches(things: Iterable[Thing], size: int = MAX_ITEMS) -> Iterator[list[Thing]]:
    """Lists of at most `size`, in order."""
    batch: list[Thing] = []
    for thing in things:
        batch.append(thing)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def by_bytes(things: Sequence[Thing], path_of: Callable[[Thing], Path]) -> Iterator[list[Thing]]:
    """Lists whose files together stay below MAX_BASE64 when written as base64; a larger file goes alone."""
    batch: list[Thing] = []
    held = 0
    for thing in things:
        try:
            size = (path_of(thing).stat().st_size + 2) // 3 * 4
        except OSError:  # whoever reads the file says what is wrong with it
            size = 0
        if batch and (held + size > MAX_BASE64 or len(batch) == MAX_ITEMS):
            yield batch
            batch, held = [], 0
        batch.append(thing)
        held += size
    if batch:
        yield batch


def ask(question: Callable[[], Thing], *, pause: Callable[[float], object] = time.sleep) -> Thing:
    """Ask once more while the trouble may pass, at most TRIES times.

    Raises Stopped when the tries are used up or the platform refuses; AlreadyExists passes through,
    because after a lost answer it is the proof that the thing was made.
    """
    for attempt in range(TRIES):
        try:
            return question()
        except AlreadyExists:
            raise
        except PlatformError as error:
            if not error.retryable:
                raise Stopped(str(error)) from error
            trouble = error
        if attempt < TRIES - 1:
            pause(_wait(trouble, attempt))
    raise Stopped(f"given up after {TRIES} tries: {trouble}")


def send(
    call: Callable[[Sequence[Write]], Sequence[Outcome]],
    writes: Sequence[Write],
    *,
    pause: Callable[[float], object] = time.sleep,
) -> dict[str, Outcome]:
    """Send a batch until every item has a final outcome; answers them by id.

    Items that fail in a way that may pass are sent again, as in `ask`. That is safe because the ids are
    ours: what had worked comes back as AlreadyExists. Raises Stopped.
    """
    done: dict[str, Outcome] = {}
    left = list(writes)

    def once() -> None:
        nonlocal left
        again: list[Write] = []
        trouble: PlatformError | None = None
        for write, outcome in zip(left, call(left), strict=True):
            if isinstance(outcome.error, PlatformError) and outcome.error.retryable:
                trouble = outcome.error
                again.append(write)
            else:
                done[write.id] = outcome
        left = again
        if trouble is not None:
            raise trouble

    if left:
        ask(once, pause=pause)
    return done


def _wait(trouble: PlatformError, attempt: int) -> float:
    """Seconds until the next try: what the platform asked for, else full jitter up to a doubling bound."""
    if isinstance(trouble, Throttled) and trouble.retry_after:
        return trouble.retry_after
    return random.uniform(0.1, min(_SLOWEST, 0.5 * 2**attempt))  # noqa: S311 (jitter, no secret)
