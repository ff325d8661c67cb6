"""The inputs of a predict call -> a small picture or a text each. Source: Clarifai API guide, section predict.

An input is named by its id, or sent as such: a picture as base64 or by its address, a text as raw text.
"""

from __future__ import annotations

import base64
import binascii
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PIL import Image

from embedded_api import errors, fields, ids
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json, join
from embedded_api.inputs import files, pictures
from embedded_api.inputs.fetching import fetch
from embedded_api.models import App, Input

FETCH_SECONDS = 20.0  # for all addresses of one call
PREDICTION_FAILED = 21313


@dataclass(frozen=True)
class Subject:
    """What the model looks at, and the id that the answer names (a new one for an input that is not stored)."""

    id: str
    content: Image.Image | str


def subjects(app: App, listed: list[Json], media: str) -> Iterator[Subject | FieldError | ApiError]:
    """A subject, or why there is none, for each input in order. `media`: start of our own hosted addresses."""
    names = {name for sent in listed if (name := _hosted_name(sent, media))}
    by_id = [sent["id"] for sent in listed if isinstance(sent.get("id"), str)]
    stored = {row.public_id: row for row in Input.objects.filter(app=app, public_id__in=by_id)}
    hosted = {row.media: row for row in Input.objects.filter(app=app, media__in=names)} if names else {}
    deadline = time.monotonic() + FETCH_SECONDS
    for number, sent in enumerate(listed):
        where = f"inputs[{number}]"
        try:
            public_id = fields.identifier(sent, "id", where, required=False)
            row = hosted.get(_hosted_name(sent, media))
            if row is None and sent.get("data"):
                content = _sent(fields.mapping(sent, "data", where), f"{where}.data", deadline)
                yield Subject(public_id or ids.new(), content)
                continue
            row = row or stored.get(public_id)
            if row is None:
                raise errors.missing(f"{where}.id: no such input in this app", 30102)
            yield Subject(public_id or row.public_id, _kept(row))
        except (FieldError, ApiError) as error:
            yield error


def pictures_of(rows: Iterable[Input]) -> Iterator[tuple[Input, Image.Image]]:
    """Stored pictures with their rows; those whose file is gone are left out."""
    for row in rows:
        try:
            content = _kept(row)
        except ApiError:
            continue
        if not isinstance(content, str):
            yield row, content


def _hosted_name(sent: Json, media: str) -> str:
    """File name of a picture whose address is one of our own; "" for everything else."""
    found = sent
    for name in ("data", "image"):
        inner = found.get(name)
        found = inner if isinstance(inner, dict) else {}
    url = found.get("url")
    return url.rsplit("/", 1)[-1] if isinstance(url, str) and url.startswith(f"{media}/") else ""


def _kept(row: Input) -> Image.Image | str:
    if row.kind == "image":
        path = files.path_of(row.media, "small")
        if not path.exists():
            pictures.restore(row.media)
        try:
            return _decoded(path.read_bytes())
        except FileNotFoundError:
            raise errors.missing("the file of this input is gone", 30102) from None
    if row.kind == "text":
        return row.text
    raise ApiError(400, PREDICTION_FAILED, "the demo model looks at pictures and texts only")


def _sent(data: Json, where: str, deadline: float) -> Image.Image | str:
    if text := fields.mapping(data, "text", where):
        raw = fields.text(text, "raw", join(where, "text"), limit=100_000, line=False)
        if not raw:
            raise FieldError(f"{where}.text.raw", "is required")
        return raw
    image, place = fields.mapping(data, "image", where), join(where, "image")
    encoded, url = image.get("base64"), fields.text(image, "url", place, limit=2048)
    if bool(encoded) == bool(url):
        raise FieldError(place, "must have exactly one of base64 and url")
    if url:
        with files.spool() as file:
            fetch(url, file, pictures.MAX_BYTES, deadline)
            file.seek(0)
            return _checked(file.read())
    try:
        return _checked(base64.b64decode(encoded or "", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise FieldError(f"{place}.base64", "is not base64") from None


def _checked(content: bytes) -> Image.Image:
    return _decoded(pictures.read(content).files["small"])


def _decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
