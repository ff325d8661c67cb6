"""GET annotations: filters and pages. Source: Clarifai API guide, section list annotations."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from embedded_api.errors import FieldError
from embedded_api.models import Annotation, App, Input
from embedded_api.query import Page, Query
from embedded_api.status_codes import OF_ANNOTATIONS

Row = TypeVar("Row", Annotation, Input)
_WORKERS = {
    "user_ids": "user_id",
    "model_version_ids": "model_version_id",
    "workflow_version_ids": "workflow_version_id",
}


def filtered(app: App, query: Query) -> QuerySet[Annotation]:
    """All annotations of the app that pass every filter of the query, oldest first."""
    rows: QuerySet[Annotation] = Annotation.objects.filter(app=app)
    input_ids = query.identifiers("input_ids")
    wanted = query.identifiers("ids")
    if wanted and input_ids:
        rows = rows.filter(pk__in=_pairs(app, input_ids, wanted))
    elif wanted:
        rows = rows.filter(public_id__in=wanted)
    elif input_ids:
        keys = Input.objects.filter(app=app, public_id__in=input_ids).values_list("pk", flat=True)
        # Without the app, so that the index of inputs is the only one that fits.
        rows = Annotation.objects.filter(input_id__in=list(keys))
    rows = _by_worker(rows, query, trusted_only=not wanted)
    if task_id := query.text("task_id"):
        rows = rows.filter(task_id=task_id)
    if "statuses" in query:
        raise FieldError("statuses", "use statuses.code=24157, or POST annotations/searches")
    if codes := query.status_codes("statuses.code", OF_ANNOTATIONS):
        rows = rows.filter(status_code__in=codes)
    query.flag("return_model_output")  # checked only: what a model says is the annotation itself
    return rows.order_by("pk")


def _by_worker(rows: QuerySet[Annotation], query: Query, trusted_only: bool) -> QuerySet[Annotation]:
    """Those of any of the named users, models and workflows; without such names and flags the trusted ones."""
    found = Q()
    for name, column in _WORKERS.items():
        if named := query.identifiers(name):
            found |= Q(**{f"{column}__in": named})
    everything = query.flag("list_all_annotations")
    if found:
        return rows.filter(found)
    return rows if everything or not trusted_only else rows.filter(trusted=True)


def _pairs(app: App, input_ids: list[str], wanted: list[str]) -> list[int]:
    if len(wanted) != len(input_ids):
        raise FieldError("ids", "must be as many as input_ids, pair by pair")
    pairs = set(zip(input_ids, wanted, strict=True))
    found = Annotation.objects.filter(app=app, public_id__in=wanted)
    return [
        pk
        for pk, input_id, public_id in found.values_list("pk", "input_public_id", "public_id")
        if (input_id, public_id) in pairs
    ]


def cut(rows: QuerySet[Row], page: Page) -> QuerySet[Row]:
    """One page. A deep one is found in the index alone before any row is read."""
    if page.start == 0:
        return rows[: page.stop]
    order = rows.query.order_by
    keys = rows.values("pk")[page.start : page.stop]
    return rows.model._default_manager.filter(pk__in=keys).order_by(*order)
