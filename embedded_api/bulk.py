"""Answers of calls with many items: every item has its own status. All fine = 10000, some = 10010, none = 10020."""

from typing import Any

from django.http import HttpResponse

from embedded_api import envelope
from embedded_api.errors import ApiError


class Bulk:
    """Collects the outcome of each item, in the order of the request."""

    def __init__(self, name: str, size: int, invalid_code: int) -> None:
        self.name = name
        self.invalid_code = invalid_code
        self._printed: list[str] = [""] * size
        self._failed: dict[int, ApiError] = {}

    def succeed(self, position: int, printed: str) -> None:
        """Item `position` worked; `printed` is its JSON text."""
        self._printed[position] = printed

    def fail(self, position: int, error: Exception, echo: dict[str, Any], inside: str = "") -> None:
        """Item `position` failed; `echo` holds its ids. `inside` names the part of the item that has a status."""
        known = envelope.as_api_error(error, self.invalid_code)
        if known.http >= 500:
            raise error
        self._failed[position] = known
        item = dict(echo) | {"status": envelope.item_status(known.code, known.details)}
        self._printed[position] = envelope.dumps({inside: item} if inside else item)

    def has_failed(self, position: int) -> bool:
        """Whether item `position` has failed already."""
        return position in self._failed

    @property
    def failures(self) -> int:
        """How many items failed."""
        return len(self._failed)

    def answer(self, **more: str) -> HttpResponse:
        """The whole answer; `more` are members as JSON text. When only preconditions failed, HTTP 412 says so."""
        raw = {self.name: envelope.array(self._printed)} | more
        if not self._failed:
            return envelope.answer(raw=raw)
        first = next(iter(self._failed.values()))
        if len(self._failed) < len(self._printed):
            return envelope.answer(raw=raw, code=10010, details=first.details)
        if all(error.http == 412 for error in self._failed.values()):
            return envelope.answer(raw=raw, http=412, code=first.code, details=first.details)
        return envelope.answer(raw=raw, http=400, code=10020, details=first.details)
