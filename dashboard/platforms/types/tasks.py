"""Tasks: who labels which inputs with which concepts, who reviews, and what a machine does of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import msgspec

from .annotations import AnnotationState


class TaskState(enum.StrEnum):
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ABANDONED = "abandoned"
    FAILED = "failed"
    IDLE = "idle"
    UNKNOWN = "unknown"


class TaskType(enum.StrEnum):
    CLASSES = "classes"
    BOXES = "boxes"
    POLYGONS = "polygons"
    UNKNOWN = "unknown"


class WorkerStrategy(enum.StrEnum):
    PARTITIONED = "partitioned"
    FULL = "full"
    DYNAMIC = "dynamic"


class ReviewStrategy(enum.StrEnum):
    NONE = "none"
    MANUAL = "manual"
    CONSENSUS = "consensus"


class SourceKind(enum.StrEnum):
    """Where a task takes its inputs from (Clarifai API, TaskInputSource)."""

    ALL = "all"
    DATASET = "dataset"
    SAVED_SEARCH = "saved_search"
    INPUT = "input"
    UNKNOWN = "unknown"


class TaskPriority(enum.StrEnum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class WorkerPlan(msgspec.Struct, frozen=True):
    """Who labels. ``weights`` maps user id to a relative share and is used when not empty."""

    strategy: WorkerStrategy = WorkerStrategy.PARTITIONED
    user_ids: tuple[str, ...] = ()
    workers_per_input: int = 1
    weights: dict[str, float] = {}


class ReviewPlan(msgspec.Struct, frozen=True):
    """Who reviews. Thresholds as on Clarifai: labelers 0 = off; reviewers 0 or 1 = one, -1 = all."""

    strategy: ReviewStrategy = ReviewStrategy.MANUAL
    user_ids: tuple[str, ...] = ()
    labeler_threshold: int = 0
    reviewer_threshold: int = 0


class Assist(msgspec.Struct, frozen=True):
    """Who suggests annotations, and between which values (0 to 1; 0 and 0 = no bounds).

    ``model_id`` is our own entry in the task's metadata: the platform's field knows workflows only.
    ``version_id`` is the model's version; empty means its newest.
    """

    workflow_id: str = ""
    model_id: str = ""
    min_threshold: float = 0.0
    max_threshold: float = 0.0
    relation_ids: tuple[str, ...] = ()
    version_id: str = ""


class AutoRule(msgspec.Struct, frozen=True):
    """When a prediction of one concept becomes an annotation by itself (Clarifai: auto_annotation_config).

    ``data_types`` out of tag, box, polygon, point, span, mask. ``state`` is what such an annotation gets.
    """

    concept_id: str
    data_types: tuple[str, ...] = ()
    lower: float = 0.0
    upper: float = 1.0
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    state: AnnotationState = AnnotationState.APPROVED


class TaskDetails(msgspec.Struct, frozen=True):
    """What else a task says. ``automatic``: a model or workflow works, not people. ``sample_ms``: of a video
    one frame per so many milliseconds (0 = not said)."""

    source: SourceKind = SourceKind.ALL
    source_id: str = ""
    priority: TaskPriority = TaskPriority.NONE
    metadata: dict[str, Any] = {}
    sample_ms: int = 0
    label_order_id: str = ""
    automatic: bool = False
    worker_model_id: str = ""
    worker_workflow_id: str = ""
    delete_previous: bool = False
    assist: Assist = Assist()
    rules: tuple[AutoRule, ...] = ()


class Task(msgspec.Struct, frozen=True):
    """A task. ``input_ids`` limits it to these inputs (None = the source below; embedded only)."""

    id: str
    name: str
    type: TaskType = TaskType.BOXES
    description: str = ""
    state: TaskState = TaskState.IN_PROGRESS
    concept_ids: tuple[str, ...] = ()
    worker: WorkerPlan = WorkerPlan()
    review: ReviewPlan = ReviewPlan()
    details: TaskDetails = TaskDetails()
    input_ids: tuple[str, ...] | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
