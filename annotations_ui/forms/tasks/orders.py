"""The form for a label order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms

from dashboard.platforms.types import LabelOrder, LabelOrderState

from . import words


def _when() -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(required=False, widget=widget)


class LabelOrderForm(forms.Form):
    """An order without its task. ``given``: the order as it is, None for a new one, which has no state yet."""

    order_name = forms.CharField(required=False, max_length=200, label="Order name")
    wanted_at = _when()
    expected_at = _when()
    auto_release = forms.BooleanField(required=False, label="Release as soon as the review has passed")
    allow_empty = forms.BooleanField(required=False, label="Inputs may stay without any label")
    state = forms.ChoiceField(
        choices=list(words.ORDER_STATES.items()), label="State", widget=forms.RadioSelect
    )

    def __init__(self, data: Any = None, *, given: LabelOrder | None = None, **options: Any) -> None:
        super().__init__(data, initial=_initial(given) if given else {}, **options)
        self.given = given
        self.fields["order_name"].required = given is not None
        self.fields["wanted_at"].label = "Wanted by"
        self.fields["expected_at"].label = "Expected by"
        if given is None:
            del self.fields["state"]
        elif given.state == LabelOrderState.UNKNOWN:
            self.fields["state"].choices = [  # type: ignore[attr-defined]
                (given.state.value, "As it is (not known here)"),
                *words.ORDER_STATES.items(),
            ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("wanted_at", "expected_at"):
            when: datetime | None = data.get(name)
            if when is not None and not 2000 <= when.year <= 2200:
                self.add_error(name, "A year between 2000 and 2200.")
        return data

    def order(self, order_id: str, *, name: str = "") -> LabelOrder:
        """The order as sent; an empty name becomes ``name``."""
        data, given = self.cleaned_data, self.given or LabelOrder(order_id)
        return LabelOrder(
            id=order_id,
            name=data["order_name"].strip() or name,
            state=LabelOrderState(data["state"]) if "state" in data else LabelOrderState.PENDING,
            auto_release=data["auto_release"],
            allow_empty=data["allow_empty"],
            wanted_at=_kept(given.wanted_at, data["wanted_at"]),
            expected_at=_kept(given.expected_at, data["expected_at"]),
            task_id=given.task_id,
            created_at=given.created_at,
            modified_at=given.modified_at,
        )


def _kept(former: datetime | None, sent: datetime | None) -> datetime | None:
    """The field shows minutes: a time that was not touched keeps its seconds."""
    untouched = former is not None and former.replace(second=0, microsecond=0) == sent
    return former if untouched else sent


def _initial(order: LabelOrder) -> dict[str, Any]:
    return {
        "order_name": order.name,
        "wanted_at": order.wanted_at and order.wanted_at.astimezone(UTC),
        "expected_at": order.expected_at and order.expected_at.astimezone(UTC),
        "auto_release": order.auto_release,
        "allow_empty": order.allow_empty,
        "state": order.state.value,
    }
