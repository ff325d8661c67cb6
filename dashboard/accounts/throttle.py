"""Sign-in attempts are counted per login name and per address, so that guessing passwords is slow.

An attempt is counted before the password is checked (parallel guesses cannot slip through) and forgiven
when it succeeds. The windows are fixed: they start with the first attempt and last five minutes.
"""

from __future__ import annotations

import hashlib
import math
import time

from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

WINDOW_SECONDS = 300
PER_LOGIN = 10
PER_ADDRESS = 30

# When the shared cache is away, each process counts for itself: weaker, but people can still sign in.
_spare: BaseCache = LocMemCache("sign-in-throttle", {})


def attempt(login: str, address: str) -> int:
    """Count one attempt. Returns 0 when it may go on, else the seconds to wait (1..300)."""
    waits = [
        _count(cache_key, limit)
        for cache_key, limit in ((_login(login), PER_LOGIN), (_from(address), PER_ADDRESS))
    ]
    return max(waits)


def forgive(login: str, address: str) -> None:
    """The attempt was right: forget the login name's failures and take this one off the address."""
    try:
        _forgive(cache, login, address)
    except (RedisError, OSError):
        _forgive(_spare, login, address)


def _login(login: str) -> str:
    # Hashed: a name may hold characters that cache keys may not, or be a password typed in the wrong field.
    return "sign-in:login:" + hashlib.sha256(login.strip().casefold().encode()).hexdigest()


def _from(address: str) -> str:
    return "sign-in:address:" + hashlib.sha256(address.encode()).hexdigest()


def _count(key: str, limit: int) -> int:
    try:
        return _count_in(cache, key, limit)
    except (RedisError, OSError):
        return _count_in(_spare, key, limit)


def _count_in(store: BaseCache, key: str, limit: int) -> int:
    now = time.time()
    if store.add(key, 0, WINDOW_SECONDS):
        store.set(key + ":until", now + WINDOW_SECONDS, WINDOW_SECONDS)
    try:
        tried = store.incr(key)
    except ValueError:  # the window ended between the two calls
        return 0
    if tried <= limit:
        return 0
    until = store.get(key + ":until", now + WINDOW_SECONDS)
    return max(1, min(WINDOW_SECONDS, math.ceil(until - now)))


def _forgive(store: BaseCache, login: str, address: str) -> None:
    store.delete(_login(login))
    try:
        if store.incr(_from(address), -1) < 0:
            store.delete(_from(address))
    except ValueError:
        pass
