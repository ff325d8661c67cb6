"""Tables of the embedded platform, one module per question."""

from embedded_api.models.accounts import (
    App,
    Collaborator,
    Concept,
    ConceptRelation,
    FormerCollaborator,
    Key,
    User,
)
from embedded_api.models.annotations import Annotation, AnnotationConcept
from embedded_api.models.datasets import AnnotationFilter, Dataset, DatasetInput, DatasetVersion
from embedded_api.models.inputs import Input
from embedded_api.models.jobs import AddJob, ExtractionJob, Upload, UploadPart
from embedded_api.models.label_orders import LabelOrder
from embedded_api.models.searches import SavedSearch
from embedded_api.models.tasks import Assignment, Task, TaskInput, TaskMember

__all__ = [
    "AddJob",
    "Annotation",
    "AnnotationConcept",
    "AnnotationFilter",
    "App",
    "Assignment",
    "Collaborator",
    "Concept",
    "ConceptRelation",
    "Dataset",
    "DatasetInput",
    "DatasetVersion",
    "ExtractionJob",
    "FormerCollaborator",
    "Input",
    "Key",
    "LabelOrder",
    "SavedSearch",
    "Task",
    "TaskInput",
    "TaskMember",
    "Upload",
    "UploadPart",
    "User",
]
