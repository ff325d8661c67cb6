"""Annotation rows -> JSON text, without parsing what is stored. Source: Clarifai API, Annotation message.

Ids need no escaping (see `embedded_api.ids`); `data` and `annotation_info` are checked JSON text.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from embedded_api.annotations import authors, masks
from embedded_api.envelope import dumps
from embedded_api.models import Annotation
from embedded_api.models.annotations import Values
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
    "trusted",
    *authors.COLUMNS[1:],
    "consensus_info",
    "embed_model_version_id",
    "mask",
)
_printed = itemgetter(*COLUMNS)
# The columns after `trusted` of an annotation by a user that has nothing out of the ordinary.
_PLAIN = ("", "", "", "", "{}", "", "")


def print_row(row: tuple[Any, ...], prefix: str = "") -> str:
    """One `values_list(*COLUMNS)` row as JSON text. `prefix`: start of hosted addresses, for masks."""
    # The usual row is read by the shortest way: this runs for each of 100,000.
    public_id, input_id, user_id, task_id, code, level, data, info, created_at, modified_at, trusted = row[
        :11
    ]
    extra = f',"task_id":"{task_id}"' if task_id else ""
    if info != "{}":
        extra += f',"annotation_info":{info}'
    if row[11:] != _PLAIN:
        consensus, embedder, mask = row[15:]
        if consensus != "{}":
            extra += f',"consensus_info":{consensus}'
        if embedder:
            extra += f',"embed_model_version_id":"{embedder}"'
        if mask:
            data = masks.shown(data, mask, prefix)
    if user_id:
        author = f'"user_id":"{user_id}","worker":{{"user":{{"id":"{user_id}"}}}}'
    else:
        author = _model_or_workflow(row[11:15])
    return (
        f'{{"id":"{public_id}","input_id":"{input_id}","data":{data},{author},"status":{PRINTED[code]},'
        f'"created_at":"{created_at}","modified_at":"{modified_at}","trusted":{"true" if trusted else "false"},'
        f'"input_level":{"true" if level else "false"}{extra}}}'
    )


def _model_or_workflow(maker: tuple[str, ...]) -> str:
    """Ids in the order of `authors.COLUMNS`, without the user's -> `worker`, and the older field of a model."""
    found = dict(zip(authors.COLUMNS, ("", *maker), strict=True))
    older = f'"model_version_id":"{found["model_version_id"]}",' if found["model_version_id"] else ""
    return f'{older}"worker":{dumps(authors.worker_of(found))}'


def print_values(row: Values, prefix: str = "") -> str:
    """The values of an annotation as JSON text."""
    return print_row(_printed(row), prefix)


def print_annotation(annotation: Annotation, prefix: str = "") -> str:
    """One annotation as JSON text."""
    return print_row(tuple(getattr(annotation, name) for name in COLUMNS), prefix)


def print_query(rows: QuerySet[Annotation], prefix: str = "") -> list[str]:
    """All rows of a query (already ordered and cut) as JSON texts, in one read."""
    found: Iterable[tuple[Any, ...]] = rows.values_list(*COLUMNS)
    return [print_row(row, prefix) for row in found]


def entity_tag(public_id: str, modified_at: str) -> str:
    """`"<id>@<modified_at>"`, quotes included: what ETag and If-Match carry."""
    return f'"{public_id}@{modified_at}"'
