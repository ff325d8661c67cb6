"""Tables of the embedded platform, one module per question."""

from embedded_api.models.accounts import App, Collaborator, Concept, Key, User
from embedded_api.models.annotations import Annotation
from embedded_api.models.inputs import Input
from embedded_api.models.label_orders import LabelOrder
from embedded_api.models.tasks import Assignment, Task, TaskInput, TaskMember

__all__ = [
    "Annotation",
    "App",
    "Assignment",
    "Collaborator",
    "Concept",
    "Input",
    "Key",
    "LabelOrder",
    "Task",
    "TaskInput",
    "TaskMember",
    "User",
]
