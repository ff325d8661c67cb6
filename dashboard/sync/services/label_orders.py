"""Label orders of the platform: made with their task, edited and deleted there, and audited here."""

from __future__ import annotations

from contextlib import suppress

from django.db import transaction

from dashboard.accounts.models import Connection, User
from dashboard.audit import services as audit
from dashboard.platforms import types
from dashboard.platforms.errors import AlreadyExists, NotFound
from dashboard.platforms.interface import Platform

from ..gateway import platform_for
from ..models import Task
from . import choices
from .tasks import mirror


def create_label_order(
    *, connection: Connection, actor: User, order: types.LabelOrder, task: types.Task
) -> tuple[types.LabelOrder, Task]:
    """Make an order together with its task, both with ids chosen by the caller; answers the mirrored task too.

    The same ids again are the same order. Raises PlatformError.
    """
    platform = platform_for(connection)
    try:
        made = platform.create_label_order(order, task)
    except AlreadyExists:
        # The answer to an earlier try was lost: it is our id, so it is our order.
        made = _find(platform, order.id)
    told = platform.get_task(made.task_id or task.id)
    row = mirror(connection, actor, told, "task.create")
    _record(connection, actor, "label_order.create", made)
    return made, row


def edit_label_order(*, connection: Connection, actor: User, order: types.LabelOrder) -> types.LabelOrder:
    """Replace name, times, switches and state. Raises PlatformError."""
    changed = platform_for(connection).edit_label_order(order)
    _record(connection, actor, "label_order.edit", changed)
    return changed


def delete_label_order(*, connection: Connection, actor: User, order: types.LabelOrder) -> None:
    """Delete an order; its task stays. One that is gone already counts as deleted. Raises PlatformError."""
    with suppress(NotFound):
        platform_for(connection).delete_label_order(order.id)
    _record(connection, actor, "label_order.delete", order)


def _find(platform: Platform, order_id: str) -> types.LabelOrder:
    for one in platform.list_label_orders():
        if one.id == order_id:
            return one
    raise NotFound("The platform says that the label order exists, but does not show it.")


def _record(connection: Connection, actor: User, action: str, order: types.LabelOrder) -> None:
    choices.forget(connection, "label_orders")
    with transaction.atomic():
        audit.record(
            actor=actor,
            connection=connection,
            action=action,
            target=f"label_order:{order.id}",
            data={"name": order.name, "state": order.state.value, "task": order.task_id},
        )
