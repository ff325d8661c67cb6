"""Putting writes into the outbox, and taking them out again before they are sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Connection, User

from ..models import OutboxEntry, WorkItem
from . import waking
from .resolving import Unresolvable, discard, resolve, retry

__all__ = [
    "Unresolvable",
    "Write",
    "discard",
    "enqueue",
    "enqueue_bulk",
    "resolve",
    "retry",
    "set_skipped",
    "set_state",
    "withdraw",
]

State = OutboxEntry.State


@dataclass(frozen=True)
class Write:
    """One write: ``kind`` as in OutboxEntry.Kind; ``base`` is what the person saw (see OutboxEntry)."""

    kind: str
    annotation_id: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=dict)


def enqueue(
    *,
    connection: Connection,
    item: WorkItem,
    actor: User,
    operation: UUID,
    writes: Sequence[Write],
    batch: UUID | None = None,
    hold: float = 0.0,
) -> list[OutboxEntry]:
    """Store the writes of one operation, in order, in the caller's transaction (RuntimeError without one).

    They wait ``hold`` seconds for an undo, then go out. After the commit the worker is woken.
    """
    return enqueue_bulk(
        connection=connection,
        rows=[(item, operation, writes)],
        actor=actor,
        batch=batch,
        hold=hold,
    )


def enqueue_bulk(
    *,
    connection: Connection,
    rows: Iterable[tuple[WorkItem, UUID, Sequence[Write]]],
    actor: User,
    batch: UUID | None = None,
    hold: float = 0.0,
) -> list[OutboxEntry]:
    """The same for many (item, operation, writes) at once."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A write is stored in the transaction of the decision that it belongs to.")
    rows = list(rows)
    # Two decisions on one item get their places in the chain in the order of their commits.
    list(
        WorkItem.objects.select_for_update(of=("self",))
        .filter(pk__in=[item.pk for item, _, _ in rows])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    due = timezone.now() + timedelta(seconds=hold)
    made = OutboxEntry.objects.bulk_create(
        [
            OutboxEntry(
                connection=connection,
                item=item,
                actor=actor,
                operation=operation,
                batch=batch,
                chain=f"item:{item.pk}",
                kind=write.kind,
                annotation_id=write.annotation_id,
                payload=write.payload,
                base=write.base,
                state=State.HELD if hold > 0 else State.PENDING,
                due_at=due,
            )
            for item, operation, writes in rows
            for write in writes
        ],
        batch_size=200,
    )
    if made and hold <= 0:
        transaction.on_commit(partial(waking.push, connection.pk), robust=True)
    return made


def withdraw(*, operation: UUID) -> bool:
    """Take back an operation of which nothing has been sent. False, and nothing changed, when it is too late."""
    with transaction.atomic():
        total = OutboxEntry.objects.filter(operation=operation).count()
        taken = OutboxEntry.objects.filter(operation=operation, state=State.HELD).update(
            state=State.WITHDRAWN, ended_at=timezone.now()
        )
        if total and taken == total:
            return True
        if taken:
            # Part of it is on its way: what was withdrawn just now goes back to where it was.
            OutboxEntry.objects.filter(operation=operation, state=State.WITHDRAWN).update(
                state=State.HELD, ended_at=None
            )
    return False


def set_state(*, items: Sequence[WorkItem], state: str, reviewer_id: str | None = None) -> None:
    """Set the effective state of work items (also on the given objects); ``reviewer_id`` None leaves it alone."""
    fields: dict[str, Any] = {
        "state": str(getattr(state, "value", state)),
        "sent_back": state == WorkItem.State.CHANGES_ASKED,
    }
    if reviewer_id is not None:
        fields["reviewer_id"] = reviewer_id
    if state == WorkItem.State.AWAITING_REVIEW:
        fields["skipped"] = False
        # Back from an undone decision the time of submission stays what it was.
        new = [item for item in items if item.state in _LABELERS_TURN]
        _update(new, {"submitted_at": timezone.now()})
    _update(items, fields)


_LABELERS_TURN = (WorkItem.State.TO_DO, WorkItem.State.IN_PROGRESS, WorkItem.State.CHANGES_ASKED)


def set_skipped(*, item: WorkItem, skipped: bool) -> None:
    """Mark or unmark an item as passed on by its labeler."""
    _update([item], {"skipped": skipped})


def _update(items: Sequence[WorkItem], fields: dict[str, Any]) -> None:
    for start in range(0, len(items), 500):
        WorkItem.objects.filter(pk__in=[item.pk for item in items[start : start + 500]]).update(**fields)
    for item in items:
        for name, value in fields.items():
            setattr(item, name, value)
