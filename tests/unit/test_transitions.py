"""The state table of assignments, cell by cell, and what labelers' agreement means."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from embedded_api.tasks.consensus import agreeing, agrees, answer_of, iou
from embedded_api.tasks.transitions import (
    ANNOTATION_CODE,
    STATE_CODE,
    Action,
    IllegalMove,
    Review,
    State,
    next_state,
)

P, B, R, C, S, X = State  # pending, sent back, awaiting review, awaiting consensus, success, rejected
STARTS, SUBMIT, TAKE = Action.LABEL_START, Action.LABEL_SUBMIT, Action.REVIEW_START
APPROVE, CHANGES, REJECT = Action.REVIEW_APPROVE, Action.REVIEW_REQUEST_CHANGES, Action.REVIEW_REJECT
REACHED, MISSED = Action.CONSENSUS_REACHED, Action.CONSENSUS_MISSED

# Rows are actions, columns the states P B R C S X in order; "-" is an illegal move, "?" asks the strategy.
TABLE = {
    STARTS: [P, B, "-", "-", "-", "-"],
    SUBMIT: ["?", "?", R, C, S, "-"],
    TAKE: ["-", "-", R, "-", "-", "-"],
    APPROVE: ["-", "-", S, "-", S, "-"],
    CHANGES: ["-", B, B, "-", "-", "-"],
    REJECT: ["-", "-", X, "-", "-", X],
    REACHED: ["-", "-", "-", S, "-", "-"],
    MISSED: ["-", "-", "-", R, "-", "-"],
}
SUBMITTED = {Review.NONE: S, Review.MANUAL: R, Review.CONSENSUS: C}


@pytest.mark.parametrize("review", list(Review))
@pytest.mark.parametrize("action", list(TABLE))
def test_every_cell(action: Action, review: Review) -> None:
    assert set(TABLE) == set(Action)
    for state, cell in zip(State, TABLE[action], strict=True):
        if cell == "-":
            with pytest.raises(IllegalMove):
                next_state(action, state, review)
        else:
            assert next_state(action, state, review) == (SUBMITTED[review] if cell == "?" else cell)


def test_an_illegal_move_names_the_current_and_the_wanted_state() -> None:
    with pytest.raises(IllegalMove) as caught:
        next_state(APPROVE, P, Review.MANUAL)
    assert "TASK_ASSIGNMENT_PENDING" in str(caught.value)
    assert "wanted TASK_ASSIGNMENT_AWAITING_REVIEW" in str(caught.value)


@pytest.mark.parametrize("review", list(Review))
def test_a_repeated_action_changes_nothing(review: Review) -> None:
    for action, state in itertools.product((SUBMIT, APPROVE, CHANGES, REJECT), State):
        try:
            after = next_state(action, state, review)
        except IllegalMove:
            continue
        assert next_state(action, after, review) == after


def test_codes_of_the_states() -> None:
    assert {state.name: STATE_CODE[state] for state in State} == {
        "PENDING": 54201, "SENT_BACK": 54201, "AWAITING_REVIEW": 54202, "AWAITING_CONSENSUS": 54203,
        "SUCCESS": 54200, "REJECTED": 54204,
    }  # fmt: skip
    assert {state.name: ANNOTATION_CODE[state] for state in State} == {
        "PENDING": 24151, "SENT_BACK": 24151, "AWAITING_REVIEW": 24157, "AWAITING_CONSENSUS": 24159,
        "SUCCESS": 24150, "REJECTED": 24158,
    }  # fmt: skip


def _box(
    concept: str, top: float, left: float, bottom: float, right: float, value: float = 1
) -> dict[str, Any]:
    edges = {"top_row": top, "left_col": left, "bottom_row": bottom, "right_col": right}
    return {
        "regions": [
            {"region_info": {"bounding_box": edges}, "data": {"concepts": [{"id": concept, "value": value}]}}
        ]
    }


def _tag(concept: str, value: float = 1) -> dict[str, Any]:
    return {"concepts": [{"id": concept, "value": value}]}


A1 = _box("rbc", 0.1, 0.1, 0.3, 0.3)
A2 = _box("rbc", 0.11, 0.1, 0.31, 0.3)
FAR = _box("rbc", 0.6, 0.6, 0.8, 0.8)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ([A1], [A2], True),
        ([A1, FAR], [FAR, A2], True),
        ([A1], [FAR], False),
        ([A1], [A1, FAR], False),
        ([A1, A1], [A1, FAR], False),
        ([A1], [_box("wbc", 0.1, 0.1, 0.3, 0.3)], False),
        ([A1], [_box("rbc", 0.1, 0.1, 0.3, 0.3, 0)], False),
        ([_tag("ok")], [_tag("ok", 0.9)], True),
        ([_tag("ok")], [_tag("ok", 0)], False),
        ([_tag("ok")], [], False),
        ([], [], True),
        ([{"regions": "nonsense"}], [], True),
    ],
)
def test_agreement_of_two(first: list[dict[str, Any]], second: list[dict[str, Any]], same: bool) -> None:
    one, other = answer_of(first), answer_of(second)
    assert agrees(one, other) is same
    assert agrees(other, one) is same


def test_pairs_are_found_even_when_the_first_choice_is_taken() -> None:
    # The wide box fits both others, the left one only itself: taking the first fit would leave one alone.
    wide, left, right = (_box("c", 0, low, 1, high) for low, high in ((0.1, 0.8), (0, 0.6), (0.25, 0.85)))
    assert agrees(answer_of([wide, left]), answer_of([left, right]))
    assert not agrees(answer_of([left, left]), answer_of([left, right]))


def test_polygons_count_by_their_bounds() -> None:
    points = [{"row": 0.1, "col": 0.1}, {"row": 0.3, "col": 0.1}, {"row": 0.3, "col": 0.3}]
    body = {
        "regions": [{"region_info": {"polygon": {"points": points}}, "data": {"concepts": [{"id": "rbc"}]}}]
    }
    assert agrees(answer_of([body]), answer_of([A1]))


def test_iou_of_known_boxes() -> None:
    assert iou((0, 0, 1, 1), (0, 0.5, 1, 1)) == pytest.approx(0.5)
    assert iou((0, 0, 1, 1), (0, 0.5, 1, 1.5)) == pytest.approx(1 / 3)
    assert iou((0, 0, 0.2, 0.2), (0.5, 0.5, 1, 1)) == 0


def test_enough_labelers_must_agree_with_one_of_them() -> None:
    answers = {"a": answer_of([A1]), "b": answer_of([FAR]), "c": answer_of([A2])}
    assert agreeing(answers, 2) == {"a", "c"}
    assert agreeing(answers, 3) == frozenset()
    assert agreeing({"a": answers["a"]}, 1) == {"a"}
    assert agreeing({}, 1) == frozenset()
