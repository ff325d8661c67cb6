"""The forms around tasks and label orders. They make a :class:`dashboard.assignments.plans.TaskPlan`."""

from .edit import TaskEditForm
from .new import TaskForm
from .orders import LabelOrderForm

__all__ = ["LabelOrderForm", "TaskEditForm", "TaskForm"]
