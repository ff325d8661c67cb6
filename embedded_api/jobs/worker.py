"""The thread that turns archives and folders into inputs; who works on which job, see `claims`."""

import logging
from contextlib import suppress

from django.db import OperationalError, close_old_connections

from embedded_api.background import Background
from embedded_api.jobs import claims, extraction
from embedded_api.jobs.states import UNEXPECTED

logger = logging.getLogger(__name__)


def work_off() -> float | None:
    """Work on all jobs that are due; answers the seconds until another worker's lease ends, who may have died."""
    while (job := claims.claim()) is not None:
        work(claims.Hold(job))
    return claims.seconds_to_wait()


def work(hold: claims.Hold) -> None:
    """Run one claimed job to its end; errors of ours are logged and end the job."""
    close_old_connections()
    try:
        extraction.run(hold)
    except claims.Lost:
        return
    except OperationalError:
        # The lease runs out, and the job goes on where it stood.
        logger.warning("job %s: the database was away", hold.job.public_id, exc_info=True)
    except Exception:
        logger.exception("job %s failed", hold.job.public_id)
        with suppress(claims.Lost):
            extraction.finish(hold, UNEXPECTED, "an internal error was logged")


wake = Background("extraction", work_off).wake
