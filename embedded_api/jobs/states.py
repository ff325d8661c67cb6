"""States of uploads and jobs. Source: Clarifai API status code list, 64000 to 64008 and 68000 to 68006."""

from embedded_api.models import AddJob, ExtractionJob

QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED = 64000, 64001, 64002, 64003, 64004
UNEXPECTED, CONFLICT = 64006, 64007
UPLOADING, UPLOADED, UPLOAD_EXPIRED, UPLOAD_CANCELED, UPLOAD_CONFLICT = 68000, 68001, 68004, 68005, 68006
OPEN = (QUEUED, RUNNING)


def state_of(job: AddJob) -> int:
    """The state of an add job, from its extraction jobs (read already)."""
    if job.cancelled:
        return CANCELLED
    found = {one.status_code for one in job.extraction_jobs.all()}
    if RUNNING in found or (QUEUED in found and len(found) > 1):
        return RUNNING
    if len(found) == 1:
        return found.pop()
    return FAILED if found & {FAILED, UNEXPECTED} else COMPLETED


def pending(job: ExtractionJob) -> int:
    """Members that nobody has looked at yet."""
    return max(0, job.members - job.in_progress - job.succeeded - job.failed)
