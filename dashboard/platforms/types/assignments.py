"""Assignments: one labeler's share of one input, and the counts of them."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class AssignmentState(enum.StrEnum):
    """Status of one task assignment (one labeler's share of one input)."""

    PENDING = "pending"  # the labeler's turn (Clarifai 54201)
    AWAITING_REVIEW = "awaiting_review"  # 54202
    AWAITING_CONSENSUS = "awaiting_consensus"  # 54203
    APPROVED = "approved"  # 54200
    REJECTED = "rejected"  # 54204
    UNKNOWN = "unknown"


class AssignmentAction(enum.StrEnum):
    LABEL_START = "label_start"
    LABEL_SUBMIT = "label_submit"
    REVIEW_START = "review_start"
    REVIEW_APPROVE = "review_approve"
    REVIEW_REQUEST_CHANGES = "review_request_changes"
    REVIEW_REJECT = "review_reject"


class Assignment(msgspec.Struct, frozen=True):
    id: str
    task_id: str
    input_id: str
    user_id: str
    state: AssignmentState
    modified_at: datetime | None = None


class StatusCounts(msgspec.Struct, frozen=True):
    """Annotations, or inputs (assignments), of one user in one task, per status."""

    user_id: str
    pending: int = 0
    awaiting_review: int = 0
    success: int = 0
    review_denied: int = 0
    awaiting_consensus_review: int = 0
