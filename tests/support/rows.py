"""One row of each kind that an address can name, so that whole-site tests meet real pages."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from dashboard.accounts.models import Connection, Invitation, Membership, User
from dashboard.review.models import BulkReview, Decision
from dashboard.sync.models import Input, OutboxEntry, Task, WorkItem


def one_of_each(connection: Connection, person: User, *, pk: int, operation: str) -> None:
    """Rows of the connection that all have the primary key `pk`; the decision has `operation`."""
    now = timezone.now()
    task = Task.objects.create(
        pk=pk, connection=connection, platform_id=f"t-{pk}", name="Cells", type="boxes", state="in_progress"
    )
    picture = Input.objects.create(pk=pk, connection=connection, platform_id=f"i-{pk}", width=40, height=30)
    item = WorkItem.objects.create(
        pk=pk, connection=connection, task=task, input=picture, labeler_id="l-1", state="awaiting_review"
    )
    Decision.objects.create(
        operation=UUID(operation),
        connection=connection,
        item=item,
        task=task,
        reviewer=person,
        verdict="approve",
    )
    bulk = BulkReview.objects.create(pk=pk, operation=UUID(int=pk), task=task, reviewer=person, total=1)
    OutboxEntry.objects.create(
        pk=pk,
        connection=connection,
        item=item,
        actor=person,
        operation=UUID(operation),
        batch=bulk.operation,
        chain=f"item-{pk}",
        kind=OutboxEntry.Kind.APPROVE,
        state=OutboxEntry.State.CONFLICT,
        due_at=now,
    )
    Invitation.objects.create(
        pk=pk, connection=connection, digest=str(pk), created_by=person, expires_at=now + timedelta(days=1)
    )
    if not Membership.objects.filter(pk=pk).exists():
        guest = User.objects.create(username=f"guest-{pk}")
        Membership.objects.create(pk=pk, user=guest, connection=connection, is_labeler=True)
