"""How far writes got: per decision, per bulk, per connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min

from dashboard.accounts.models import Connection, Membership, User
from dashboard.sync import versions
from dashboard.sync.models import OutboxEntry

from .pages import Page, clamp, cut, number

State = OutboxEntry.State

#: Worst first. An operation is what the worst of its writes is.
_WORST = (
    State.FAILED,
    State.CONFLICT,
    State.HELD,
    State.PENDING,
    State.SENT,
    State.CONFIRMED,
    State.WITHDRAWN,
    State.DISCARDED,
)
_RANK = {state.value: rank for rank, state in enumerate(_WORST)}
WAITING = OutboxEntry.UNFINISHED
ATTENTION = (State.CONFLICT, State.FAILED)


def deliveries(operations: Sequence[UUID]) -> dict[UUID, str]:
    """{operation: delivery state}; the worst of an operation's writes wins. Unknown operations are left out.

    A write that was dropped by a person counts for nothing, unless nothing else is left: then it is "withdrawn".
    """
    rows = OutboxEntry.objects.filter(operation__in=list(operations)).order_by()
    return _worst(rows.values_list("operation", "state").distinct())


def batch_progress(batch: UUID) -> dict[str, int]:
    """How many operations of a bulk are in each delivery state, and their ``total``."""
    rows = OutboxEntry.objects.filter(batch=batch).order_by()
    found = _worst(rows.values_list("operation", "state").distinct())
    counts: dict[str, int] = {"total": len(found)}
    for state in found.values():
        counts[state] = counts.get(state, 0) + 1
    return counts


def _worst(pairs: Iterable[tuple[UUID, str]]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for operation, state in pairs:
        if operation not in found or _RANK[state] < _RANK[found[operation]]:
            found[operation] = state
    return {
        operation: State.WITHDRAWN.value if state == State.DISCARDED else state
        for operation, state in found.items()
    }


def light(connection: Connection, user: User) -> dict[str, Any]:
    """The small light of every page: what waits, what needs a person, since when.

    An admin sees the whole connection, others their own. ``{"waiting", "attention", "oldest": datetime|None,
    "paused": bool, "reason": str, "open_until": datetime|None}``
    """
    rows = OutboxEntry.objects.filter(connection=connection)
    admin = Membership.objects.filter(connection=connection, user=user, is_admin=True).exists()
    if not admin:
        rows = rows.filter(actor=user)
    counts = {
        state: (total, oldest)
        for state, total, oldest in rows.filter(state__in=(*WAITING, *ATTENTION))
        .order_by()
        .values_list("state")
        .annotate(total=Count("id"), oldest=Min("created_at"))
    }
    waiting = [counts[state] for state in WAITING if state in counts]
    oldest: datetime | None = min((since for _, since in waiting), default=None)
    return {
        "waiting": sum(total for total, _ in waiting),
        "attention": sum(counts[state][0] for state in ATTENTION if state in counts),
        "oldest": oldest,
        "paused": connection.paused_at is not None,
        "reason": connection.paused_reason,
        "open_until": connection.open_until,
    }


def outbox(
    connection: Connection,
    *,
    state: str = "",
    actor: User | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[OutboxEntry]:
    """Writes, newest first, with item, input, task and actor.

    ``state`` is one of OutboxEntry.State, or "waiting" or "attention"; empty = all. ``actor`` limits it
    to that person's. Raises FieldErrors.
    """
    rows = OutboxEntry.objects.filter(connection=connection)
    if state:
        group = {"waiting": WAITING, "attention": ATTENTION}.get(state, (state,))
        rows = rows.filter(state__in=group)
    if actor is not None:
        rows = rows.filter(actor=actor)
    start = number(after)
    if start is not None:
        rows = rows.filter(id__lt=start)
    limit = clamp(limit)
    related = rows.select_related("item__input", "item__task", "actor")
    return cut(list(related.order_by("-id")[: limit + 1]), limit, "pk")


def outbox_counts(connection: Connection) -> dict[str, int]:
    """Number of writes per state that are not over, for the tabs of the outbox page."""
    rows = OutboxEntry.objects.filter(connection=connection, state__in=(*WAITING, *ATTENTION)).order_by()
    return dict(rows.values_list("state").annotate(total=Count("id")))


def conflict(entry: OutboxEntry) -> dict[str, Any]:
    """A conflict's three versions as lines of the workbench, and what of them differs.

    ``{"base": [...], "theirs": [...], "mine": [...], "gone": bool, "fields": ["shape", "concept"],
    "can_merge": bool}``; for a verdict ``{"verdict", "theirs_state", "changed": {annotation id: lines}, ...}``.
    """
    theirs: dict[str, Any] = entry.theirs or {}
    if entry.kind in OutboxEntry.MOVES:
        return {
            "verdict": entry.kind,
            "theirs_state": theirs.get("state", ""),
            "changed": theirs.get("changed", {}),
            "base": [],
            "theirs": [],
            "mine": [],
            "gone": False,
            "fields": [],
            "can_merge": False,
        }
    mine, now = versions.mine(entry), theirs.get("shape") or []
    fields = []
    if len(mine) == 1 and len(now) == 1:
        if any(mine[0].get(key) != now[0].get(key) for key in ("kind", "box", "points")):
            fields.append("shape")
        if any(mine[0].get(key) != now[0].get(key) for key in ("concept", "value")):
            fields.append("concept")
    return {
        "base": entry.base.get("shape") or [],
        "theirs": now,
        "mine": mine,
        "gone": bool(theirs.get("gone")),
        "fields": fields,
        "can_merge": len(fields) > 1,
    }
