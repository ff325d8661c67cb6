"""Ending jobs before their time, and what an ended or forgotten upload leaves behind."""

from django.db import transaction
from django.db.models import QuerySet

from embedded_api import clock
from embedded_api.jobs import parts
from embedded_api.jobs.states import (
    CANCELLED,
    FAILED,
    OPEN,
    UPLOAD_CANCELED,
    UPLOAD_EXPIRED,
    UPLOADED,
    UPLOADING,
)
from embedded_api.models import AddJob, ExtractionJob, Upload


def cancel_add_job(job: AddJob) -> None:
    """End a job with all its parts; inputs that are made already stay. A finished job stays as it is."""
    with transaction.atomic():
        touched = cancel_extraction(ExtractionJob.objects.filter(add_job=job))
        if touched:
            AddJob.objects.filter(pk=job.pk).update(cancelled=True, modified_at=clock.now())


def cancel_extraction(jobs: QuerySet[ExtractionJob]) -> bool:
    """End those that still wait or run; their uploads are not needed any more. Answers whether there were any.

    A worker notices at its next step, whose UPDATE fails.
    """
    with transaction.atomic():
        found = list(jobs.filter(status_code__in=OPEN).select_related("upload"))
        ended = {"status_code": CANCELLED, "claim": "", "in_progress": 0, "archives_open": 0}
        jobs.filter(pk__in=[one.pk for one in found]).update(modified_at=clock.now(), **ended)
        uploads = [one.upload for one in found if one.upload is not None]
        waiting = Upload.objects.filter(pk__in=[one.pk for one in uploads], status_code=UPLOADING)
        waiting.update(status_code=UPLOAD_CANCELED, modified_at=clock.now())
    for upload in uploads:
        parts.remove(upload)
    return bool(found)


def expire() -> None:
    """End uploads whose time is over, with the jobs that wait for them, and delete their bytes."""
    late = Upload.objects.filter(status_code__in=(UPLOADING, UPLOADED), expires_at__lt=clock.now())
    found = list(late.exclude(extraction_jobs__status_code__in=OPEN, status_code=UPLOADED)[:1000])
    if not found:
        return
    keys = [one.pk for one in found]
    with transaction.atomic():
        waiting = ExtractionJob.objects.filter(upload__in=keys, status_code__in=OPEN)
        waiting.update(status_code=FAILED, details="the upload has expired", modified_at=clock.now())
        Upload.objects.filter(pk__in=keys).update(status_code=UPLOAD_EXPIRED, modified_at=clock.now())
    for upload in found:
        parts.remove(upload)
