"""Reading a JSON body strictly, and answering JSON refusals in one shape.

Django's own parsing lets through what poisons a table later: NUL and lone surrogates in texts, NaN, duplicate
keys, nesting deep enough to end in a RecursionError. All are refused here, with the rule.
"""

from __future__ import annotations

import json
import math
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse

MAX_DEPTH = 32


class BadBody(Exception):
    """The body is not what this route reads; ``fields`` maps paths to rules where that helps."""

    def __init__(self, detail: str, fields: dict[str, str] | None = None, *, status: int = 400) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.fields = fields or {}


def read(request: HttpRequest) -> dict[str, Any]:
    """The body as an object. Raises :class:`BadBody`."""
    if request.content_type != "application/json":
        raise BadBody("The body must be sent as application/json.")
    try:
        value = strict(request.body.decode("utf-8"))
    except RequestDataTooBig:
        raise BadBody("The body is larger than 1 MiB.", status=413) from None
    except ValueError as problem:
        reason = "it is not UTF-8" if isinstance(problem, UnicodeDecodeError) else str(problem)
        raise BadBody(f"The body is not valid JSON: {reason}.") from None
    if not isinstance(value, dict):
        raise BadBody("The body must be a JSON object.")
    return value


def strict(text: str) -> Any:
    """JSON that can be stored and sent on. Raises ValueError with the rule (JSONDecodeError with the place)."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_int,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object names the key {twice[:60]!r} twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _int(text: str) -> int:
    # No field of ours is larger; beyond 64 bits databases differ, and beyond 1e308 comparing with a float breaks.
    if len(text) > 19:
        raise ValueError("a whole number is too large")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _check(value: Any) -> None:
    pending = [(value, 1)]
    while pending:
        current, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
        if isinstance(current, dict):
            pending += [(key, depth + 1) for key in current]
            pending += [(child, depth + 1) for child in current.values()]
        elif isinstance(current, list):
            pending += [(child, depth + 1) for child in current]
        elif isinstance(current, str) and (
            "\0" in current or any("\ud800" <= c <= "\udfff" for c in current)
        ):
            raise ValueError("a text holds a character that cannot be stored (NUL, or half a surrogate pair)")


def refuse(status: int, code: str, detail: str, fields: dict[str, str] | None = None) -> JsonResponse:
    """A refusal: ``code`` is field, denied, conflict, gone or platform; ``detail`` a sentence for a person."""
    return JsonResponse({"code": code, "detail": detail, "fields": fields or {}}, status=status)
