"""Routes of jobs: data sources, archives to be uploaded, and what became of them."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.bulk import Bulk
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json
from embedded_api.inputs.shelves import shelf_of
from embedded_api.inputs.views import InputView
from embedded_api.jobs import cancelling, claims, creating, printing, templates, worker
from embedded_api.models import AddJob, ExtractionJob, Upload

NO_CALLS = "is not supported: this server calls nobody, read the state of the job"


class JobView(InputView):
    """What the routes of jobs share."""

    def add_jobs(self) -> QuerySet[AddJob]:
        return printing.with_parts(AddJob.objects.filter(app=self.app))

    def extraction_jobs(self) -> QuerySet[ExtractionJob]:
        return ExtractionJob.objects.filter(app=self.app)

    def find_add_job(self, public_id: str) -> AddJob:
        found = self.add_jobs().filter(public_id=public_id).first()
        if found is None:
            raise errors.missing("no such job in this app")
        return found

    def fresh(self) -> None:
        """Before jobs are shown: uploads whose time is over end, and a job without a worker gets one."""
        cancelling.expire()
        if claims.is_anybody_needed():
            worker.wake()

    def print_one(self, job: AddJob) -> HttpResponse:
        return envelope.answer({"inputs_add_job": printing.add_job(job)})


class AddJobs(JobView):
    """GET U/inputs/jobs/add."""

    def get(self, request: Request) -> HttpResponse:
        self.fresh()
        page = self.query.page()
        rows = self.add_jobs().order_by("pk")[page.start : page.stop]
        return envelope.answer({"inputs_add_jobs": [printing.add_job(row) for row in rows]})


class OneAddJob(JobView):
    """GET and PATCH (cancel) U/inputs/jobs/add/{id}."""

    def get(self, request: Request, job_id: str) -> HttpResponse:
        self.fresh()
        return self.print_one(self.find_add_job(job_id))

    def patch(self, request: Request, job_id: str) -> HttpResponse:
        cancelling.cancel_add_job(self.find_add_job(job_id))
        return self.print_one(self.find_add_job(job_id))


class ExtractionJobs(JobView):
    """GET and PATCH (cancel) U/inputs/jobs/extraction."""

    def get(self, request: Request) -> HttpResponse:
        self.fresh()
        page = self.query.page()
        return self.print_all_jobs(self.extraction_jobs().order_by("pk")[page.start : page.stop])

    def patch(self, request: Request) -> HttpResponse:
        wanted = fields.named(self.body, "ids")
        rows = self.extraction_jobs().filter(public_id__in=wanted)
        known = rows.values_list("public_id", flat=True)
        errors.check_known(wanted, known, "no such job in this app:")
        cancelling.cancel_extraction(rows)
        return self.print_all_jobs(rows.order_by("pk"))

    def print_all_jobs(self, rows: QuerySet[ExtractionJob]) -> HttpResponse:
        return envelope.answer({"inputs_extraction_jobs": [printing.extraction_job(row) for row in rows]})


class OneExtractionJob(JobView):
    """GET U/inputs/jobs/extraction/{inputs_extraction_job_id}."""

    def get(self, request: Request, job_id: str) -> HttpResponse:
        self.fresh()
        found = self.extraction_jobs().filter(public_id=job_id).first()
        if found is None:
            raise errors.missing("no such job in this app")
        return envelope.answer({"inputs_extraction_job": printing.extraction_job(found)})


class _NewJobs(JobView):
    """POST of things that each become a job, item by item."""

    name = ""

    def post(self, request: Request) -> HttpResponse:
        if self.body.get("call_back_url"):
            raise FieldError("call_back_url", NO_CALLS)
        sent_rows = fields.objects(self.body, self.name)
        self.shelf = shelf_of(
            self.app, self.caller.user_id, [templates.sent_datasets(one) for one in sent_rows]
        )
        bulk = Bulk("inputs_add_jobs", len(sent_rows), self.invalid_code)
        read: list[tuple[int, ExtractionJob]] = []
        for place, sent in enumerate(sent_rows):
            try:
                read.append((place, self.read(sent, f"{self.name}[{place}]")))
            except (FieldError, ApiError) as error:
                bulk.fail(place, error, _echo(sent))  # what is not implemented refuses the whole call
        made: list[tuple[int, ExtractionJob]] = []
        for place, row in read:
            try:
                with transaction.atomic():
                    self.save(row, f"{self.name}[{place}]")
                made.append((place, row))
            except ApiError as error:
                bulk.fail(place, error, _echo(sent_rows[place]))
        found = {job.pk: job for job in self.add_jobs().filter(pk__in=[row.add_job_id for _, row in made])}
        for place, row in made:
            bulk.succeed(place, envelope.dumps(printing.add_job(found[row.add_job_id])))
        if made:
            worker.wake()
        return bulk.answer()

    def read(self, sent: Json, where: str) -> ExtractionJob:
        raise NotImplementedError

    def save(self, row: ExtractionJob, where: str) -> None:
        creating.save_job(row, where)


def _echo(sent: Json) -> Json:
    """The id that was asked for, so that the caller can match a failed item."""
    public_id = sent.get("inputs_add_job_id")
    return {"id": public_id} if isinstance(public_id, str) else {}


class DataSources(_NewJobs):
    """POST U/inputs/data_sources."""

    name = "data_sources"

    def read(self, sent: Json, where: str) -> ExtractionJob:
        return creating.read_source(sent, where, self.shelf)


class InputsUploads(_NewJobs):
    """POST U/inputs/uploads: a job that waits for the parts of its archive."""

    name = "inputs_uploads"

    def read(self, sent: Json, where: str) -> ExtractionJob:
        row = creating.read_job(sent, where, self.shelf)
        upload = fields.mapping(sent, "upload", where)
        row.upload = creating.read_upload(upload, f"{where}.upload", self.app)
        row.url = row.upload.content_name
        return row

    def save(self, row: ExtractionJob, where: str) -> None:
        upload: Upload | None = row.upload
        assert upload is not None  # `read` sets it
        row.upload = None
        creating.save_job(row, where)
        upload.add_job = row.add_job
        creating.save_upload(upload, f"{where}.upload")
        ExtractionJob.objects.filter(pk=row.pk).update(upload=upload)
