"""The words and icons of states and deliveries: always the same colour, icon and word wherever one is shown.

The colour follows from the key: ``awaiting_review`` is the CSS class ``is-awaiting-review``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """How one state is shown. ``hint`` is a sentence for the tooltip; may be empty."""

    key: str
    word: str
    icon: str
    hint: str = ""

    @property
    def css(self) -> str:
        """Class name that carries the colour, e.g. ``is-to-do``."""
        return "is-" + self.key.replace("_", "-")


def _table(*looks: Look) -> dict[str, Look]:
    return {look.key: look for look in looks}


# The order is the order of a stacked bar, left to right: finished work first, untouched work last.
WORK_STATES = _table(
    Look("approved", "Approved", "approved"),
    Look("awaiting_review", "Awaiting review", "awaiting"),
    Look("changes_asked", "Changes asked", "changes"),
    Look("rejected", "Rejected", "rejected"),
    Look("in_progress", "In progress", "progress"),
    Look("to_do", "To do", "todo"),
)

MORE_STATES = _table(
    Look("conflict", "Conflict", "conflict", "Somebody changed it on the platform in the meantime."),
    Look("skipped", "Skipped", "skip", "The labeler passed it on with a reason; kept here only."),
)

DELIVERIES = _table(
    Look("held", "Saved", "held", "Saved here; can still be undone before it is sent."),
    Look("pending", "Waiting to be sent", "pending", "Saved here; goes out with the next delivery."),
    Look("sent", "Sent", "sent", "Sent to the platform; its answer is not confirmed yet."),
    Look("confirmed", "Confirmed", "confirmed", "The platform has it."),
    Look("conflict", "Conflict", "conflict", "The platform holds something newer; a person must choose."),
    Look("failed", "Failed", "warning", "The platform refused it; nothing is lost, see the outbox."),
    Look("withdrawn", "Undone", "undo", "Undone before it was sent."),
)


def work_state(key: str) -> Look:
    """The look of a work item's state; an unknown key is shown as its own word, never as an error."""
    return WORK_STATES.get(key) or MORE_STATES.get(key) or _unknown(key)


def delivery(key: str) -> Look:
    """The look of a delivery state; an unknown key is shown as its own word."""
    return DELIVERIES.get(key) or _unknown(key)


def _unknown(key: str) -> Look:
    return Look(key or "unknown", (key or "unknown").replace("_", " ").capitalize(), "info")
