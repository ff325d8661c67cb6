"""Input rows -> JSON text. Source: Clarifai API, messages Input, Image and HostedURL."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.request import Request

from embedded_api.envelope import dumps
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
    "status_code",
    "created_at",
    "modified_at",
)


def media_prefix(request: Request | HttpRequest) -> str:
    """Start of every hosted address, for example `http://127.0.0.1:8001/media`."""
    base: str = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return base + "/media"


def print_row(row: tuple[Any, ...], prefix: str) -> str:
    """One `values_list(*COLUMNS)` row as JSON text."""
    public_id, kind, rest, text, media, width, height, form, mode, code, created_at, modified_at = row
    if kind == "text":
        medium = f'"text":{{"raw":{dumps(text)},"text_info":{{"char_count":{len(text)},"encoding":"UTF-8"}}}}'
    else:
        medium = (
            f'"image":{{"url":"{prefix}/orig/{media}","hosted":{{"prefix":"{prefix}","suffix":"{media}",'
            f'"sizes":["orig","large","small"]}},"image_info":{{"width":{width},"height":{height},'
            f'"format":"{form}","color_mode":"{mode}"}}}}'
        )
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
