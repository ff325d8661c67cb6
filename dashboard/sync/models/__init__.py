"""What the corridor stores: the mirror, the outbox, and the records of its own runs."""

from .mirror import Concept, DailyCount, Input, Person, Task, UserCount, WorkItem, WorkItemConcept
from .outbox import OutboxEntry
from .runs import ChangeMark, Drift, Heartbeat, SyncRun

__all__ = [
    "ChangeMark",
    "Concept",
    "DailyCount",
    "Drift",
    "Heartbeat",
    "Input",
    "OutboxEntry",
    "Person",
    "SyncRun",
    "Task",
    "UserCount",
    "WorkItem",
    "WorkItemConcept",
]
