"""Uneven shares: one number per labeler, in fields named ``weight:<platform user id>``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .fields import plain

MAX_SHARE = 1_000_000


def field_name(person: str) -> str:
    return f"weight:{person}"


def rows(people: Iterable[tuple[str, str]], shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A number field per labeler for the template; ``shown`` maps field names to values."""
    return [
        {"name": field_name(one), "label": label, "value": plain(shown.get(field_name(one), ""))}
        for one, label in people
    ]


def read(data: Mapping[str, Any], labelers: list[str]) -> tuple[dict[str, float], list[str]]:
    """(weights, labelers whose number is none). A labeler left empty among filled ones counts 0."""
    typed: dict[str, float] = {}
    wrong: list[str] = []
    for person in labelers:
        text = str(data.get(field_name(person), "")).strip().replace(",", ".")
        if not text:
            continue
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if 0 <= number <= MAX_SHARE:
            typed[person] = number
        else:
            wrong.append(person)
    return ({person: typed.get(person, 0.0) for person in labelers} if typed else {}), wrong
