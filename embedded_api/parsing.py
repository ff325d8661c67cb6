"""Strict JSON: what two parsers could read in two ways is refused, before any view sees it."""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import IO, Any

from rest_framework.parsers import BaseParser

from embedded_api.errors import ApiError

MAX_DEPTH = 32
# Free objects: their keys belong to the caller and stay as they are.
STRUCT_FIELDS = frozenset({"metadata", "annotation_info", "consensus_info", "weights", "struct_value"})
_UPPER = re.compile(r"(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_NESTED = frozenset({dict, list})
_LONGEST_NAME = 64  # of those that are kept for speed


def snake(name: str) -> str:
    """`userAppId` -> `user_app_id`; snake_case stays."""
    return _short_snake(name) if len(name) <= _LONGEST_NAME else _snake(name)


def _snake(name: str) -> str:
    if name.islower() or name.startswith("_"):
        return name
    return _UPPER.sub(lambda match: "_" + match.group().lower(), name[:1].lower() + name[1:])


_short_snake = lru_cache(maxsize=4096)(_snake)


class StrictJSONParser(BaseParser):
    """application/json in UTF-8, at most `view.body_limit` bytes, an object at the top."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        context = parser_context or {}
        limit = getattr(context.get("view"), "body_limit", 1024 * 1024)
        request = context.get("request")
        declared = int(request.META.get("CONTENT_LENGTH") or 0) if request is not None else 0
        if declared > limit:
            raise ApiError(413, 40033, f"the body must have at most {limit} bytes")
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]*)", media_type or "", re.IGNORECASE)
        if charset and charset.group(1).lower() not in ("utf-8", "utf8"):
            raise ApiError(415, 11100, "the body must be UTF-8")
        return loads(stream.read(limit + 1))


def loads(body: bytes) -> dict[str, Any]:
    """Bytes -> an object with snake_case keys and without nulls; raises ApiError 11100."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except UnicodeDecodeError:
        raise bad("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise bad(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise bad(f"nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(value, dict):
        raise bad("the body must be a JSON object")
    # Only an escape can put a NUL or half a surrogate into a text: raw ones are not JSON and not UTF-8.
    cleaned: dict[str, Any] = _clean(value, 1, False, b"\\u" in body)
    return cleaned


def bad(details: str) -> ApiError:
    return ApiError(400, 11100, details)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise bad("an object has the same key twice")
    return found


def _constant(name: str) -> Any:
    raise bad(f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise bad("a number is out of range")
    return value + 0.0  # -0.0 becomes 0.0


def _int(text: str) -> int:
    if len(text) > 20:
        raise bad("an integer is out of range")
    value = int(text)
    if not -(2**63) <= value < 2**64:
        raise bad("an integer is out of range")
    return value


def _clean(value: Any, depth: int, free: bool, escapes: bool) -> Any:
    """Check depth and text (where there are `escapes`); outside free objects: snake_case keys, no null members."""
    kind = type(value)
    if kind is str:
        return _text(value) if escapes else value
    if kind is not dict and kind is not list:
        return value
    if depth > MAX_DEPTH:
        raise bad(f"nested deeper than {MAX_DEPTH} levels")
    if kind is list:
        if not free and None in value:
            raise bad("null is not allowed in a list")
        return [_clean(member, depth + 1, free, escapes) for member in value]
    made: dict[str, Any] = {}
    for key, member in value.items():
        if escapes:
            _text(key)
        name = key if free else _short_snake(key) if len(key) <= _LONGEST_NAME else _snake(key)
        if member is None and not free:
            continue
        if name in made:
            raise bad(f"{name} is given in two spellings")
        if escapes or type(member) in _NESTED:  # most members are plain: no call for those
            member = _clean(member, depth + 1, free or name in STRUCT_FIELDS, escapes)
        made[name] = member
    return made


def _text(value: str) -> str:
    if _UNSAFE.search(value):
        raise bad("text must not have NUL characters or lone surrogates")
    return value
