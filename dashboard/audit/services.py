"""Appending to the audit trail, and proving that nobody changed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from .models import AuditEntry, ChainHead

if TYPE_CHECKING:
    from dashboard.accounts.models import Connection, User


def record(
    *,
    actor: User | None,
    connection: Connection | None,
    action: str,
    target: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append one row. Call it inside the transaction that makes the change, so that both stand or fall."""
    return record_many(actor=actor, connection=connection, rows=[(action, target, data or {})])[0]


def record_many(
    *, actor: User | None, connection: Connection | None, rows: Iterable[tuple[str, str, dict[str, Any]]]
) -> list[AuditEntry]:
    """Append (action, target, data) rows in one go."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An audit row is written in the transaction of the change that it records.")
    head, _ = ChainHead.objects.select_for_update().get_or_create(pk=1)
    now = timezone.now()
    entries = []
    digest = head.digest
    for action, target, data in rows:
        entry = AuditEntry(
            at=now,
            actor=actor,
            actor_name=str(actor) if actor else "",
            connection=connection,
            action=action,
            target=target,
            data=data,
            previous=digest,
        )
        digest = entry.digest = _digest(entry)
        entries.append(entry)
    AuditEntry.objects.bulk_create(entries)
    head.digest = digest
    head.save(update_fields=["digest"])
    return entries


def verify() -> int | None:
    """The id of the first row whose chain is broken, or None when the whole trail is sound."""
    previous = ""
    for entry in AuditEntry.objects.order_by("id").iterator(chunk_size=2000):
        if entry.previous != previous or entry.digest != _digest(entry):
            return entry.pk
        previous = entry.digest
    head = ChainHead.objects.filter(pk=1).first()
    if head is not None and head.digest != previous:
        last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first()
        return last or 0
    return None


def _digest(entry: AuditEntry) -> str:
    at: datetime = entry.at
    body = json.dumps(
        [
            entry.previous,
            at.timestamp(),
            entry.actor_id,
            entry.actor_name,
            entry.connection_id,
            entry.action,
            entry.target,
            entry.data,
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()
