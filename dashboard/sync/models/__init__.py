"""What the corridor stores: the mirror, the outbox, and the records of its own runs."""

from .mirror import Concept, DailyCount, Input, Person, Task, UserCount, WorkItem, WorkItemConcept
from .outbox import OutboxEntry
from .runs import Heartbeat, SyncRun

__all__ = [
    "Concept",
    "DailyCount",
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
