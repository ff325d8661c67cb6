"""Readers of body fields. Each raises FieldError that names the field and the rule."""

import re
from collections.abc import Collection
from typing import Any

from embedded_api import clock, ids, status_codes
from embedded_api.errors import FieldError
from embedded_api.patching import ACTIONS

Json = dict[str, Any]
PRIVATE = 10
VISIBILITIES = {"UNKNOWN_VISIBILITY": 0, "PRIVATE": PRIVATE, "ORG": 30, "PUBLIC": 50}
_FLOAT_MAX = 3.4028234663852886e38  # numbers have 32 bits on the wire
_NUMBERS = frozenset({int, float})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def join(where: str, name: str) -> str:
    """`a`, `b` -> `a.b`; an empty start is left out."""
    return f"{where}.{name}" if where else name


def text(obj: Json, name: str, where: str = "", *, limit: int = 1000, line: bool = True) -> str:
    """A text field, "" when absent. `line`: no control characters or line ends."""
    value = obj.get(name, "")
    if not isinstance(value, str):
        raise FieldError(join(where, name), "must be text")
    if len(value) > limit:
        raise FieldError(join(where, name), f"must have at most {limit} characters")
    if line and _CONTROL.search(value):
        raise FieldError(join(where, name), "must not have control characters or line ends")
    return value


def identifier(obj: Json, name: str, where: str = "", *, required: bool = True) -> str:
    """An id; "" when absent and not required."""
    value = obj.get(name, "")
    if isinstance(value, str) and (ids.is_valid(value) if value else not required):
        return value
    # What is wrong with it is said as of any text, if it breaks those rules already.
    raise FieldError(join(where, name), ids.RULE if text(obj, name, where) else "is required")


def identifiers(obj: Json, name: str, where: str = "", *, limit: int = 1000) -> list[str]:
    """A list of ids (they need not exist), [] when absent."""
    values = items(obj, name, where, low=0, high=limit)
    for number, value in enumerate(values):
        if not isinstance(value, str) or not ids.is_valid(value):
            raise FieldError(f"{join(where, name)}[{number}]", ids.RULE)
    return values


def named(body: Json, name: str) -> list[str]:
    """The ids that a call is about, 1 to 128: none would mean everything, which is refused."""
    wanted = identifiers(body, name, limit=128)
    if not wanted:
        raise FieldError(name, "is required")
    return wanted


def mapping(obj: Json, name: str, where: str = "") -> Json:
    """An object, {} when absent."""
    value = obj.get(name, {})
    if not isinstance(value, dict):
        raise FieldError(join(where, name), "must be an object")
    return value


def only(obj: Json, allowed: Collection[str], where: str) -> None:
    """Raises FieldError when the object has a field that is not among the allowed ones."""
    for name in obj:
        if name not in allowed:
            raise FieldError(join(where, name), "is not supported here; use " + ", ".join(sorted(allowed)))


def items(obj: Json, name: str, where: str = "", *, low: int = 1, high: int = 128) -> list[Any]:
    """A list of `low` to `high` members, [] when absent."""
    value = obj.get(name, [])
    if not isinstance(value, list):
        raise FieldError(join(where, name), "must be a list")
    if not low <= len(value) <= high:
        raise FieldError(join(where, name), f"must have {low} to {high} members, has {len(value)}")
    return value


def objects(
    obj: Json, name: str, where: str = "", *, low: int = 1, high: int = 128, required: bool = False
) -> list[Json]:
    """A list of objects, [] when absent and not required."""
    if required and name not in obj:
        raise FieldError(join(where, name), "is required")
    values = items(obj, name, where, low=low, high=high)
    for number, value in enumerate(values):
        if not isinstance(value, dict):
            raise FieldError(f"{join(where, name)}[{number}]", "must be an object")
    return values


def number(obj: Json, name: str, where: str = "", *, default: float = 0.0) -> float:
    """A finite number of 32 bits (not true or false), `default` when absent."""
    value = obj.get(name, default)
    if type(value) not in _NUMBERS or not abs(value) <= _FLOAT_MAX:
        raise FieldError(join(where, name), "must be a finite number of 32 bits")
    return float(value)


def integer(obj: Json, name: str, where: str = "", *, low: int, high: int, default: int = 0) -> int:
    """A whole number of the range, also as text (64-bit numbers travel so); `default` when absent."""
    value = obj.get(name, default)
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise FieldError(join(where, name), f"must be a whole number from {low} to {high}")
    return value


def flag(obj: Json, name: str, where: str = "") -> bool:
    """true or false, false when absent."""
    value = obj.get(name, False)
    if not isinstance(value, bool):
        raise FieldError(join(where, name), "must be true or false")
    return value


def enum(value: Any, table: dict[str, int], where: str) -> int:
    """Name, number or number as text -> number of `table`."""
    if isinstance(value, str):
        if value in table:
            return table[value]
        if re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value in table.values():
        return value
    raise FieldError(where, "must be one of " + ", ".join(table))


def status_code(
    obj: Json, name: str = "status", where: str = "", *, family: range | None = None
) -> int | None:
    """Code of `obj[name].code` (name or number), None when absent; `family` limits the numbers."""
    if "code" not in mapping(obj, name, where):
        return None
    place = join(join(where, name), "code")
    return one_status_code(obj[name]["code"], place, family)


def one_status_code(value: Any, where: str, family: range | None = None) -> int:
    """Name or number of a status -> number."""
    try:
        code = enum(value, status_codes.NUMBERS, where)
    except FieldError:
        raise FieldError(where, "is not a known status code") from None
    if family is not None and code not in family:
        raise FieldError(where, f"must be a status code from {family.start} to {family.stop - 1}")
    return code


def action(body: Json, *allowed: str) -> str:
    """`action` of a patch, one of the allowed ones (none named: any that there is)."""
    names = allowed or ACTIONS
    found = text(body, "action")
    if found not in names:
        raise FieldError("action", "must be " + " or ".join(names))
    return found


def visibility(obj: Json, where: str, *, default: int = PRIVATE) -> int:
    """Number of `visibility.gettable`, `default` when absent or not set."""
    sent = mapping(obj, "visibility", where).get("gettable", 0)
    return enum(sent, VISIBILITIES, join(where, "visibility.gettable")) or default


def no_repeats(values: Collection[str], where: str, what: str = "id") -> None:
    """Raises FieldError when a list has one of its values twice."""
    if len(set(values)) != len(values):
        raise FieldError(where, f"the same {what} is given twice")


def moment(value: Any, where: str) -> str:
    """RFC 3339 time with a zone -> our stored form."""
    try:
        return clock.parse(value)
    except (ValueError, TypeError):
        raise FieldError(
            where, "must be an RFC 3339 time with a zone, such as 2026-03-01T10:00:00Z"
        ) from None
