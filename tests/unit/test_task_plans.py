"""Task plans: what is wrong is said at the field, and the effect adds up."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.assignments.plans import TaskPlan, cannot, effect, problems, split, to_task
from dashboard.platforms.types import (
    AnnotationState,
    Assist,
    AutoRule,
    Capabilities,
    ReviewStrategy,
    SourceKind,
    TaskDetails,
    TaskPriority,
    TaskType,
    WorkerStrategy,
)

PEOPLE = ("l-1", "l-2", "r-1")
PLAN = TaskPlan(
    name="Fruit",
    type=TaskType.BOXES,
    concept_ids=("apple",),
    labelers=("l-1", "l-2"),
    reviewers=("r-1",),
    input_count=101,
)


RULE = AutoRule("apple", ("box",), 0.5, 1.0, state=AnnotationState.AWAITING_REVIEW)
AUTOMATIC = TaskDetails(automatic=True, worker_model_id="m", rules=(RULE,))


def replace_details(**changes: object) -> TaskDetails:
    return msgspec.structs.replace(AUTOMATIC, **changes)


def wrong(plan: TaskPlan, **capabilities: object) -> dict[str, str]:
    return problems(
        plan,
        people=PEOPLE,
        concepts={"apple", "pear"},
        capabilities=Capabilities(**capabilities),  # type: ignore[arg-type]
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


def test_agreement_is_counted_among_those_who_label_the_same_input() -> None:
    plan = replace(PLAN, review=ReviewStrategy.CONSENSUS, labeler_threshold=2)
    assert list(wrong(plan)) == ["labeler_threshold"], "one labeler per input cannot agree with another"
    assert wrong(replace(plan, workers_per_input=2)) == {}
    assert wrong(replace(plan, strategy=WorkerStrategy.FULL)) == {}
    assert wrong(replace(plan, labeler_threshold=0)) == {}, "0 leaves all to the reviewers"


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (TaskDetails(source=SourceKind.DATASET), "dataset"),
        (TaskDetails(source=SourceKind.SAVED_SEARCH), "saved_search"),
        (TaskDetails(source=SourceKind.INPUT), "input"),
        (TaskDetails(source=SourceKind.UNKNOWN, source_id="x"), "source"),
        (TaskDetails(assist=Assist(min_threshold=0.5)), "assist"),
        (TaskDetails(assist=Assist(relation_ids=("r",))), "assist"),
        (TaskDetails(assist=Assist(model_id="m", min_threshold=-0.1)), "assist_min"),
        (TaskDetails(assist=Assist(model_id="m", max_threshold=float("nan"))), "assist_max"),
        (TaskDetails(assist=Assist(workflow_id="w", min_threshold=0.9, max_threshold=0.8)), "assist_max"),
        (TaskDetails(metadata={"input_ids": []}), "metadata"),
        (TaskDetails(metadata={"assist_model": {}}), "metadata"),
        (TaskDetails(sample_ms=-1), "sample_ms"),
        (TaskDetails(sample_ms=86_400_001), "sample_ms"),
        (replace_details(worker_model_id=""), "worker_predictor"),
        (replace_details(worker_workflow_id="w"), "worker_predictor"),
        (replace_details(rules=()), "rules"),
        (replace_details(rules=(RULE, RULE)), "rules"),
        (replace_details(rules=(AutoRule("pear", ("box",)),)), "rules"),
        (replace_details(rules=(AutoRule("apple"),)), "rules"),
        (replace_details(rules=(AutoRule("apple", ("cloud",)),)), "rules"),
        (replace_details(rules=(AutoRule("apple", ("box",), 0.9, 0.1),)), "rules"),
        (replace_details(rules=(AutoRule("apple", ("box",), 0.5, 0.5, True, False),)), "rules"),
        (replace_details(rules=(AutoRule("apple", ("box",), -0.1, 0.5),)), "rules"),
        (replace_details(rules=(AutoRule("apple", ("box",), state=AnnotationState.UNKNOWN),)), "rules"),
    ],
)
def test_each_problem_of_the_details_is_named_at_its_field(details: TaskDetails, field: str) -> None:
    assert list(wrong(replace(PLAN, details=details))) == [field]


def test_what_exists_is_not_asked_for_its_source_again() -> None:
    plan = replace(PLAN, input_count=0, details=TaskDetails(source=SourceKind.UNKNOWN))
    told = problems(plan, people=PEOPLE, concepts={"apple"}, capabilities=Capabilities(), made=True)
    assert told == {}


def test_a_model_needs_no_labelers() -> None:
    plan = replace(PLAN, labelers=(), weights={}, details=AUTOMATIC)
    assert wrong(plan) == {}
    task = to_task(replace(plan, labelers=("l-1",), weights={"l-1": 1.0}), "task-1")
    assert (task.worker.user_ids, task.worker.weights) == ((), {})
    assert effect(plan).automatic
    assert effect(plan).per_labeler == []


@pytest.mark.parametrize(
    ("details", "flags", "field"),
    [
        (AUTOMATIC, {"auto_annotation": False}, "worker"),
        (TaskDetails(assist=Assist(workflow_id="w")), {"suggestions": False}, "assist"),
        (TaskDetails(priority=TaskPriority.HIGH), {"task_priority": False}, "priority"),
        (TaskDetails(metadata={"a": 1}), {"task_metadata": False}, "metadata"),
        (TaskDetails(source=SourceKind.DATASET, source_id="d"), {"task_sources": ()}, "source"),
    ],
)
def test_what_the_platform_cannot_do_is_refused_with_its_reason(
    details: TaskDetails, flags: dict[str, object], field: str
) -> None:
    plan = replace(PLAN, details=details)
    assert list(wrong(plan, **{**flags, "task_sources": flags.get("task_sources", (SourceKind.ALL,))})) == [
        field
    ]
    own = dict.fromkeys(flags, "Because it is old.")
    assert (
        wrong(plan, **{"task_sources": (SourceKind.ALL,), **flags}, reasons=own)[field]
        == "Because it is old."
    )


def test_a_reason_is_given_only_where_something_is_missing() -> None:
    able = Capabilities(reasons={"label_orders": "not shown"})
    assert cannot(able, "label_orders") == ""
    assert cannot(able, SourceKind.DATASET) == ""
    assert cannot(Capabilities(label_orders=False), "label_orders")
    assert cannot(Capabilities(), "no_such_flag"), "an unknown flag is never taken for possible"


def test_numbers_that_only_the_platform_knows_are_not_made_up() -> None:
    found = effect(replace(PLAN, input_count=None))
    assert (found.inputs, found.assignments, found.reviews) == (None, None, None)
    assert found.per_labeler == [("l-1", None), ("l-2", None)]
    assert found.per_reviewer == [("r-1", None)]
    alone = effect(replace(PLAN, input_count=None, review=ReviewStrategy.NONE, reviewers=()))
    assert (alone.reviews, alone.per_reviewer) == (0, [])


def test_the_task_carries_the_details_of_the_plan() -> None:
    details = TaskDetails(priority=TaskPriority.LOW, metadata={"a": [1]}, sample_ms=40)
    assert to_task(replace(PLAN, details=details), "task-1").details == details
