"""How a try ends: confirmed, in conflict, failed for good, or to be tried again later.

Every ending is conditional on the lease: the result of a worker that was too slow is dropped, because somebody
else has taken the entry over and will read before writing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard.platforms.errors import PlatformError, Throttled

from ..models import OutboxEntry
from .claims import LEASE

ATTEMPTS = 8
BASE_SECONDS = 1.0
CAP_SECONDS = 300.0

State = OutboxEntry.State


def backoff(attempts: int) -> float:
    """Seconds to wait after this many tries: anywhere from 0 to the doubled bound (full jitter), at most 300."""
    bound = min(CAP_SECONDS, BASE_SECONDS * 2 ** max(0, min(attempts, 20) - 1))
    return random.uniform(0, bound)  # noqa: S311 (not a secret)


def mark_sent(owner: str, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Write down that these go out now, with what stood there before (``entry.theirs``).

    Answers those still ours: a worker whose lease ran out while it was reading must not write. The lease of the
    others starts anew.
    """
    now = timezone.now()
    ids = [entry.pk for entry in entries]
    with transaction.atomic():  # with what stood there, or not at all
        rows = OutboxEntry.objects.filter(id__in=ids, lease_owner=owner)
        rows.update(state=State.SENT, sent_at=now, ambiguous=True, lease_until=now + LEASE)
        kept = set(rows.values_list("id", flat=True))
        ours = [entry for entry in entries if entry.pk in kept]
        OutboxEntry.objects.bulk_update(ours, ["theirs"], batch_size=200)
    for entry in ours:
        entry.state = State.SENT
        entry.sent_at = now
        entry.ambiguous = True  # until an answer is stored, nobody knows
    return ours


def confirm(owner: str, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """The platform holds what was intended; ``entry.after`` is what it holds. Answers those still ours."""
    now = timezone.now()
    with transaction.atomic():  # one commit for a batch
        return [
            entry
            for entry in entries
            if _end(
                owner, entry, state=State.CONFIRMED, after=entry.after, error="", error_class="", ended_at=now
            )
        ]


def conflict(owner: str, entry: OutboxEntry, theirs: dict[str, Any], error: str) -> None:
    """The platform holds neither what was seen nor what was intended: a person decides."""
    _end(owner, entry, state=State.CONFLICT, theirs=theirs, error=error[:500], error_class="Conflict")


def fail(owner: str, entry: OutboxEntry, error: Exception) -> None:
    """The platform will never take it as it is: listed with its reason until a person acts."""
    _end(owner, entry, state=State.FAILED, error=_text(error), error_class=type(error).__name__)


def defer(
    owner: str, entry: OutboxEntry, error: Exception, *, burn: bool, seconds: float | None = None
) -> None:
    """Try again later. ``burn`` counts the try; at the last one the entry fails instead.

    ``seconds`` overrides the backoff; a wait that the platform asked for wins over both.
    """
    if burn and entry.attempts >= ATTEMPTS:
        fail(owner, entry, error)
        return
    wait = backoff(entry.attempts) if seconds is None else seconds
    if isinstance(error, Throttled) and error.retry_after is not None:
        wait = error.retry_after
    # What may have been written stays "sent" until a read proves one or the other.
    state = State.SENT if entry.ambiguous else State.PENDING
    _end(
        owner,
        entry,
        state=state,
        ambiguous=entry.ambiguous,
        due_at=timezone.now() + timedelta(seconds=wait),
        attempts=F("attempts") if burn else F("attempts") - 1,
        error=_text(error),
        error_class=type(error).__name__,
    )


def _end(owner: str, entry: OutboxEntry, **fields: Any) -> bool:
    changed = OutboxEntry.objects.filter(pk=entry.pk, lease_owner=owner).update(
        lease_owner="", lease_until=None, **fields
    )
    entry.state = fields["state"]
    return bool(changed)


def _text(error: Exception) -> str:
    # Only our own family is fit for a page; anything else may quote a secret or a body.
    return (error.message if isinstance(error, PlatformError) else f"Internal: {type(error).__name__}")[:500]
