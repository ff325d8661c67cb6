"""Routes of annotations."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.annotations.access import Precondition
from embedded_api.annotations.deleting import check, delete, delete_of_inputs, delete_pairs
from embedded_api.annotations.listing import cut, filtered
from embedded_api.annotations.patching import patch
from embedded_api.annotations.posting import Room, post, room_of
from embedded_api.annotations.printing import entity_tag, print_annotation, print_query
from embedded_api.base import AppView
from embedded_api.bulk import Bulk
from embedded_api.errors import FieldError
from embedded_api.inputs.printing import media_prefix
from embedded_api.models import Annotation

MAX_DELETED = 128  # pairs or inputs per call


class AnnotationView(AppView):
    """What all routes of annotations share."""

    invalid_code = 24155

    def room(self) -> Room:
        """What the rules of writing need to know."""
        return room_of(self.app, self.caller.user_id, self.is_owner)


class Annotations(AnnotationView):
    """GET, POST, PATCH, DELETE U/annotations."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = cut(filtered(self.app, self.query), page)
        return envelope.answer(raw={"annotations": envelope.array(print_query(rows, media_prefix(request)))})

    def post(self, request: Request) -> HttpResponse:
        sent = fields.objects(self.body, "annotations")
        bulk = Bulk("annotations", len(sent), self.invalid_code)
        post(sent, self.room(), bulk, media_prefix(request))
        return bulk.answer()

    def patch(self, request: Request) -> HttpResponse:
        action = fields.action(self.body)
        sent = fields.objects(self.body, "annotations")
        delete_empty = fields.flag(self.body, "delete_if_empty_data")
        bulk = Bulk("annotations", len(sent), self.invalid_code)
        patch(sent, action, delete_empty, self.room(), Precondition(request), bulk, media_prefix(request))
        return bulk.answer()

    def delete(self, request: Request) -> HttpResponse:
        input_ids = fields.identifiers(self.body, "input_ids", limit=MAX_DELETED)
        wanted = fields.identifiers(self.body, "ids", limit=MAX_DELETED)
        if not input_ids:
            raise FieldError("input_ids", "is required: deleting everything is refused")
        if wanted:
            delete_pairs(input_ids, wanted, self.room(), Precondition(request))
        else:
            delete_of_inputs(input_ids, self.room(), Precondition(request))
        return envelope.answer()


class InputsAnnotations(Annotations):
    """DELETE U/inputs/annotations: another address of the bulk delete."""

    http_method_names = ["delete"]


class OneAnnotation(AnnotationView):
    """GET and DELETE U/inputs/{input_id}/annotations/{annotation_id}."""

    def _find(self, input_id: str, annotation_id: str) -> Annotation:
        rows = Annotation.objects.filter(app=self.app, public_id=annotation_id, input_public_id=input_id)
        found = rows.first()
        if found is None:
            raise errors.missing("no annotation with this id on this input")
        return found

    def get(self, request: Request, input_id: str, annotation_id: str) -> HttpResponse:
        row = self._find(input_id, annotation_id)
        headers = {"ETag": entity_tag(row.public_id, row.modified_at)}
        return envelope.answer(
            raw={"annotation": print_annotation(row, media_prefix(request))}, headers=headers
        )

    def delete(self, request: Request, input_id: str, annotation_id: str) -> HttpResponse:
        with transaction.atomic():
            row = self._find(input_id, annotation_id)
            check(row, self.room(), Precondition(request))
            delete([row])
        return envelope.answer()
