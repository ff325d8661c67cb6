"""Label orders: an order of labels with its one task, kept by the platform; see sync's label_orders."""

from __future__ import annotations

from dashboard.accounts.models import Membership
from dashboard.platforms.types import LabelOrder
from dashboard.sync.models import Task
from dashboard.sync.services import label_orders

from .plans import TaskPlan, to_task
from .services import check_manages_tasks


def create_order(*, actor: Membership, order: LabelOrder, plan: TaskPlan, task_id: str) -> Task:
    """Make the order together with its task; the same ids again are the same order.

    The plan must have passed ``plans.problems``. Raises PolicyError and the service layer's errors.
    """
    check_manages_tasks(actor)
    _, task = label_orders.create_label_order(
        connection=actor.connection, actor=actor.user, order=order, task=to_task(plan, task_id)
    )
    return task


def edit_order(*, actor: Membership, order: LabelOrder) -> LabelOrder:
    """Change name, times, switches and state of an order."""
    check_manages_tasks(actor)
    return label_orders.edit_label_order(connection=actor.connection, actor=actor.user, order=order)


def delete_order(*, actor: Membership, order: LabelOrder) -> None:
    """Delete an order; its task stays as it is."""
    check_manages_tasks(actor)
    label_orders.delete_label_order(connection=actor.connection, actor=actor.user, order=order)
