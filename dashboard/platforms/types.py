"""Value objects of the service layer: what the rest of the house knows of any platform.

Coordinates are fractions of the picture (0 to 1) from the top left corner. Times are aware datetimes in UTC.
Ids are the platform's own strings. Nothing here knows HTTP, JSON or Django.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import msgspec


class AnnotationState(enum.StrEnum):
    """Status of one annotation, in the field's words."""

    PENDING = "pending"  # work to do, or sent back (Clarifai 24151)
    AWAITING_REVIEW = "awaiting_review"  # 24157
    AWAITING_CONSENSUS = "awaiting_consensus"  # 24159
    APPROVED = "approved"  # 24150
    REJECTED = "rejected"  # 24158
    UNKNOWN = "unknown"  # anything else; never taken for approved


class AssignmentState(enum.StrEnum):
    """Status of one task assignment (one labeler's share of one input)."""

    PENDING = "pending"  # the labeler's turn (Clarifai 54201)
    AWAITING_REVIEW = "awaiting_review"  # 54202
    AWAITING_CONSENSUS = "awaiting_consensus"  # 54203
    APPROVED = "approved"  # 54200
    REJECTED = "rejected"  # 54204
    UNKNOWN = "unknown"


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


class LabelOrderState(enum.StrEnum):
    """Status of a label order (Clarifai 55001 to 55004)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    RELEASED = "released"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class PatchAction(enum.StrEnum):
    MERGE = "merge"
    OVERWRITE = "overwrite"
    REMOVE = "remove"


class AssignmentAction(enum.StrEnum):
    LABEL_START = "label_start"
    LABEL_SUBMIT = "label_submit"
    REVIEW_START = "review_start"
    REVIEW_APPROVE = "review_approve"
    REVIEW_REQUEST_CHANGES = "review_request_changes"
    REVIEW_REJECT = "review_reject"


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Edges as fractions: 0 <= top < bottom <= 1 of the height, 0 <= left < right <= 1 of the width."""

    top: float
    left: float
    bottom: float
    right: float


class ConceptValue(msgspec.Struct, frozen=True):
    """One concept with its value: 1 present, 0 explicitly absent."""

    id: str
    value: float = 1.0
    name: str = ""


class Region(msgspec.Struct, frozen=True):
    """A part of a picture: a box, or a polygon as (row, column) points. ``id`` empty = not yet given.

    ``kind`` is box, polygon, or other (a shape that we show but do not edit).
    """

    id: str = ""
    box: Box | None = None
    points: tuple[tuple[float, float], ...] | None = None
    concepts: tuple[ConceptValue, ...] = ()

    @property
    def kind(self) -> str:
        if self.box is not None:
            return "box"
        return "polygon" if self.points is not None else "other"


class Annotation(msgspec.Struct, frozen=True):
    """One annotation: at most one region, or concepts of the whole input.

    ``raw`` is the platform's own ``data`` as JSON bytes, kept so that an overwrite loses nothing that we do
    not model. ``tag`` is the entity tag for preconditions ("" where the platform has none). ``by_model``: a model or
    workflow made it and nobody vouched for it; lists leave such annotations out.
    """

    id: str
    input_id: str
    user_id: str = ""
    task_id: str = ""
    state: AnnotationState = AnnotationState.UNKNOWN
    region: Region | None = None
    concepts: tuple[ConceptValue, ...] = ()
    input_level: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None
    tag: str = ""
    raw: bytes = b"{}"
    by_model: bool = False


class AnnotationWrite(msgspec.Struct, frozen=True):
    """What to send for one annotation: a create, or a patch of what is named.

    For MERGE and REMOVE only the given parts are sent; for OVERWRITE ``base_raw`` is the data just read, into
    which the given region and concepts are put, so that unknown keys survive.
    """

    id: str
    input_id: str
    region: Region | None = None
    concepts: tuple[ConceptValue, ...] | None = None
    user_id: str = ""
    task_id: str = ""
    state: AnnotationState | None = None
    base_raw: bytes = b""
    if_match: str = ""


class Input(msgspec.Struct, frozen=True):
    """One input. ``width`` and ``height`` in pixels, 0 where the platform does not say."""

    id: str
    kind: str = "image"  # image | text | video | audio | other
    name: str = ""
    url: str = ""
    large_url: str = ""
    thumb_url: str = ""
    width: int = 0
    height: int = 0
    ready: bool = True
    status_text: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    metadata: dict[str, Any] = {}


class InputWrite(msgspec.Struct, frozen=True):
    """A new input: picture bytes or an address, with an id that we choose."""

    id: str
    content: bytes = b""
    url: str = ""
    name: str = ""
    metadata: dict[str, Any] = {}
    dataset_ids: tuple[str, ...] = ()


class Concept(msgspec.Struct, frozen=True):
    id: str
    name: str


class PlatformUser(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    owner: bool = False


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


class LabelOrder(msgspec.Struct, frozen=True):
    """An order of labels with its one task. Times are when it is wanted and when it is expected."""

    id: str
    name: str = ""
    state: LabelOrderState = LabelOrderState.PENDING
    auto_release: bool = False
    allow_empty: bool = False
    wanted_at: datetime | None = None
    expected_at: datetime | None = None
    task_id: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None


class Dataset(msgspec.Struct, frozen=True):
    id: str
    description: str = ""


class SavedSearch(msgspec.Struct, frozen=True):
    id: str
    name: str = ""


class Predictor(msgspec.Struct, frozen=True):
    """A model or a workflow that can be asked for suggestions; ``kind`` is model or workflow."""

    kind: str
    id: str
    name: str = ""
    version_id: str = ""


class Suggestion(msgspec.Struct, frozen=True):
    """What a model thinks is there: a region with its concept, or a concept of the whole input (no region).

    ``value`` is the model's own confidence, 0 to 1.
    """

    concept_id: str
    value: float
    region: Region | None = None
    concept_name: str = ""


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


class Assignment(msgspec.Struct, frozen=True):
    id: str
    task_id: str
    input_id: str
    user_id: str
    state: AssignmentState
    modified_at: datetime | None = None


class StatusCounts(msgspec.Struct, frozen=True):
    """Annotations, or inputs (assignments), of one user in one task, per status."""

    user_id: str
    pending: int = 0
    awaiting_review: int = 0
    success: int = 0
    review_denied: int = 0
    awaiting_consensus_review: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What became of one item of a batch. ``error`` None means done; ``annotation`` as answered, if any."""

    id: str
    error: Exception | None = None
    annotation: Annotation | None = None
    assignment: Assignment | None = None


class DriftRow(msgspec.Struct, frozen=True):
    """An answer that we did not expect, and how often it was seen.

    ``kind`` is the platform's name of the message, ``what`` one of unknown_field, new_value, missing_field and
    wrong_type, ``name`` the field (with the value where that is new), ``example`` a type name or an enum number.
    """

    kind: str
    what: str
    name: str
    count: int
    example: str = ""


class Feature(msgspec.Struct, frozen=True):
    """Whether a token is good for one of our features; ``reason`` is a sentence where it is not.

    ``name`` out of label, review, create_tasks, sync_inputs, add_inputs, concepts, people, datasets, label_orders,
    suggestions and media.
    """

    name: str
    ok: bool
    missing_scopes: tuple[str, ...] = ()
    reason: str = ""


class TokenReport(msgspec.Struct, frozen=True):
    """What a token may do, for the connection page. ``missing`` maps a feature to the reason it is off."""

    user_id: str
    app_name: str = ""
    owner: bool = False
    scopes: tuple[str, ...] = ()
    inputs: int | None = None
    tasks: int | None = None
    missing: dict[str, str] = {}
    features: tuple[Feature, ...] = ()


class Capabilities(msgspec.Struct, frozen=True):
    """What a platform can do; the window shows the reason where something is off."""

    tasks: bool = True  # has tasks and assignments (Hasty has none: they are kept by us)
    create_tasks: bool = True
    assignment_listing: bool = False  # can list every assignment with its status
    task_input_subset: bool = False  # a task over chosen inputs
    preconditions: bool = False  # If-Match on annotations
    post_as_other: bool = True  # the owner's token may write in another person's name
    act_for_others: bool = False  # the owner's token may submit and review for others
    provision_people: bool = False  # can create users and tokens
    client_ids: bool = True  # ids chosen by us are kept
    negative_concepts: bool = True
    polygons: bool = True
    changed_since: bool = True  # can list what changed since a time
    label_orders: bool = True
    suggestions: bool = True  # models and workflows can be asked for outputs
    auto_annotation: bool = True  # a model or workflow may be a task's worker
    task_sources: tuple[SourceKind, ...] = (
        SourceKind.ALL,
        SourceKind.DATASET,
        SourceKind.SAVED_SEARCH,
        SourceKind.INPUT,
    )
    # Fields of the newer schema: older deployments refuse them.
    task_priority: bool = True
    task_metadata: bool = True
    input_kinds: tuple[str, ...] = ("image", "text", "video", "audio")
    # flag name -> the sentence that is shown where the flag is off
    reasons: dict[str, str] = {}
    write_batch: int = 128
    page_size: int = 1000
