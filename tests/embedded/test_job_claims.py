"""The claim on a job, in the server's own code on its own database: no two workers ever hold the same one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.shed import in_the_shed

JOBS = 30

_MADE = f"""
from django.core.management import call_command
from django.db import connections
from embedded_api.jobs import claims
from embedded_api.jobs.states import QUEUED, RUNNING
from embedded_api.models import AddJob, App, ExtractionJob, User

call_command("migrate", verbosity=0)
app = App.objects.create(owner=User.objects.create(id="acme"), public_id="cells")
add_job = AddJob.objects.create(app=app, public_id="all")
for number in range({JOBS}):
    # Every other one waits; the rest belong to a worker that died, whose lease is over.
    left = {{"status_code": RUNNING, "claim": "dead", "claimed_until": "2020-01-01T00:00:00.000000Z"}}
    ExtractionJob.objects.create(
        app=app, add_job=add_job, public_id=f"job-{{number:02}}", **({{}} if number % 2 else left)
    )
"""

# Making the claim's name is the step between reading the oldest job and writing that it is taken: there each worker
# waits for the other, so that both hold the same job in their hands, every time.
_RACE = """
import threading

barrier = threading.Barrier(2)
made, met = claims.ids.new, []

def new():
    met.append(barrier.wait(60))
    return made()

claims.ids.new = new
taken = [[], []]

def worker(place):
    try:
        while (job := claims.claim()) is not None:
            taken[place].append([job.public_id, job.claim])
    except BaseException as error:
        taken[place].append([repr(error), ""])
        barrier.abort()
    finally:
        connections.close_all()

threads = [threading.Thread(target=worker, args=(place,)) for place in (0, 1)]
for one in threads:
    one.start()
for one in threads:
    one.join()
answer = {"taken": taken, "met": len(met), "rows": list(ExtractionJob.objects.values_list("public_id", "claim"))}
"""

_LATE = """
first = claims.Hold(claims.claim())
ExtractionJob.objects.filter(pk=first.job.pk).update(claimed_until="2020-01-01T00:00:00.000000Z")
second = claims.Hold(claims.claim())
try:
    first.move(done=7)
    lost = False
except claims.Lost:
    lost = True
second.move(done=3)
answer = {
    "same": first.job.pk == second.job.pk,
    "lost": lost,
    "done": ExtractionJob.objects.get(pk=second.job.pk).done,
}
"""

_CANCELLED = """
from embedded_api.jobs.cancelling import cancel_extraction
made, asked = claims.ids.new, []

def new():
    if not asked:
        asked.append(claims._ready().order_by("pk").first().public_id)
        cancel_extraction(ExtractionJob.objects.filter(public_id=asked[0]))
    return made()

ExtractionJob.objects.filter(status_code=RUNNING).delete()
claims.ids.new = new
job = claims.claim()
answer = {"cancelled": asked[0], "taken": job.public_id}
"""


@pytest.fixture(scope="module")
def race() -> dict[str, Any]:
    answer: dict[str, Any] = in_the_shed(_MADE + _RACE)
    return answer


def test_two_workers_at_the_same_job_every_time_take_each_once(race: dict[str, Any]) -> None:
    claimed = [tuple(one) for taken in race["taken"] for one in taken]
    assert race["met"] == 2 * JOBS, "both workers stood before every one of the jobs"
    assert Counter(name for name, _ in claimed) == {f"job-{number:02}": 1 for number in range(JOBS)}
    # What each worker believes to hold is what the row says.
    assert sorted(claimed) == sorted(tuple(row) for row in race["rows"])


def test_who_lost_a_job_cannot_write_to_it_any_more() -> None:
    assert in_the_shed(_MADE + _LATE) == {"same": True, "lost": True, "done": 3}


def test_a_job_that_is_cancelled_while_a_worker_reaches_for_it_is_not_taken() -> None:
    assert in_the_shed(_MADE + _CANCELLED) == {"cancelled": "job-01", "taken": "job-03"}
