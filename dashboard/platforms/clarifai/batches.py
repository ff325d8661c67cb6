"""Sending many items: cut into batches, send, keep one outcome per item in the order given.

A batch that is refused as a whole did nothing, so it is halved and sent again until the item at fault stands
alone: one bad item never costs its 127 neighbours. A batch without a clear answer is not repeated here. After
a failure that will meet every further batch as well (token, rate, no connection) the rest is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import (
    Ambiguous,
    AnswerTooLarge,
    Forbidden,
    NotFound,
    NotSent,
    PlatformError,
    Rejected,
    Throttled,
    Unauthorized,
    UnsafeAddress,
)
from ..types import Outcome

W = TypeVar("W")
# Refusals of which one item alone can be the cause.
_BY_ONE_ITEM = (Rejected, Forbidden, NotFound)


def send_all(
    items: Sequence[W],
    send: Callable[[Sequence[W]], list[Outcome]],
    name: Callable[[W], str],
    *,
    size: int,
    weigh: Callable[[W], int] = lambda _: 0,
    most: int = 0,
    split_on: tuple[type[PlatformError], ...] = _BY_ONE_ITEM,
) -> list[Outcome]:
    """One outcome per item, in order; never raises a PlatformError.

    ``size`` items a call at most, and at most ``most`` in total weight (0 = no such limit).
    """
    outcomes: list[Outcome] = []
    batches = cut(items, size, weigh, most)
    for number, part in enumerate(batches):
        stop = _send(part, send, name, split_on, outcomes)
        if stop is not None:
            rest = [one for later in batches[number + 1 :] for one in later]
            outcomes += [Outcome(name(one), unsent(stop)) for one in rest]
            break
    return outcomes


def _send(
    part: Sequence[W],
    send: Callable[[Sequence[W]], list[Outcome]],
    name: Callable[[W], str],
    split_on: tuple[type[PlatformError], ...],
    outcomes: list[Outcome],
) -> PlatformError | None:
    """Append the outcomes of one batch; answers the error that makes further batches pointless."""
    failure: PlatformError
    try:
        outcomes += send(part)
        return None
    except PlatformError as error:
        failure = error
    if isinstance(failure, split_on) and len(part) > 1:
        middle = len(part) // 2
        stop = _send(part[:middle], send, name, split_on, outcomes)
        if stop is not None:
            outcomes += [Outcome(name(one), unsent(stop)) for one in part[middle:]]
            return stop
        return _send(part[middle:], send, name, split_on, outcomes)
    outcomes += [Outcome(name(one), failure) for one in part]
    unclear = isinstance(failure, Ambiguous) and not isinstance(failure, AnswerTooLarge)
    fatal = unclear or isinstance(failure, (Unauthorized, Throttled, NotSent, UnsafeAddress))
    return failure if fatal else None


def unsent(stop: PlatformError) -> PlatformError:
    """What to say of an item that was not sent because of ``stop``."""
    if isinstance(stop, (Unauthorized, Throttled, UnsafeAddress)):
        return stop
    return NotSent("Not sent, because an earlier part of the same job got no answer.")


def cut(
    items: Sequence[W], size: int, weigh: Callable[[W], int] = lambda _: 0, most: int = 0
) -> list[list[W]]:
    """Runs of at most ``size`` items and ``most`` weight; an item that is too heavy stands alone."""
    parts: list[list[W]] = []
    weight = 0
    for item in items:
        added = weigh(item)
        if not parts or len(parts[-1]) >= size or (most and weight + added > most):
            parts.append([])
            weight = 0
        parts[-1].append(item)
        weight += added
    return parts
