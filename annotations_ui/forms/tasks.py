"""The forms around tasks."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.accounts.models import Connection
from dashboard.assignments import plans, selectors
from dashboard.platforms.types import Capabilities, ReviewStrategy, TaskType, WorkerStrategy
from dashboard.sync.models import Task

TYPES = [
    (TaskType.BOXES.value, "Boxes"),
    (TaskType.POLYGONS.value, "Polygons"),
    (TaskType.CLASSES.value, "Classes of the whole image"),
]
STRATEGIES = [
    (WorkerStrategy.PARTITIONED.value, "Share the inputs out"),
    (WorkerStrategy.FULL.value, "Everybody labels every input"),
    (WorkerStrategy.DYNAMIC.value, "Hand out ten at a time"),
]
REVIEWS = [
    (ReviewStrategy.MANUAL.value, "A reviewer decides on each item"),
    (ReviewStrategy.CONSENSUS.value, "Agreeing labelers pass, a reviewer decides on the rest"),
    (ReviewStrategy.NONE.value, "No review: submitted is approved"),
]
THRESHOLDS = [("1", "One reviewer decides"), ("-1", "All reviewers must agree")]


class TaskForm(forms.Form):
    """Makes a :class:`plans.TaskPlan`. Weights are extra fields named ``weight:<platform user id>``."""

    name = forms.CharField(
        max_length=plans.MAX_NAME, label="Name", error_messages={"required": "Give the task a name."}
    )
    description = forms.CharField(
        required=False,
        max_length=4000,
        label="Instructions",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    type = forms.ChoiceField(choices=TYPES, initial="boxes", label="What is drawn", widget=forms.RadioSelect)
    concepts = forms.MultipleChoiceField(
        required=False, label="Concepts", widget=forms.CheckboxSelectMultiple
    )
    source = forms.ChoiceField(
        choices=list(selectors.SOURCES.items()), initial="all", label="Inputs", widget=forms.RadioSelect
    )
    source_text = forms.CharField(required=False, max_length=100, label="Name contains")
    labelers = forms.MultipleChoiceField(
        required=False, label="Labelers", widget=forms.CheckboxSelectMultiple
    )
    strategy = forms.ChoiceField(
        choices=STRATEGIES, initial="partitioned", label="How work is shared", widget=forms.RadioSelect
    )
    workers_per_input = forms.IntegerField(
        required=False, min_value=1, max_value=50, initial=1, label="Labelers per input"
    )
    review = forms.ChoiceField(choices=REVIEWS, initial="manual", label="Review", widget=forms.RadioSelect)
    reviewers = forms.MultipleChoiceField(
        required=False, label="Reviewers", widget=forms.CheckboxSelectMultiple
    )
    reviewer_threshold = forms.ChoiceField(
        choices=THRESHOLDS, required=False, initial="1", label="Who decides"
    )
    labeler_threshold = forms.IntegerField(
        required=False, min_value=1, max_value=50, initial=2, label="Labelers who must agree"
    )

    def __init__(
        self, data: Any = None, *, connection: Connection, capabilities: Capabilities, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.connection = connection
        self.capabilities = capabilities
        self.labeler_choices = selectors.people(connection, "labeler")
        self.reviewer_choices = selectors.people(connection, "reviewer")
        self.concept_rows = selectors.concepts(connection)
        self.fields["labelers"].choices = [(p.id, p.name) for p in self.labeler_choices]  # type: ignore[attr-defined]
        self.fields["reviewers"].choices = [(p.id, p.name) for p in self.reviewer_choices]  # type: ignore[attr-defined]
        self.fields["concepts"].choices = [(c.platform_id, c.name) for c in self.concept_rows]  # type: ignore[attr-defined]
        if not capabilities.task_input_subset:
            self.fields["source"].choices = [("all", selectors.SOURCES["all"])]  # type: ignore[attr-defined]

    def weight_rows(self) -> list[dict[str, Any]]:
        """One number field per labeler, for the template."""
        return [
            {
                "name": f"weight:{person.id}",
                "label": person.name,
                "value": self.data.get(f"weight:{person.id}", "") if self.is_bound else "",
            }
            for person in self.labeler_choices
        ]

    def names(self) -> dict[str, str]:
        return {p.id: p.name for p in (*self.labeler_choices, *self.reviewer_choices)}

    def plan(self, data: dict[str, Any]) -> plans.TaskPlan:
        """The plan of (possibly still incomplete) cleaned data; inputs are counted in the mirror."""
        kind, text = data.get("source") or "all", data.get("source_text") or ""
        rows = selectors.source(self.connection, kind, text)
        subset = None if kind == "all" else list(rows.values_list("platform_id", flat=True))
        return plans.TaskPlan(
            name=data.get("name") or "",
            description=data.get("description") or "",
            type=TaskType(data.get("type") or "boxes"),
            concept_ids=data.get("concepts") or [],
            labelers=data.get("labelers") or [],
            strategy=WorkerStrategy(data.get("strategy") or "partitioned"),
            workers_per_input=data.get("workers_per_input") or 1,
            weights=self._weights(data.get("labelers") or []),
            review=ReviewStrategy(data.get("review") or "manual"),
            reviewers=data.get("reviewers") or [],
            labeler_threshold=data.get("labeler_threshold") or 0,
            reviewer_threshold=int(data.get("reviewer_threshold") or 1),
            input_count=rows.count() if subset is None else len(subset),
            input_ids=subset,
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.ready = self.plan(data)
        found = plans.problems(
            self.ready,
            people=set(self.names()),
            concepts={concept.platform_id for concept in self.concept_rows},
            capabilities=self.capabilities,
        )
        for field, sentence in found.items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, sentence)
        return data

    def _weights(self, labelers: list[str]) -> dict[str, float]:
        """Shares that were typed; a labeler left empty among filled ones counts 0."""
        typed: dict[str, float] = {}
        for person in labelers:
            text = str(self.data.get(f"weight:{person}", "")).strip().replace(",", ".")
            if not text:
                continue
            try:
                number = float(text)
            except ValueError:
                number = float("nan")
            if not 0 <= number <= 1_000_000:
                self.add_error(
                    None, f"The weight of {self.names().get(person, person)} must be a number from 0 up."
                )
                continue
            typed[person] = number
        return {person: typed.get(person, 0.0) for person in labelers} if typed else {}


class TaskEditForm(forms.Form):
    """What can change in a running task."""

    name = forms.CharField(max_length=plans.MAX_NAME, label="Name")
    description = forms.CharField(
        required=False, max_length=4000, label="Instructions", widget=forms.Textarea(attrs={"rows": 4})
    )
    labelers = forms.MultipleChoiceField(
        required=False,
        label="Labelers",
        widget=forms.CheckboxSelectMultiple,
        help_text="Work that nobody has started is shared out again; what was started stays where it is.",
    )
    reviewers = forms.MultipleChoiceField(
        required=False, label="Reviewers", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, task: Task, **options: Any) -> None:
        given = {
            "name": task.name,
            "description": task.description,
            "labelers": task.labeler_ids,
            "reviewers": task.reviewer_ids,
        }
        super().__init__(data, initial=given, **options)
        self.task = task
        for role, kept in (("labeler", task.labeler_ids), ("reviewer", task.reviewer_ids)):
            names = {person.id: person.name for person in selectors.people(task.connection, role)}
            strangers = [(person, person) for person in kept if person not in names]
            self.fields[f"{role}s"].choices = [*names.items(), *strangers]  # type: ignore[attr-defined]

    def clean_labelers(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["labelers"]
        if self.task.labeler_ids and not chosen:
            raise forms.ValidationError("Choose at least one labeler.")
        needed = self.task.worker.get("workers_per_input") or 1
        if self.task.worker.get("strategy") == WorkerStrategy.PARTITIONED and 0 < len(chosen) < needed:
            raise forms.ValidationError(f"Each input of this task needs {needed} labelers.")
        return chosen

    def clean_reviewers(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["reviewers"]
        if self.task.review.get("strategy") not in (None, ReviewStrategy.NONE) and not chosen:
            raise forms.ValidationError("Choose at least one reviewer: submitted items wait for one.")
        return chosen
