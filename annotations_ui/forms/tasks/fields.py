"""Fields that Django does not have: metadata as JSON, a list of ids, a model or workflow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator

from annotations_ui.json_body import strict
from dashboard.platforms.types import Predictor

MAX_METADATA = 65_536  # characters
MAX_IDS = 100


def value_input() -> forms.NumberInput:
    """For a model's value, 0 to 1; whether it lies there is said by the plan, in its own words."""
    return forms.NumberInput(attrs={"min": "0", "max": "1", "step": "any", "inputmode": "decimal"})


def plain(number: float | str) -> str:
    """As a person writes it, with every digit: 1.0 -> "1"."""
    return str(number).removesuffix(".0")


class MetadataField(forms.CharField):
    """A JSON object as text -> dict. An error names the line and what is wrong there."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs |= {"rows": 5, "spellcheck": "false", "class": "code"}

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return {}
        if len(text) > MAX_METADATA:
            raise forms.ValidationError(f"At most {MAX_METADATA} characters.")
        try:
            found = strict(text)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
        except ValueError as error:
            raise forms.ValidationError(f"This cannot be kept: {error}.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError('It must be an object, such as {"batch": 7}.')
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class IdsField(forms.CharField):
    """Ids divided by spaces, commas or line ends -> tuple of distinct ids."""

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, (tuple, list)) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        ProhibitNullCharactersValidator()(text)  # Django's own look at the value would miss it inside a tuple
        found = tuple(dict.fromkeys(text.replace(",", " ").split()))
        if len(found) > MAX_IDS or any(len(one) > 128 for one in found):
            raise forms.ValidationError(f"At most {MAX_IDS} ids of at most 128 characters each.")
        return found


class PredictorField(forms.ChoiceField):
    """A model or a workflow -> Predictor, or None. The value is ``kind:id``."""

    def offer(self, found: Iterable[Predictor], present: Predictor | None = None, *, none: str) -> None:
        """Give the choices. ``present`` stays choosable, with its own version, listed or not."""
        self.known = {f"{one.kind}:{one.id}": one for one in found}
        if present is not None:
            key = f"{present.kind}:{present.id}"
            name = self.known[key].name if key in self.known else ""
            self.known[key] = Predictor(present.kind, present.id, name, present.version_id)
        groups = [
            (title, [(key, one.name or one.id) for key, one in self.known.items() if one.kind == kind])
            for kind, title in (("workflow", "Workflows"), ("model", "Models"))
        ]
        self.choices = [("", none), *(group for group in groups if group[1])]

    def prepare_value(self, value: Any) -> Any:
        return f"{value.kind}:{value.id}" if isinstance(value, Predictor) else value

    def clean(self, value: Any) -> Any:
        return self.known.get(super().clean(value))


def predictor(*, workflow_id: str, model_id: str, version_id: str = "") -> Predictor | None:
    """The model or workflow that a task names."""
    if workflow_id:
        return Predictor("workflow", workflow_id)
    return Predictor("model", model_id, version_id=version_id) if model_id else None
