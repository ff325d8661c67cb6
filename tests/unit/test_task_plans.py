"""Task plans: what is wrong is said at the field, and the effect adds up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.assignments.plans import TaskPlan, effect, problems, split, to_task
from dashboard.platforms.types import Capabilities, ReviewStrategy, TaskType, WorkerStrategy

PEOPLE = ("l-1", "l-2", "r-1")
PLAN = TaskPlan(
    name="Fruit",
    type=TaskType.BOXES,
    concept_ids=("apple",),
    labelers=("l-1", "l-2"),
    reviewers=("r-1",),
    input_count=101,
)


def wrong(plan: TaskPlan, **capabilities: bool) -> dict[str, str]:
    return problems(
        plan, people=PEOPLE, concepts={"apple", "pear"}, capabilities=Capabilities(**capabilities)
    )


def test_a_complete_plan_has_no_problem() -> None:
    assert wrong(PLAN) == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"concept_ids": ()}, "concepts"),
        ({"concept_ids": ("stone",)}, "concepts"),
        ({"input_count": 0}, "source"),
        ({"input_ids": ["in-1"]}, "source"),
        ({"labelers": ()}, "labelers"),
        ({"labelers": ("nobody",)}, "labelers"),
        ({"workers_per_input": 3}, "workers_per_input"),
        ({"weights": {"l-1": 0, "l-2": 0}}, "weights"),
        ({"weights": {"l-1": 9, "l-2": 1}, "workers_per_input": 2}, "weights"),
        ({"reviewers": ()}, "reviewers"),
        ({"labelers": ("l-1",), "reviewers": ("l-1",)}, "reviewers"),
        ({"review": ReviewStrategy.CONSENSUS, "labeler_threshold": 5}, "labeler_threshold"),
    ],
)
def test_each_problem_is_named_at_its_field(change: dict[str, object], field: str) -> None:
    assert list(wrong(replace(PLAN, **change))) == [field]


def test_no_review_needs_no_reviewer() -> None:
    plan = replace(PLAN, review=ReviewStrategy.NONE, reviewers=())
    assert wrong(plan) == {}
    assert to_task(plan, "task-1").review.user_ids == ()


def test_an_odd_number_is_shared_with_a_difference_of_one() -> None:
    assert effect(PLAN).per_labeler == [("l-1", 51), ("l-2", 50)]


def test_everybody_labels_everything() -> None:
    found = effect(replace(PLAN, strategy=WorkerStrategy.FULL))
    assert (found.assignments, found.per_labeler) == (202, [("l-1", 101), ("l-2", 101)])


def test_weights_share_by_their_size() -> None:
    assert effect(replace(PLAN, weights={"l-1": 3, "l-2": 1})).per_labeler == [("l-1", 76), ("l-2", 25)]


@given(
    total=st.integers(0, 100_000), weights=st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(any)
)
def test_parts_always_add_up_and_stay_within_one_of_their_share(total: int, weights: list[float]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) <= 1 + 1e-6
