"""A task that says everything: typed into the form, sent, read back from the live embedded server, and changed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.core.cache import cache

from dashboard.assignments import services
from dashboard.platforms import types
from dashboard.platforms.types import AnnotationState, Assist, AutoRule, SourceKind, TaskDetails
from dashboard.sync.models import Task
from dashboard.sync.services import people
from tests.support.task_desk import TaskDesk, make_task_desk

pytestmark = pytest.mark.django_db

MODEL, WORKFLOW = "demo-detector", "demo-assist"


@pytest.fixture
def desk(embedded_app, settings) -> TaskDesk:
    cache.clear()  # what there is to choose from is kept for a minute
    return make_task_desk(embedded_app, settings)


def said(task: types.Task) -> types.Task:
    """The task without what the platform adds by itself."""
    return msgspec.structs.replace(task, created_at=None, modified_at=None)


def rule(number: int, **fields: object) -> dict[str, object]:
    """A row of the form."""
    return {f"rule-{number}-{name}": value for name, value in fields.items()}


FULL_FORM: dict[str, object] = {
    "name": "Everything",
    "description": "All that a task can say.",
    "type": "polygons",
    "concepts": ["rbc", "wbc"],
    "source": "named",
    "source_text": "in-",
    "strategy": "partitioned",
    "workers_per_input": "2",
    "review": "consensus",
    "reviewer_threshold": "-1",
    "labeler_threshold": "2",
    "assist": f"model:{MODEL}",
    "assist_min": "0.25",
    "assist_max": "0.9",
    "assist_relations": "hyponym-1, hyponym-2",
    "priority": "high",
    "metadata": '{"batch": 7, "origin": {"lamp": ["warm", null, true]}}',
    "sample_ms": "500",
}


def full_form(desk: TaskDesk, **changed: object) -> dict[str, object]:
    both = [desk.ids["l-1"], desk.ids["l-2"]]
    weights = {f"weight:{one}": "1.5" for one in both}
    return desk.form(**FULL_FORM, labelers=both, **weights) | changed


def test_a_task_with_every_field_comes_back_equal(desk: TaskDesk) -> None:
    assert desk.post("task_create", full_form(desk)).status_code == 302
    row = Task.objects.get()
    told = desk.told(row)
    both = (desk.ids["l-1"], desk.ids["l-2"])
    version = told.details.assist.version_id
    assert version, "the version that was chosen is kept"
    assert said(told) == types.Task(
        id=row.platform_id,
        name="Everything",
        type=types.TaskType.POLYGONS,
        description="All that a task can say.",
        concept_ids=("rbc", "wbc"),
        worker=types.WorkerPlan(
            types.WorkerStrategy.PARTITIONED, both, workers_per_input=2, weights=dict.fromkeys(both, 1.5)
        ),
        review=types.ReviewPlan(types.ReviewStrategy.CONSENSUS, (desk.ids["r-1"],), 2, -1),
        details=TaskDetails(
            priority=types.TaskPriority.HIGH,
            metadata={"batch": 7, "origin": {"lamp": ["warm", None, True]}},
            sample_ms=500,
            assist=Assist(
                model_id=MODEL,
                version_id=version,
                min_threshold=pytest.approx(0.25),  # type: ignore[arg-type]
                max_threshold=pytest.approx(0.9),  # type: ignore[arg-type]
                relation_ids=("hyponym-1", "hyponym-2"),
            ),
        ),
        input_ids=tuple(f"in-{number}" for number in range(6)),
    )
    assert said(services.told(row)) == msgspec.structs.replace(said(told), input_ids=None), "mirrored whole"


def test_an_unchanged_edit_changes_nothing(desk: TaskDesk) -> None:
    desk.post("task_create", full_form(desk))
    row = Task.objects.get()
    before = desk.told(row)
    page = desk.get("task_edit", row.pk)
    assert desk.post("task_edit", sent_by(page.context["form"]), row.pk).status_code == 302
    after = desk.told(row)
    assert said(after) == said(before)
    assert after.modified_at > before.modified_at, "it was sent"


def sent_by(form: Any) -> dict[str, object]:
    """What a browser sends of a form that nobody touched."""
    sent: dict[str, object] = {row["name"]: row["value"] for row in form.weight_rows()}
    for part in (form, *form.rule_rows):
        for bound in part:
            value = bound.value()
            if value is None or value is False:
                continue
            sent[bound.html_name] = "on" if value is True else value
    return sent


def test_an_edit_keeps_what_others_wrote_and_unknown_metadata(desk: TaskDesk) -> None:
    desk.post("task_create", full_form(desk))
    row = Task.objects.get()
    form = sent_by(desk.get("task_edit", row.pk).context["form"])
    changed = form | {
        "metadata": '{"batch": 8, "theirs": {"key": 1}}',
        "priority": "low",
        "assist": f"workflow:{WORKFLOW}",
        "assist_max": "",
        "workers_per_input": "1",
        "labeler_threshold": "1",
        "reviewer_threshold": "1",
        "sample_ms": "",
    }
    assert desk.post("task_edit", changed, row.pk).status_code == 302
    told = desk.told(row)
    assert told.details.metadata == {"batch": 8, "theirs": {"key": 1}}
    assert told.details.priority is types.TaskPriority.LOW
    assert told.details.sample_ms == 0
    assert (told.details.assist.workflow_id, told.details.assist.model_id) == (WORKFLOW, "")
    assert (told.worker.workers_per_input, told.review.labeler_threshold) == (1, 1)
    assert told.input_ids == tuple(f"in-{number}" for number in range(6)), "the chosen inputs stay"


@pytest.mark.parametrize("synced", [True, False])
def test_a_foreign_edit_is_not_overwritten_unseen(desk: TaskDesk, synced: bool) -> None:
    desk.post("task_create", full_form(desk))
    row = Task.objects.get()
    page = desk.get("task_edit", row.pk)
    form = sent_by(page.context["form"]) | {"seen": page.context["seen"], "name": "Mine"}
    theirs = msgspec.structs.replace(desk.told(row), name="Theirs")
    people.platform_for(desk.connection).edit_task(theirs)
    if synced:
        desk.pull()
        more = desk.post("task_edit", form | {"add_rule": "1"}, row.pk)
        assert more.context["seen"] == form["seen"], "another row of the form is no look at the task"
    answer = desk.post("task_edit", form, row.pk)
    assert answer.status_code == 422
    assert "changed on the platform while this page was open" in answer.content.decode()
    assert desk.told(row).name == "Theirs"
    assert desk.post("task_edit", form | {"seen": answer.context["seen"]}, row.pk).status_code == 302
    assert desk.told(row).name == "Mine"


def test_a_model_works_by_its_rules(desk: TaskDesk) -> None:
    form = full_form(
        desk,
        worker="automatic",
        worker_predictor=f"model:{MODEL}",
        delete_previous="on",
        review="manual",
        reviewer_threshold="1",
        labelers=[],
        source="all",
        **rule(
            0, concept="*", data_types=["box", "tag"], lower="0.5", lower_inclusive="on", upper="1",
            upper_inclusive="on", state="awaiting_review",
        ),
        **rule(1, concept="wbc", data_types=["mask"], lower="0.25", upper="0.75", state="approved"),
        **rule(2, concept="rbc", data_types=[], lower="9", upper="x", state="approved", remove="on"),
    )  # fmt: skip
    assert desk.post("task_create", form).status_code == 302
    row = Task.objects.get()
    details = desk.told(row).details
    assert (details.automatic, details.worker_model_id, details.delete_previous) == (True, MODEL, True)
    assert set(details.rules) == {
        AutoRule("rbc", ("tag", "box"), 0.5, 1.0, True, True, AnnotationState.AWAITING_REVIEW),
        AutoRule("wbc", ("mask",), 0.25, 0.75, False, False, AnnotationState.APPROVED),
    }
    page = desk.get("task_detail", row.pk).content.decode()
    assert "0.25 &lt; value &lt; 0.75" in page
    assert "the model starts now" in page
    assert "seen and reviewed on the platform itself" in page, "this desk has items of people only"
    form = sent_by(desk.get("task_edit", row.pk).context["form"])
    assert desk.post("task_edit", form, row.pk).status_code == 302
    assert set(desk.told(row).details.rules) == set(details.rules)


def test_adding_a_rule_keeps_what_was_typed_and_sends_nothing(desk: TaskDesk) -> None:
    form = full_form(desk, name="", worker="automatic", add_rule="1", **rule(0, upper="0.9", concept="wbc"))
    answer = desk.post("task_create", form)
    assert answer.status_code == 200
    rows = list(answer.context["form"].rule_rows)
    assert [row["upper"].value() for row in rows] == ["0.9", "1"]
    assert not answer.context["form"].errors, "nothing is judged before it is sent"
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("source", "inputs"), [("dataset", {"in-0", "in-1"}), ("saved_search", {"in-2"}), ("input", {"in-3"})]
)
def test_a_task_takes_its_inputs_from_its_source(desk: TaskDesk, source: str, inputs: set[str]) -> None:
    chosen = {"dataset": "train", "saved_search": "labeled", "input": "in-3"}[source]
    if source == "dataset":
        desk.app.ok("POST", "datasets", {"datasets": [{"id": "train"}]})
        members = [{"input": {"id": name}} for name in ("in-0", "in-1")]
        desk.app.ok("POST", "datasets/train/inputs", {"dataset_inputs": members})
    if source == "saved_search":
        desk.app.annotate("in-2")
        annotation = {"data": {"concepts": [{"id": "rbc", "value": 1}]}}
        query = {"filters": [{"annotation": annotation}]}
        desk.app.ok("POST", "searches", {"searches": [{"id": "labeled", "query": query, "save": True}]})
    answer = desk.post("task_preview", desk.form(source=source, **{source: chosen}))
    known = {"input": 1}.get(source)
    assert answer.context["effect"].inputs == known
    assert desk.make(source=source, **{source: chosen}).status_code == 302
    row = Task.objects.get()
    told = desk.told(row).details
    assert (told.source, told.source_id) == (SourceKind(source), chosen)
    desk.pull()
    assert set(row.items.values_list("input__platform_id", flat=True)) == inputs


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"source": "dataset"}, "dataset"),
        ({"source": "dataset", "dataset": "no-such"}, "dataset"),
        ({"source": "saved_search"}, "saved_search"),
        ({"source": "input"}, "input"),
        ({"source": "input", "input": "no-such"}, "input"),
        ({"worker": "automatic"}, "worker_predictor"),
        ({"worker": "automatic", "worker_predictor": "model:no-such"}, "worker_predictor"),
        ({"assist": "model:no-such"}, "assist"),
        ({"assist": "", "assist_min": "0.5"}, "assist"),
        ({"assist_min": "-0.1"}, "assist_min"),
        ({"assist_max": "1.5"}, "assist_max"),
        ({"assist_min": "0.95"}, "assist_max"),
        ({"assist_min": "nan"}, "assist_min"),
        ({"priority": "urgent"}, "priority"),
        ({"metadata": '{"a": 1,}'}, "metadata"),
        ({"metadata": "[1]"}, "metadata"),
        ({"metadata": '{"input_ids": ["in-1"]}'}, "metadata"),
        ({"sample_ms": "-1"}, "sample_ms"),
        ({"labeler_threshold": "3"}, "labeler_threshold"),
        ({"reviewer_threshold": "7"}, "reviewer_threshold"),
        ({"strategy": "lottery"}, "strategy"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk: TaskDesk, changed: dict[str, object], field: str) -> None:
    answer = desk.post("task_create", full_form(desk, **changed))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data_types": []}, "Rule 1, Makes"),
        ({"lower": "2"}, "Rule 1, Lower value: A value lies between 0 and 1."),
        ({"lower": "0.9", "upper": "0.1"}, "Rule 1, Upper value: The upper value is below"),
        ({"lower": "0.5", "upper": "0.5"}, "Rule 1, Upper value: No value fits"),
        ({"state": "unknown"}, "Rule 1, State"),
        ({"concept": "zzz"}, "Rule 1, Concept"),
        ({"remove": "on"}, "Add at least one rule"),
    ],
)
def test_a_wrong_rule_is_named_by_its_number(desk: TaskDesk, fields: dict[str, object], words: str) -> None:
    good = {"concept": "*", "data_types": ["box"], "lower": "0.5", "upper": "1", "state": "approved"}
    form = full_form(
        desk, worker="automatic", worker_predictor=f"model:{MODEL}", **rule(0, **(good | fields))
    )
    answer = desk.post("task_create", form)
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].non_field_errors()), answer.context[
        "form"
    ].errors
    assert not Task.objects.exists()


LACKING = types.Capabilities(
    label_orders=False,
    suggestions=False,
    auto_annotation=False,
    task_priority=False,
    task_metadata=False,
    task_sources=(SourceKind.ALL,),
    reasons={"task_priority": "This deployment is older than priorities."},
)


def test_what_the_platform_cannot_do_is_said_and_has_no_control(
    desk: TaskDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "capabilities", lambda connection: LACKING)
    page = desk.get("task_create")
    text = page.content.decode()
    for name in ("priority", "metadata", "assist", "worker"):
        assert f'name="{name}"' not in text, name
    for reason in (
        "This deployment is older than priorities.",
        "Tasks of this platform carry no metadata.",
        "This platform has no models that can suggest annotations.",
        "On this platform people label",
        "This platform does not make tasks over a dataset.",
        "not over inputs that were picked by a filter",
    ):
        assert reason in text, reason
    answer = desk.make(source="dataset", dataset="train", priority="high", worker="automatic")
    assert answer.status_code == 422
    assert "source" in answer.context["form"].errors
    assert desk.make(priority="high", metadata='{"a": 1}', worker="automatic").status_code == 302
    told = desk.told(Task.objects.get()).details
    assert (told.priority, told.metadata, told.automatic) == (types.TaskPriority.NONE, {}, False)
