"""Who works on which extraction job. A claim is a conditional UPDATE with a lease, so that no two workers, be they
threads or processes, move the same job, and one whose worker died is taken up again."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet

from embedded_api import clock, ids
from embedded_api.jobs.states import FAILED, OPEN, QUEUED, RUNNING, UPLOADED
from embedded_api.models import ExtractionJob

LEASE_SECONDS = 30.0
BEAT_SECONDS = 5.0
MAX_TRIES = 5  # claims without any progress between them: the job itself must be what kills its workers


class Lost(Exception):
    """The job is not ours any more: cancelled, deleted, or taken up by somebody else."""


class Hold:
    """A claimed job; every write is conditional on the claim and renews the lease."""

    def __init__(self, job: ExtractionJob) -> None:
        self.job = job
        self._beaten = time.monotonic()

    def move(self, **values: Any) -> None:
        """Write columns of the job; raises Lost."""
        values |= {"claimed_until": _later(), "modified_at": clock.now()}
        mine = ExtractionJob.objects.filter(pk=self.job.pk, claim=self.job.claim, status_code=RUNNING)
        if not mine.update(**values):
            raise Lost
        self._beaten = time.monotonic()

    def beat(self) -> None:
        """Renew the lease when it is time to; raises Lost."""
        if time.monotonic() - self._beaten > BEAT_SECONDS:
            self.move()


def claim() -> ExtractionJob | None:
    """Take the oldest job that waits, or whose worker died; None when there is none."""
    while True:
        job = _ready().order_by("pk").first()
        if job is None:
            return None
        mine = ids.new()
        found = ExtractionJob.objects.filter(pk=job.pk, status_code=job.status_code, claim=job.claim)
        if job.tries >= MAX_TRIES:
            found.update(status_code=FAILED, details="given up: its worker died again and again")
        elif found.update(status_code=RUNNING, claim=mine, claimed_until=_later(), tries=job.tries + 1):
            return ExtractionJob.objects.select_related("app", "upload").get(pk=job.pk)


def seconds_to_wait() -> float | None:
    """Until the lease of a running job ends, None when nothing runs."""
    running = ExtractionJob.objects.filter(status_code=RUNNING)
    until: str | None = running.aggregate(until=Min("claimed_until"))["until"]
    if until is None:
        return None
    ends = datetime.strptime(until, clock.FORMAT).replace(tzinfo=UTC)
    return min(LEASE_SECONDS, max(0.1, (ends - datetime.now(UTC)).total_seconds()))


def is_anybody_needed() -> bool:
    """True while a job runs or could run; one that waits for the parts of its upload could not."""
    return _complete().filter(status_code__in=OPEN).exists()


def _complete() -> QuerySet[ExtractionJob]:
    return ExtractionJob.objects.filter(Q(upload__isnull=True) | Q(upload__status_code=UPLOADED))


def _ready() -> QuerySet[ExtractionJob]:
    waits = Q(status_code=QUEUED) | Q(status_code=RUNNING, claimed_until__lt=clock.now())
    return _complete().filter(waits)


def _later() -> str:
    return (datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS)).strftime(clock.FORMAT)
