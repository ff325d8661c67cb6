"""Binds the audit trail to a request: who did it, on which connection."""

from __future__ import annotations

from typing import Any

from dashboard.accounts.models import Connection, User
from dashboard.accounts.services import Trail
from dashboard.audit import services as audit


def trail_of(user: User | None, connection: Connection | None) -> Trail:
    """A writer of audit rows (action, target, data) in this person's name."""

    def write(action: str, target: str, data: dict[str, Any]) -> object:
        return audit.record(actor=user, connection=connection, action=action, target=target, data=data)

    return write
