"""Query parameters: both spellings, dotted paths, repeated keys, Go-like booleans, pages."""

from dataclasses import dataclass

from django.http import QueryDict

from embedded_api import fields, ids
from embedded_api.errors import FieldError
from embedded_api.parsing import snake

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False", ""})
DEFAULT_PER_PAGE = 128
MAX_PER_PAGE = 1000


@dataclass(frozen=True)
class Page:
    """Rows `start` (from 0) to `stop` (not included)."""

    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    @property
    def stop(self) -> int:
        return self.number * self.size


class Query:
    """The query string with snake_case names."""

    def __init__(self, raw: QueryDict) -> None:
        self._values: dict[str, list[str]] = {}
        for name, values in raw.lists():
            path = ".".join(snake(part) for part in name.split("."))
            self._values.setdefault(path, []).extend(values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, limit: int = 1000) -> str:
        """The last value of `name`, "" when absent."""
        value = self._values.get(name, [""])[-1]
        if "\x00" in value or len(value) > limit:
            raise FieldError(name, f"must have at most {limit} characters and no NUL")
        return value

    def identifiers(self, name: str) -> list[str]:
        """All values of a repeated id parameter; something that cannot be an id is an error."""
        values = self._values.get(name, [])
        if len(values) > MAX_PER_PAGE:
            raise FieldError(name, f"must be given at most {MAX_PER_PAGE} times")
        for value in values:
            if not ids.is_valid(value):
                raise FieldError(name, ids.RULE)
        return values

    def texts(self, name: str) -> list[str]:
        """All values of a repeated text parameter."""
        return [value for value in self._values.get(name, []) if value]

    def flag(self, name: str) -> bool:
        """1, t, T, true, True, TRUE and their opposites; absent = false."""
        value = self.text(name)
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise FieldError(name, "must be true or false")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number in ASCII digits; absent, empty or 0 (the wire's "not set") = `default`."""
        value = self.text(name)
        if value in ("", "0"):
            return default
        plain = value.isascii() and value.isdecimal() and len(value) <= 18
        if not plain or not low <= int(value) <= high:
            raise FieldError(name, f"must be a whole number from {low} to {high}")
        return int(value)

    def status_codes(self, name: str, family: range | None = None) -> list[int]:
        """Repeated status names or numbers."""
        return [fields.one_status_code(value, name, family) for value in self._values.get(name, [])]

    def page(self, default: int = DEFAULT_PER_PAGE) -> Page:
        """`page` from 1, `per_page` 1 to 1000."""
        size = self.integer("per_page", default, 1, MAX_PER_PAGE)
        return Page(self.integer("page", 1, 1, 10**9), size)


def body_page(body: fields.Json, default: int = DEFAULT_PER_PAGE) -> Page:
    """`pagination {page, per_page}` of a search body."""
    sent = fields.mapping(body, "pagination")
    number = fields.integer(sent, "page", "pagination", low=0, high=10**9)
    size = fields.integer(sent, "per_page", "pagination", low=0, high=MAX_PER_PAGE)
    return Page(number or 1, size or default)
