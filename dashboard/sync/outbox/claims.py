"""Claiming: who may send which entries now.

A claim is one conditional UPDATE that writes an owner and a lease, so it works on every database and with any
number of workers. Only the head of a chain can be claimed that way; whoever owns the head owns the chain, and
takes what follows it as far as it is due. A worker that dies leaves a lease that runs out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from dashboard.accounts.models import Connection

from ..models import OutboxEntry, WorkItem

LEASE = timedelta(seconds=45)
#: Chains taken in one claim: four full writes of Clarifai's 128.
BATCH = 512
#: Entries that one chain may bring along; a submission of thousands of shapes goes in several claims.
FOLLOWERS = 256

State = OutboxEntry.State
_READY = (State.PENDING, State.SENT, State.HELD)


@dataclass
class Claim:
    """Entries that this worker alone may send until the lease ends: chains in order of age, oldest first."""

    owner: str
    chains: list[list[OutboxEntry]]

    def __bool__(self) -> bool:
        return bool(self.chains)

    @property
    def entries(self) -> list[OutboxEntry]:
        return [entry for chain in self.chains for entry in chain]


def claim(connection_id: int, *, limit: int = BATCH, now: datetime | None = None) -> Claim:
    """Take up to ``limit`` chains of one connection that are due; entries held for undo count once due."""
    now = now or timezone.now()
    owner = secrets.token_hex(16)
    with transaction.atomic():
        heads = list(_due_heads(connection_id, now).order_by("id").values_list("id", flat=True)[:limit])
        if not heads:
            return Claim(owner, [])
        # The condition is repeated: between the read and here somebody may have taken or withdrawn one.
        _take(_due_heads(connection_id, now).filter(id__in=heads), owner, now)
        taken = list(OutboxEntry.objects.filter(id__in=heads, lease_owner=owner).order_by("id"))
        chains = {entry.chain: [entry] for entry in taken}
        _follow(chains, connection_id, owner, now)
    return Claim(owner, _load(list(chains.values())))


def _ready(connection_id: int, now: datetime) -> QuerySet[OutboxEntry]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return OutboxEntry.objects.filter(free, connection_id=connection_id, state__in=_READY, due_at__lte=now)


def _due_heads(connection_id: int, now: datetime) -> QuerySet[OutboxEntry]:
    older = OutboxEntry.objects.filter(
        chain=OuterRef("chain"), state__in=OutboxEntry.BLOCKING, id__lt=OuterRef("id")
    )
    return _ready(connection_id, now).filter(~Exists(older))


def _take(rows: QuerySet[OutboxEntry], owner: str, now: datetime) -> None:
    # Counted here and given back where the entry is not to blame: an entry that kills its worker must not
    # come back for ever. What was only held becomes pending: from now on it cannot be withdrawn.
    rows.filter(state=State.HELD).update(state=State.PENDING)
    rows.update(lease_owner=owner, lease_until=now + LEASE, attempts=F("attempts") + 1)


def _follow(chains: dict[str, list[OutboxEntry]], connection_id: int, owner: str, now: datetime) -> None:
    """Take along what stands behind the heads, up to the first entry that is not ready."""
    behind = (
        OutboxEntry.objects.filter(chain__in=chains, state__in=OutboxEntry.BLOCKING)
        .exclude(lease_owner=owner)
        .order_by("id")
    )
    ended: set[str] = set()
    wanted: list[int] = []
    sizes = dict.fromkeys(chains, 1)
    for entry in behind:
        free = entry.lease_until is None or entry.lease_until <= now
        ready = free and entry.state in _READY and entry.due_at <= now
        if not ready or sizes[entry.chain] >= FOLLOWERS:
            ended.add(entry.chain)
        if entry.chain in ended:
            continue
        sizes[entry.chain] += 1
        wanted.append(entry.pk)
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        _take(_ready(connection_id, now).filter(id__in=part), owner, now)
        got = {row.pk: row for row in OutboxEntry.objects.filter(id__in=part, lease_owner=owner)}
        lost: set[str] = set()
        chosen = set(part)
        for entry in (row for row in behind if row.pk in chosen):
            if entry.pk not in got:
                lost.add(entry.chain)  # withdrawn just now: what stands behind it waits for the next claim
            elif entry.chain in lost:
                _give_back([entry.pk], owner)
            else:
                chains[entry.chain].append(got[entry.pk])


def _load(chains: list[list[OutboxEntry]]) -> list[list[OutboxEntry]]:
    """Fill in the items with task and input, one query for all."""
    wanted = {entry.item_id for chain in chains for entry in chain if entry.item_id}
    items = WorkItem.objects.select_related("task", "input").in_bulk(wanted)
    for chain in chains:
        for entry in chain:
            if entry.item_id:
                entry.item = items.get(entry.item_id)
    return chains


def renew(owner: str, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Lengthen the lease before a slow step. Answers the entries that are still ours."""
    ids = [entry.pk for entry in entries]
    now = timezone.now()
    OutboxEntry.objects.filter(id__in=ids, lease_owner=owner).update(lease_until=now + LEASE)
    ours = set(OutboxEntry.objects.filter(id__in=ids, lease_owner=owner).values_list("id", flat=True))
    return [entry for entry in entries if entry.pk in ours]


def release(owner: str, entries: Iterable[OutboxEntry]) -> None:
    """Give back what was not tried: no attempt is counted."""
    _give_back([entry.pk for entry in entries], owner)


def _give_back(ids: list[int], owner: str) -> None:
    if ids:
        OutboxEntry.objects.filter(id__in=ids, lease_owner=owner, state__in=_READY).update(
            lease_owner="", lease_until=None, attempts=F("attempts") - 1
        )


def waiting_connections(now: datetime | None = None) -> list[int]:
    """Connections that have something due, are not paused, and whose breaker is closed or may be probed."""
    now = now or timezone.now()
    due = OutboxEntry.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), state__in=_READY, due_at__lte=now
    )
    ids = set(due.order_by().values_list("connection_id", flat=True).distinct())
    if not ids:
        return []
    able = Connection.objects.filter(id__in=ids, paused_at=None)
    return list(
        able.filter(Q(open_until__isnull=True) | Q(open_until__lte=now))
        .order_by("id")
        .values_list("id", flat=True)
    )
