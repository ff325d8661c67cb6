"""Annotation filters: which annotations count for a dataset version. Source: Clarifai API, AnnotationFilter."""

import json
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields, ids
from embedded_api.base import AppView
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import Annotation, AnnotationFilter, App
from embedded_api.searches.reading import canonical
from embedded_api.searches.running import matching_annotations
from embedded_api.status_codes import APPROVED


def annotations_of(app: App, filter_id: str) -> QuerySet[Annotation]:
    """The annotations that a filter lets through; without one, those that are approved."""
    if not filter_id:
        return Annotation.objects.filter(app=app, status_code=APPROVED)
    known = AnnotationFilter.objects.filter(app=app, public_id=filter_id).first()
    return matching_annotations(app, json.loads(known.query) if known else {})


def read_filter(app: App, sent: Json, where: str) -> str:
    """A filter by the id of a stored one, or one that is stored now; answers the id, "" for none."""
    if not sent:
        return ""
    if "search" in sent:
        made = _new(app, sent, where)
        if AnnotationFilter.objects.filter(app=app, public_id=made.public_id).exists():
            raise errors.duplicate(f"{where}.id: an annotation filter with this id exists")
        made.save()
        return made.public_id
    public_id = fields.identifier(sent, "id", where)
    if not AnnotationFilter.objects.filter(app=app, public_id=public_id).exists():
        raise FieldError(join(where, "id"), f"the app has no annotation filter {public_id}")
    return public_id


def _new(app: App, sent: Json, where: str) -> AnnotationFilter:
    search = fields.mapping(sent, "search", where)
    query = fields.mapping(search, "query", join(where, "search"))
    matching_annotations(app, query)  # a query that cannot run is refused now, not later
    public_id = fields.identifier(sent, "id", where, required=False) or ids.new()
    return AnnotationFilter(app=app, public_id=public_id, query=envelope.dumps(canonical(query)))


def print_filter(row: AnnotationFilter) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
        "user_id": row.app.owner_id,
        "app_id": row.app.public_id,
        "search": {"query": json.loads(row.query)},
    }


class AnnotationFilters(AppView):
    """GET and POST U/annotation_filters; posting is all or nothing."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = AnnotationFilter.objects.filter(app=self.app).select_related("app").order_by("pk")
        return _answer(list(rows[page.start : page.stop]))

    def post(self, request: Request) -> HttpResponse:
        sent = fields.objects(self.body, "annotation_filters")
        rows = [_new(self.app, one, f"annotation_filters[{place}]") for place, one in enumerate(sent)]
        wanted = [row.public_id for row in rows]
        fields.no_repeats(wanted, "annotation_filters")
        with transaction.atomic():
            known = AnnotationFilter.objects.filter(app=self.app, public_id__in=wanted).first()
            if known is not None:
                raise errors.duplicate("an annotation filter with this id exists: " + known.public_id)
            AnnotationFilter.objects.bulk_create(rows)
        return _answer(rows)


def _answer(rows: list[AnnotationFilter]) -> HttpResponse:
    return envelope.answer({"annotation_filters": [print_filter(row) for row in rows]})
