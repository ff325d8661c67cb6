"""Clarifai JSON -> our types. Pure: bytes in, value objects out. The way back is in :mod:`.bodies`.

A page is decoded in two steps: the frame first, with every item left as raw bytes, then each item alone. So an
item of unexpected shape costs itself and not the page: it is counted in :class:`Quarantine`.
Rules of the wire (Clarifai API guide, section JSON form): a missing number is 0, a missing concept value is 1,
``null`` is the same as absent, unknown keys are ignored, an unknown status is UNKNOWN.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Raw

from ..types import (
    Annotation,
    AnnotationState,
    Assignment,
    AssignmentState,
    Concept,
    Input,
    PlatformUser,
    StatusCounts,
)
from .codes import ANNOTATION_STATES, ASSIGNMENT_STATES, INPUT_READY, UNREADABLE, StatusWire
from .shapes import ConceptWire, read_data, values
from .shapes import region as region_of

T = TypeVar("T")
_NO_STATUS = StatusWire()


class Quarantine:
    """Items that could not be understood: how many, and the last fifty as (kind, id, reason).

    ``told`` is called with the kind and the reason of each.
    """

    def __init__(self, told: Callable[[str, Exception], None] | None = None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self.count = 0
        self.last: deque[tuple[str, str, str]] = deque(maxlen=50)

    def add(self, kind: str, raw: bytes, reason: Exception) -> None:
        try:
            known: str = msgspec.json.decode(raw, type=_OnlyId).id or ""
        except UNREADABLE:
            known = ""
        with self._lock:
            self.count += 1
            self.last.append((kind, known[:128], str(reason)[:200]))
        if self._told is not None:
            self._told(kind, reason)


class _OnlyId(msgspec.Struct, gc=False):
    id: str | None = ""


class _Image(msgspec.Struct, gc=False):
    url: str | None = ""
    hosted: _Hosted | None = None
    image_info: _Size | None = None
    video_info: _Size | None = None
    thumbnail_url: str | None = ""


class _Hosted(msgspec.Struct, gc=False):
    prefix: str | None = ""
    suffix: str | None = ""
    sizes: list[str] | None = None


class _Size(msgspec.Struct, gc=False):
    width: int | None = 0
    height: int | None = 0


class _User(msgspec.Struct, gc=False):
    id: str | None = ""
    first_name: str | None = ""
    last_name: str | None = ""


class _Worker(msgspec.Struct, gc=False):
    user: _User | None = None
    model: _OnlyId | None = None
    workflow: _OnlyId | None = None


class _Annotation(msgspec.Struct, gc=False):
    id: str
    input_id: str | None = ""
    user_id: str | None = ""
    task_id: str | None = ""
    input_level: bool | None = False
    created_at: str | None = ""
    modified_at: str | None = ""
    status: StatusWire | None = None
    worker: _Worker | None = None
    model_version_id: str | None = ""
    trusted: Any = None
    data: Raw = Raw(b"{}")


class _InputData(msgspec.Struct, gc=False):
    image: _Image | None = None
    video: _Image | None = None
    audio: _Image | None = None
    text: _Image | None = None
    metadata: dict[str, Any] | None = None


class _Input(msgspec.Struct, gc=False):
    id: str
    data: _InputData | None = None
    status: StatusWire | None = None
    created_at: str | None = ""
    modified_at: str | None = ""


class _Assignment(msgspec.Struct, gc=False):
    id: str
    worker: _Worker | None = None
    input: _OnlyId | None = None
    status: StatusWire | None = None
    modified_at: str | None = ""


class _Count(msgspec.Struct, gc=False):
    user_id: str | None = ""
    worker: _Worker | None = None
    pending: int | None = 0
    awaiting_review: int | None = 0
    success: int | None = 0
    review_denied: int | None = 0
    awaiting_consensus_review: int | None = 0


class _Collaborator(msgspec.Struct, gc=False):
    user: _User
    deleted_at: str | None = ""


_read_annotation = msgspec.json.Decoder(_Annotation).decode
_read_input = msgspec.json.Decoder(_Input).decode
_read_assignment = msgspec.json.Decoder(_Assignment).decode
_read_concept = msgspec.json.Decoder(ConceptWire).decode
_read_count = msgspec.json.Decoder(_Count).decode
_read_collaborator = msgspec.json.Decoder(_Collaborator).decode
_read_user = msgspec.json.Decoder(_User).decode


def moment(text: str | None) -> datetime | None:
    """RFC 3339 text -> aware UTC datetime (finer than microseconds is cut); None for absent.

    Raises ValueError for anything else, which makes the item's quarantine.
    """
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def rfc3339(when: datetime) -> str:
    """Aware datetime -> RFC 3339 text in UTC with microseconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def annotation(raw: bytes | Raw, *, tagged: bool = False) -> Annotation:
    """One annotation. ``tagged`` builds the entity tag of platforms with preconditions."""
    wire = _read_annotation(raw)
    body = bytes(wire.data)
    data = read_data(body)
    region = None
    if data and data.regions:
        region = region_of(data.regions[0], len(data.regions) == 1)
    status = wire.status
    worker = wire.worker.user if wire.worker else None
    return Annotation(
        wire.id,
        wire.input_id or "",
        wire.user_id or (worker.id if worker else "") or "",
        wire.task_id or "",
        ANNOTATION_STATES.get(status.number, AnnotationState.UNKNOWN) if status else AnnotationState.UNKNOWN,
        region,
        values(data.concepts) if data else (),
        bool(wire.input_level),
        moment(wire.created_at),
        moment(wire.modified_at),
        f'"{wire.id}@{wire.modified_at}"' if tagged and wire.modified_at else "",
        b"{}" if data is None else body,
        wire.trusted is not True and _by_model(wire),
    )


def _by_model(wire: _Annotation) -> bool:
    """Whether a model or a workflow is the author, said in the newer or the older way."""
    if wire.worker is None or wire.worker.user is not None:
        return bool(wire.model_version_id) and wire.worker is None
    return wire.worker.model is not None or wire.worker.workflow is not None


def hosted_address(hosted: _Hosted, size: str) -> str:
    """prefix/size/suffix, or "" where that size is not offered."""
    if size not in (hosted.sizes or ()) or not hosted.prefix:
        return ""
    return f"{hosted.prefix.rstrip('/')}/{quote(size)}/{(hosted.suffix or '').lstrip('/')}"


def input_(raw: bytes | Raw) -> Input:
    """One input of any kind."""
    wire = _read_input(raw)
    data = wire.data or _InputData()
    kind, media = "other", _Image()
    for name in ("image", "video", "audio", "text"):
        found = getattr(data, name)
        if found is not None:
            kind, media = name, found
            break
    hosted = media.hosted or _Hosted()
    size = media.image_info or media.video_info or _Size()
    metadata = data.metadata or {}
    status = wire.status or _NO_STATUS
    url = media.url or hosted_address(hosted, "orig")
    filename = metadata.get("filename")
    return Input(
        id=wire.id,
        kind=kind,
        name=filename if isinstance(filename, str) and filename else wire.id,
        url=url,
        large_url=hosted_address(hosted, "large") or url,
        thumb_url=hosted_address(hosted, "small") or media.thumbnail_url or url,
        width=max(0, size.width or 0),
        height=max(0, size.height or 0),
        ready=status.number == INPUT_READY,
        status_text=(status.description or "")[:200],
        created_at=moment(wire.created_at),
        modified_at=moment(wire.modified_at),
        metadata=metadata,
    )


def assignment(raw: bytes | Raw, task_id: str) -> Assignment:
    """One task assignment; the wire does not repeat the task's id."""
    wire = _read_assignment(raw)
    user = wire.worker.user if wire.worker else None
    number = wire.status.number if wire.status else 0
    return Assignment(
        id=wire.id,
        task_id=task_id,
        input_id=(wire.input.id if wire.input else "") or "",
        user_id=(user.id if user else "") or "",
        state=ASSIGNMENT_STATES.get(number, AssignmentState.UNKNOWN),
        modified_at=moment(wire.modified_at),
    )


def concept(raw: bytes | Raw) -> Concept:
    wire = _read_concept(raw)
    return Concept(wire.id, wire.name or wire.id)


def counts(raw: bytes | Raw) -> StatusCounts:
    wire = _read_count(raw)
    user = wire.worker.user if wire.worker else None
    return StatusCounts(
        user_id=wire.user_id or (user.id if user else "") or "",
        pending=wire.pending or 0,
        awaiting_review=wire.awaiting_review or 0,
        success=wire.success or 0,
        review_denied=wire.review_denied or 0,
        awaiting_consensus_review=wire.awaiting_consensus_review or 0,
    )


def user(raw: bytes | Raw, *, owner: bool = False) -> PlatformUser:
    return _person(_read_user(raw), owner)


def collaborator(raw: bytes | Raw) -> PlatformUser | None:
    """The person of a collaborator row; None for one that was removed."""
    wire = _read_collaborator(raw)
    return None if wire.deleted_at else _person(wire.user, False)


def _person(wire: _User, owner: bool) -> PlatformUser:
    name = f"{wire.first_name or ''} {wire.last_name or ''}".strip()
    return PlatformUser(wire.id or "", name or wire.id or "", owner)


def _unseen(place: int, raw: Raw) -> None:
    """Nobody looks at the items."""


def each(
    items: list[Raw],
    kind: str,
    read: Callable[[Raw], T],
    quarantine: Quarantine,
    look: Callable[[int, Raw], None] = _unseen,
) -> list[T]:
    """Every item that can be read; the others are counted. ``look`` is given the readable ones."""
    found: list[T] = []
    for place, raw in enumerate(items):
        try:
            found.append(read(raw))
        except UNREADABLE as error:
            quarantine.add(kind, bytes(raw), error)
        else:
            look(place, raw)
    return found
