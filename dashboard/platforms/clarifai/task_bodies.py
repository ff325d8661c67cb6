"""Tasks: our types -> Clarifai JSON. Pure.

Fields that only the newer schema has (priority, metadata, split thresholds, source INPUT, kind of worker) are sent
only when they say something, so that older deployments go on working (Clarifai API guide, what changed).
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from ..errors import Rejected, Unsupported
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
    WorkerPlan,
    WorkerStrategy,
)
from .bodies import finite
from .codes import ANNOTATION_NAMES, TASK_NAMES
from .task_words import ASSIST_MODEL, AUTO, DATA_TYPES, INPUT_IDS, PRIORITIES, SOURCES, TYPES
from .tasks import chosen_inputs, chosen_model

_TYPE_NAMES = {kind: name for name, kind in TYPES.items() if isinstance(name, str)}
_SOURCE_NAMES = {kind: name for name, kind in SOURCES.items() if isinstance(name, str)}
_PRIORITY_NAMES = {kind: name for name, kind in PRIORITIES.items() if isinstance(name, str)}
# Kept by the platform, never sent back in an overwrite.
_READ_ONLY = ("created_at", "modified_at", "app_id", "user_id", "metrics", "status", "concept_ids")
_KNOWN_BITS = sum(DATA_TYPES.values())

Body = dict[str, Any]


def _object(found: Any) -> Body:
    return found if isinstance(found, dict) else {}


def _over(former: Any, modelled: tuple[str, ...], new: Body) -> Body:
    """``new`` with the keys of the former object that we do not model."""
    return {key: value for key, value in _object(former).items() if key not in modelled} | new


def _workers(new: Task, former: Any) -> list[Body]:
    details = new.details
    if not details.automatic:
        return [{"user": {"id": one}} for one in new.worker.user_ids]
    if bool(details.worker_model_id) == bool(details.worker_workflow_id):
        raise Rejected(
            "An automatic task is worked on by one model or one workflow.",
            fields={"worker": "exactly one model or workflow"},
        )
    kind = "model" if details.worker_model_id else "workflow"
    chosen = details.worker_model_id or details.worker_workflow_id
    for one in former if isinstance(former, list) else ():
        # The same one as before keeps its version, and the app that it comes from.
        if _object(_object(one).get(kind)).get("id") == chosen:
            return [{kind: one[kind]}]
    return [{kind: {"id": chosen}}]


def _worker_body(new: Task, former: Body) -> Body:
    plan: WorkerPlan = new.worker
    body: Body = {"strategy": plan.strategy.name, "workers": _workers(new, former.get("workers"))}
    if new.details.automatic:
        body["type"] = "WORKER_AUTO"
    elif former.get("type") in AUTO:
        body["type"] = "WORKER_HUMAN"
    if plan.strategy is WorkerStrategy.PARTITIONED:
        split: Body = {
            "type": "WEIGHTED" if plan.weights else "EVENLY",
            "workers_per_input": plan.workers_per_input,
        }
        if plan.weights:
            finite("weights", *plan.weights.values())
            split["weights"] = plan.weights
        body["partitioned_strategy_info"] = _over(
            former.get("partitioned_strategy_info"), ("type", "workers_per_input", "weights"), split
        )
    return _over(former, ("users", "user_ids", "partitioned_strategy_info"), body)


def _review_body(plan: ReviewPlan, former: Body) -> Body:
    body: Body = {"strategy": plan.strategy.name, "users": [{"id": one} for one in plan.user_ids]}
    if plan.strategy is ReviewStrategy.CONSENSUS:
        # The one field that the older and the newer schema share; the newer pair where it says more or was there.
        rule: Body = {"approval_threshold": plan.labeler_threshold}
        before = _object(former.get("consensus_strategy_info"))
        pair = ("approval_threshold_labelers", "approval_threshold_reviewers")
        if plan.reviewer_threshold not in (0, 1) or any(key in before for key in pair):
            rule |= zip(pair, (plan.labeler_threshold, plan.reviewer_threshold), strict=True)
        body["consensus_strategy_info"] = _over(before, pair, rule)
    if plan.strategy is ReviewStrategy.MANUAL:
        threshold = {"approval_threshold": plan.reviewer_threshold} if plan.reviewer_threshold else {}
        info = _over(former.get("manual_strategy_info"), ("approval_threshold",), threshold)
        if info:
            body["manual_strategy_info"] = info
    return _over(former, ("user_ids", "consensus_strategy_info", "manual_strategy_info"), body)


def _rule_body(rule: AutoRule, former: Body) -> Body:
    """One concept's rule; a part of the day and an area, which we do not model, stay as they were."""
    unknown = [one for one in rule.data_types if one not in DATA_TYPES]
    if unknown:
        raise Rejected(
            f"An automatic annotation cannot be a {unknown[0]!r}.", fields={"rules.data_types": "unknown"}
        )
    finite("rules", rule.lower, rule.upper)
    before = former.get("annotation_data_types")
    mask = before & ~_KNOWN_BITS if isinstance(before, int) else 0
    body: Body = {
        "annotation_data_types": mask | sum(DATA_TYPES[one] for one in set(rule.data_types)),
        "threshold_range": {
            "lower": rule.lower,
            "upper": rule.upper,
            "is_lower_inclusive": rule.lower_inclusive,
            "is_upper_inclusive": rule.upper_inclusive,
        },
    }
    if rule.state is not AnnotationState.UNKNOWN:
        body["status_code"] = ANNOTATION_NAMES[rule.state]
    return _over(former, (), body)


def _concepts(new: Task, former: Any) -> list[Body]:
    rules = {one.concept_id: one for one in new.details.rules}
    stray = [one for one in rules if one not in new.concept_ids]
    if stray:
        raise Rejected(
            f"The rule for {stray[0]!r} is for no concept of the task.", fields={"rules": "unknown concept"}
        )
    before = {
        _object(one.get("concept")).get("id"): one
        for one in (former if isinstance(former, list) else ())
        if isinstance(one, dict)
    }
    bodies: list[Body] = []
    for name in new.concept_ids:
        known = _object(before.get(name))
        body = _over(known, ("auto_annotation_config",), {"concept": known.get("concept") or {"id": name}})
        if name in rules:
            body["auto_annotation_config"] = _rule_body(
                rules[name], _object(known.get("auto_annotation_config"))
            )
        bodies.append(body)
    return bodies


def _source_body(details: TaskDetails) -> Body:
    if details.source not in _SOURCE_NAMES:
        raise Rejected(
            "The task has no source of inputs that the platform knows.", fields={"source": "unknown"}
        )
    if details.source is SourceKind.ALL:
        return {"type": "ALL_INPUTS"}
    if not details.source_id:
        raise Rejected(
            "Say which dataset, saved search or input the task is over.", fields={"source_id": "required"}
        )
    return {"type": _SOURCE_NAMES[details.source], "id": details.source_id}


def _assist_body(assist: Assist, former: Body) -> Body:
    """``ai_assistant`` and ``ai_assist_params``, each only when it says something."""
    finite("assist", assist.min_threshold, assist.max_threshold)
    body: Body = {}
    if assist.workflow_id:
        before = _object(former.get("ai_assistant"))
        same = assist.workflow_id in (before.get("workflow_id"), _object(before.get("workflow")).get("id"))
        # The older form of the field: every deployment reads it.
        body["ai_assistant"] = before if same else {"workflow_id": assist.workflow_id}
    parameters: Body = {}
    if assist.min_threshold or assist.max_threshold or assist.relation_ids:
        parameters = {
            "min_threshold": assist.min_threshold,
            "max_threshold": assist.max_threshold,
            "concept_relation_ids": list(assist.relation_ids),
        }
    known = ("min_threshold", "max_threshold", "concept_relation_ids")
    if parameters := _over(former.get("ai_assist_params"), known, parameters):
        body["ai_assist_params"] = parameters
    return body


def _metadata(new: Task, former: Any) -> Body:
    body = dict(new.details.metadata)
    for key, taken in ((INPUT_IDS, chosen_inputs(body)), (ASSIST_MODEL, chosen_model(body))):
        if taken is not None:
            raise Rejected(f"The metadata key {key!r} is taken.", fields={"metadata": f"{key} is taken"})
    if new.input_ids is not None:
        body[INPUT_IDS] = list(new.input_ids)
    elif chosen_inputs(former) is not None:
        body[INPUT_IDS] = former[INPUT_IDS]
    assist = new.details.assist
    if assist.model_id:
        body[ASSIST_MODEL] = {"id": assist.model_id}
        if assist.version_id:
            body[ASSIST_MODEL]["version_id"] = assist.version_id
    return body


_OPTIONAL = (
    *("ai_assistant", "ai_assist_params", "sample_ms", "label_order_id"),
    *("delete_previous_annotations", "priority", "metadata"),
)


def _optional(new: Task, former: Body) -> Body:
    """What is sent only when it says something."""
    details = new.details
    body = _assist_body(details.assist, former)
    if details.sample_ms:
        body["sample_ms"] = details.sample_ms
    if details.label_order_id:
        body["label_order_id"] = details.label_order_id
    if details.delete_previous:
        body["delete_previous_annotations"] = True
    if details.priority is not TaskPriority.NONE:
        body["priority"] = _PRIORITY_NAMES[details.priority]
    if metadata := _metadata(new, former.get("metadata")):
        body["metadata"] = metadata
    return body


def task_body(new: Task, *, subset: bool) -> Body:
    """The JSON object of a task to create. ``subset``: the platform reads ``metadata.input_ids``."""
    if new.input_ids is not None and not subset:
        raise Unsupported(
            "This platform makes tasks over all inputs or over a dataset, not over chosen inputs."
        )
    if new.type not in _TYPE_NAMES:
        raise Rejected("The task has no type that the platform knows.", fields={"type": "unknown"})
    return {"id": new.id, "type": _TYPE_NAMES[new.type], "input_source": _source_body(new.details)} | _said(
        new, {}
    )


def _said(new: Task, former: Body) -> Body:
    """Everything but id, type and source, which may be unknown in a task that is only edited."""
    return {
        "name": new.name,
        "description": new.description,
        "worker": _worker_body(new, _object(former.get("worker"))),
        "review": _review_body(new.review, _object(former.get("review"))),
        "concepts": _concepts(new, former.get("concepts")),
    } | _optional(new, former)


def edited_body(current: bytes | Raw, new: Task) -> Body:
    """The whole task as read, with everything that ``new`` says put in.

    An overwrite replaces everything by what is sent: keys that we do not model are carried along at every level,
    as are the chosen inputs and a type, source or status that we do not know.
    """
    former: Body = msgspec.json.decode(current, type=dict[str, Any])
    body = _over(former, (*_READ_ONLY, *_OPTIONAL), {"id": new.id} | _said(new, former))
    if new.type in _TYPE_NAMES:
        body["type"] = _TYPE_NAMES[new.type]
    if new.details.source in _SOURCE_NAMES:
        body["input_source"] = _over(former.get("input_source"), ("type", "id"), _source_body(new.details))
    return body


def state_body(task_id: str, state: TaskState) -> Body:
    """A merge of the task's status only."""
    if state not in TASK_NAMES:
        raise Rejected(
            "A task can be set to in progress, done or abandoned.", fields={"state": "not settable"}
        )
    return {"id": task_id, "status": {"code": TASK_NAMES[state]}}
