"""What an admin asks for when making a task, checked and counted before anything is sent (pure)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from dashboard.platforms.types import (
    Capabilities,
    ReviewPlan,
    ReviewStrategy,
    Task,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)

MAX_NAME = 200
#: A dynamic task hands out this many inputs at a time (Clarifai API, assignment size).
DYNAMIC_SHARE = 10


@dataclass(frozen=True)
class TaskPlan:
    """The form's content. ``input_count`` and ``input_ids`` describe the chosen source (None = all
    inputs)."""

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
    input_count: int = 0
    input_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class Effect:
    """The effect in numbers. ``per_labeler`` pairs a labeler with assignments (None = as many as they
    take)."""

    inputs: int
    assignments: int | None
    per_labeler: list[tuple[str, int | None]]
    reviews: int | None
    per_reviewer: list[tuple[str, int | None]]


def problems(
    plan: TaskPlan,
    *,
    people: Collection[str],
    concepts: Collection[str],
    capabilities: Capabilities,
) -> dict[str, str]:
    """{form field: what is wrong}, empty when the task can be sent."""
    wrong: dict[str, str] = {}
    if not plan.name.strip():
        wrong["name"] = "Give the task a name."
    elif len(plan.name) > MAX_NAME:
        wrong["name"] = f"A name has at most {MAX_NAME} characters."
    unknown = [concept for concept in plan.concept_ids if concept not in concepts]
    if unknown:
        wrong["concepts"] = f"{unknown[0]} is not a concept of this connection."
    elif not plan.concept_ids:
        wrong["concepts"] = "Choose at least one concept; without one there is nothing to label."
    if plan.input_count == 0:
        wrong["source"] = "No input matches this choice."
    if plan.input_ids is not None and not capabilities.task_input_subset:
        wrong["source"] = "This platform makes tasks over all inputs only."
    wrong |= _labeler_problems(plan, people)
    wrong |= _reviewer_problems(plan, people)
    return wrong


def _labeler_problems(plan: TaskPlan, people: Collection[str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    strangers = [person for person in plan.labelers if person not in people]
    if strangers:
        wrong["labelers"] = f"{strangers[0]} is not on this connection."
    elif not plan.labelers:
        wrong["labelers"] = "Choose at least one labeler."
    if plan.strategy != WorkerStrategy.PARTITIONED:
        return wrong
    if plan.workers_per_input < 1:
        wrong["workers_per_input"] = "Each input needs at least one labeler."
    elif plan.labelers and plan.workers_per_input > len(plan.labelers):
        wrong["workers_per_input"] = (
            f"{plan.workers_per_input} labelers per input are more than the {len(plan.labelers)} chosen."
        )
    if plan.weights:
        total = sum(plan.weights.get(person, 0) for person in plan.labelers)
        if any(weight < 0 for weight in plan.weights.values()) or total <= 0:
            wrong["weights"] = "Weights are numbers from 0 up, and at least one is above 0."
        else:
            limit = 1 / max(1, plan.workers_per_input)
            heavy = [p for p in plan.labelers if plan.weights.get(p, 0) / total > limit + 1e-9]
            if heavy and plan.workers_per_input > 1:
                wrong["weights"] = (
                    f"{heavy[0]} has more than {limit:.0%} of the weight; with {plan.workers_per_input} labelers "
                    "per input nobody can take a larger share."
                )
    return wrong


def _reviewer_problems(plan: TaskPlan, people: Collection[str]) -> dict[str, str]:
    if plan.review == ReviewStrategy.NONE:
        return {}
    strangers = [person for person in plan.reviewers if person not in people]
    if strangers:
        return {"reviewers": f"{strangers[0]} is not on this connection."}
    if not plan.reviewers:
        return {"reviewers": "Choose at least one reviewer, or choose no review."}
    if set(plan.reviewers) == set(plan.labelers) and len(set(plan.labelers)) == 1:
        return {"reviewers": "Nobody reviews their own labels: choose somebody else than the only labeler."}
    if plan.review == ReviewStrategy.CONSENSUS and not 1 <= plan.labeler_threshold <= max(
        1, len(plan.labelers)
    ):
        return {"labeler_threshold": f"Choose how many labelers must agree: 1 to {len(plan.labelers)}."}
    return {}


def effect(plan: TaskPlan) -> Effect:
    """How many assignments each person gets. An even split differs by one at most; weights are rounded."""
    inputs, labelers = plan.input_count, list(plan.labelers)
    per: list[tuple[str, int | None]]
    total: int | None
    if plan.strategy == WorkerStrategy.FULL:
        per, total = [(person, inputs) for person in labelers], inputs * len(labelers)
    elif plan.strategy == WorkerStrategy.DYNAMIC:
        per, total = [(person, None) for person in labelers], inputs
    else:
        total = inputs * max(1, plan.workers_per_input)
        weights = [plan.weights.get(person, 0) if plan.weights else 1.0 for person in labelers]
        per = list(zip(labelers, split(total, weights), strict=True))
    if plan.review == ReviewStrategy.NONE:
        return Effect(inputs, total, per, 0, [])
    reviewers = list(plan.reviewers)
    if plan.reviewer_threshold == -1:
        shares: list[int | None] = [total] * len(reviewers)
        return Effect(
            inputs,
            total,
            per,
            None if total is None else total * len(reviewers),
            list(zip(reviewers, shares, strict=True)),
        )
    even = split(total or 0, [1.0] * len(reviewers))
    return Effect(inputs, total, per, total, list(zip(reviewers, even, strict=True)))


def split(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` things by relative weight, largest remainder first, so that the parts add up exactly."""
    whole = sum(weights)
    if not weights or whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts


def to_task(plan: TaskPlan, task_id: str) -> Task:
    """The task as the service layer sends it."""
    return Task(
        id=task_id,
        name=plan.name.strip(),
        type=plan.type,
        description=plan.description.strip(),
        concept_ids=tuple(plan.concept_ids),
        worker=WorkerPlan(
            strategy=plan.strategy,
            user_ids=tuple(plan.labelers),
            workers_per_input=plan.workers_per_input,
            weights=dict(plan.weights) if plan.strategy == WorkerStrategy.PARTITIONED else {},
        ),
        review=ReviewPlan(
            strategy=plan.review,
            user_ids=tuple(plan.reviewers) if plan.review != ReviewStrategy.NONE else (),
            labeler_threshold=plan.labeler_threshold if plan.review == ReviewStrategy.CONSENSUS else 0,
            reviewer_threshold=plan.reviewer_threshold,
        ),
        input_ids=None if plan.input_ids is None else tuple(plan.input_ids),
    )
