"""Tasks and their numbers. Lists read the stored counts; nothing is counted while a list is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db.models import Count
from django.utils import timezone

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.platforms.types import TaskDetails
from dashboard.sync.models import DailyCount, Person, Task, UserCount, WorkItem
from dashboard.sync.shapes import FieldErrors

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

ORDERS = ("modified", "created", "name", "progress", "waiting")


def tasks(
    connection: Connection, *, search: str = "", state: str = "", order: str = "-modified"
) -> list[Task]:
    """Tasks that exist on the platform. ``order`` is one of ORDERS, with a minus for the other way.

    ``progress`` is the share of approved items, ``waiting`` the number awaiting review. Raises FieldErrors.
    """
    name = order.removeprefix("-")
    if name not in ORDERS:
        raise FieldErrors({"order": f"must be one of {', '.join(ORDERS)}, or one of them after a minus"})
    rows = Task.objects.filter(connection=connection, deleted_at=None)
    if search:
        rows = rows.filter(name__icontains=search)
    if state:
        rows = rows.filter(state=state)
    keys = {
        "modified": lambda task: task.modified_at or _LONG_AGO,
        "created": lambda task: task.created_at or _LONG_AGO,
        "name": lambda task: task.name.casefold(),
        "progress": lambda task: task.counts.get("approved", 0) / (task.counts.get("total") or 1),
        "waiting": lambda task: task.counts.get("awaiting_review", 0),
    }
    return sorted(
        rows.select_related("connection").order_by("id"), key=keys[name], reverse=order.startswith("-")
    )


def task_details(task: Task) -> TaskDetails:
    """What else the platform says of the task: source, priority, assistance, rules and so on."""
    return msgspec.convert(task.details, TaskDetails)


def task_progress(task: Task) -> dict[str, Any]:
    """The numbers of one task: stored counts with their time, items per labeler and state, the platform's counts.

    ``{"counts", "counted_at", "labelers": [{"id", "name", "total", <state>: n}], "platform": [UserCount]}``
    """
    names = people_names(task.connection)
    rows = WorkItem.objects.filter(task=task, gone=False).order_by().values_list("labeler_id", "state")
    table: dict[str, dict[str, int]] = {
        labeler: dict.fromkeys(WorkItem.State.values, 0) for labeler in task.labeler_ids
    }
    for labeler, state, number in rows.annotate(number=Count("id")):
        table.setdefault(labeler, dict.fromkeys(WorkItem.State.values, 0))[state] = number
    return {
        "counts": task.counts,
        "counted_at": task.counted_at,
        "labelers": [
            {"id": labeler, "name": names.get(labeler, labeler), "total": sum(numbers.values()), **numbers}
            for labeler, numbers in sorted(table.items())
        ],
        "platform": list(UserCount.objects.filter(task=task)),
    }


def task_days(rows: Iterable[Task], *, days: int = 14) -> dict[int, list[tuple[Any, dict[str, int]]]]:
    """{task id: [(day, counts), ...]} of the last days, for the small line; one query for all tasks."""
    since = (timezone.now() - timedelta(days=days)).date()
    found: dict[int, list[tuple[Any, dict[str, int]]]] = {}
    kept = DailyCount.objects.filter(task__in=[task.pk for task in rows], day__gte=since).order_by("day")
    for task_id, day, counts in kept.values_list("task_id", "day", "counts"):
        found.setdefault(task_id, []).append((day, counts))
    return found


def people_names(connection: Connection) -> dict[str, str]:
    """What people are called, by platform user id: our own name for members, else the platform's."""
    names = {
        platform_id: name or platform_id
        for platform_id, name in Person.objects.filter(connection=connection).values_list(
            "platform_id", "name"
        )
    }
    identities = PlatformIdentity.objects.filter(connection=connection).select_related("user")
    names.update({identity.platform_user_id: str(identity.user) for identity in identities.defer("token")})
    return names


def labelers(connection: Connection) -> list[tuple[str, str]]:
    """(platform user id, name) of everybody who could be given work, by name."""
    return sorted(people_names(connection).items(), key=lambda pair: pair[1].casefold())
