"""The breaker of a connection: when the platform does not answer, ask once in a while instead of always.

Its state lives in the database, so that all workers agree and people can see it. Waiting entries keep their
attempts: an outage is not their fault.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from dashboard.accounts.models import Connection

FAILURES = 5
OPEN = timedelta(seconds=30)


def may_call(connection_id: int) -> str:
    """ "" = closed, call freely; "probe" = this caller alone may try once; "no" = wait or paused."""
    found = Connection.objects.filter(pk=connection_id).values_list("paused_at", "open_until").first()
    if found is None or found[0] is not None:
        return "no"
    until = found[1]
    if until is None:
        return ""
    now = timezone.now()
    if until > now:
        return "no"
    # Half open: whoever moves the time on is the one who probes.
    won = Connection.objects.filter(pk=connection_id, open_until=until).update(open_until=now + OPEN)
    return "probe" if won else "no"


def worked(connection_id: int) -> None:
    """A call was answered: close the breaker."""
    Connection.objects.filter(Q(failures__gt=0) | Q(open_until__isnull=False), pk=connection_id).update(
        failures=0, open_until=None
    )


def failed(connection_id: int) -> bool:
    """A call was not answered; after five in a row the breaker opens. True when it is open now."""
    Connection.objects.filter(pk=connection_id).update(failures=F("failures") + 1)
    opened = Connection.objects.filter(pk=connection_id, failures__gte=FAILURES).update(
        open_until=timezone.now() + OPEN
    )
    return bool(opened)


def rest(connection_id: int, seconds: float) -> None:
    """The platform asked for a pause: nobody calls until it is over, then one tries first."""
    Connection.objects.filter(pk=connection_id).update(
        open_until=timezone.now() + timedelta(seconds=max(1.0, seconds))
    )


def pause(connection_id: int, reason: str) -> bool:
    """Stop all calls of a connection until a person resumes it. True when it was not paused before."""
    return bool(
        Connection.objects.filter(pk=connection_id, paused_at=None).update(
            paused_at=timezone.now(), paused_reason=reason[:300]
        )
    )
