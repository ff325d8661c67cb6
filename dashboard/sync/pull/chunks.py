"""Streams in parts, and the newest of several times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")

CHUNK = 250


def chunks(stream: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most ``size``."""
    part: list[T] = []
    for one in stream:
        part.append(one)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part


def latest(known: datetime | None, seen: Iterable[datetime | None]) -> datetime | None:
    """The newest of all; None when none is known."""
    return max((when for when in (known, *seen) if when is not None), default=None)
