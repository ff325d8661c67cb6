"""A thread of this process that works while there is something to do.

Nothing lives in the thread alone: what is to be done stands in the database, so that a new process goes on where
the last one ended.
"""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connection

logger = logging.getLogger(__name__)


class Background:
    """At most one thread, from the first `wake` until `work` has found nothing new.

    `work` does all that is due. It answers after how many seconds to look again although nobody calls, None for
    never. An error that leaves it ends the thread and is logged; the next `wake` starts another.
    """

    def __init__(self, name: str, work: Callable[[], float | None]) -> None:
        self._name = name
        self._work = work
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._running = False

    def wake(self) -> None:
        """There may be work; answers at once."""
        with self._lock:
            self._news.set()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        close_old_connections()
        try:
            while self._goes_on():
                wait = self._work()
                if wait is not None:
                    self._news.wait(wait)
                    self._news.set()
        except Exception:
            # A database that is away, for example; the work is there at the next call.
            logger.exception("the thread %s ended", self._name)
            with self._lock:
                self._running = False
        finally:
            connection.close()

    def _goes_on(self) -> bool:
        """Whether to look for work once more; the last look and the end of the thread are one step."""
        with self._lock:
            self._running = self._news.is_set()
            self._news.clear()
            return self._running
