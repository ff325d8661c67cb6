"""New uploads and jobs from what was sent. Source: Clarifai API, messages Upload, InputsUpload, InputsDataSource."""

from datetime import UTC, datetime, timedelta

from embedded_api import clock, fields, ids
from embedded_api.errors import ApiError, FieldError, duplicate, not_implemented
from embedded_api.fields import Json
from embedded_api.inputs.fetching import checked
from embedded_api.inputs.posting import resolution_of
from embedded_api.inputs.shelves import Shelf
from embedded_api.jobs import local, sources, templates
from embedded_api.jobs.states import CONFLICT, UPLOADING
from embedded_api.models import AddJob, App, ExtractionJob, Upload

MAX_UPLOAD = 2 * 1024**3  # bytes
MAX_OPEN = 100  # unfinished uploads of one app
LIFETIME = timedelta(hours=24)
# Addresses of cloud stores, which Clarifai reads with credentials of theirs.
CLOUD = ("s3:", "gs:", "gcs:", "azure:", "azblob:", "abfs:", "abfss:", "wasb:", "wasbs:")


def read_upload(sent: Json, where: str, app: App) -> Upload:
    """A sent `Upload` as an unsaved row; raises FieldError."""
    return Upload(
        app=app,
        public_id=fields.identifier(sent, "id", where, required=False) or ids.new(),
        folder=ids.new(),
        content_name=fields.text(sent, "content_name", where, limit=255),
        content_length=fields.integer(sent, "content_length", where, low=1, high=MAX_UPLOAD),
        expires_at=(datetime.now(UTC) + LIFETIME).strftime(clock.FORMAT),
    )


def save_upload(row: Upload, where: str) -> None:
    """Save a read upload, inside a transaction; raises ApiError when the id is taken or too many are open."""
    if Upload.objects.filter(app=row.app, public_id=row.public_id).exists():
        raise duplicate(f"{where}.id: an upload with this id exists")
    if Upload.objects.filter(app=row.app, status_code=UPLOADING).count() >= MAX_OPEN:
        raise ApiError(429, 30105, f"{MAX_OPEN} uploads of this app are unfinished: finish or delete some")
    row.save()


def read_job(sent: Json, where: str, shelf: Shelf) -> ExtractionJob:
    """What data sources and uploads share, as an unsaved extraction job of an unsaved add job; raises FieldError."""
    public_id = fields.identifier(sent, "inputs_add_job_id", where, required=False) or ids.new()
    return ExtractionJob(
        app=shelf.app,
        add_job=AddJob(app=shelf.app, public_id=public_id),
        public_id=ids.new(),
        user_id=shelf.user_id,
        resolution=resolution_of(sent, where),
        template=templates.read(sent, where, shelf),
    )


def save_job(row: ExtractionJob, where: str) -> None:
    """Save a read job with its add job, inside a transaction; raises ApiError 64007 when the id is taken."""
    if AddJob.objects.filter(app=row.app, public_id=row.add_job.public_id).exists():
        raise ApiError(409, CONFLICT, f"{where}.inputs_add_job_id: a job with this id exists")
    row.add_job.save()
    row.add_job = row.add_job  # Django reads the key of a parent when it is assigned
    row.save()


def read_source(sent: Json, where: str, shelf: Shelf) -> ExtractionJob:
    """A sent `InputsDataSource` as an unsaved job; its address is checked now and read later.

    Raises FieldError, or ApiError 10040 for a cloud store.
    """
    row = read_job(sent, where, shelf)
    address, place = fields.mapping(sent, "url", where), f"{where}.url"
    row.url = fields.text(address, "url", place, limit=2048)
    if not row.url:
        raise FieldError(f"{place}.url", "is required")
    if row.url.lower().startswith(CLOUD):
        store = row.url.partition(":")[0].lower()
        raise not_implemented(f"{place}.url: cloud stores ({store}) are not read by this server")
    if fields.mapping(address, "credentials", place):
        raise FieldError(f"{place}.credentials", "are for cloud stores, which are not read by this server")
    try:
        if sources.is_remote(row.url):
            checked(row.url)
        else:
            local.is_folder(local.parts_of(row.url))
    except local.Refused as why:
        raise FieldError(f"{place}.url", str(why)) from None
    except ApiError as error:
        raise ApiError(error.http, error.code, f"{place}.url: {error.details}") from None
    return row
