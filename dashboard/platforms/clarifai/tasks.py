"""Tasks: Clarifai JSON -> our types. Pure. The way back is in :mod:`.task_bodies`.

Two entries of a task's free metadata are ours and are read apart from the rest: ``input_ids`` (the task is over
these inputs; our own server only) and ``assist_model`` ({"id", "version_id"}: the model that suggests, because
the platform's own field knows workflows only).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from ..types import (
    AnnotationState,
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
from .codes import ANNOTATION_STATES, ANNOTATION_WIRE, TASK_STATES, StatusWire
from .mapping import moment
from .task_words import (
    ASSIST_MODEL,
    AUTO,
    DATA_TYPES,
    INPUT_IDS,
    PRIORITIES,
    REVIEWS,
    SOURCES,
    TYPES,
    WORKERS,
)


class _Id(msgspec.Struct):
    id: str | None = ""


class _Worker(msgspec.Struct):
    user: _Id | None = None
    model: _Id | None = None
    workflow: _Id | None = None


class _Split(msgspec.Struct):
    workers_per_input: int | None = 0
    weights: dict[str, float] | None = None


class _TaskWorker(msgspec.Struct):
    type: int | str | None = 0
    strategy: int | str | None = 0
    user_ids: list[str] | None = None
    users: list[_Id] | None = None
    workers: list[_Worker] | None = None
    partitioned_strategy_info: _Split | None = None


class _Consensus(msgspec.Struct):
    approval_threshold: int | None = 0
    approval_threshold_labelers: int | None = 0
    approval_threshold_reviewers: int | None = 0


class _Manual(msgspec.Struct):
    approval_threshold: int | None = 0


class _TaskReview(msgspec.Struct):
    strategy: int | str | None = 0
    user_ids: list[str] | None = None
    users: list[_Id] | None = None
    manual_strategy_info: _Manual | None = None
    consensus_strategy_info: _Consensus | None = None


class _Source(msgspec.Struct):
    type: int | str | None = 0
    id: str | None = ""


class _Range(msgspec.Struct):
    is_lower_inclusive: bool | None = False
    is_upper_inclusive: bool | None = False
    lower: float | None = 0.0
    upper: float | None = 0.0


class _Rule(msgspec.Struct):
    annotation_data_types: int | None = 0
    threshold_range: _Range | None = None
    status_code: int | str | None = 0


class _TaskConcept(msgspec.Struct):
    concept: _Id | None = None
    auto_annotation_config: _Rule | None = None


class _Assistant(msgspec.Struct):
    workflow_id: str | None = ""
    workflow: _Id | None = None


class _AssistParameters(msgspec.Struct):
    min_threshold: float | None = 0.0
    max_threshold: float | None = 0.0
    concept_relation_ids: list[str] | None = None


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
    metadata: dict[str, Any] | None = None
    priority: int | str | None = 0
    sample_ms: int | None = 0
    label_order_id: str | None = ""
    delete_previous_annotations: bool | None = False
    ai_assistant: _Assistant | None = None
    ai_assist_params: _AssistParameters | None = None
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
        strategy=WORKERS.get(wire.strategy or 0, WorkerStrategy.PARTITIONED),
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
    strategy = REVIEWS.get(wire.strategy or 0, ReviewStrategy.NONE)
    reviewers = rule.approval_threshold_reviewers
    if strategy is ReviewStrategy.MANUAL and wire.manual_strategy_info:
        reviewers = wire.manual_strategy_info.approval_threshold
    return ReviewPlan(
        strategy=strategy,
        user_ids=_ids([one.id for one in wire.users or ()], list(wire.user_ids or ())),
        labeler_threshold=rule.approval_threshold_labelers or rule.approval_threshold or 0,
        reviewer_threshold=reviewers or 0,
    )


def data_types(mask: int) -> tuple[str, ...]:
    """Names of the bits that are set, in the schema's order; unknown bits have no name."""
    return tuple(name for name, bit in DATA_TYPES.items() if mask & bit)


def rule_state(code: int | str | None) -> AnnotationState:
    """Status that automatic annotations get; not said means approved, as in a POST without status."""
    if not code:
        return AnnotationState.APPROVED
    number = code if isinstance(code, int) else ANNOTATION_WIRE.get(code, 0)
    return ANNOTATION_STATES.get(number, AnnotationState.UNKNOWN)


def _rule(concept_id: str, wire: _Rule) -> AutoRule:
    bounds = wire.threshold_range or _Range(True, True, 0.0, 1.0)
    return AutoRule(
        concept_id,
        data_types=data_types(wire.annotation_data_types or 0),
        lower=bounds.lower or 0.0,
        upper=bounds.upper or 0.0,
        lower_inclusive=bool(bounds.is_lower_inclusive),
        upper_inclusive=bool(bounds.is_upper_inclusive),
        state=rule_state(wire.status_code),
    )


def _assist(wire: _Task) -> Assist:
    assistant = wire.ai_assistant or _Assistant()
    bounds = wire.ai_assist_params or _AssistParameters()
    model_id, version_id = chosen_model(wire.metadata) or ("", "")
    return Assist(
        workflow_id=(assistant.workflow.id if assistant.workflow else "") or assistant.workflow_id or "",
        model_id=model_id,
        version_id=version_id,
        min_threshold=bounds.min_threshold or 0.0,
        max_threshold=bounds.max_threshold or 0.0,
        relation_ids=tuple(bounds.concept_relation_ids or ()),
    )


def _details(wire: _Task) -> TaskDetails:
    source = wire.input_source or _Source()
    worker = wire.worker or _TaskWorker()
    metadata = dict(wire.metadata or {})
    if chosen_inputs(wire.metadata) is not None:
        del metadata[INPUT_IDS]
    if chosen_model(wire.metadata) is not None:
        del metadata[ASSIST_MODEL]
    models = _ids([one.model.id for one in worker.workers or () if one.model])
    workflows = _ids([one.workflow.id for one in worker.workers or () if one.workflow])
    return TaskDetails(
        source=SOURCES.get(source.type or 0, SourceKind.UNKNOWN),
        source_id=source.id or "",
        priority=PRIORITIES.get(wire.priority or 0, TaskPriority.NONE),
        assist=_assist(wire),
        metadata=metadata,
        sample_ms=wire.sample_ms or 0,
        label_order_id=wire.label_order_id or "",
        automatic=worker.type in AUTO or bool(models or workflows),
        worker_model_id=models[0] if models else "",
        worker_workflow_id=workflows[0] if workflows else "",
        delete_previous=bool(wire.delete_previous_annotations),
        rules=tuple(
            _rule(one.concept.id, one.auto_annotation_config)
            for one in wire.concepts or ()
            if one.concept and one.concept.id and one.auto_annotation_config
        ),
    )


def chosen_inputs(metadata: dict[str, Any] | None) -> tuple[str, ...] | None:
    """The inputs that a task is limited to; other uses of the same key are not ours."""
    found = (metadata or {}).get(INPUT_IDS)
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return tuple(found)
    return None


def chosen_model(metadata: dict[str, Any] | None) -> tuple[str, str] | None:
    """Id and version of the model that suggests; other uses of the same key are not ours."""
    found = (metadata or {}).get(ASSIST_MODEL)
    if not isinstance(found, dict) or not set(found) <= {"id", "version_id"}:
        return None
    one, version = found.get("id"), found.get("version_id", "")
    return (one, version) if one and isinstance(one, str) and isinstance(version, str) else None


def task(raw: bytes | Raw) -> Task:
    """One task."""
    wire = _read_task(raw)
    return Task(
        id=wire.id,
        name=wire.name or "",
        type=TYPES.get(wire.type or 0, TaskType.UNKNOWN),
        description=wire.description or "",
        state=TASK_STATES.get(wire.status.number, TaskState.UNKNOWN) if wire.status else TaskState.UNKNOWN,
        concept_ids=_ids(
            [one.concept.id for one in wire.concepts or () if one.concept], list(wire.concept_ids or ())
        ),
        worker=_worker_plan(wire.worker),
        review=_review_plan(wire.review),
        details=_details(wire),
        input_ids=chosen_inputs(wire.metadata),
        created_at=moment(wire.created_at),
        modified_at=moment(wire.modified_at),
    )
