"""The thread that turns archives and folders into inputs. It starts when there is work and ends when there is none.

Nothing lives in the thread alone: jobs stand in the database, see `claims`.
"""

import logging
import threading
from contextlib import suppress

from django.db import OperationalError, close_old_connections, connection

from embedded_api.jobs import claims, extraction
from embedded_api.jobs.states import UNEXPECTED

logger = logging.getLogger(__name__)


class _Worker:
    """At most one thread in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._running = False

    def wake(self) -> None:
        """There may be work; answers at once."""
        with self._lock:
            self._news.set()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="extraction", daemon=True).start()

    def _run(self) -> None:
        try:
            while self._goes_on():
                self._news.clear()
                while (job := claims.claim()) is not None:
                    work(claims.Hold(job))
                wait = claims.seconds_to_wait()
                if wait is not None:  # another worker has a job, and may die with it
                    self._news.wait(wait)
                    self._news.set()
        except Exception:
            # A database that is away, for example; the jobs are there at the next call.
            logger.exception("the extraction thread ended")
            with self._lock:
                self._running = False
        finally:
            connection.close()

    def _goes_on(self) -> bool:
        """Whether to look for work once more; the last look and the end of the thread are one step."""
        with self._lock:
            self._running = self._news.is_set()
            return self._running


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


_worker = _Worker()
wake = _worker.wake
