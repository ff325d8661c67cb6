"""Annotation rows -> JSON text, without parsing what is stored. Source: Clarifai API, Annotation message.

Ids need no escaping (see `embedded_api.ids`); `data` and `annotation_info` are checked JSON text.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from embedded_api.models import Annotation
from embedded_api.status_codes import PRINTED

# In this order `values_list` rows come.
COLUMNS = (
    "public_id",
    "input_public_id",
    "user_id",
    "task_id",
    "status_code",
    "input_level",
    "data",
    "annotation_info",
    "created_at",
    "modified_at",
)


def print_row(row: tuple[Any, ...]) -> str:
    """One `values_list(*COLUMNS)` row as JSON text."""
    public_id, input_id, user_id, task_id, code, level, data, info, created_at, modified_at = row
    task = f',"task_id":"{task_id}"' if task_id else ""
    extra = f',"annotation_info":{info}' if info != "{}" else ""
    return (
        f'{{"id":"{public_id}","input_id":"{input_id}","data":{data},"user_id":"{user_id}",'
        f'"worker":{{"user":{{"id":"{user_id}"}}}},"status":{PRINTED[code]},"created_at":"{created_at}",'
        f'"modified_at":"{modified_at}","trusted":true,"input_level":{"true" if level else "false"}'
        f"{task}{extra}}}"
    )


def print_annotation(annotation: Annotation) -> str:
    """One annotation as JSON text."""
    return print_row(tuple(getattr(annotation, name) for name in COLUMNS))


def print_query(rows: QuerySet[Annotation]) -> list[str]:
    """All rows of a query (already ordered and cut) as JSON texts, in one read."""
    found: Iterable[tuple[Any, ...]] = rows.values_list(*COLUMNS)
    return [print_row(row) for row in found]


def entity_tag(public_id: str, modified_at: str) -> str:
    """`"<id>@<modified_at>"`, quotes included: what ETag and If-Match carry."""
    return f'"{public_id}@{modified_at}"'
