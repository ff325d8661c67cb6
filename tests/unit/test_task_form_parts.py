"""The parts of the task form that need no database: metadata, ids, models, rules, and a task in words."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from annotations_ui import task_words
from annotations_ui.forms.tasks.fields import IdsField, MetadataField, PredictorField
from annotations_ui.forms.tasks.rules import MAX_RULES, RuleRows
from dashboard.platforms.types import (
    AnnotationState,
    Assist,
    AutoRule,
    Predictor,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    WorkerPlan,
    WorkerStrategy,
)

CONCEPTS = [("rbc", "Red"), ("wbc", "White")]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_metadata_is_shown_and_read_back_unchanged(value: dict[str, object]) -> None:
    field = MetadataField(strip=False)
    assert field.clean(field.prepare_value(value)) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,}', "Line 1, column"),
        ('{\n "a": 1\n "b": 2}', "Line 3, column 2"),
        ("[1]", "must be an object"),
        ('"a"', "must be an object"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"a": 1, "b": 2, "a": 3}', "names the key 'a' twice"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "nested more than 32 levels"),
        ('{"a": ' + "[" * 7000 + "]" * 7000 + "}", "nested"),
        ("9" * 65_537, "At most 65536 characters"),
        ('{"a": 1e999}', "a number is too large"),
        ('{"a": "\\u0000"}', "cannot be stored"),
        ('{"a": "\\ud800"}', "cannot be stored"),
        ('{"a": ' + "9" * 5000 + "}", "a whole number is too large"),
    ],
)
def test_wrong_metadata_is_named_by_line_and_rule(text: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MetadataField().clean(text)
    assert words in " ".join(refused.value.messages)


def test_ids_are_divided_by_anything_that_divides() -> None:
    assert IdsField(required=False).clean(" a, b\n a\tc ") == ("a", "b", "c")
    assert IdsField(required=False).clean("") == ()
    with pytest.raises(ValidationError):
        IdsField().clean(" ".join(map(str, range(101))))


def test_a_model_keeps_its_version_though_a_newer_one_is_listed() -> None:
    field = PredictorField(required=False)
    field.offer(
        [Predictor("model", "m", "Model", "v2")], Predictor("model", "m", version_id="v1"), none="Nobody"
    )
    assert field.clean("model:m") == Predictor("model", "m", "Model", "v1")
    assert field.clean("") is None
    with pytest.raises(ValidationError):
        field.clean("workflow:m")


def row(number: int, **fields: object) -> dict[str, object]:
    given = {
        "concept": "*",
        "data_types": ["box"],
        "lower": "0.5",
        "upper": "1",
        "state": "approved",
    } | fields
    return {f"rule-{number}-{name}": value for name, value in given.items()}


class Sent(dict):  # type: ignore[type-arg]
    """What a widget asks of posted data."""

    def getlist(self, name: str) -> list[object]:
        found = self.get(name, [])
        return found if isinstance(found, list) else [found]


def rows(*given: dict[str, object], more: bool = False) -> RuleRows:
    data = Sent({name: value for one in given for name, value in one.items()})
    return RuleRows(data, concepts=CONCEPTS, more=more)


def test_the_rule_for_every_concept_is_written_out_for_those_left_over() -> None:
    found = rows(row(0), row(1, concept="wbc", lower="0", lower_inclusive="on"))
    assert found.errors() == []
    assert set(found.rules(["rbc", "wbc"])) == {
        AutoRule("rbc", ("box",), 0.5, 1.0, False, False, AnnotationState.APPROVED),
        AutoRule("wbc", ("box",), 0.0, 1.0, True, False, AnnotationState.APPROVED),
    }


def test_a_removed_rule_is_neither_judged_nor_sent() -> None:
    found = rows(row(0, upper="nonsense", remove="on"), row(1, concept="rbc"))
    assert found.errors() == []
    assert [rule.concept_id for rule in found.rules(["rbc", "wbc"])] == ["rbc"]


def test_one_more_row_is_fresh_and_says_nothing_by_itself() -> None:
    found = rows(row(0), more=True)
    assert [one.is_bound for one in found] == [True, False]
    assert len(found.rules(["rbc"])) == 1


def test_rows_have_an_end() -> None:
    assert len(list(rows(*(row(number) for number in range(MAX_RULES + 5))))) == MAX_RULES


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Task("t", "n"), "All inputs of the app"),
        (Task("t", "n", details=TaskDetails(source=SourceKind.DATASET, source_id="train")), "Dataset train"),
        (Task("t", "n", details=TaskDetails(source=SourceKind.UNKNOWN)), "A source that is not known here"),
    ],
)
def test_the_source_in_words(task: Task, words: str) -> None:
    assert task_words.source(task) == words


@pytest.mark.parametrize(
    ("worker", "items", "words"),
    [
        (WorkerPlan(), 18, "18 inputs of the app"),
        (WorkerPlan(), 1, "1 input of the app"),
        (WorkerPlan(workers_per_input=2), 18, "9 inputs of the app"),
        (WorkerPlan(WorkerStrategy.FULL, ("a", "b", "c")), 18, "6 inputs of the app"),
        (WorkerPlan(WorkerStrategy.DYNAMIC), 18, "Inputs of the app"),
        (WorkerPlan(), 0, "Inputs of the app"),
    ],
)
def test_a_task_that_may_be_over_chosen_inputs_does_not_say_all(
    worker: WorkerPlan, items: int, words: str
) -> None:
    assert task_words.source(Task("t", "n", worker=worker), items=items) == words


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (ReviewPlan(ReviewStrategy.NONE), "No review: submitted is approved"),
        (ReviewPlan(reviewer_threshold=0), "By hand: one reviewer decides"),
        (ReviewPlan(reviewer_threshold=-1), "By hand: all reviewers must agree"),
        (ReviewPlan(reviewer_threshold=3), "By hand: 3 reviewers must agree"),
        (
            ReviewPlan(ReviewStrategy.CONSENSUS, (), 2, 1),
            "By consensus: 2 labelers must agree; on the rest one reviewer decides",
        ),
        (
            ReviewPlan(ReviewStrategy.CONSENSUS, (), 0, -1),
            "By consensus, agreement of labelers not counted: all reviewers must agree",
        ),
    ],
)
def test_the_review_in_words(plan: ReviewPlan, words: str) -> None:
    assert task_words.review(Task("t", "n", review=plan)) == words


def test_what_suggests_in_words() -> None:
    def words(assist: Assist) -> str:
        return task_words.assistance(Task("t", "n", details=TaskDetails(assist=assist)))

    assert words(Assist()) == "Nobody suggests"
    assert words(Assist(workflow_id="w")) == "Workflow w, values of any size"
    assert words(Assist(model_id="m", version_id="v", min_threshold=0.4)) == (
        "Model m, version v, values from 0.4 to 1"
    )


def test_a_rule_in_words() -> None:
    rule = AutoRule("rbc", ("tag", "box"), 0.25, 1.0, False, True, AnnotationState.PENDING)
    assert task_words.values(rule) == "0.25 < value ≤ 1"
    assert task_words.becomes(rule) == "Tag of the whole input, Box: to do"
    assert "not known here" in task_words.becomes(AutoRule("rbc", state=AnnotationState.UNKNOWN))


def test_shares_are_given_in_percent_by_name() -> None:
    task = Task("t", "n", worker=WorkerPlan(user_ids=("a", "b"), weights={"a": 3.0, "b": 1.0}))
    assert dict(task_words.facts(task, {"a": "Labeler 1"}))["Shares"] == "Labeler 1 75%, b 25%"
