"""Comparing what Clarifai answers with what its schemas say, on a few items of every page.

Decoding ignores what it does not know, which is right and blind. So up to :data:`SAMPLES` items, spread over each
page, are read a second time as plain JSON and held against :mod:`.known_fields`. Statuses are the exception: they
decide about approval, so each item's is looked at (see :meth:`Eye.state`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw

from ..drift import MISSING_FIELD, NEW_VALUE, UNKNOWN_FIELD, WRONG_TYPE, Drift
from .codes import UNREADABLE
from .known_fields import ENUMS, FIELDS

SAMPLES = 4
# Annotation data holds regions, which hold annotation data; honest answers do this two or three times.
_DEEPEST = 10
_LIST_ITEMS = 3
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,58}", re.ASCII)
_MISFIT = re.compile(
    r"Expected `([\w |.]{1,40})`, got `(\w{1,20})`(?: - at `\$\.?([\w.\[\]]{1,80})`)?", re.ASCII
)
_decode = msgspec.json.Decoder().decode


class Field(msgspec.Struct, frozen=True):
    """``type`` as in :mod:`.known_fields`, without its marks."""

    type: str
    many: bool
    always: bool


@cache
def message(name: str) -> Mapping[str, Field]:
    """Known fields of a message of the table."""
    found = {}
    for part in FIELDS[name].split():
        field, _, kind = part.partition(":")
        found[field] = Field(kind.strip("[!"), kind.startswith("["), kind.endswith("!"))
    return found


@cache
def values(name: str) -> frozenset[int | str]:
    """Names and numbers of an enum of the table."""
    pairs = [one.partition("=") for one in ENUMS[name].split()]
    return frozenset([pair[0] for pair in pairs]) | frozenset(int(pair[2]) for pair in pairs)


def spread(number: int) -> frozenset[int]:
    """Places of the items of a page that are looked at: first, last and some between."""
    if number <= SAMPLES:
        return frozenset(range(number))
    return frozenset(place * (number - 1) // (SAMPLES - 1) for place in range(SAMPLES))


def json_type(value: object) -> str:
    """What JSON calls the type of a decoded value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    if value is None:
        return "null"
    return "list" if isinstance(value, list) else "object"


class Eye:
    """Looks at items on behalf of one platform object."""

    def __init__(self, drift: Drift) -> None:
        self._drift = drift

    def item(self, raw: Raw, kind: str) -> None:
        """Hold one item against the table; what cannot be read at all is the quarantine's."""
        try:
            found = _decode(raw)
        except UNREADABLE:
            return
        if isinstance(found, dict):
            self._object(found, kind, 0)

    def misfit(self, kind: str, problem: Exception) -> None:
        """Count an item that could not be understood, by the place that the decoder names."""
        found = _MISFIT.search(str(problem)) if isinstance(problem, msgspec.ValidationError) else None
        if found is None:
            self._drift.add(kind, WRONG_TYPE, "(item)", type(problem).__name__)
        else:
            self._drift.add(kind, WRONG_TYPE, found[3] or "(item)", f"{found[2]} for {found[1]}")

    def state(self, kind: str, code: int | str) -> None:
        """Count a status that stands for none of our states, or that is not there at all."""
        if code:
            self._drift.add(kind, NEW_VALUE, f"status {_shown(code)}", _shown(code))
        else:
            self._drift.add(kind, MISSING_FIELD, "status")

    def _object(self, found: dict[str, Any], kind: str, depth: int) -> None:
        known = message(kind)
        for name, value in found.items():
            if name not in known:
                self._drift.add(kind, UNKNOWN_FIELD, name, json_type(value))
            elif value is not None:
                self._value(kind, name, known[name], value, depth)
        for name, field in known.items():
            if field.always and found.get(name) is None:
                self._drift.add(kind, MISSING_FIELD, name)

    def _value(self, kind: str, name: str, field: Field, value: object, depth: int) -> None:
        if not field.many:
            self._one(kind, name, field.type, value, depth)
        elif isinstance(value, list):
            for one in value[:_LIST_ITEMS]:
                self._one(kind, name, field.type, one, depth)
        else:
            self._wrong(kind, name, value)

    def _one(self, kind: str, name: str, expected: str, value: object, depth: int) -> None:
        if expected.startswith("="):
            self._enum(kind, name, expected[1:], value)
        elif expected in FIELDS:
            if not isinstance(value, dict):
                self._wrong(kind, name, value)
            elif depth < _DEEPEST:
                self._object(value, expected, depth + 1)
        elif not _fits(expected, value):
            self._wrong(kind, name, value)

    def _enum(self, kind: str, name: str, enum: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            self._wrong(kind, name, value)
        elif value not in values(enum):
            self._drift.add(kind, NEW_VALUE, f"{name} {_shown(value)}", _shown(value))

    def _wrong(self, kind: str, name: str, value: object) -> None:
        self._drift.add(kind, WRONG_TYPE, name, json_type(value))


def _shown(value: int | str) -> str:
    """An enum's number or name; other text may be anybody's."""
    return str(value) if isinstance(value, int) or _WORD.fullmatch(value) else "text"


def _fits(expected: str, value: object) -> bool:
    """Whether a plain value has the type that the table says."""
    if expected == "*":
        return True
    if expected == "b":
        return isinstance(value, bool)
    if expected in ("s", "t"):
        return isinstance(value, str)
    if isinstance(value, str):
        # 64-bit numbers travel as text, and an enum that we keep as a number may come by its name.
        return value.lstrip("-").isdigit() if expected == "l" else bool(_WORD.fullmatch(value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)
