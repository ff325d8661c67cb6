"""The rows of automatic annotation: each is one rule, for one concept or for every chosen one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django import forms

from dashboard.assignments import plans
from dashboard.platforms.types import AnnotationState, AutoRule

from .fields import plain, value_input

EVERY = "*"  # every chosen concept that has no rule of its own; no id is written like this
MAX_RULES = 100
_FIRST = AutoRule(EVERY, lower=0.5, state=AnnotationState.AWAITING_REVIEW)
_DRAWN = {"boxes": "box", "polygons": "polygon", "classes": "tag"}


class RuleForm(forms.Form):
    """One rule. Values are the model's own, 0 to 1."""

    concept = forms.ChoiceField(label="Concept")
    data_types = forms.MultipleChoiceField(
        choices=list(plans.DATA_TYPES.items()),
        label="Makes",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one kind of annotation."},
    )
    lower = forms.FloatField(label="Lower value", widget=value_input())
    lower_inclusive = forms.BooleanField(required=False, label="with the lower value")
    upper = forms.FloatField(label="Upper value", widget=value_input())
    upper_inclusive = forms.BooleanField(required=False, label="with the upper value")
    state = forms.ChoiceField(
        choices=[(state.value, word) for state, word in plans.RULE_STATES.items()], label="State"
    )
    remove = forms.BooleanField(required=False, label="Remove this rule")

    def __init__(self, *given: Any, concepts: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["concept"].choices = [(EVERY, "Every chosen concept"), *concepts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for name, sentence in plans.rule_problems(self.rule()).items():
                self.add_error(name, sentence)
        return data

    def rule(self) -> AutoRule:
        data = self.cleaned_data
        return AutoRule(
            concept_id=data["concept"],
            data_types=tuple(data["data_types"]),
            lower=data["lower"],
            upper=data["upper"],
            lower_inclusive=data["lower_inclusive"],
            upper_inclusive=data["upper_inclusive"],
            state=AnnotationState(data["state"]),
        )


class RuleRows:
    """All rows of a form; ``more`` adds a fresh one. Row n has fields named ``rule-n-...``."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        given: Iterable[AutoRule] = (),
        task_type: str = "boxes",
        concepts: Sequence[tuple[str, str]],
        more: bool = False,
    ) -> None:
        fresh = msgspec.structs.replace(_FIRST, data_types=(_DRAWN.get(task_type, "box"),))
        self.rows: list[RuleForm] = []
        if data is None:
            shown = [*given] or [fresh]
            self.rows = [self._row(number, rule, concepts) for number, rule in enumerate(shown)]
            return
        while f"rule-{len(self.rows)}-upper" in data and len(self.rows) < MAX_RULES:
            self.rows.append(RuleForm(data, prefix=f"rule-{len(self.rows)}", concepts=concepts))
        if more or not self.rows:
            self.rows.append(self._row(len(self.rows), fresh, concepts))

    @staticmethod
    def _row(number: int, rule: AutoRule, concepts: Sequence[tuple[str, str]]) -> RuleForm:
        initial = {
            **msgspec.structs.asdict(rule),
            "concept": rule.concept_id,
            "lower": plain(rule.lower),
            "upper": plain(rule.upper),
            "state": rule.state.value,
        }
        return RuleForm(prefix=f"rule-{number}", initial=initial, concepts=concepts)

    def __iter__(self) -> Iterator[RuleForm]:
        return iter(self.rows)

    @property
    def sent(self) -> list[RuleForm]:
        """Rows that were filled in and not taken away."""
        return [row for row in self.rows if row.is_bound and not row.data.get(row.add_prefix("remove"))]

    def errors(self) -> list[str]:
        """A sentence per wrong row, by number and field."""
        return [
            f"Rule {number}, {row.fields[name].label}: {' '.join(map(str, found))}"
            for number, row in enumerate(self.rows, 1)
            if row in self.sent
            for name, found in row.errors.items()
        ]

    def rules(self, chosen: Sequence[str]) -> tuple[AutoRule, ...]:
        """The rules of the valid rows; the one for every concept is written out for those left over."""
        rules = [row.rule() for row in self.sent if row.is_valid()]
        named = {rule.concept_id for rule in rules}
        left = [concept for concept in chosen if concept not in named]
        found: list[AutoRule] = []
        for rule in rules:
            if rule.concept_id != EVERY:
                found.append(rule)
            else:
                found += [msgspec.structs.replace(rule, concept_id=concept) for concept in left]
        return tuple(found)
