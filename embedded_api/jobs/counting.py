"""Inputs that are posted under the id of an add job (`inputs_add_job_id`)."""

from django.db.models import F

from embedded_api import clock
from embedded_api.models import AddJob, App


def count(app: App, public_id: str, succeeded: int, failed: int) -> AddJob:
    """Add to the counts of the job, which is made when it is not there."""
    job, _ = AddJob.objects.get_or_create(app=app, public_id=public_id)
    AddJob.objects.filter(pk=job.pk).update(
        succeeded=F("succeeded") + succeeded,
        failed=F("failed") + failed,
        modified_at=clock.later_than(job.modified_at),
    )
    job.refresh_from_db()
    return job
