"""Conditions on JSON text in a column (SQLite). Each is true or false, never unknown, so that it may be negated."""

import re
from typing import Any

from django.db.models import BigIntegerField, F, FloatField, Func, IntegerField, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThan, In

from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

MAX_KEYS = 64
# A path of SQLite cannot quote these.
_UNQUOTABLE = re.compile(r'["\\\x00-\x1f]')
_NOTHING = Value("", output_field=TextField())
_TYPES = {bool: ("true", "false"), int: ("integer", "real"), float: ("integer", "real"), str: ("text",)}


def keys_hold(column: str, path: str, wanted: Json, where: str) -> list[Q]:
    """One condition for each key of `wanted`: the object at `path` has this key with this value."""
    if not wanted:
        raise FieldError(where, "needs at least one key")
    if len(wanted) > MAX_KEYS:
        raise FieldError(where, f"must have at most {MAX_KEYS} keys")
    return [
        _holds(column, _member(path, key, where), value, join(where, key)) for key, value in wanted.items()
    ]


def has_text(column: str, path: str, part: str) -> Q:
    """The text at `path` has `part` in it, letter for letter."""
    return _has(Coalesce(_extract(column, path, TextField()), _NOTHING), part)


def contains(column: str, part: str) -> Q:
    """The column, plain text, has `part` in it, letter for letter."""
    return _has(F(column), part)


def _has(text: Any, part: str) -> Q:
    return Q(GreaterThan(Func(text, Value(part), function="INSTR", output_field=IntegerField()), 0))


def equals(column: str, path: str, value: str) -> Q:
    """The text at `path` is `value`."""
    return Q(Exact(Coalesce(_extract(column, path, TextField()), _NOTHING), value))


def _holds(column: str, path: str, value: Any, where: str) -> Q:
    """Objects hold what is wanted of them and may hold more; lists and scalars are equal."""
    if isinstance(value, dict):
        found = _is_a(column, path, "object")
        for one in keys_hold(column, path, value, where) if value else ():
            found &= one
        return found
    if value is None:
        return _is_a(column, path, "null")
    if isinstance(value, list):
        return _is_a(column, path, "array") & Q(Exact(_extract(column, path, TextField()), dumps(value)))
    if isinstance(value, bool):
        return _is_a(column, path, "true" if value else "false")
    if isinstance(value, int) and value >= 2**63:
        value = float(value)  # as SQLite itself reads it out of JSON
    fields = {int: BigIntegerField(), float: FloatField(), str: TextField()}
    same = Exact(_extract(column, path, fields[type(value)]), value)
    return _is_a(column, path, *_TYPES[type(value)]) & Q(same)


def _is_a(column: str, path: str, *types: str) -> Q:
    kind = Func(F(column), Value(path), function="JSON_TYPE", output_field=TextField())
    return Q(In(Coalesce(kind, _NOTHING), types))


def _extract(column: str, path: str, output: Any) -> Func:
    return Func(F(column), Value(path), function="JSON_EXTRACT", output_field=output)


def _member(path: str, key: str, where: str) -> str:
    if _UNQUOTABLE.search(key):
        raise FieldError(where, "keys with quotes, backslashes or control characters cannot be searched for")
    return f'{path}."{key}"'
