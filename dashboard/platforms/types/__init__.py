"""Value objects of the service layer: what the rest of the house knows of any platform.

Coordinates are fractions of the picture (0 to 1) from the top left corner. Times are aware datetimes in UTC.
Ids are the platform's own strings. Nothing here knows HTTP, JSON or Django.
"""

from .annotations import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    Box,
    Concept,
    ConceptValue,
    PatchAction,
    Region,
)
from .answers import DriftRow, Outcome
from .assignments import Assignment, AssignmentAction, AssignmentState, StatusCounts
from .capabilities import Capabilities
from .inputs import Dataset, Input, InputWrite, SavedSearch
from .label_orders import LabelOrder, LabelOrderState
from .predictors import Predictor, Suggestion
from .rights import Feature, PlatformUser, TokenReport
from .tasks import (
    Assist,
    AutoRule,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    TaskPriority,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)

__all__ = [
    "Annotation",
    "AnnotationState",
    "AnnotationWrite",
    "Assignment",
    "AssignmentAction",
    "AssignmentState",
    "Assist",
    "AutoRule",
    "Box",
    "Capabilities",
    "Concept",
    "ConceptValue",
    "Dataset",
    "DriftRow",
    "Feature",
    "Input",
    "InputWrite",
    "LabelOrder",
    "LabelOrderState",
    "Outcome",
    "PatchAction",
    "PlatformUser",
    "Predictor",
    "Region",
    "ReviewPlan",
    "ReviewStrategy",
    "SavedSearch",
    "SourceKind",
    "StatusCounts",
    "Suggestion",
    "Task",
    "TaskDetails",
    "TaskPriority",
    "TaskState",
    "TaskType",
    "TokenReport",
    "WorkerPlan",
    "WorkerStrategy",
]
