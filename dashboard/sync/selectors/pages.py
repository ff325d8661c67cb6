"""Keyset paging: a page starts after a row, not at a number, so that deep pages cost what the first costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dashboard.sync.shapes import FieldErrors

Row = TypeVar("Row")
MAX_LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the next page (None = this is the last)."""

    rows: list[Row] = field(default_factory=list)
    next: str | None = None


def clamp(limit: int) -> int:
    return max(1, min(int(limit), MAX_LIMIT))


def number(cursor: str | None, name: str = "after") -> int | None:
    """A cursor that is a row id. Raises FieldErrors for anything else."""
    if cursor in (None, ""):
        return None
    text = str(cursor)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise FieldErrors({name: "must be a cursor from an earlier page"})
    return int(text)


def cut(rows: list[Row], limit: int, cursor: str) -> Page[Row]:
    """A page of ``limit`` rows out of one row more; ``cursor`` names the attribute that the next page starts after."""
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], str(getattr(rows[limit - 1], cursor)))
