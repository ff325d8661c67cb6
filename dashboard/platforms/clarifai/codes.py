"""Clarifai's status codes: what they mean for our states and for our errors. Pure.

Source: Clarifai API guide, sections status codes and "HTTP status versus status.code". A client decides by
``status.code``; the HTTP status only where there is no readable code.
"""

from __future__ import annotations

import re

import msgspec

from ..errors import (
    AlreadyExists,
    Ambiguous,
    Forbidden,
    IllegalMove,
    NotFound,
    PlatformError,
    PreconditionFailed,
    Rejected,
    Throttled,
    Unauthorized,
    Unsupported,
)
from ..types import AnnotationState, AssignmentState, LabelOrderState, TaskState

# What decoding raises for JSON that is not as expected, hostile nesting and numbers included.
UNREADABLE = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)

SUCCESS, MIXED, FAILURE, ACCEPTED = 10000, 10010, 10020, 10070

ANNOTATION_STATES = {
    24150: AnnotationState.APPROVED,
    24151: AnnotationState.PENDING,
    24157: AnnotationState.AWAITING_REVIEW,
    24158: AnnotationState.REJECTED,
    24159: AnnotationState.AWAITING_CONSENSUS,
}
ANNOTATION_NAMES = {
    AnnotationState.APPROVED: "ANNOTATION_SUCCESS",
    AnnotationState.PENDING: "ANNOTATION_PENDING",
    AnnotationState.AWAITING_REVIEW: "ANNOTATION_AWAITING_REVIEW",
    AnnotationState.REJECTED: "ANNOTATION_REVIEW_DENIED",
    AnnotationState.AWAITING_CONSENSUS: "ANNOTATION_AWAITING_CONSENSUS_REVIEW",
}
ANNOTATION_WIRE = {
    name: next(code for code, known in ANNOTATION_STATES.items() if known is state)
    for state, name in ANNOTATION_NAMES.items()
}
ASSIGNMENT_STATES = {
    54200: AssignmentState.APPROVED,
    54201: AssignmentState.PENDING,
    54202: AssignmentState.AWAITING_REVIEW,
    54203: AssignmentState.AWAITING_CONSENSUS,
    54204: AssignmentState.REJECTED,
}
TASK_STATES = {
    54001: TaskState.IN_PROGRESS,
    54002: TaskState.DONE,
    54003: TaskState.ABANDONED,
    54005: TaskState.FAILED,
    54006: TaskState.IDLE,
}
TASK_NAMES = {
    TaskState.IN_PROGRESS: "TASK_IN_PROGRESS",
    TaskState.DONE: "TASK_DONE",
    TaskState.ABANDONED: "TASK_WONT_DO",
}
LABEL_ORDER_STATES = {
    55001: LabelOrderState.PENDING,
    55002: LabelOrderState.IN_PROGRESS,
    55003: LabelOrderState.RELEASED,
    55004: LabelOrderState.CANCELED,
}
LABEL_ORDER_NAMES = {
    LabelOrderState.PENDING: "LABEL_ORDER_PENDING",
    LabelOrderState.IN_PROGRESS: "LABEL_ORDER_IN_PROGRESS",
    LabelOrderState.RELEASED: "LABEL_ORDER_SUCCESS",
    LabelOrderState.CANCELED: "LABEL_ORDER_CANCELED",
}
MODEL_TRAINED = 21100
INPUT_READY = 30000
INPUT_ON_THE_WAY = frozenset({30001, 30003})

# Codes that, on one item of an answer, say that the item was taken.
GOOD_ITEM = (
    frozenset({SUCCESS, ACCEPTED, INPUT_READY, 24250, 24251, 23150, 30200, 30201})
    | frozenset(ANNOTATION_STATES)
    | frozenset(ASSIGNMENT_STATES)
    | frozenset(TASK_STATES)
    | frozenset(LABEL_ORDER_STATES)
    | INPUT_ON_THE_WAY
)

_UNAUTHORIZED = frozenset({11000, 11001, 11002, 11008, 11009, 11200})
_THROTTLED = frozenset({11003, 11004, 11005, 11006})
_FORBIDDEN = frozenset({11007, 24156, 54103, 30103, 21202, 22103})
_NOT_FOUND = frozenset({11101, 30102, 54102, 21200, 22102})
_EXISTS = frozenset({40010, 30100})
_UNSUPPORTED = frozenset({10040, 11103, 54101})
# Nothing is said about whether it happened: try again, or read first.
_UNCLEAR = frozenset({10030, 24152, 24154, 40030, 40031, 40032, 39996, 39997, 21354, 21355})


class StatusWire(msgspec.Struct):
    """The status object; codes come as numbers, names are told apart by their type and end as 0."""

    code: int | str | None = 0
    description: str | None = ""
    details: str | None = ""
    req_id: str | None = ""

    @property
    def number(self) -> int:
        """The code as a number; 0 where there is none."""
        if isinstance(self.code, int):
            return self.code
        return int(self.code) if self.code and self.code.isascii() and self.code.isdigit() else 0


class _Judged(msgspec.Struct):
    status: StatusWire | None = None


_judged = msgspec.json.Decoder(_Judged).decode


def status_code(raw: bytes | msgspec.Raw) -> int | str:
    """The status code of an item as it stands there, by number or name; 0 where there is none."""
    status = _judged(raw).status
    return (status.number or status.code or 0) if status else 0


_FIELD = re.compile(r"([A-Za-z_][\w.\[\]-]{0,120}): (.{1,200})", re.ASCII)


def _sentence(status: StatusWire | None) -> str:
    """The platform's own words, made one short printable line."""
    if status is None:
        return ""
    text = " ".join((status.details or status.description or "").split())
    return "".join(ch for ch in text if ch.isprintable())[:240]


def error_of(
    status: StatusWire | None, http: int, *, retry_after: float | None = None, request_id: str = ""
) -> PlatformError:
    """The error for a refusal. ``http`` is 0 for one item of a mixed answer."""
    code = status.number if status else 0
    words = _sentence(status)
    request_id = request_id or (_clean_id(status.req_id) if status else "")
    said = f" The platform says: {words}" if words else ""

    def made(kind: type[PlatformError], message: str) -> PlatformError:
        return kind(message, code=code or None, request_id=request_id)

    if code in _THROTTLED or (http == 429 and code not in _UNAUTHORIZED):
        return Throttled(
            "The platform asks for fewer requests.",
            retry_after=retry_after,
            code=code or None,
            request_id=request_id,
        )
    if http == 412 or (code == 40017 and "precondition" in words.lower()):
        return made(PreconditionFailed, "It was changed on the platform since it was read.")
    if code in _UNAUTHORIZED:
        return made(Unauthorized, "The platform does not accept the token." + said)
    if code in _FORBIDDEN:
        return made(Forbidden, "The platform does not allow this with the present token." + said)
    if code in _EXISTS:
        return made(AlreadyExists, "The id is already taken." + said)
    if code in _NOT_FOUND:
        return made(NotFound, "The platform does not know it." + said)
    if code == 54100:
        return made(IllegalMove, "The platform refuses this step from the present status." + said)
    if code in _UNSUPPORTED:
        return made(Unsupported, "The platform does not offer this." + said)
    if code in _UNCLEAR or 98000 <= code <= 99999:
        return made(Ambiguous, "The platform had a fault." + said)
    kind, message = _by_http(http, code)
    if kind is not Rejected:
        return made(kind, message if kind is Ambiguous else message + said)
    match = _FIELD.fullmatch(words)
    fields = {match[1]: match[2]} if match else {}
    return Rejected(message + said, fields=fields, code=code or None, request_id=request_id)


def _by_http(http: int, code: int) -> tuple[type[PlatformError], str]:
    """What the HTTP status alone says."""
    if http >= 500 or http in (408, 425):
        return Ambiguous, f"The platform had a fault (status {http})."
    if http in _BY_HTTP:
        return _BY_HTTP[http]
    if code == 0 and http < 400:
        return Ambiguous, "The platform's answer could not be understood."
    return Rejected, "The platform refused the request."


_BY_HTTP: dict[int, tuple[type[PlatformError], str]] = {
    401: (Unauthorized, "The platform does not accept the token."),
    403: (Forbidden, "The platform does not allow this with the present token."),
    404: (NotFound, "The platform does not know it."),
    405: (Unsupported, "The platform does not offer this."),
    409: (IllegalMove, "The platform refuses this step from the present status."),
}


def _clean_id(text: str | None) -> str:
    return "".join(ch for ch in (text or "")[:64] if ch.isalnum() or ch in "-_.")
