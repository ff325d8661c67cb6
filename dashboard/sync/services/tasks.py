"""Tasks of the platform: made, edited, closed and deleted there first, then mirrored and audited here."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Connection, User
from dashboard.audit import services as audit
from dashboard.platforms import types
from dashboard.platforms.errors import AlreadyExists, NotFound

from .. import mirroring
from ..gateway import platform_for
from ..models import Task
from .syncing import request_sync


def create_task(*, connection: Connection, actor: User, task: types.Task) -> Task:
    """Make a task with the id chosen by the caller. Raises PlatformError; the same id again is the same task."""
    platform = platform_for(connection)
    try:
        made = platform.create_task(task)
    except AlreadyExists:
        # The answer to an earlier try was lost: it is our id, so it is our task.
        made = platform.get_task(task.id)
    return mirror(connection, actor, made, "task.create")


def read_again(*, connection: Connection, task: Task) -> None:
    """Put what the platform says of the task at this moment into the mirror and ``task``. Raises PlatformError."""
    mirroring.save_tasks(connection.pk, [platform_for(connection).get_task(task.platform_id)])
    task.refresh_from_db()


def edit_task(*, connection: Connection, actor: User, task: types.Task) -> Task:
    """Replace name, description, labelers and reviewers as far as the platform allows. Raises PlatformError."""
    return mirror(connection, actor, platform_for(connection).edit_task(task), "task.edit")


def close_task(
    *,
    connection: Connection,
    actor: User,
    task: Task,
    state: types.TaskState = types.TaskState.DONE,
) -> Task:
    """Mark a task as done (or abandoned, or open again: IN_PROGRESS). Raises PlatformError."""
    platform = platform_for(connection)
    platform.set_task_state(task.platform_id, state)
    return mirror(connection, actor, platform.get_task(task.platform_id), "task.state")


def delete_task(*, connection: Connection, actor: User, task: Task) -> None:
    """Delete a task on the platform; the mirror keeps a tombstone. One that is gone already counts as deleted."""
    with suppress(NotFound):
        platform_for(connection).delete_task(task.platform_id)
    with transaction.atomic():
        Task.objects.filter(pk=task.pk).update(deleted_at=timezone.now())
        audit.record(
            actor=actor,
            connection=connection,
            action="task.delete",
            target=f"task:{task.pk}",
            data={"platform_id": task.platform_id, "name": task.name},
        )
    task.refresh_from_db(fields=["deleted_at"])


def mirror(connection: Connection, actor: User, told: types.Task, action: str) -> Task:
    """Put a task just told by the platform into the mirror, audit it, and ask for a pull."""
    with transaction.atomic():
        mirroring.save_tasks(connection.pk, [told])
        row = Task.objects.get(connection=connection, platform_id=told.id)
        audit.record(
            actor=actor,
            connection=connection,
            action=action,
            target=f"task:{row.pk}",
            data={"platform_id": told.id, "name": told.name, "state": told.state.value},
        )
    request_sync(connection=connection, by=actor)
    return row
