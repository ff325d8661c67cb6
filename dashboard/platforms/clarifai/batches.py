"""Sending many items: cut into batches, send, keep one outcome per item in the order given.

A batch that is refused as a whole did nothing, so it is halved and sent again until the item at fault stands
alone: one bad item never costs its 127 neighbours. A batch without a clear answer is not repeated here. After
a failure that will meet every further batch as well (token, rate, no connection) the rest is not sent; what is
under way beside it is awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Generic, TypeVar

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
from .pages import side_by_side

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
    key: Callable[[W], Hashable] = lambda _: None,
    abreast: int = 1,
) -> list[Outcome]:
    """One outcome per item, in order; never raises a PlatformError.

    ``size`` items a call at most, and at most ``most`` in total weight (0 = no such limit). Up to ``abreast``
    batches are under way at once, never two that have items of one ``key``: those are sent in order. That may
    take ``abreast`` - 1 calls more than the fewest possible.
    """
    sending = _Sending(send, name, split_on)
    lanes = _lanes(items, key, min(abreast, -(-len(items) // size)))
    batches = [cut([items[place] for place in lane], size, weigh, most) for lane in lanes]
    if len(lanes) < 2:
        return [outcome for lane in batches for part in lane for outcome in sending.batch(part)]
    outcomes: dict[int, Outcome] = {}
    for lane, found in zip(lanes, side_by_side(sending.batch, batches), strict=True):
        outcomes.update(zip(lane, chain.from_iterable(found), strict=True))
    return [outcomes[place] for place in range(len(items))]


def _lanes(items: Sequence[W], key: Callable[[W], Hashable], number: int) -> list[list[int]]:
    """The places of the items, dealt out to so many lanes; all items of one key are in one lane, in order."""
    lanes: list[list[int]] = [[] for _ in range(number)]
    groups: dict[Hashable, list[int]] = {}
    for place, item in enumerate(items):
        groups.setdefault(key(item), []).append(place)
    for group in groups.values():
        min(lanes, key=len).extend(group)
    return [sorted(lane) for lane in lanes if lane]


class _Sending(Generic[W]):
    """Sends batches until one meets a failure that all others would meet as well."""

    def __init__(
        self,
        send: Callable[[Sequence[W]], list[Outcome]],
        name: Callable[[W], str],
        split_on: tuple[type[PlatformError], ...],
    ) -> None:
        self._send, self._name, self._split_on = send, name, split_on
        self._stop: PlatformError | None = None

    def batch(self, part: Sequence[W]) -> list[Outcome]:
        """The outcomes of one batch; nothing is sent any more once there is a reason to stop."""
        if self._stop is not None:
            return [Outcome(self._name(one), unsent(self._stop)) for one in part]
        failure: PlatformError
        try:
            return self._send(part)
        except PlatformError as error:
            failure = error
        if isinstance(failure, self._split_on) and len(part) > 1:
            middle = len(part) // 2
            return self.batch(part[:middle]) + self.batch(part[middle:])
        if _meets_all(failure):
            self._stop = self._stop or failure
        return [Outcome(self._name(one), failure) for one in part]


def _meets_all(failure: PlatformError) -> bool:
    """Whether further batches are pointless."""
    unclear = isinstance(failure, Ambiguous) and not isinstance(failure, AnswerTooLarge)
    return unclear or isinstance(failure, (Unauthorized, Throttled, NotSent, UnsafeAddress))


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
