"""Tables of the embedded platform, one module per question."""

from embedded_api.models.accounts import App, Collaborator, Concept, Key, User
from embedded_api.models.annotations import Annotation
from embedded_api.models.datasets import AnnotationFilter, Dataset, DatasetInput, DatasetVersion
from embedded_api.models.inputs import Input
from embedded_api.models.label_orders import LabelOrder
from embedded_api.models.tasks import Assignment, Task, TaskInput, TaskMember

__all__ = [
    "Annotation",
    "AnnotationFilter",
    "App",
    "Assignment",
    "Collaborator",
    "Concept",
    "Dataset",
    "DatasetInput",
    "DatasetVersion",
    "Input",
    "Key",
    "LabelOrder",
    "Task",
    "TaskInput",
    "TaskMember",
    "User",
]
