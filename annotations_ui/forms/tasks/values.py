"""Between a task and the fields of its form: what a form shows first, and the assistance that it names."""

from __future__ import annotations

from typing import Any

from dashboard.platforms import types

from .fields import plain, predictor

#: A new task.
FRESH: dict[str, Any] = {
    "strategy": "partitioned",
    "workers_per_input": 1,
    "review": "manual",
    "reviewer_threshold": 1,
    "labeler_threshold": 2,
    "priority": "none",
}


def initial(task: types.Task) -> dict[str, Any]:
    """The fields of the form as the task has them."""
    details, assist = task.details, task.details.assist
    return {
        "name": task.name,
        "description": task.description,
        "concepts": list(task.concept_ids),
        "labelers": list(task.worker.user_ids),
        "strategy": task.worker.strategy.value,
        "workers_per_input": task.worker.workers_per_input,
        "worker_predictor": predictor(
            workflow_id=details.worker_workflow_id, model_id=details.worker_model_id
        ),
        "delete_previous": details.delete_previous,
        "review": task.review.strategy.value,
        "reviewers": list(task.review.user_ids),
        "reviewer_threshold": task.review.reviewer_threshold or 1,
        "labeler_threshold": task.review.labeler_threshold,
        "assist": assistant(assist),
        "assist_min": plain(assist.min_threshold) if assist.min_threshold else "",
        "assist_max": plain(assist.max_threshold) if assist.max_threshold else "",
        "assist_relations": assist.relation_ids,
        "priority": details.priority.value,
        "metadata": details.metadata,
        "sample_ms": details.sample_ms or None,
    }


def assistant(assist: types.Assist) -> types.Predictor | None:
    """Who suggests; the version is the one that was chosen."""
    return predictor(workflow_id=assist.workflow_id, model_id=assist.model_id, version_id=assist.version_id)


def assist(data: dict[str, Any]) -> types.Assist:
    """What the fields say of assistance."""
    chosen: types.Predictor | None = data.get("assist")
    by_model = chosen is not None and chosen.kind == "model"
    return types.Assist(
        workflow_id=chosen.id if chosen and not by_model else "",
        model_id=chosen.id if chosen and by_model else "",
        version_id=chosen.version_id if chosen and by_model else "",
        min_threshold=data.get("assist_min") or 0.0,
        max_threshold=data.get("assist_max") or 0.0,
        relation_ids=data.get("assist_relations") or (),
    )
