"""What a plan means in numbers: who gets how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dashboard.platforms.types import ReviewStrategy, WorkerStrategy

from .plan import TaskPlan

People = list[tuple[str, int | None]]


@dataclass(frozen=True)
class Effect:
    """``inputs``, ``assignments``, ``reviews``: None = only the platform knows. ``per_labeler`` and
    ``per_reviewer`` pair a person with a number (None = as many as they take, or not known yet)."""

    inputs: int | None
    assignments: int | None = None
    per_labeler: People = field(default_factory=list)
    reviews: int | None = None
    per_reviewer: People = field(default_factory=list)
    automatic: bool = False


def effect(plan: TaskPlan) -> Effect:
    """How many assignments each person gets. An even split differs by one at most; weights are rounded."""
    if plan.details.automatic:
        return Effect(plan.input_count, automatic=True)
    total, per = _work(plan)
    if plan.review == ReviewStrategy.NONE:
        return Effect(plan.input_count, total, per, 0, [])
    reviewers = list(plan.reviewers)
    if total is None:
        return Effect(None, None, per, None, [(person, None) for person in reviewers])
    if plan.reviewer_threshold == -1:
        return Effect(
            plan.input_count, total, per, total * len(reviewers), [(person, total) for person in reviewers]
        )
    even = split(total, [1.0] * len(reviewers))
    return Effect(plan.input_count, total, per, total, list(zip(reviewers, even, strict=True)))


def _work(plan: TaskPlan) -> tuple[int | None, People]:
    """Assignments in all, and per labeler."""
    inputs, labelers = plan.input_count, list(plan.labelers)
    if inputs is None:
        return None, [(person, None) for person in labelers]
    if plan.strategy == WorkerStrategy.FULL:
        return inputs * len(labelers), [(person, inputs) for person in labelers]
    if plan.strategy == WorkerStrategy.DYNAMIC:
        return inputs, [(person, None) for person in labelers]
    total = inputs * max(1, plan.workers_per_input)
    weights = [plan.weights.get(person, 0) if plan.weights else 1.0 for person in labelers]
    return total, list(zip(labelers, split(total, weights), strict=True))


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
