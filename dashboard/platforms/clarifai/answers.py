"""Reading whole answers: the envelope, the items of a page, and who is who in a mixed batch.

Everything here raises our own errors, or answers decoded frames whose items are still raw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from ..errors import Ambiguous, PlatformError
from ..http import Answer
from .codes import ACCEPTED, FAILURE, GOOD_ITEM, MIXED, SUCCESS, UNREADABLE, StatusWire, error_of

T = TypeVar("T")


class Frame(msgspec.Struct):
    """The envelope with whichever payload an answer has; absent lists stay UNSET."""

    status: StatusWire | None = None
    annotations: list[Raw] | UnsetType | None = UNSET
    inputs: list[Raw] | UnsetType | None = UNSET
    hits: list[Raw] | UnsetType | None = UNSET
    tasks: list[Raw] | UnsetType | None = UNSET
    task: Raw | UnsetType = UNSET
    task_assignments: list[Raw] | UnsetType | None = UNSET
    concepts: list[Raw] | UnsetType | None = UNSET
    collaborators: list[Raw] | UnsetType | None = UNSET
    counts: Raw | UnsetType = UNSET
    app_owner: Raw | UnsetType = UNSET
    user: Raw | UnsetType = UNSET
    app: Raw | UnsetType = UNSET
    keys: list[Raw] | UnsetType | None = UNSET
    scopes: list[str] | UnsetType | None = UNSET
    datasets: list[Raw] | UnsetType | None = UNSET
    searches: list[Raw] | UnsetType | None = UNSET
    models: list[Raw] | UnsetType | None = UNSET
    workflows: list[Raw] | UnsetType | None = UNSET
    outputs: list[Raw] | UnsetType | None = UNSET
    results: list[Raw] | UnsetType | None = UNSET
    label_orders: list[Raw] | UnsetType | None = UNSET
    label_order: Raw | UnsetType = UNSET

    def items(self, name: str) -> list[Raw]:
        """The payload list. A success that lacks its list is not "empty": Ambiguous."""
        found = getattr(self, name)
        if not isinstance(found, list):
            raise Ambiguous(f"The platform's answer has no list {name!r}.")
        return found

    def one(self, name: str) -> Raw:
        """The payload object."""
        found = getattr(self, name)
        if not isinstance(found, Raw):
            raise Ambiguous(f"The platform's answer has no object {name!r}.")
        return found


class SomeFailed(Ambiguous):
    """A mixed answer without its items. A call that may be repeated can be halved to find out."""


_frame = msgspec.json.Decoder(Frame)


class _Judged(msgspec.Struct):
    status: StatusWire | None = None


_judged = msgspec.json.Decoder(_Judged)

#: U+0000 as JSON writes it, after an even number of backslashes; PostgreSQL can store it in no text.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def storable(body: bytes) -> bytes:
    """The JSON with U+FFFD where a text holds U+0000."""
    return _NUL.sub(rb"\1\\ufffd", body) if rb"\u0000" in body else body


def envelope(answer: Answer) -> Frame:
    """The frame of a successful answer; anything else raises the error that fits its status code."""
    return _judge(answer, "")


def batch(name: str) -> Callable[[Answer], Frame]:
    """Reader of a bulk write: a mixed or failed answer with its items is not an error of the whole call."""
    return lambda answer: _judge(answer, name)


def _judge(answer: Answer, items: str) -> Frame:
    body = storable(answer.body)
    try:
        frame = _frame.decode(body)
    except UNREADABLE:
        frame = None
    if frame is None:
        try:
            status = _judged.decode(body).status
        except UNREADABLE:
            status = None
        good = status is not None and status.number in (SUCCESS, ACCEPTED, MIXED)
        if good or (status is None and answer.status < 400):
            raise Ambiguous("The platform's answer could not be understood.", request_id=answer.request_id)
        raise error_of(status, answer.status, retry_after=answer.retry_after, request_id=answer.request_id)
    code = frame.status.number if frame.status else 0
    if code in (SUCCESS, ACCEPTED) and answer.status < 500:
        return frame
    if items and (code in (MIXED, FAILURE) or answer.status == 412) and getattr(frame, items):
        return frame
    if code == MIXED:
        raise SomeFailed("Some of the items failed and the platform does not say which.", code=code)
    raise error_of(frame.status, answer.status, retry_after=answer.retry_after, request_id=answer.request_id)


class _Item(msgspec.Struct):
    id: str | None = ""
    status: StatusWire | None = None


_item = msgspec.json.Decoder(_Item)


class Matched(msgspec.Struct, Generic[T]):
    """What an answer says about one item that was sent: the raw item, or the error."""

    raw: Raw | None = None
    error: PlatformError | None = None


def match(sent: Sequence[str], items: Sequence[Raw], code: int) -> list[Matched]:
    """Pair the answered items with the ids that were sent, by id, then by position.

    ``code`` is the whole answer's. Items that are missing, doubled with different results, or unreadable come
    out as Ambiguous: read before sending again. Items that nobody sent are left aside.
    """
    by_id: dict[str, tuple[Raw, _Item]] = {}
    doubled: set[str] = set()
    nameless: dict[int, tuple[Raw, _Item]] = {}
    wanted = set(sent)
    for place, raw in enumerate(items):
        try:
            item = _item.decode(raw)
        except UNREADABLE:
            continue
        if item.id:
            if item.id in by_id:
                doubled.add(item.id)
            elif item.id in wanted:
                by_id[item.id] = (raw, item)
        elif len(items) == len(sent):
            nameless[place] = (raw, item)
    found: list[Matched] = []
    for place, one in enumerate(sent):
        pair = by_id.get(one) or nameless.get(place)
        if one in doubled:
            found.append(Matched(error=Ambiguous("The platform answered twice for this item.", code=code)))
        elif pair is None:
            found.append(Matched(error=Ambiguous("The platform's answer leaves this item out.", code=code)))
        else:
            found.append(_verdict(*pair, code))
    return found


def _verdict(raw: Raw, item: _Item, code: int) -> Matched:
    number = item.status.number if item.status else 0
    if number in GOOD_ITEM and code != FAILURE:
        return Matched(raw=raw)
    if number == 0:
        # No word on this item: the whole answer decides, if it is not mixed.
        if code in (SUCCESS, ACCEPTED):
            return Matched(raw=raw)
        return Matched(error=Ambiguous("The platform does not say what became of this item.", code=code))
    if number in GOOD_ITEM:
        return Matched(error=Ambiguous("The platform contradicts itself about this item.", code=code))
    return Matched(error=error_of(item.status, 0))
