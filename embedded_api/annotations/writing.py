"""Writing posted annotations: calls that wait for one another are written in one transaction, with one sync to disk.

SQLite lets one writer in at a time, and each waits for the disk. So one thread writes for all: four calls under way
at once are on the disk after two waits, not four, and that thread's connection keeps the pages that it wrote last,
which each of the others would have to read again. A call is still answered after its commit.
"""

import os
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from django.db import OperationalError, close_old_connections, transaction

from embedded_api import clock, lookups
from embedded_api.envelope import dumps
from embedded_api.models import Annotation, App
from embedded_api.models.annotations import Values


@dataclass
class _Call:
    """The rows of one call; when `done`, the inputs that are still there and the ids that are new, or an error."""

    app: App
    rows: list[Values]
    alive: set[int] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    done: "Future[None]" = field(default_factory=Future)


_waiting: list[_Call] = []


@cache
def writer() -> ThreadPoolExecutor:
    """The one thread of this process that writes annotations. Never waited for by who holds SQLite's lock."""
    return ThreadPoolExecutor(1, thread_name_prefix="annotations")


os.register_at_fork(after_in_child=writer.cache_clear)


def insert(app: App, rows: list[Values]) -> tuple[set[int], set[str]]:
    """Insert what can be; answers the inputs that are still there and the ids of the annotations that are new."""
    mine = _Call(app, rows)
    _waiting.append(mine)
    writer().submit(_write_waiting)
    mine.done.result()
    return mine.alive, mine.added


def _write_waiting() -> None:
    together = list(_waiting)  # others may be appended meanwhile; only this thread removes
    del _waiting[: len(together)]
    if together:
        _write(together)


def _write(calls: list[_Call]) -> None:
    """Every call ends as done; what is not committed has an error."""
    try:
        close_old_connections()  # one that has failed; in here, because nobody may be left waiting
        with transaction.atomic():
            for call in calls:
                _insert(call)
    except OperationalError as error:  # the database is busy: so it is for all of them
        _end(calls, error)
    except Exception as error:
        if len(calls) == 1:
            _end(calls, error)
            return
        for call in calls:  # each by itself: one must not spoil the others
            _write([call])
    except BaseException:  # this process is about to end
        _end(calls, RuntimeError("writing was broken off"))
        raise
    else:
        _end(calls, None)


def _end(calls: list[_Call], error: Exception | None) -> None:
    for call in calls:
        if error is None:
            call.done.set_result(None)
        else:
            call.done.set_exception(error)


def _insert(call: _Call) -> None:
    # An input may have been deleted since it was looked up.
    call.alive = set(inputs_of(call.app, {row["input_public_id"] for row in call.rows}).values())
    # Taken while this writer is alone, so that who reads "changed since" in the order of commits misses none.
    moment = clock.now()
    for row in call.rows:
        row["created_at"] = row["modified_at"] = moment
    call.added = Annotation.objects.add_new([row for row in call.rows if row["input_id"] in call.alive])


def inputs_of(app: App, named: Collection[str]) -> dict[str, int]:
    """Primary keys of those inputs that there are, by public id."""
    found = lookups.pairs(
        """SELECT public_id, id FROM embedded_api_input
        WHERE app_id = %s AND public_id IN (SELECT value FROM json_each(%s))""",
        app.pk,
        dumps(sorted(named)),
    )
    return dict(found)
