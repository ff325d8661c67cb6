"""Label orders: labels that are wanted by a time."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class LabelOrderState(enum.StrEnum):
    """Status of a label order (Clarifai 55001 to 55004)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    RELEASED = "released"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class LabelOrder(msgspec.Struct, frozen=True):
    """An order of labels with its one task. Times are when it is wanted and when it is expected."""

    id: str
    name: str = ""
    state: LabelOrderState = LabelOrderState.PENDING
    auto_release: bool = False
    allow_empty: bool = False
    wanted_at: datetime | None = None
    expected_at: datetime | None = None
    task_id: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None
