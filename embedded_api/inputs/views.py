"""Routes of inputs."""

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.annotations import masks
from embedded_api.annotations.patching import patch_input
from embedded_api.base import MEGABYTE, AppView
from embedded_api.bulk import Bulk
from embedded_api.errors import ApiError, FieldError
from embedded_api.inputs import manifests, pictures
from embedded_api.inputs.posting import echo, post, resolution_of
from embedded_api.inputs.printing import media_prefix, print_input, print_query
from embedded_api.inputs.shelves import shelf_of
from embedded_api.jobs.counting import count
from embedded_api.jobs.printing import add_job
from embedded_api.models import Input
from embedded_api.status_codes import OF_INPUTS

STREAM_SIZE = 20


class InputView(AppView):
    """What all routes of inputs share."""

    invalid_code = 30104

    def rows(self) -> QuerySet[Input]:
        return Input.objects.filter(app=self.app)

    def find(self, public_id: str) -> Input:
        found = self.rows().filter(public_id=public_id).first()
        if found is None:
            raise _no_such_input()
        return found

    def print_all(self, rows: QuerySet[Input]) -> HttpResponse:
        printed = print_query(rows, media_prefix(self.request))
        return envelope.answer(raw={"inputs": envelope.array(printed)})


class Inputs(InputView):
    """GET, POST, PATCH, DELETE U/inputs."""

    body_limit = 32 * MEGABYTE  # pictures travel as base64

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = self.rows()
        if wanted := self.query.identifiers("ids"):
            rows = rows.filter(public_id__in=wanted)
        if codes := self.query.status_codes("status.code", OF_INPUTS):
            rows = rows.filter(status_code__in=codes)
        rows = rows.order_by("pk")
        if page.start == 0:
            return self.print_all(rows[: page.stop])
        keys = rows.values("pk")[page.start : page.stop]
        return self.print_all(Input.objects.filter(pk__in=keys).order_by("pk"))

    def post(self, request: Request) -> HttpResponse:
        sent = fields.objects(self.body, "inputs")
        resolution = resolution_of(self.body)
        bulk = Bulk("inputs", len(sent), self.invalid_code)
        job_id = fields.identifier(self.body, "inputs_add_job_id", required=False)
        shelf = shelf_of(self.app, self.caller.user_id, sent)
        made = post(sent, shelf, media_prefix(request), bulk, resolution)
        if not job_id:
            return bulk.answer()
        job = count(self.app, job_id, made, bulk.failures)
        return bulk.answer(inputs_add_job=envelope.dumps(add_job(job)))

    def patch(self, request: Request) -> HttpResponse:
        action = fields.action(self.body)
        sent_rows = fields.objects(self.body, "inputs")
        bulk = Bulk("inputs", len(sent_rows), self.invalid_code)
        concepts = shelf_of(self.app, self.caller.user_id, []).concepts
        prefix = media_prefix(request)
        named = [sent["id"] for sent in sent_rows if isinstance(sent.get("id"), str)]
        with transaction.atomic():
            found = {row.public_id: row for row in self.rows().filter(public_id__in=named)}
            for place, sent in enumerate(sent_rows):
                where = f"inputs[{place}]"
                try:
                    one = found.get(fields.identifier(sent, "id", where))
                    if one is None:
                        raise _no_such_input()
                    if "data" in sent:
                        data = fields.mapping(sent, "data", where)
                        patch_input(one, data, action, f"{where}.data", concepts)
                    bulk.succeed(place, print_input(one, prefix))
                except (FieldError, ApiError) as error:
                    bulk.fail(place, error, echo(sent))
        return bulk.answer()

    def delete(self, request: Request) -> HttpResponse:
        wanted = fields.named(self.body, "ids")
        delete(self.rows().filter(public_id__in=wanted), wanted)
        return envelope.answer()


def _no_such_input() -> ApiError:
    return errors.missing("no such input in this app", 30102)


def delete(rows: QuerySet[Input], wanted: list[str]) -> None:
    """Delete all wanted inputs with their annotations, or none when one is unknown; then their files."""
    with transaction.atomic():
        found = dict(rows.values_list("public_id", "media"))
        errors.check_known(wanted, found, "no such input in this app:", 30102)
        masks.drop_of_inputs(rows)
        rows.delete()
    for media in found.values():
        pictures.remove(media)


class OneInput(InputView):
    """GET and DELETE U/inputs/{input_id}."""

    def get(self, request: Request, input_id: str) -> HttpResponse:
        printed = print_input(self.find(input_id), media_prefix(request))
        return envelope.answer(raw={"input": printed})

    def delete(self, request: Request, input_id: str) -> HttpResponse:
        delete(self.rows().filter(public_id=input_id), [input_id])
        return envelope.answer()


class InputStream(InputView):
    """GET U/inputs/stream: keyset pages after `last_id`, by time of addition or by id."""

    def get(self, request: Request) -> HttpResponse:
        size = self.query.page(STREAM_SIZE).size
        descending = self.query.flag("descending")
        column = "public_id" if self.query.flag("order_by_id") else "pk"
        rows = self.rows()
        if last_id := self.query.text("last_id"):
            last = self.find(last_id)
            after = last.public_id if column == "public_id" else last.pk
            rows = rows.filter(**{f"{column}__{'lt' if descending else 'gt'}": after})
        return self.print_all(rows.order_by(f"-{column}" if descending else column)[:size])


class InputCounts(InputView):
    """GET U/inputs/status: numbers of inputs by state."""

    def get(self, request: Request) -> HttpResponse:
        found = dict(self.rows().values_list("status_code").annotate(number=Count("pk")).order_by())
        counts = {
            "processed": found.get(30000, 0),
            "to_process": found.get(30001, 0),
            "errors": found.get(30002, 0),
            "processing": found.get(30003, 0),
            "reindexed": 0,
            "to_reindex": 0,
            "reindex_errors": 0,
            "reindexing": 0,
        }
        return envelope.answer({"counts": counts})


class VideoManifest(InputView):
    """GET U/inputs/{input_id}/video_manifest: how to play a video, as MPEG-DASH in a data address."""

    def get(self, request: Request, input_id: str) -> HttpResponse:
        found = self.find(input_id)
        if found.kind != "video":
            raise errors.ApiError(415, 30101, "only videos have a manifest")
        return envelope.answer({"manifest_url": manifests.data_url(found, media_prefix(request))})
