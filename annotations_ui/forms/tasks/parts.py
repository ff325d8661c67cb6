"""What the forms for a new task and for a task that exists have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec
from django import forms
from django.forms.utils import ErrorDict

from dashboard.accounts.models import Connection
from dashboard.assignments import plans, selectors
from dashboard.platforms import types
from dashboard.platforms.types import Capabilities, ReviewStrategy, TaskPriority, WorkerStrategy

from . import values, weights, words
from .fields import IdsField, MetadataField, PredictorField, predictor, value_input
from .rules import RuleRows

FLAGS = ("auto_annotation", "suggestions", "task_priority", "task_metadata")
_FIELDS_OF = {
    "task_priority": ("priority",),
    "task_metadata": ("metadata",),
    "suggestions": ("assist", "assist_min", "assist_max", "assist_relations"),
}


class TaskParts(forms.Form):
    """Makes a :class:`plans.TaskPlan`. Weights are extra fields named ``weight:<platform user id>``, rules are
    rows named ``rule-<n>-...``. What the platform cannot do has no field, and its reason in ``cannot``.

    ``given`` is the task as it is, None for a new one. ``more_rules``: only show what was sent, with one more row.
    """

    name = forms.CharField(
        max_length=plans.MAX_NAME, label="Name", error_messages={"required": "Give the task a name."}
    )
    description = forms.CharField(
        required=False, max_length=4000, label="Instructions", widget=forms.Textarea(attrs={"rows": 3})
    )
    concepts = forms.MultipleChoiceField(
        required=False, label="Concepts", widget=forms.CheckboxSelectMultiple
    )
    labelers = forms.MultipleChoiceField(
        required=False, label="Labelers", widget=forms.CheckboxSelectMultiple
    )
    strategy = forms.ChoiceField(
        choices=list(words.STRATEGIES.items()), label="How work is shared", widget=forms.RadioSelect
    )
    workers_per_input = forms.IntegerField(min_value=1, max_value=50, label="Labelers per input")
    worker_predictor = PredictorField(
        label="Model or workflow", error_messages={"required": "Choose the one model or workflow that works."}
    )
    delete_previous = forms.BooleanField(
        required=False, label="First delete its earlier annotations of the same concepts"
    )
    review = forms.ChoiceField(choices=list(words.REVIEWS.items()), label="Review", widget=forms.RadioSelect)
    reviewers = forms.MultipleChoiceField(
        required=False, label="Reviewers", widget=forms.CheckboxSelectMultiple
    )
    reviewer_threshold = forms.TypedChoiceField(coerce=int, label="Who decides")
    labeler_threshold = forms.IntegerField(
        required=False, min_value=0, max_value=50, label="Labelers who must agree"
    )
    assist = PredictorField(required=False, label="Suggestions by")
    assist_min = forms.FloatField(required=False, label="Lowest value", widget=value_input())
    assist_max = forms.FloatField(required=False, label="Highest value", widget=value_input())
    assist_relations = IdsField(required=False, label="Concept relations")
    priority = forms.ChoiceField(choices=list(words.PRIORITIES.items()), required=False, label="Priority")
    metadata = MetadataField(label="Metadata")
    sample_ms = forms.IntegerField(
        required=False, min_value=0, max_value=86_400_000, label="Video: milliseconds per frame"
    )

    def __init__(
        self,
        data: Any = None,
        *,
        connection: Connection,
        capabilities: Capabilities,
        given: types.Task | None = None,
        more_rules: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(data, initial=values.initial(given) if given else values.FRESH, **options)
        self.connection, self.capabilities, self.given = connection, capabilities, given
        self.more_rules = more_rules
        told = given or types.Task("", "")  # one that says nothing yet
        self.former = told.details
        self.offers = selectors.offers(connection, capabilities)
        self.cannot = {flag: why for flag in FLAGS if (why := plans.cannot(capabilities, flag))}
        labelers = selectors.people(connection, "labeler")
        reviewers = selectors.people(connection, "reviewer")
        self._offer("labelers", [(one.id, one.name) for one in labelers], told.worker.user_ids)
        self._offer("reviewers", [(one.id, one.name) for one in reviewers], told.review.user_ids)
        concepts = selectors.concepts(connection)
        self._offer("concepts", [(one.platform_id, one.name) for one in concepts], told.concept_ids)
        self._offer_thresholds(told.review.reviewer_threshold)
        self._offer_predictors()
        self.rule_rows = RuleRows(
            self.data if self.is_bound else None,
            given=self.former.rules,
            task_type=told.type.value,
            concepts=self._choices("concepts"),
            more=more_rules,
        )
        for flag in self.cannot:
            for name in _FIELDS_OF.get(flag, ()):
                del self.fields[name]

    def _offer(self, name: str, choices: Iterable[tuple[str, str]], present: Iterable[str] = ()) -> None:
        """Give a field its choices; what the task has already stays choosable under its id."""
        known = dict(choices)
        strangers = [(one, one) for one in present if one not in known]
        self.fields[name].choices = [*known.items(), *strangers]  # type: ignore[attr-defined]

    def _choices(self, name: str) -> list[tuple[str, str]]:
        return list(self.fields[name].choices)  # type: ignore[attr-defined]

    def _offer_thresholds(self, present: int) -> None:
        numbers = [1, -1] if present in (0, 1, -1) else [1, present, -1]
        self.fields["reviewer_threshold"].choices = [(str(n), words.who_decides(n)) for n in numbers]  # type: ignore[attr-defined]

    def _offer_predictors(self) -> None:
        works = predictor(workflow_id=self.former.worker_workflow_id, model_id=self.former.worker_model_id)
        helps = values.assistant(self.former.assist)
        for name, present, none in (("worker_predictor", works, "Choose one"), ("assist", helps, "Nobody")):
            field = cast(PredictorField, self.fields[name])
            field.offer(self.offers.predictors, present, none=none)

    # --- for the templates ----------------------------------------------------------------------------
    def weight_rows(self) -> list[dict[str, Any]]:
        """One number field per labeler."""
        kept = self.given.worker.weights if self.given else {}
        shown = self.data if self.is_bound else {weights.field_name(one): kept[one] for one in kept}
        return weights.rows(self._choices("labelers"), shown)

    @property
    def has_weights(self) -> bool:
        return any(row["value"] for row in self.weight_rows())

    @property
    def assist_open(self) -> bool:
        """Whether the part on assistance says something, so that it is shown opened."""
        return self._says("assist", "assist_min", "assist_max", "assist_relations")

    @property
    def more_open(self) -> bool:
        return self._says("priority", "metadata", "sample_ms")

    def _says(self, *names: str) -> bool:
        shown = [self[name] for name in names if name in self.fields]
        return any(bound.errors or bound.value() not in (None, "", "none", 0, {}, ()) for bound in shown)

    def names(self) -> dict[str, str]:
        """What labelers and reviewers are called, by platform user id."""
        return dict([*self._choices("labelers"), *self._choices("reviewers")])

    # --- what was sent --------------------------------------------------------------------------------
    def plan(self, data: dict[str, Any]) -> plans.TaskPlan:
        """The plan of (possibly still incomplete) cleaned data."""
        raise NotImplementedError

    def _plan(self, data: dict[str, Any], details: types.TaskDetails, **more: Any) -> plans.TaskPlan:
        labelers = data.get("labelers") or []
        return plans.TaskPlan(
            name=data.get("name") or "",
            description=data.get("description") or "",
            concept_ids=data.get("concepts") or [],
            labelers=labelers,
            strategy=WorkerStrategy(data.get("strategy") or "partitioned"),
            workers_per_input=data.get("workers_per_input") or 1,
            weights=self._weights(labelers),
            review=ReviewStrategy(data.get("review") or "manual"),
            reviewers=data.get("reviewers") or [],
            labeler_threshold=data.get("labeler_threshold") or 0,
            reviewer_threshold=data.get("reviewer_threshold") or 1,
            details=details,
            **more,
        )

    def _details(self, data: dict[str, Any], **more: Any) -> types.TaskDetails:
        """The details as sent; what has no field here stays as the task has it."""
        changes: dict[str, Any] = {"sample_ms": data.get("sample_ms") or 0, **more}
        if "priority" in self.fields:
            changes["priority"] = TaskPriority(data.get("priority") or "none")
        if "metadata" in self.fields:
            changes["metadata"] = data.get("metadata") or {}
        if "assist" in self.fields:
            changes["assist"] = values.assist(data)
        if self.is_automatic:
            changes |= self._automatic(data)
        return msgspec.structs.replace(self.former, **changes)

    def _automatic(self, data: dict[str, Any]) -> dict[str, Any]:
        works = data.get("worker_predictor")
        return {
            "automatic": True,
            "worker_model_id": works.id if works and works.kind == "model" else "",
            "worker_workflow_id": works.id if works and works.kind == "workflow" else "",
            "delete_previous": bool(data.get("delete_previous")),
            "rules": self.rule_rows.rules(data.get("concepts") or []),
        }

    def full_clean(self) -> None:
        if self.more_rules:  # the person goes on writing: nothing is judged yet
            self._errors, self.cleaned_data = ErrorDict(), {}
            return
        for name, needed in self.asked().items():
            self.fields[name].required = needed
        super().full_clean()
        for name in self.asked():
            self.fields[name].required = True  # where the page asks for it, it is no optional field

    def asked(self) -> dict[str, bool]:
        """{field that belongs to a choice: whether that choice was made}."""
        return {"worker_predictor": self.is_automatic}

    @property
    def is_automatic(self) -> bool:
        """Whether a model or workflow works, not people."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.ready = self.plan(data)
        rows = self.rule_rows.errors() if self.is_automatic else []
        for sentence in rows:
            self.add_error(None, sentence)
        found = plans.problems(
            self.ready,
            people=set(self.names()),
            concepts={concept for concept, _ in self._choices("concepts")},
            capabilities=self.capabilities,
            made=self.given is not None,
        )
        for field, sentence in found.items():
            if field == "rules" and rows:
                continue  # said better by the row itself
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, sentence)
        return data

    def _weights(self, labelers: list[str]) -> dict[str, float]:
        found, wrong = weights.read(self.data, labelers)
        for person in wrong:
            self.add_error(
                None, f"The weight of {self.names().get(person, person)} must be a number from 0 up."
            )
        return found
