"""The bytes of uploads: one file per part, so that parts may come in any order and at the same time."""

import base64
import binascii
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from embedded_api import fields, ids
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json
from embedded_api.inputs import files
from embedded_api.jobs.states import UPLOAD_CONFLICT
from embedded_api.models import Upload, UploadPart

MAX_NUMBER = 10_000


@dataclass(frozen=True)
class SentPart:
    """A part of a request: bytes `start` to `start + len(data)`."""

    number: int
    start: int
    data: bytes


def read(sent: Json, where: str, length: int) -> SentPart:
    """`UploadContentPart` of an upload of `length` bytes; raises FieldError."""
    number = fields.integer(sent, "part_number", where, low=1, high=MAX_NUMBER)
    start = fields.integer(sent, "range_start", where, low=0, high=length - 1)
    encoded = sent.get("data", "")
    if not isinstance(encoded, str):
        raise FieldError(f"{where}.data", "must be text")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(f"{where}.data", "is not base64") from None
    if not data:
        raise FieldError(f"{where}.data", "must not be empty")
    if start + len(data) > length:
        raise FieldError(f"{where}.range_start", f"the part ends behind content_length ({length})")
    return SentPart(number, start, data)


def fresh(sent: list[SentPart], upload: Upload) -> list[SentPart]:
    """Those that are not there yet, for parts are sent again when an answer is lost; raises ApiError 68006 for a
    part that contradicts one that is there."""
    known = {
        number: (start, size) for number, start, size in upload.parts.values_list("number", "start", "size")
    }
    new: list[SentPart] = []
    for part in sent:
        place = (part.start, len(part.data))
        if known.get(part.number) == place:
            continue
        if part.number in known:
            raise _conflict(f"part {part.number} is there already, with another range")
        if any(part.start < start + size and start < part.start + place[1] for start, size in known.values()):
            raise _conflict(f"part {part.number} overlaps another part")
        known[part.number] = place
        new.append(part)
    return new


def _conflict(details: str) -> ApiError:
    return ApiError(409, UPLOAD_CONFLICT, details)


def write(upload: Upload, part: SentPart) -> UploadPart:
    """Put the bytes of a part on the disk; answers the row, not yet saved."""
    row = UploadPart(upload=upload, number=part.number, start=part.start, size=len(part.data), file=ids.new())
    files.write(_folder(upload) / row.file, io.BytesIO(part.data), durable=True)
    return row


def forget(rows: list[UploadPart]) -> None:
    """Remove the files of parts that did not become rows."""
    for row in rows:
        (_folder(row.upload) / row.file).unlink(missing_ok=True)


def join(upload: Upload, target: IO[bytes], beat: Callable[[], None]) -> None:
    """Write the whole content of a complete upload into `target`; raises OSError when bytes are lost."""
    for name in upload.parts.order_by("start").values_list("file", flat=True):
        with (_folder(upload) / name).open("rb") as file:
            shutil.copyfileobj(file, target, files.CHUNK)
        beat()


def remove(upload: Upload) -> None:
    """Delete the bytes of an upload; its row stays."""
    shutil.rmtree(_folder(upload), ignore_errors=True)


def _folder(upload: Upload) -> Path:
    root: Path = settings.DATA_DIR
    return root / "embedded_uploads" / upload.folder
