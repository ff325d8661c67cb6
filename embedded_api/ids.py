"""Ids: which ones callers may choose, and how we make our own."""

import os
import re
import secrets

# Safe in a JSON string, in a path and in an entity tag without any escaping; printing relies on this.
PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,127}")
RULE = "must be 1 to 128 characters out of A-Z a-z 0-9 _ . : @ + - and begin with a letter, digit or _"


def is_valid(value: str) -> bool:
    """True when `value` may be the id of anything."""
    return PATTERN.fullmatch(value) is not None


_BYTES = 16
_spare: list[str] = []
os.register_at_fork(after_in_child=_spare.clear)  # two processes must not give out the same ones


def new() -> str:
    """A fresh unguessable id (32 hexadecimal digits)."""
    # Asking the system for randomness lets other threads in, so it is done for many ids at once.
    while True:
        try:
            return _spare.pop()
        except IndexError:
            drawn = secrets.token_bytes(_BYTES * 256)
            _spare.extend(drawn[start : start + _BYTES].hex() for start in range(0, len(drawn), _BYTES))
