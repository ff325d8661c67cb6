"""Public door of the corridor for whatever only reads: the mirror, the outbox, the health of both."""

from .delivery import batch_progress, conflict, deliveries, light, outbox, outbox_counts
from .health import drift, has_drift, health, runs
from .inputs import InputFilter, inputs
from .items import ItemFilter, QueuePage, items, queue
from .pages import Page
from .tasks import labelers, people_names, task_days, task_details, task_progress, tasks

__all__ = [
    "InputFilter",
    "ItemFilter",
    "Page",
    "QueuePage",
    "batch_progress",
    "conflict",
    "deliveries",
    "drift",
    "has_drift",
    "health",
    "inputs",
    "items",
    "labelers",
    "light",
    "outbox",
    "outbox_counts",
    "people_names",
    "queue",
    "runs",
    "task_days",
    "task_details",
    "task_progress",
    "tasks",
]
