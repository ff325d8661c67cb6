"""One sent input -> a checked row whose files are stored. Source: Clarifai API, message Input."""

import base64
import binascii
import io
import time
from dataclasses import dataclass, field

from embedded_api import fields, ids
from embedded_api.annotations.content import input_data
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json
from embedded_api.inputs import files, medium
from embedded_api.inputs.fetching import fetch
from embedded_api.inputs.kinds import KINDS
from embedded_api.inputs.shelves import Shelf, dataset_ids
from embedded_api.models import Input

# Words that stand where an id would stand in the addresses.
RESERVED = frozenset({"stream", "status", "searches", "jobs", "annotations", "uploads", "data_sources"})
FETCH_SECONDS = 20.0  # for one address


@dataclass
class Draft:
    """A checked input that is not a row yet; its files are stored already."""

    row: Input
    url_may_repeat: bool = True
    dataset_ids: list[str] = field(default_factory=list)


def read(sent: Json, where: str, shelf: Shelf, deadline: float) -> Draft:
    """One sent input; raises FieldError or ApiError. Fetching ends at `deadline` (monotonic seconds)."""
    public_id = fields.identifier(sent, "id", where, required=False) or ids.new()
    if public_id in RESERVED:
        raise FieldError(f"{where}.id", "this word is reserved")
    data, place = fields.mapping(sent, "data", where), f"{where}.data"
    named = [name for name in KINDS if name in data]
    if len(named) != 1:
        raise FieldError(place, "must have exactly one of image, text, video and audio")
    kind = named[0]
    rest = {name: value for name, value in data.items() if name != kind}
    content, place = fields.mapping(data, kind, place), f"{place}.{kind}"
    row = Input(
        app=shelf.app, public_id=public_id, data=dumps(input_data(rest, f"{where}.data", shelf.concepts))
    )
    draft = Draft(row, fields.flag(content, "allow_duplicate_url", place), dataset_ids(sent, where, shelf))
    row.source_url = fields.text(content, "url", place, limit=2048)
    try:
        if kind == "text" and not row.source_url:
            raw = fields.text(content, "raw", place, limit=medium.MAX_TEXT, line=False)
            medium.fill(row, medium.raw_text(raw))
        else:
            _take_file(row, content, kind, place, deadline)
    except ApiError as error:
        raise ApiError(error.http, error.code, f"{place}: {error.details}") from None
    return draft


def _take_file(row: Input, content: Json, kind: str, where: str, deadline: float) -> None:
    """Fetch or decode the file, check it, store it, and fill in the row."""
    other = "raw" if kind == "text" else "base64"
    encoded = content.get(other, "")
    if not isinstance(encoded, str):
        raise FieldError(f"{where}.{other}", "must be text")
    if bool(encoded) == bool(row.source_url):
        raise FieldError(where, f"must have exactly one of {other} and url")
    with files.spool() if row.source_url else io.BytesIO(_decoded(encoded, where)) as file:
        if row.source_url:
            until = min(deadline, time.monotonic() + FETCH_SECONDS)
            fetch(row.source_url, file, medium.LIMITS[kind], until)
        found = medium.read(file, kind)
        medium.store(found, file)
    medium.fill(row, found)


def _decoded(encoded: str, where: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(f"{where}.base64", "is not base64") from None
