"""What an admin asks for when making or changing a task, checked and counted before anything is sent (pure)."""

from .effect import Effect, effect, split
from .plan import MAX_NAME, TaskPlan, cannot, to_task
from .problems import problems
from .rules import DATA_TYPES, RULE_STATES, rule_problems

__all__ = [
    "DATA_TYPES",
    "MAX_NAME",
    "RULE_STATES",
    "Effect",
    "TaskPlan",
    "cannot",
    "effect",
    "problems",
    "rule_problems",
    "split",
    "to_task",
]
