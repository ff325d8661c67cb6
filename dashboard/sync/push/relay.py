"""The relay: claim, deliver in waves, refresh the mirror, again."""

from __future__ import annotations

import logging
import time

from dashboard.accounts.models import Connection
from dashboard.platforms.errors import PlatformError

from .. import drift, gateway, outbox
from ..models import OutboxEntry
from . import afterwards, edits, moves
from .session import Halt, Session, Summary

__all__ = ["Summary", "push", "sweep"]

log = logging.getLogger(__name__)

#: A push ends after this long and leaves the rest to the next one: a worker's task must not run for ever.
SECONDS = 40.0


def push(connection_id: int, *, seconds: float = SECONDS) -> Summary:
    """Send what is due on one connection. Never called inside a transaction; safe to run twice at once."""
    gateway.check_outside_transaction()
    total = Summary()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        allowed = outbox.breaker.may_call(connection_id)
        if allowed == "no":
            break
        # While the breaker is half open one chain is tried alone.
        claim = outbox.claim(connection_id, limit=1 if allowed == "probe" else outbox.BATCH)
        if not claim:
            break
        done = _deliver(connection_id, claim)
        total += done
        if not done.confirmed:
            break  # what can be tried again comes with the next sweep
    return total


def sweep() -> dict[int, Summary]:
    """Push every connection that has something due; {connection id: summary}."""
    return {connection_id: push(connection_id) for connection_id in outbox.waiting_connections()}


def _deliver(connection_id: int, claim: outbox.Claim) -> Summary:
    connection = Connection.objects.get(pk=connection_id)
    try:
        platform = gateway.platform_for(connection)
    except PlatformError as error:
        # The address itself is refused: nothing can be sent until an admin changes it.
        outbox.release(claim.owner, claim.entries)
        outbox.breaker.pause(connection_id, f"The platform cannot be reached: {error.message}")
        return Summary(claimed=len(claim.entries))
    session = Session(connection, claim.owner, platform, Summary(claimed=len(claim.entries)))
    chains = [list(chain) for chain in claim.chains]
    try:
        _give_up_loops(session, chains)
        while chains := [chain for chain in chains if chain]:
            wave = _next_wave(chains)
            _send(session, wave)
            # Whatever was not confirmed holds up what stands behind it.
            stopped = {entry.chain for entry in wave if entry.pk not in session.confirmed}
            chains = [chain for chain in chains if chain and chain[0].chain not in stopped]
    except Halt:
        log.warning("sending to %s has stopped for now", connection)
    outbox.release(session.owner, [entry for entry in claim.entries if entry.pk not in session.ended])
    afterwards.refresh(session)
    drift.record(connection_id, session.platforms())
    return session.summary


def _give_up_loops(session: Session, chains: list[list[OutboxEntry]]) -> None:
    """An entry that was claimed more often than it may be tried ends its worker each time: stop it."""
    for chain in chains:
        if chain and chain[0].attempts > outbox.ATTEMPTS:
            session.fail(
                chain[0],
                PlatformError("Every try to send it ended without an answer. Send again, or drop it."),
            )
            chain.clear()


def _next_wave(chains: list[list[OutboxEntry]]) -> list[OutboxEntry]:
    """Take from the front of each chain what may go at the same time: edits of different annotations, or one move."""
    wave: list[OutboxEntry] = []
    touched: set[tuple[int | None, str]] = set()
    for chain in chains:
        if chain[0].kind in OutboxEntry.MOVES:
            wave.append(chain.pop(0))
            continue
        while chain and chain[0].kind in OutboxEntry.EDITS:
            item = chain[0].item
            key = (item.input_id if item else None, chain[0].annotation_id)
            if key in touched:
                break
            touched.add(key)
            wave.append(chain.pop(0))
    return wave


def _send(session: Session, wave: list[OutboxEntry]) -> None:
    for entry in wave:
        if entry.item is None:
            session.fail(entry, PlatformError("The item it belongs to no longer exists."))
    ready = [entry for entry in wave if entry.item is not None]
    edits.send(session, [entry for entry in ready if entry.kind in OutboxEntry.EDITS])
    moves.send(session, [entry for entry in ready if entry.kind in OutboxEntry.MOVES])
