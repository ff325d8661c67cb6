"""Tasks: Clarifai JSON <-> our types. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from ..errors import Rejected, Unsupported
from ..types import (
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)
from .codes import TASK_NAMES, TASK_STATES, StatusWire
from .mapping import moment

# Answers give enum numbers, requests and some fakes names: both are read (Clarifai API guide, enums).
_TYPES: dict[int | str, TaskType] = {
    1: TaskType.CLASSES,
    2: TaskType.BOXES,
    3: TaskType.POLYGONS,
    "CONCEPTS_CLASSIFICATION": TaskType.CLASSES,
    "BOUNDING_BOX_DETECTION": TaskType.BOXES,
    "POLYGON_DETECTION": TaskType.POLYGONS,
}
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items() if isinstance(name, str)}
_WORKERS: dict[int | str, WorkerStrategy] = {
    2: WorkerStrategy.PARTITIONED,
    3: WorkerStrategy.FULL,
    4: WorkerStrategy.DYNAMIC,
    "PARTITIONED": WorkerStrategy.PARTITIONED,
    "FULL": WorkerStrategy.FULL,
    "DYNAMIC": WorkerStrategy.DYNAMIC,
}
_REVIEWS: dict[int | str, ReviewStrategy] = {
    1: ReviewStrategy.NONE,
    2: ReviewStrategy.MANUAL,
    3: ReviewStrategy.CONSENSUS,
    "NONE": ReviewStrategy.NONE,
    "MANUAL": ReviewStrategy.MANUAL,
    "CONSENSUS": ReviewStrategy.CONSENSUS,
}
_SOURCES: dict[int | str, SourceKind] = {
    0: SourceKind.ALL,
    1: SourceKind.ALL,
    2: SourceKind.SAVED_SEARCH,
    3: SourceKind.DATASET,
    4: SourceKind.INPUT,
    "ALL_INPUTS": SourceKind.ALL,
    "SAVED_SEARCH": SourceKind.SAVED_SEARCH,
    "DATASET": SourceKind.DATASET,
    "INPUT": SourceKind.INPUT,
}
_SOURCE_NAMES = {kind: name for name, kind in _SOURCES.items() if isinstance(name, str)}
# Kept by the platform, never sent back in an overwrite.
_READ_ONLY = ("created_at", "modified_at", "app_id", "user_id", "metrics", "status")


class _Id(msgspec.Struct):
    id: str | None = ""


class _Worker(msgspec.Struct):
    user: _Id | None = None


class _Split(msgspec.Struct):
    workers_per_input: int | None = 0
    weights: dict[str, float] | None = None


class _TaskWorker(msgspec.Struct):
    strategy: int | str | None = 0
    user_ids: list[str] | None = None
    users: list[_Id] | None = None
    workers: list[_Worker] | None = None
    partitioned_strategy_info: _Split | None = None


class _Consensus(msgspec.Struct):
    approval_threshold: int | None = 0
    approval_threshold_labelers: int | None = 0
    approval_threshold_reviewers: int | None = 0


class _TaskReview(msgspec.Struct):
    strategy: int | str | None = 0
    user_ids: list[str] | None = None
    users: list[_Id] | None = None
    consensus_strategy_info: _Consensus | None = None


class _Source(msgspec.Struct):
    type: int | str | None = 0
    id: str | None = ""


class _TaskConcept(msgspec.Struct):
    concept: _Id | None = None


class _TaskMetadata(msgspec.Struct):
    input_ids: list[str] | None = None


class _Task(msgspec.Struct):
    id: str
    name: str | None = ""
    type: int | str | None = 0
    description: str | None = ""
    status: StatusWire | None = None
    worker: _TaskWorker | None = None
    review: _TaskReview | None = None
    concepts: list[_TaskConcept] | None = None
    concept_ids: list[str] | None = None
    input_source: _Source | None = None
    metadata: _TaskMetadata | None = None
    created_at: str | None = ""
    modified_at: str | None = ""


_read_task = msgspec.json.Decoder(_Task).decode


def _ids(*lists: list[str | None] | None) -> tuple[str, ...]:
    """The first list with something in it; newer forms are given first."""
    for found in lists:
        named = tuple(dict.fromkeys(one for one in found or () if one))
        if named:
            return named
    return ()


def _worker_plan(wire: _TaskWorker | None) -> WorkerPlan:
    if wire is None:
        return WorkerPlan()
    split = wire.partitioned_strategy_info or _Split()
    return WorkerPlan(
        strategy=_WORKERS.get(wire.strategy or 0, WorkerStrategy.PARTITIONED),
        user_ids=_ids(
            [one.user.id for one in wire.workers or () if one.user],
            [one.id for one in wire.users or ()],
            list(wire.user_ids or ()),
        ),
        workers_per_input=max(1, split.workers_per_input or 1),
        weights=split.weights or {},
    )


def _review_plan(wire: _TaskReview | None) -> ReviewPlan:
    if wire is None:
        return ReviewPlan(strategy=ReviewStrategy.NONE)
    rule = wire.consensus_strategy_info or _Consensus()
    return ReviewPlan(
        strategy=_REVIEWS.get(wire.strategy or 0, ReviewStrategy.NONE),
        user_ids=_ids([one.id for one in wire.users or ()], list(wire.user_ids or ())),
        labeler_threshold=rule.approval_threshold_labelers or rule.approval_threshold or 0,
        reviewer_threshold=rule.approval_threshold_reviewers or 0,
    )


def task(raw: bytes | Raw) -> Task:
    """One task."""
    wire = _read_task(raw)
    source = wire.input_source or _Source()
    chosen = wire.metadata.input_ids if wire.metadata else None
    return Task(
        id=wire.id,
        name=wire.name or "",
        type=_TYPES.get(wire.type or 0, TaskType.UNKNOWN),
        description=wire.description or "",
        state=TASK_STATES.get(wire.status.number, TaskState.UNKNOWN) if wire.status else TaskState.UNKNOWN,
        concept_ids=_ids(
            [one.concept.id for one in wire.concepts or () if one.concept], list(wire.concept_ids or ())
        ),
        worker=_worker_plan(wire.worker),
        review=_review_plan(wire.review),
        details=TaskDetails(
            source=_SOURCES.get(source.type or 0, SourceKind.UNKNOWN), source_id=source.id or ""
        ),
        input_ids=None if chosen is None else tuple(chosen),
        created_at=moment(wire.created_at),
        modified_at=moment(wire.modified_at),
    )


def _worker_body(plan: WorkerPlan) -> dict[str, Any]:
    body: dict[str, Any] = {
        "strategy": plan.strategy.name,
        "workers": [{"user": {"id": one}} for one in plan.user_ids],
    }
    if plan.strategy is WorkerStrategy.PARTITIONED:
        body["partitioned_strategy_info"] = {
            "type": "WEIGHTED" if plan.weights else "EVENLY",
            "workers_per_input": plan.workers_per_input,
        }
        if plan.weights:
            body["partitioned_strategy_info"]["weights"] = plan.weights
    return body


def _review_body(plan: ReviewPlan) -> dict[str, Any]:
    body: dict[str, Any] = {"strategy": plan.strategy.name, "users": [{"id": one} for one in plan.user_ids]}
    if plan.strategy is ReviewStrategy.CONSENSUS:
        # The one field that the older and the newer schema share; the newer pair only where it says more.
        rule: dict[str, Any] = {"approval_threshold": plan.labeler_threshold}
        if plan.reviewer_threshold not in (0, 1):
            rule |= {
                "approval_threshold_labelers": plan.labeler_threshold,
                "approval_threshold_reviewers": plan.reviewer_threshold,
            }
        body["consensus_strategy_info"] = rule
    return body


def task_body(new: Task, *, subset: bool) -> dict[str, Any]:
    """The JSON object of a task to create. ``subset``: the platform reads ``metadata.input_ids``."""
    if new.input_ids is not None and not subset:
        raise Unsupported(
            "This platform makes tasks over all inputs or over a dataset, not over chosen inputs."
        )
    if new.type not in _TYPE_NAMES:
        raise Rejected("The task has no type that the platform knows.", fields={"type": "unknown"})
    source: dict[str, Any] = {"type": _SOURCE_NAMES[new.details.source]}
    if new.details.source is not SourceKind.ALL:
        source["id"] = new.details.source_id
    body: dict[str, Any] = {
        "id": new.id,
        "name": new.name,
        "type": _TYPE_NAMES[new.type],
        "description": new.description,
        "worker": _worker_body(new.worker),
        "review": _review_body(new.review),
        "concepts": [{"concept": {"id": one}} for one in new.concept_ids],
        "input_source": source,
    }
    if new.input_ids is not None:
        body["metadata"] = {"input_ids": list(new.input_ids)}
    return body


def edited_body(current: bytes | Raw, new: Task) -> dict[str, Any]:
    """The whole task as read, with name, description, labelers and reviewers of ``new`` put in.

    An overwrite replaces everything by what is sent, so unknown keys are carried along.
    """
    body = msgspec.json.decode(current, type=dict[str, Any])
    for key in _READ_ONLY:
        body.pop(key, None)
    worker = {
        key: value
        for key, value in (body.get("worker") or {}).items()
        if key not in ("users", "user_ids", "workers", "partitioned_strategy_info")
    }
    review = {
        key: value
        for key, value in (body.get("review") or {}).items()
        if key not in ("users", "user_ids", "consensus_strategy_info")
    }
    body |= {
        "name": new.name,
        "description": new.description,
        "worker": worker | _worker_body(new.worker),
        "review": review | _review_body(new.review),
    }
    return body


def state_body(task_id: str, state: TaskState) -> dict[str, Any]:
    """A merge of the task's status only."""
    if state not in TASK_NAMES:
        raise Rejected(
            "A task can be set to in progress, done or abandoned.", fields={"state": "not settable"}
        )
    return {"id": task_id, "status": {"code": TASK_NAMES[state]}}
