"""Ways of calling that every part of the Clarifai adapter shares: paged lists, queries cut to size, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from msgspec import Raw

from ..drift import Drift
from ..errors import (
    Ambiguous,
    Forbidden,
    IllegalMove,
    NotFound,
    PlatformError,
    PreconditionFailed,
    Rejected,
)
from ..types import Capabilities, Outcome
from . import mapping
from .answers import Frame, batch, envelope, match
from .batches import cut, send_all
from .bodies import encode
from .client import ClarifaiClient
from .codes import UNREADABLE, status_code
from .looking import Eye, spread
from .mapping import Quarantine
from .pages import pages

T = TypeVar("T")
# What we call a kind of item -> what the platform's schema calls it.
MESSAGES = {
    "annotation": "Annotation",
    "assignment": "TaskAssignment",
    "collaborator": "Collaborator",
    "concept": "Concept",
    "counts": "TaskStatusCountPerUser",
    "dataset": "Dataset",
    "input": "Input",
    "label order": "LabelOrder",
    "model": "Model",
    "output": "Output",
    "result": "WorkflowResult",
    "search": "Search",
    "task": "Task",
    "workflow": "Workflow",
}
Parameter = tuple[str, str]
NO_PATH: Mapping[str, str] = MappingProxyType({})


class Calls:
    """One app on the platform with one token.

    ``ahead`` pages of a long list are asked for at once, ``abreast`` batches of a long write sent.
    ``quarantine`` counts items that could not be read, ``drift`` what came unlike the platform's schema, ``requests``
    every request that was made.
    """

    capabilities = Capabilities()
    ahead = 4
    abreast = 4
    # A request line must fit into 4,094 bytes for common servers; this much of it is left to the query.
    query_bytes = 3400
    # Whole-batch refusals that one item alone may have caused.
    split_on: tuple[type[PlatformError], ...] = (
        Rejected,
        Forbidden,
        NotFound,
        PreconditionFailed,
        IllegalMove,
    )

    def __init__(self, client: ClarifaiClient, *, user_id: str, app_id: str) -> None:
        self.client = client
        self.user_id = user_id
        self.app_id = app_id
        self.drift = Drift()
        self._eye = Eye(self.drift)
        self.quarantine = Quarantine(
            lambda kind, problem: self._eye.misfit(MESSAGES.get(kind, kind), problem)
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.user_id}/{self.app_id}>"

    @property
    def requests(self) -> int:
        """Requests that this object sent so far, repeated ones counted each time."""
        return self.client.requests

    def close(self) -> None:
        """Nothing to do: connections are shared by the process and closed by ``registry.close_all``."""

    def page(
        self,
        route: str,
        name: str,
        query: Sequence[Parameter],
        page: int,
        size: int,
        path: Mapping[str, str] = NO_PATH,
    ) -> list[Raw]:
        """Items of one page, raw. ``per_page`` is always said: its default differs between versions."""
        asked = [*query, ("page", str(page)), ("per_page", str(size))]
        return self.client.call(route, envelope, query=asked, path=path).items(name)

    def rows(self, route: str, name: str, query: Sequence[Parameter] = ()) -> Iterator[Raw]:
        """Every item of a list, raw."""
        for found in pages(partial(self.page, route, name, query), self.capabilities.page_size, self.ahead):
            yield from found

    def each(self, items: list[Raw], kind: str, read: Callable[[Raw], T]) -> list[T]:
        """Every item that can be read; the others are counted, and so is what came unlike the schema."""
        chosen = spread(len(items))

        def look(place: int, raw: Raw) -> None:
            if place in chosen:
                self._eye.item(raw, MESSAGES[kind])

        return mapping.each(items, kind, self.stated(kind, read), self.quarantine, look)

    def single(self, kind: str, read: Callable[[Raw], T], raw: Raw) -> T:
        """The single thing asked for. Raises Ambiguous when it has an unexpected shape."""
        self._eye.item(raw, MESSAGES[kind])
        return understood(self.stated(kind, read), raw)

    def stated(self, kind: str, read: Callable[[Raw], T]) -> Callable[[Raw], T]:
        """``read``, counting each status that stands for none of our states."""

        def reading(raw: Raw) -> T:
            found = read(raw)
            if getattr(found, "state", None) == "unknown":
                self._eye.state(MESSAGES[kind], status_code(raw))
            return found

        return reading

    def write(
        self,
        route: str,
        name: str,
        body: Mapping[str, object],
        ids: Sequence[str],
        read: Callable[[str, Raw], Outcome],
        path: Mapping[str, str] = NO_PATH,
    ) -> list[Outcome]:
        """One bulk write; raises only when it was refused or lost as a whole."""
        frame = self.client.call(route, batch(name), body=encode(body), path=path)
        return self.outcomes(ids, frame, name, read)

    def write_one(self, route: str, name: str, body: Mapping[str, object], one: str) -> Raw:
        """A write of a single object; answers it as the platform has it now, raw."""
        frame = self.client.call(route, batch(name), body=encode(body))
        found = match([one], frame.items(name), frame.status.number if frame.status else 0)[0]
        if found.error is not None:
            raise found.error
        assert found.raw is not None
        return found.raw

    def delete_by_ids(self, route: str, ids: Sequence[str]) -> None:
        """Delete; what is already gone counts as deleted, so the call may be repeated."""

        def send(part: Sequence[str]) -> list[Outcome]:
            self.client.call(route, envelope, body=encode({"ids": list(part)}), repeatable=True)
            return [Outcome(one) for one in part]

        for outcome in send_all(ids, send, str, size=self.capabilities.write_batch):
            if outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error

    @staticmethod
    def outcomes(
        ids: Sequence[str], frame: Frame, name: str, read: Callable[[str, Raw], Outcome]
    ) -> list[Outcome]:
        """One outcome per id that was sent; ``read`` makes it of the answered item."""
        code = frame.status.number if frame.status else 0
        found: list[Outcome] = []
        for one, matched in zip(ids, match(ids, frame.items(name), code), strict=True):
            if matched.raw is None:
                found.append(Outcome(one, matched.error))
                continue
            try:
                found.append(read(one, matched.raw))
            except UNREADABLE:
                unclear = Ambiguous("The platform's answer for this item could not be understood.")
                found.append(Outcome(one, unclear))
        return found


def query_size(parameters: Sequence[Parameter]) -> int:
    """Bytes that these parameters take in a URL."""
    return sum(len(key) + len(quote(value, errors="replace")) + 2 for key, value in parameters)


def query_parts(
    groups: Sequence[Sequence[Parameter]], fixed: Sequence[Parameter], room: int
) -> list[list[Parameter]]:
    """Groups of parameters put together into queries of ``room`` bytes with ``fixed``; ``[[]]`` for no groups.

    A group (a pair of ids) is never torn apart.
    """
    if not groups:
        return [[]]
    left = max(room - query_size(fixed), 200)
    return [
        [parameter for group in part for parameter in group]
        for part in cut(list(groups), 1000, query_size, left)
    ]


def understood(read: Callable[[Raw], T], raw: Raw) -> T:
    """``read(raw)``, or Ambiguous when the single thing asked for has an unexpected shape."""
    try:
        return read(raw)
    except UNREADABLE:
        failure = Ambiguous("The platform's answer could not be understood.")
    raise failure


def taken(one: str, raw: Raw) -> Outcome:
    """The outcome of an item of which only its being taken matters."""
    return Outcome(one)
