"""Routes of annotations."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.annotations.access import Precondition, may_change
from embedded_api.annotations.listing import cut, filtered
from embedded_api.annotations.patching import patch, read_action
from embedded_api.annotations.posting import echo, post, room_of
from embedded_api.annotations.printing import entity_tag, print_annotation, print_query
from embedded_api.base import AppView
from embedded_api.bulk import Bulk
from embedded_api.errors import ApiError, FieldError
from embedded_api.models import Annotation

MAX_DELETED = 128  # pairs or inputs per call


class AnnotationView(AppView):
    """What all routes of annotations share."""

    invalid_code = 24155
    scope_family = "Annotations"


class Annotations(AnnotationView):
    """GET, POST, PATCH, DELETE U/annotations."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = cut(filtered(self.app, self.query), page)
        return envelope.answer(raw={"annotations": envelope.array(print_query(rows))})

    def post(self, request: Request) -> HttpResponse:
        sent = fields.objects(self.body, "annotations")
        bulk = Bulk("annotations", len(sent), self.invalid_code)
        post(sent, room_of(self.app, self.caller.user_id, self.is_owner), bulk)
        return bulk.answer()

    def patch(self, request: Request) -> HttpResponse:
        action = read_action(self.body)
        sent = fields.objects(self.body, "annotations")
        delete_empty = fields.flag(self.body, "delete_if_empty_data")
        bulk = Bulk("annotations", len(sent), self.invalid_code)
        room = room_of(self.app, self.caller.user_id, self.is_owner)
        patch(sent, action, delete_empty, room, Precondition(request), bulk)
        return bulk.answer()

    def delete(self, request: Request) -> HttpResponse:
        input_ids = fields.identifiers(self.body, "input_ids", limit=MAX_DELETED)
        wanted = fields.identifiers(self.body, "ids", limit=MAX_DELETED)
        if not input_ids:
            raise FieldError("input_ids", "is required: deleting everything is refused")
        if wanted:
            return self._delete_pairs(input_ids, wanted, Precondition(request))
        self._delete_of_inputs(input_ids, Precondition(request))
        return envelope.answer()

    def _delete_pairs(self, input_ids: list[str], wanted: list[str], needed: Precondition) -> HttpResponse:
        if len(wanted) != len(input_ids):
            raise FieldError("ids", "must be as many as input_ids, pair by pair")
        bulk = Bulk("annotations", len(wanted), self.invalid_code)
        gone: list[int] = []
        failed = False
        with transaction.atomic():
            rows = Annotation.objects.filter(app=self.app, public_id__in=wanted)
            found = {(row.input_public_id, row.public_id): row for row in rows}
            for place, pair in enumerate(zip(input_ids, wanted, strict=True)):
                pair_echo = echo({"input_id": pair[0], "id": pair[1]})
                try:
                    row = found.get(pair)
                    if row is None:
                        raise errors.missing(f"ids[{place}]: no annotation with this id on this input")
                    self._check_delete(row, needed)
                    gone.append(row.pk)
                    done = {"status": envelope.item_status(10000)}
                    bulk.succeed(place, envelope.dumps(pair_echo | done))
                except ApiError as error:
                    failed = True
                    bulk.fail(place, error, pair_echo)
            Annotation.objects.filter(pk__in=gone).delete()
        return bulk.answer() if failed else envelope.answer()

    def _delete_of_inputs(self, input_ids: list[str], needed: Precondition) -> None:
        """All annotations of these inputs but the input-level ones; all or nothing."""
        with transaction.atomic():
            rows = Annotation.objects.filter(
                app=self.app, input__app=self.app, input__public_id__in=input_ids, input_level=False
            )
            touched = list(rows)
            for row in touched:
                self._check_delete(row, needed)
            Annotation.objects.filter(pk__in=[row.pk for row in touched]).delete()

    def _check_delete(self, row: Annotation, needed: Precondition) -> None:
        check_delete(row, self.caller.user_id, self.is_owner, needed)


class InputsAnnotations(Annotations):
    """DELETE U/inputs/annotations: another address of the bulk delete."""

    http_method_names = ["delete"]


def check_delete(row: Annotation, user_id: str, is_owner: bool, needed: Precondition) -> None:
    """Raises ApiError when this annotation may not be deleted now by this user."""
    may_change(row, user_id, is_owner)
    if row.input_level:
        raise errors.invalid("an input-level annotation goes only with its input", 24155)
    needed.check(row)


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
        return envelope.answer(raw={"annotation": print_annotation(row)}, headers=headers)

    def delete(self, request: Request, input_id: str, annotation_id: str) -> HttpResponse:
        with transaction.atomic():
            row = self._find(input_id, annotation_id)
            check_delete(row, self.caller.user_id, self.is_owner, Precondition(request))
            row.delete()
        return envelope.answer()
