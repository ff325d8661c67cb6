"""Ids: which ones callers may choose, and how we make our own."""

import re
import secrets

# Safe in a JSON string, in a path and in an entity tag without any escaping; printing relies on this.
PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,127}")
RULE = "must be 1 to 128 characters out of A-Z a-z 0-9 _ . : @ + - and begin with a letter, digit or _"


def is_valid(value: str) -> bool:
    """True when `value` may be the id of anything."""
    return PATTERN.fullmatch(value) is not None


def new() -> str:
    """A fresh unguessable id (32 hexadecimal digits)."""
    return secrets.token_hex(16)
