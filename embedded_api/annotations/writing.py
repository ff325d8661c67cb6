"""Writing posted annotations: calls that wait for one another are written in one transaction, with one sync to disk.

SQLite lets one writer in at a time, and each waits for the disk. Who gets the turn writes for all that wait, so that
four calls under way at once are on the disk after two waits, not four. A call is still answered after its commit.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock

from django.db import OperationalError, transaction

from embedded_api import clock, lookups
from embedded_api.envelope import dumps
from embedded_api.models import Annotation, App
from embedded_api.models.annotations import Values


@dataclass
class _Call:
    """The rows of one call; `error`, or the inputs that are still there and the ids that are new."""

    app: App
    rows: list[Values]
    alive: set[int] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    done: bool = False
    error: Exception | None = None


_turn = Lock()  # nothing but SQLite's own lock is waited for inside, and nobody comes here who holds that
_waiting: list[_Call] = []


def insert(app: App, rows: list[Values]) -> tuple[set[int], set[str]]:
    """Insert what can be; answers the inputs that are still there and the ids of the annotations that are new."""
    mine = _Call(app, rows)
    _waiting.append(mine)
    with _turn:
        if not mine.done:
            together = list(_waiting)  # others may be appended meanwhile; only the holder of the turn removes
            del _waiting[: len(together)]
            _write(together)
    if mine.error is not None:
        raise mine.error
    return mine.alive, mine.added


def _write(calls: list[_Call]) -> None:
    """Every call ends as done; what is not committed has an error."""
    try:
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
        call.error, call.done = error, True


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
