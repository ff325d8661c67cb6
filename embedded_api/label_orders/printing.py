"""Label orders -> JSON, each with its task. Source: Clarifai API, message LabelOrder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from embedded_api.envelope import dumps, item_status
from embedded_api.models import App, LabelOrder, Task
from embedded_api.tasks.printing import print_tasks


def print_orders(app: App, orders: Sequence[LabelOrder]) -> list[str]:
    """Orders as JSON texts, with a fixed number of queries."""
    tasks = list(Task.objects.filter(pk__in=[order.task_id for order in orders if order.task_id]))
    printed = dict(zip([task.pk for task in tasks], print_tasks(app, tasks), strict=True))
    texts = []
    for order in orders:
        text = dumps(_facts(order))
        # A task is joined in as the text that it is: its metadata may be long.
        texts.append(f'{text[:-1]},"task":{printed[order.task_id]}}}' if order.task_id in printed else text)
    return texts


def _facts(order: LabelOrder) -> dict[str, Any]:
    body = {
        "id": order.public_id,
        "name": order.name,
        "status": item_status(order.status_code),
        "auto_release": order.auto_release,
        "allow_empty_tag": order.allow_empty_tag,
        "created_at": order.created_at,
        "modified_at": order.modified_at,
    }
    times = ("desired_fulfill_time", "estimate_fulfill_time")
    return body | {name: getattr(order, name) for name in times if getattr(order, name)}
