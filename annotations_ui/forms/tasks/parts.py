"""What the forms for a new task and for a task that exists have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from dashboard.accounts.models import Connection
from dashboard.assignments import plans, selectors
from dashboard.platforms import types
from dashboard.platforms.types import Capabilities, ReviewStrategy, TaskPriority, WorkerStrategy

from . import words
from .fields import IdsField, MetadataField, PredictorField, plain, predictor, value_input
from .rules import RuleRows

MAX_SHARE = 1_000_000
FLAGS = ("auto_annotation", "suggestions", "task_priority", "task_metadata", "label_orders")


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
        super().__init__(data, initial=initial(given) if given else FRESH, **options)
        self.connection, self.capabilities, self.given = connection, capabilities, given
        self.more_rules = more_rules
        self.labeler_choices = selectors.people(connection, "labeler")
        self.reviewer_choices = selectors.people(connection, "reviewer")
        self.concept_rows = selectors.concepts(connection)
        self.offers = selectors.offers(connection, capabilities)
        self.cannot = {flag: why for flag in FLAGS if (why := plans.cannot(capabilities, flag))}
        details = given.details if given else types.TaskDetails()
        self._offer(
            "labelers", ((p.id, p.name) for p in self.labeler_choices), given and given.worker.user_ids
        )
        self._offer(
            "reviewers", ((p.id, p.name) for p in self.reviewer_choices), given and given.review.user_ids
        )
        self._offer(
            "concepts", ((c.platform_id, c.name) for c in self.concept_rows), given and given.concept_ids
        )
        self._offer_thresholds(given.review.reviewer_threshold if given else 1)
        self._offer_predictors(details)
        self.rule_rows = RuleRows(
            self.data if self.is_bound else None,
            given=details.rules,
            task_type=given.type.value if given else "boxes",
            concepts=self._choices("concepts"),
            more=more_rules,
        )
        if "task_priority" in self.cannot:
            del self.fields["priority"]
        if "task_metadata" in self.cannot:
            del self.fields["metadata"]
        if "suggestions" in self.cannot:
            for name in ("assist", "assist_min", "assist_max", "assist_relations"):
                del self.fields[name]

    def _offer(
        self, name: str, choices: Iterable[tuple[str, str]], present: Iterable[str] | None = None
    ) -> None:
        """Give a field its choices; what the task has already stays choosable under its id."""
        known = dict(choices)
        strangers = [(one, one) for one in present or () if one not in known]
        self.fields[name].choices = [*known.items(), *strangers]  # type: ignore[attr-defined]

    def _choices(self, name: str) -> list[tuple[str, str]]:
        return list(self.fields[name].choices)  # type: ignore[attr-defined]

    def _offer_thresholds(self, present: int) -> None:
        numbers = [1, -1] if present in (0, 1, -1) else [1, present, -1]
        self.fields["reviewer_threshold"].choices = [(str(n), words.who_decides(n)) for n in numbers]  # type: ignore[attr-defined]

    def _offer_predictors(self, details: types.TaskDetails) -> None:
        works = predictor(workflow_id=details.worker_workflow_id, model_id=details.worker_model_id)
        self.fields["worker_predictor"].offer(self.offers.predictors, works, none="Choose one")  # type: ignore[attr-defined]
        helps = _assistant(details.assist)
        self.fields["assist"].offer(self.offers.predictors, helps, none="Nobody")  # type: ignore[attr-defined]

    # --- for the templates ----------------------------------------------------------------------------
    def weight_rows(self) -> list[dict[str, Any]]:
        """One number field per labeler."""
        weights = self.given.worker.weights if self.given else {}
        sent = self.data if self.is_bound else {f"weight:{one}": weights[one] for one in weights}
        return [
            {
                "name": f"weight:{person}",
                "label": label,
                "value": plain(sent.get(f"weight:{person}", "")),
            }
            for person, label in self._choices("labelers")
        ]

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
        automatic = self.is_automatic
        works = data.get("worker_predictor") if automatic else None
        return types.TaskDetails(
            priority=TaskPriority(data.get("priority") or "none"),
            metadata=data.get("metadata") or {},
            sample_ms=data.get("sample_ms") or 0,
            automatic=automatic,
            worker_model_id=works.id if works and works.kind == "model" else "",
            worker_workflow_id=works.id if works and works.kind == "workflow" else "",
            delete_previous=automatic and bool(data.get("delete_previous")),
            assist=_assist(data),
            rules=self.rule_rows.rules(data.get("concepts") or []) if automatic else (),
            **more,
        )

    def full_clean(self) -> None:
        if self.more_rules:  # the person goes on writing: nothing is judged yet
            self._errors, self.cleaned_data = ErrorDict(), {}
            return
        self.fields["worker_predictor"].required = self.is_automatic
        super().full_clean()
        self.fields["worker_predictor"].required = True  # where it is asked for, it is no optional field

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
            if not 0 <= number <= MAX_SHARE:
                self.add_error(
                    None, f"The weight of {self.names().get(person, person)} must be a number from 0 up."
                )
                continue
            typed[person] = number
        return {person: typed.get(person, 0.0) for person in labelers} if typed else {}


FRESH: dict[str, Any] = {
    "strategy": "partitioned",
    "workers_per_input": 1,
    "review": "manual",
    "reviewer_threshold": 1,
    "labeler_threshold": 2,
    "priority": "none",
}


def initial(task: types.Task) -> dict[str, Any]:
    """The fields of the form as the task has them."""
    details, assist = task.details, task.details.assist
    return {
        "name": task.name,
        "description": task.description,
        "concepts": list(task.concept_ids),
        "labelers": list(task.worker.user_ids),
        "strategy": task.worker.strategy.value,
        "workers_per_input": task.worker.workers_per_input,
        "worker_predictor": predictor(
            workflow_id=details.worker_workflow_id, model_id=details.worker_model_id
        ),
        "delete_previous": details.delete_previous,
        "review": task.review.strategy.value,
        "reviewers": list(task.review.user_ids),
        "reviewer_threshold": task.review.reviewer_threshold or 1,
        "labeler_threshold": task.review.labeler_threshold,
        "assist": _assistant(assist),
        "assist_min": plain(assist.min_threshold) if assist.min_threshold else "",
        "assist_max": plain(assist.max_threshold) if assist.max_threshold else "",
        "assist_relations": assist.relation_ids,
        "priority": details.priority.value,
        "metadata": details.metadata,
        "sample_ms": details.sample_ms or None,
    }


def _assistant(assist: types.Assist) -> types.Predictor | None:
    return predictor(workflow_id=assist.workflow_id, model_id=assist.model_id, version_id=assist.version_id)


def _assist(data: dict[str, Any]) -> types.Assist:
    chosen: types.Predictor | None = data.get("assist")
    by_model = chosen is not None and chosen.kind == "model"
    return types.Assist(
        workflow_id=chosen.id if chosen and not by_model else "",
        model_id=chosen.id if chosen and by_model else "",
        version_id=chosen.version_id if chosen and by_model else "",
        min_threshold=data.get("assist_min") or 0.0,
        max_threshold=data.get("assist_max") or 0.0,
        relation_ids=data.get("assist_relations") or (),
    )
