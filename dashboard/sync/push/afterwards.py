"""After a delivery: the mirror learns at once what was confirmed, without waiting for the next pull."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import PlatformIdentity
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.types import Assignment, ReviewStrategy

from .. import reading, states, summaries
from ..counting import recount
from ..models import OutboxEntry, WorkItem
from .session import Session

log = logging.getLogger(__name__)

Kind = OutboxEntry.Kind
_FIELDS = (
    "assignment_id",
    "platform_state",
    "state",
    "sent_back",
    "submitted_at",
    "changed_at",
    "reviewer_id",
    "read_at",
    "missing_sweeps",
    "gone",
)


def moved(session: Session, done: Sequence[tuple[OutboxEntry, Assignment]]) -> None:
    """Confirm submits and verdicts, and put the platform's answer on their items."""
    if not done:
        return
    confirmed = {entry.pk for entry in session.confirm([entry for entry, _ in done])}
    told = {entry.item_id: (entry, one) for entry, one in done if entry.pk in confirmed and entry.item_id}
    names = dict(
        PlatformIdentity.objects.filter(
            connection=session.connection, user__in={entry.actor_id for entry, _ in done}
        ).values_list("user_id", "platform_user_id")
    )
    with transaction.atomic():
        rows = list(
            WorkItem.objects.select_for_update(of=("self",)).filter(pk__in=told).select_related("task")
        )
        moves = states.waiting_moves([row.pk for row in rows])
        now = timezone.now()
        for item in rows:
            entry, assignment = told[item.pk]
            reviewed = item.task.review.get("strategy") != ReviewStrategy.NONE
            if entry.kind == Kind.REQUEST_CHANGES:
                item.sent_back = True
            states.accept(item, assignment, move=moves.get(item.pk), reviewed=reviewed)
            if entry.kind != Kind.SUBMIT:
                item.reviewer_id = names.get(entry.actor_id, item.reviewer_id)
            item.read_at = now
        if rows:
            summaries.upsert_items(rows, _FIELDS)


def refresh(session: Session) -> None:
    """Read the shapes of edited items again, and count the tasks that were touched."""
    if session.edited_items:
        items = list(WorkItem.objects.filter(pk__in=session.edited_items).select_related("task", "input"))
        try:
            bodies = reading.bodies(session.platform, items)
        except PlatformError as error:
            log.info("shapes of edited items are not refreshed: %s", error)
        else:
            summaries.store(bodies, connection_id=session.connection.pk)
    recount(session.tasks)
