"""The content of the task form, and the task that it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.platforms.types import (
    Capabilities,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)

MAX_NAME = 200


@dataclass(frozen=True)
class TaskPlan:
    """``input_count``: inputs of the chosen source (None = only the platform knows). ``input_ids``: the task is
    limited to these (None = all of the source). ``details.automatic``: the labelers are not asked."""

    name: str
    type: TaskType
    description: str = ""
    concept_ids: Sequence[str] = ()
    labelers: Sequence[str] = ()
    strategy: WorkerStrategy = WorkerStrategy.PARTITIONED
    workers_per_input: int = 1
    weights: dict[str, float] = field(default_factory=dict)
    review: ReviewStrategy = ReviewStrategy.MANUAL
    reviewers: Sequence[str] = ()
    labeler_threshold: int = 0
    reviewer_threshold: int = 1
    input_count: int | None = 0
    input_ids: Sequence[str] | None = None
    details: TaskDetails = field(default_factory=TaskDetails)

    @property
    def labelers_of_an_input(self) -> int:
        """How many label the same input: what can agree at most."""
        if self.strategy == WorkerStrategy.FULL:
            return max(1, len(self.labelers))
        return max(1, self.workers_per_input) if self.strategy == WorkerStrategy.PARTITIONED else 1


_CANNOT = {
    "auto_annotation": "On this platform people label; a model cannot be given a task.",
    "label_orders": "This platform has no label orders.",
    "suggestions": "This platform has no models that can suggest annotations.",
    "task_priority": "Tasks of this platform have no priority.",
    "task_metadata": "Tasks of this platform carry no metadata.",
    "task_input_subset": "This platform makes tasks over whole sources, not over inputs that were picked by a filter.",
    SourceKind.ALL: "This platform does not make tasks over all inputs.",
    SourceKind.DATASET: "This platform does not make tasks over a dataset.",
    SourceKind.SAVED_SEARCH: "This platform does not make tasks over a saved search.",
    SourceKind.INPUT: "This platform does not make tasks over one input.",
}


def cannot(capabilities: Capabilities, what: str) -> str:
    """Why the platform cannot do this, "" when it can. ``what``: a flag of Capabilities, or a SourceKind."""
    if what in capabilities.task_sources or getattr(capabilities, what, False):
        return ""
    flag = "task_sources" if isinstance(what, SourceKind) else what
    return capabilities.reasons.get(flag) or _CANNOT.get(what) or "This platform cannot do that."


def to_task(plan: TaskPlan, task_id: str) -> Task:
    """The task as the service layer sends it."""
    by_people = not plan.details.automatic
    return Task(
        id=task_id,
        name=plan.name.strip(),
        type=plan.type,
        description=plan.description.strip(),
        concept_ids=tuple(plan.concept_ids),
        worker=WorkerPlan(
            strategy=plan.strategy,
            user_ids=tuple(plan.labelers) if by_people else (),
            workers_per_input=plan.workers_per_input if by_people else 1,
            weights=dict(plan.weights) if by_people and plan.strategy == WorkerStrategy.PARTITIONED else {},
        ),
        review=ReviewPlan(
            strategy=plan.review,
            user_ids=tuple(plan.reviewers) if plan.review != ReviewStrategy.NONE else (),
            labeler_threshold=plan.labeler_threshold if plan.review == ReviewStrategy.CONSENSUS else 0,
            reviewer_threshold=plan.reviewer_threshold,
        ),
        details=plan.details,
        input_ids=None if plan.input_ids is None else tuple(plan.input_ids),
    )
