"""Words of tasks: Clarifai's enums <-> ours, and our own keys in a task's metadata. Data."""

from __future__ import annotations

from ..types import ReviewStrategy, SourceKind, TaskPriority, TaskType, WorkerStrategy

# Answers give enum numbers, requests and some fakes names: both are read (Clarifai API guide, enums).
TYPES: dict[int | str, TaskType] = {
    1: TaskType.CLASSES,
    2: TaskType.BOXES,
    3: TaskType.POLYGONS,
    "CONCEPTS_CLASSIFICATION": TaskType.CLASSES,
    "BOUNDING_BOX_DETECTION": TaskType.BOXES,
    "POLYGON_DETECTION": TaskType.POLYGONS,
}
WORKERS: dict[int | str, WorkerStrategy] = {
    2: WorkerStrategy.PARTITIONED,
    3: WorkerStrategy.FULL,
    4: WorkerStrategy.DYNAMIC,
    "PARTITIONED": WorkerStrategy.PARTITIONED,
    "FULL": WorkerStrategy.FULL,
    "DYNAMIC": WorkerStrategy.DYNAMIC,
}
REVIEWS: dict[int | str, ReviewStrategy] = {
    1: ReviewStrategy.NONE,
    2: ReviewStrategy.MANUAL,
    3: ReviewStrategy.CONSENSUS,
    "NONE": ReviewStrategy.NONE,
    "MANUAL": ReviewStrategy.MANUAL,
    "CONSENSUS": ReviewStrategy.CONSENSUS,
}
SOURCES: dict[int | str, SourceKind] = {
    0: SourceKind.ALL,
    1: SourceKind.ALL,
    2: SourceKind.SAVED_SEARCH,
    3: SourceKind.DATASET,
    4: SourceKind.INPUT,
    "INPUT_SOURCE_TYPE_NOT_SET": SourceKind.ALL,
    "ALL_INPUTS": SourceKind.ALL,
    "SAVED_SEARCH": SourceKind.SAVED_SEARCH,
    "DATASET": SourceKind.DATASET,
    "INPUT": SourceKind.INPUT,
}
PRIORITIES: dict[int | str, TaskPriority] = {
    1: TaskPriority.LOW,
    2: TaskPriority.MEDIUM,
    3: TaskPriority.HIGH,
    "LOW": TaskPriority.LOW,
    "MEDIUM": TaskPriority.MEDIUM,
    "HIGH": TaskPriority.HIGH,
}
# Bits of annotation_data_types (Clarifai API, AnnotationDataType).
DATA_TYPES = {"tag": 1, "box": 2, "polygon": 4, "point": 8, "span": 16, "mask": 32}
AUTO = (2, "WORKER_AUTO")
# Our own entries of a task's metadata.
INPUT_IDS, ASSIST_MODEL = "input_ids", "assist_model"
