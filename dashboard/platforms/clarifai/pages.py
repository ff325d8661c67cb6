"""Reading long lists: pages fetched a few at a time, given out in order.

The platform says neither a total nor a next link: a page shorter than asked for is the last one. The first page
is fetched alone, so a short list costs one request; after full ones more and more pages are under way at once.
A deployment may give fewer than asked for without a word: a first page of a customary limit is asked on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any, TypeVar

from msgspec import Raw

from ..errors import AnswerTooLarge

S = TypeVar("S")
T = TypeVar("T")

# (page from 1, items per page) -> the page's items, still raw
FetchPage = Callable[[int, int], list[Raw]]
# A list that never ends is a fault of the platform; 100,000 pages are 100 million items.
MOST_PAGES = 100_000


# Sizes at which servers cut a page, whatever was asked for.
LIMITS = frozenset({20, 50, 100, 128, 200, 250, 256, 500, 512})


def page_size(found: int, asked: int) -> int:
    """The size that pages really have after a first page of ``found`` items; 0 when it was the only one."""
    return found if found >= asked or found in LIMITS else 0


def fetch_in_parts(fetch: FetchPage, page: int, size: int) -> list[Raw]:
    """One page; if it is larger than accepted, the same items as several smaller pages."""
    try:
        return fetch(page, size)
    except AnswerTooLarge:
        if size == 1:
            raise
    factor = next(f for f in (2, 5, size) if size % f == 0)
    part = size // factor
    found: list[Raw] = []
    for offset in range(factor):
        items = fetch_in_parts(fetch, (page - 1) * factor + 1 + offset, part)
        found += items
        if len(items) < part:
            break
    return found


THREADS = 8
_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def pool() -> ThreadPoolExecutor:
    """The threads of this process for requests that are made side by side."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(THREADS, thread_name_prefix="platform-page")
        return _pool


def _after_fork() -> None:
    """Threads do not fork: a child starts its own."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def pages(fetch: FetchPage, size: int, ahead: int) -> Iterator[list[Raw]]:
    """Every page in order; after each full one twice as many are under way, up to ``ahead``."""
    first = fetch_in_parts(fetch, 1, size)
    yield first
    size = min(size, page_size(len(first), size))
    if not size:
        return
    coming: list[Future[list[Raw]]] = []
    numbers = iter(range(2, MOST_PAGES + 1))
    # One at first: a list of little more than a page must not cost requests for pages past its end.
    abreast = 1
    try:
        while True:
            for number in islice(numbers, abreast - len(coming)):
                coming.append(pool().submit(fetch_in_parts, fetch, number, size))
            if not coming:
                return
            page = coming.pop(0).result()
            if page:
                yield page
            if len(page) < size:
                return
            abreast = min(ahead, abreast * 2)
    finally:
        # Pages past the end, or of a listing that was given up.
        for future in coming:
            future.cancel()


def gather(fetches: Sequence[FetchPage], size: int, ahead: int) -> Iterator[list[Raw]]:
    """Every page of several lists, list after list; the lists are read side by side."""
    if len(fetches) < 2:
        for fetch in fetches:
            yield from pages(fetch, size, ahead)
        return
    # Inside a thread pages come one by one: a thread that waited for threads could wait for ever.
    for found in pool().map(lambda fetch: _one_by_one(fetch, size), fetches):
        yield from found


def whole(fetch: FetchPage, size: int) -> list[Raw]:
    """A list to its end, page by page in this thread."""
    return [raw for page in _one_by_one(fetch, size) for raw in page]


def together(calls: Mapping[str, Callable[[], Any]]) -> dict[str, Callable[[], Any]]:
    """Make independent calls at the same time; what is answered gives each one's result, or raises its error.

    The calls must not use this module's threads themselves.
    """
    under_way = {name: pool().submit(call) for name, call in calls.items()}
    wait(under_way.values())
    return {name: future.result for name, future in under_way.items()}


def side_by_side(call: Callable[[S], T], lanes: Sequence[Sequence[S]]) -> list[list[T]]:
    """The results of ``call`` for what each lane holds: one after another within a lane, the lanes side by side.

    The call must not use this module's threads itself. Between two of a lane others get their turn.
    """
    found: list[list[T]] = [[] for _ in lanes]
    under_way = {pool().submit(call, lane[0]): place for place, lane in enumerate(lanes)}
    while under_way:
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            place = under_way.pop(future)
            found[place].append(future.result())
            if len(found[place]) < len(lanes[place]):
                under_way[pool().submit(call, lanes[place][len(found[place])])] = place
    return found


def _one_by_one(fetch: FetchPage, size: int) -> list[list[Raw]]:
    found: list[list[Raw]] = []
    for number in range(1, MOST_PAGES):
        found.append(fetch_in_parts(fetch, number, size))
        if number == 1 and 0 < page_size(len(found[0]), size) < size:
            size = len(found[0])
        if len(found[-1]) < size:
            break
    return found
