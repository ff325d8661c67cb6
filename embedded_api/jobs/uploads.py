"""Routes of uploads: files that come in parts."""

from django.db import transaction
from django.db.models import Sum
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields
from embedded_api.base import MEGABYTE, AppView
from embedded_api.bulk import Bulk
from embedded_api.errors import ApiError, FieldError
from embedded_api.jobs import cancelling, creating, parts, printing, worker
from embedded_api.jobs.states import OPEN, UPLOAD_CONFLICT, UPLOAD_EXPIRED, UPLOADED, UPLOADING
from embedded_api.models import ExtractionJob, Upload, UploadPart


class UploadView(AppView):
    """What the routes of uploads share."""

    def find(self, public_id: str) -> Upload:
        found = Upload.objects.select_related("app").filter(app=self.app, public_id=public_id).first()
        if found is None:
            raise errors.missing("no such upload in this app")
        return found

    def print_one(self, row: Upload) -> HttpResponse:
        return envelope.answer({"upload": printing.upload(row)})


class Uploads(UploadView):
    """GET, POST and DELETE U/uploads."""

    def get(self, request: Request) -> HttpResponse:
        cancelling.expire()
        page = self.query.page()
        rows = Upload.objects.filter(app=self.app).order_by("pk")[page.start : page.stop]
        return envelope.answer({"uploads": [printing.upload(row) for row in rows]})

    def post(self, request: Request) -> HttpResponse:
        cancelling.expire()
        sent_rows = fields.objects(self.body, "uploads")
        bulk = Bulk("uploads", len(sent_rows), self.invalid_code)
        for place, sent in enumerate(sent_rows):
            where = f"uploads[{place}]"
            try:
                row = creating.read_upload(sent, where, self.app)
                with transaction.atomic():
                    creating.save_upload(row, where)
                bulk.succeed(place, envelope.dumps(printing.upload(row)))
            except (FieldError, ApiError) as error:
                bulk.fail(place, error, {"id": sent["id"]} if isinstance(sent.get("id"), str) else {})
        return bulk.answer()

    def delete(self, request: Request) -> HttpResponse:
        wanted = fields.named(self.body, "ids")
        with transaction.atomic():
            rows = list(Upload.objects.filter(app=self.app, public_id__in=wanted))
            errors.check_known(wanted, [row.public_id for row in rows], "no such upload in this app:")
            keys = [row.pk for row in rows]
            if ExtractionJob.objects.filter(upload__in=keys, status_code__in=OPEN).exists():
                raise ApiError(409, UPLOAD_CONFLICT, "a job needs this upload: cancel the job first")
            Upload.objects.filter(pk__in=keys).delete()
        for row in rows:
            parts.remove(row)
        return envelope.answer()


class OneUpload(UploadView):
    """GET U/uploads/{upload_id}."""

    def get(self, request: Request, upload_id: str) -> HttpResponse:
        cancelling.expire()
        return self.print_one(self.find(upload_id))


class ContentParts(UploadView):
    """PUT U/uploads/{upload_id}/content_parts: parts in any order; the last one starts the job that waits for it."""

    body_limit = 32 * MEGABYTE

    def put(self, request: Request, upload_id: str) -> HttpResponse:
        cancelling.expire()
        upload = self.find(upload_id)
        sent = fields.objects(self.body, "content_parts")
        read = [
            parts.read(one, f"content_parts[{place}]", upload.content_length)
            for place, one in enumerate(sent)
        ]
        # Told before anything is written; asked again when the rows are.
        rows = [parts.write(upload, one) for one in self._fresh(read, upload)]
        try:
            with transaction.atomic():
                upload = self.find(upload_id)
                wanted = {one.number for one in self._fresh(read, upload)}
                kept = [row for row in rows if row.number in wanted]
                self._add(upload, kept)
        except BaseException:
            parts.forget(rows)
            raise
        parts.forget([row for row in rows if row not in kept])
        if upload.status_code == UPLOADED:
            worker.wake()
        return self.print_one(upload)

    def _fresh(self, sent: list[parts.SentPart], upload: Upload) -> list[parts.SentPart]:
        """Parts that are not there yet; raises ApiError when the upload takes no more of them."""
        if upload.status_code == UPLOAD_EXPIRED:
            raise ApiError(409, UPLOAD_EXPIRED, "the upload has expired")
        if upload.status_code not in (UPLOADING, UPLOADED):
            raise ApiError(409, UPLOAD_CONFLICT, "the upload was cancelled")
        return parts.fresh(sent, upload)

    def _add(self, upload: Upload, rows: list[UploadPart]) -> None:
        UploadPart.objects.bulk_create(rows)
        there = upload.parts.aggregate(size=Sum("size"))["size"] or 0
        # Parts do not overlap, so as many bytes as the whole are the whole.
        if there == upload.content_length:
            upload.status_code = UPLOADED
        upload.modified_at = clock.later_than(upload.modified_at)
        upload.save(update_fields=["status_code", "modified_at"])
