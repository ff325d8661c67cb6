"""Work in a person's hands: starting it, reading its annotations live, showing its picture."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.accounts.models import Connection, User
from dashboard.platforms import types
from dashboard.platforms.errors import Forbidden

from .. import gateway, mirroring, reading
from ..counting import recount
from ..models import Task, WorkItem
from .media import media
from .people import own_token_why_not

__all__ = ["bodies", "media", "start_labeling", "start_review"]


def start_labeling(*, connection: Connection, task: Task, user: User) -> list[WorkItem]:
    """Take up to ten assignments to label, in the person's own name; those in hand come again.

    Raises Forbidden with a sentence when the person has no token of their own, and PlatformError.
    """
    return _start(connection, task, user, types.AssignmentAction.LABEL_START, "label")


def start_review(*, connection: Connection, task: Task, user: User) -> list[WorkItem]:
    """Take up to ten assignments to review, in the person's own name. Raises as :func:`start_labeling`."""
    return _start(connection, task, user, types.AssignmentAction.REVIEW_START, "review")


def bodies(*, connection: Connection, items: Sequence[WorkItem]) -> dict[int, list[types.Annotation]]:
    """The annotations of these items as the platform has them now: {item id: annotations}.

    Own ones of each labeler, and those of people who do not label in the task. One call for many items of a
    task. Raises PlatformError.
    """
    return reading.bodies(gateway.platform_for(connection), items)


def _start(
    connection: Connection, task: Task, user: User, action: types.AssignmentAction, what: str
) -> list[WorkItem]:
    why_not = own_token_why_not(connection, user, what)
    if why_not:
        raise Forbidden(why_not)
    platform = gateway.platform_for(connection, token=gateway.own_token(connection, user))
    assignments = platform.start_work(task.platform_id, action)
    inputs = reading.input_ids(platform, connection.pk, [one.input_id for one in assignments])
    changed = mirroring.save_assignments(task, assignments, inputs).changed
    if changed:
        recount([task.pk])
    wanted = [one.id for one in assignments]
    found = WorkItem.objects.filter(task=task, assignment_id__in=wanted).select_related("task", "input")
    order = {one: place for place, one in enumerate(wanted)}
    return sorted(found, key=lambda item: order[item.assignment_id])
