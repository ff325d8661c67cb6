"""One claim being delivered: who calls, what became of each entry, and what a failure means."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.platforms.errors import Ambiguous, NotSent, PlatformError, Throttled, Unauthorized
from dashboard.platforms.interface import Platform

from .. import gateway, outbox
from ..models import OutboxEntry

log = logging.getLogger(__name__)

#: How long a person's write waits when their own token is refused; a new token is tried at the next turn.
OWN_TOKEN_SECONDS = 60.0


class Halt(Exception):
    """Nothing more can be sent on this connection now (paused, or its breaker opened)."""


@dataclass
class Summary:
    """What one push did, in numbers of entries."""

    claimed: int = 0
    confirmed: int = 0
    conflict: int = 0
    failed: int = 0
    deferred: int = 0

    def __iadd__(self, other: Summary) -> Summary:
        return Summary(
            self.claimed + other.claimed,
            self.confirmed + other.confirmed,
            self.conflict + other.conflict,
            self.failed + other.failed,
            self.deferred + other.deferred,
        )


@dataclass
class Session:
    """State of one claim's delivery."""

    connection: Connection
    owner: str
    platform: Platform
    summary: Summary = field(default_factory=Summary)
    ended: set[int] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)
    edited_items: set[int] = field(default_factory=set)
    tasks: set[int] = field(default_factory=set)
    _tokens: dict[int, str] = field(default_factory=dict)
    _own: list[Platform] = field(default_factory=list)

    # --- endings --------------------------------------------------------------------------------------
    def confirm(self, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
        """The platform holds what these intended."""
        done = outbox.confirm(self.owner, entries)
        for entry in done:
            self.confirmed.add(entry.pk)
            if entry.item is not None:
                self.tasks.add(entry.item.task_id)
                if entry.kind in OutboxEntry.EDITS:
                    self.edited_items.add(entry.item.pk)
        self.ended.update(entry.pk for entry in entries)
        self.summary.confirmed += len(done)
        return done

    def conflict(self, entry: OutboxEntry, theirs: dict[str, object], why: str) -> None:
        outbox.conflict(self.owner, entry, theirs, why)
        self.ended.add(entry.pk)
        self.summary.conflict += 1

    def fail(self, entry: OutboxEntry, error: Exception) -> None:
        outbox.fail(self.owner, entry, error)
        self.ended.add(entry.pk)
        self.summary.failed += 1

    def later(
        self, entry: OutboxEntry, error: Exception, *, burn: bool = True, seconds: float | None = None
    ) -> None:
        outbox.defer(self.owner, entry, error, burn=burn, seconds=seconds)
        self.ended.add(entry.pk)
        if entry.state == OutboxEntry.State.FAILED:
            self.summary.failed += 1
        else:
            self.summary.deferred += 1

    def refused(self, entry: OutboxEntry, error: Exception, *, own: bool = False) -> None:
        """End an entry's try by the error of its write. ``own``: it was sent with a person's own token."""
        if isinstance(error, Unauthorized):
            entry.ambiguous = False
            self.later(entry, error, burn=False, seconds=OWN_TOKEN_SECONDS if own else 0)
        elif isinstance(error, Throttled | NotSent):
            entry.ambiguous = False
            self.later(entry, error, burn=False)
        elif isinstance(error, Ambiguous):
            self.later(entry, error)
        elif isinstance(error, PlatformError):
            entry.ambiguous = False
            self.fail(entry, error)
        else:
            log.error("sending entry %s failed inside", entry.pk, exc_info=error)
            self.later(entry, error)

    # --- the connection -------------------------------------------------------------------------------
    def unread(self, entries: Iterable[OutboxEntry], error: PlatformError) -> None:
        """The read before the write failed: nothing was tried, so nothing is counted. May raise Halt."""
        for entry in entries:
            if isinstance(error, Unauthorized | Throttled) or error.retryable:
                self.later(entry, error, burn=False)
            else:
                self.later(entry, error, burn=True)
        self.heard([error])

    def heard(self, errors: Sequence[Exception | None], *, own: bool = False) -> None:
        """Tell the breaker how a call went, by the errors of its items. Raises Halt when calling must stop."""
        refused = next((error for error in errors if isinstance(error, Unauthorized)), None)
        if refused is not None and not own:
            outbox.breaker.pause(
                self.connection.pk,
                f"The platform does not accept the connection's token any more ({refused.message}). "
                "Enter a new one, then resume.",
            )
            raise Halt
        silent = [isinstance(error, NotSent | Ambiguous) for error in errors]
        if silent and all(silent):
            self.connection.failures += 1
            if outbox.breaker.failed(self.connection.pk):
                raise Halt
        elif silent and (self.connection.failures or self.connection.open_until):
            self.connection.failures, self.connection.open_until = 0, None
            outbox.breaker.worked(self.connection.pk)
        # A person's own token has a rate of its own; the connection's pause holds for everything.
        throttled = next((error for error in errors if isinstance(error, Throttled)), None)
        if throttled is not None and not own:
            outbox.breaker.rest(self.connection.pk, throttled.retry_after or 1.0)
            raise Halt

    # --- who calls ------------------------------------------------------------------------------------
    def token_of(self, entry: OutboxEntry) -> str:
        """The actor's own token, or an empty text."""
        if entry.actor_id not in self._tokens:
            identity = PlatformIdentity.objects.filter(
                connection=self.connection, user=entry.actor_id
            ).first()
            self._tokens[entry.actor_id] = gateway.reveal(identity.token) if identity else ""
        return self._tokens[entry.actor_id]

    def platform_with(self, token: str) -> Platform:
        if not token:
            return self.platform
        self._own.append(gateway.platform_for(self.connection, token=token))
        return self._own[-1]

    def platforms(self) -> list[Platform]:
        """All that were opened: each keeps its own count of what it did not expect."""
        return [self.platform, *self._own]
