"""What a platform answered that we did not expect: counted, never fatal.

One log per platform object. A row is (kind of message, what happened, field name); it keeps a count and one short
example that is a type name, an enum name or a number, never a text of the platform's users.
"""

from __future__ import annotations

import re
import threading

from .types import DriftRow

UNKNOWN_FIELD, NEW_VALUE, MISSING_FIELD, WRONG_TYPE = (
    "unknown_field",
    "new_value",
    "missing_field",
    "wrong_type",
)

MOST_ROWS = 200
# A field or a path of fields, with a new value behind it; anything else may be somebody's words.
_NAME = re.compile(r"\(item\)|[\w.\[\]]{1,80}( -?[A-Za-z0-9_]{1,60})?", re.ASCII)


class Drift:
    """Counts of one platform object; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str, str], tuple[int, str]] = {}

    def add(self, kind: str, what: str, name: str, example: str = "", *, times: int = 1) -> None:
        """Count one deviation. After :data:`MOST_ROWS` different ones only known rows go on counting."""
        key = (kind, what, name if _NAME.fullmatch(name) else "(a name that cannot be shown)")
        with self._lock:
            count, first = self._rows.get(key, (0, example[:60]))
            if count or len(self._rows) < MOST_ROWS:
                self._rows[key] = (count + times, first)

    def rows(self) -> list[DriftRow]:
        """What was seen so far, in order of kind, what and name."""
        with self._lock:
            return [
                DriftRow(*key, count=count, example=example)
                for key, (count, example) in sorted(self._rows.items())
            ]
