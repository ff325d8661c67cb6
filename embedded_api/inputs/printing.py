"""Input rows -> JSON text. Source: Clarifai API, messages Input, Image, Video, Audio, Text, HostedURL."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from embedded_api.envelope import dumps
from embedded_api.inputs.pictures import SIZES
from embedded_api.models import Input
from embedded_api.status_codes import PRINTED

COLUMNS = (
    "public_id",
    "kind",
    "data",
    "text",
    "media",
    "width",
    "height",
    "format",
    "color_mode",
    "info",
    "status_code",
    "created_at",
    "modified_at",
)

IMAGE_SIZES = dumps(["orig", *SIZES])
ORIGINAL = '["orig"]'


def media_prefix(request: Request | HttpRequest) -> str:
    """Start of every hosted address, for example `http://127.0.0.1:8001/media`."""
    base: str = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return base + "/media"


def _hosted(media: str, prefix: str, sizes: str) -> str:
    """The members `url` and `hosted` of a medium."""
    return (
        f'"url":"{prefix}/orig/{media}","hosted":{{"prefix":"{prefix}","suffix":"{media}","sizes":{sizes}}}'
    )


def print_row(row: tuple[Any, ...], prefix: str) -> str:
    """One `values_list(*COLUMNS)` row as JSON text."""
    public_id, kind, rest, text, media, width, height, form, mode, info, code, created_at, modified_at = row
    if kind == "image":
        shown = f'"width":{width},"height":{height},"format":"{form}","color_mode":"{mode}"'
        medium = f'"image":{{{_hosted(media, prefix, IMAGE_SIZES)},"image_info":{{{shown}}}}}'
    elif kind == "text":
        hosted = _hosted(media, prefix, ORIGINAL) + "," if media else ""
        counted = f'"text_info":{{"char_count":{len(text)},"encoding":"UTF-8"}}'
        medium = f'"text":{{"raw":{dumps(text)},{hosted}{counted}}}'
    else:
        medium = f'"{kind}":{{{_hosted(media, prefix, ORIGINAL)},"{kind}_info":{info}}}'
    data = f"{{{medium}}}" if rest == "{}" else f"{{{medium},{rest[1:]}"
    return (
        f'{{"id":"{public_id}","data":{data},"created_at":"{created_at}","modified_at":"{modified_at}",'
        f'"status":{PRINTED[code]}}}'
    )


def print_input(row: Input, prefix: str) -> str:
    """One input as JSON text."""
    return print_row(tuple(getattr(row, name) for name in COLUMNS), prefix)


def print_query(rows: QuerySet[Input], prefix: str) -> list[str]:
    """All rows of a query (already ordered and cut) as JSON texts, in one read."""
    return [print_row(row, prefix) for row in rows.values_list(*COLUMNS)]
