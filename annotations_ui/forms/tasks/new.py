"""The form for a new task: the common parts, and what is fixed once the task exists."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.assignments import plans, selectors
from dashboard.platforms.types import SourceKind, TaskType

from . import words
from .parts import TaskParts

_ASKED = ("dataset", "saved_search", "input")  # sources that need to be told which one


class TaskForm(TaskParts):
    """See :class:`TaskParts`. ``source`` is one of ``selectors.SOURCES``."""

    type = forms.ChoiceField(
        choices=list(words.TYPES.items()), initial="boxes", label="What is drawn", widget=forms.RadioSelect
    )
    source = forms.ChoiceField(initial="all", label="Inputs", widget=forms.RadioSelect)
    source_text = forms.CharField(
        max_length=100,
        label="Name contains",
        error_messages={"required": "Say what the names of the inputs contain."},
    )
    dataset = forms.ChoiceField(label="Dataset", error_messages={"required": "Choose the dataset."})
    saved_search = forms.ChoiceField(
        label="Saved search", error_messages={"required": "Choose the saved search."}
    )
    input = forms.CharField(
        max_length=128, label="Input id", error_messages={"required": "Say which input by its id."}
    )
    worker = forms.ChoiceField(
        choices=list(words.WORKERS.items()),
        required=False,  # not said means people
        initial="people",
        label="Who works",
        widget=forms.RadioSelect,
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.refused_sources = {
            kind: why for kind in selectors.SOURCES if (why := plans.cannot(self.capabilities, _needs(kind)))
        }
        possible = [pair for pair in selectors.SOURCES.items() if pair[0] not in self.refused_sources]
        self._offer("source", possible)
        self._offer("dataset", [("", "Choose one"), *((one.id, one.id) for one in self.offers.datasets)])
        self._offer(
            "saved_search",
            [("", "Choose one"), *((one.id, one.name or one.id) for one in self.offers.saved_searches)],
        )
        if "auto_annotation" in self.cannot:
            del self.fields["worker"]

    @property
    def is_automatic(self) -> bool:
        return "worker" in self.fields and self["worker"].value() == "automatic"

    def asked(self) -> dict[str, bool]:
        chosen = self["source"].value()
        needed = {kind: chosen == kind for kind in _ASKED}
        return {**super().asked(), **needed, "source_text": chosen == "named"}

    @property
    def source_reasons(self) -> list[str]:
        """Why some sources are not offered, each sentence once."""
        return list(dict.fromkeys(self.refused_sources.values()))

    def clean_input(self) -> str:
        wanted: str = self.cleaned_data["input"].strip()
        if wanted and self.data.get("source") == "input":
            rows = selectors.source(self.connection, "all")
            if not rows.filter(platform_id=wanted).exists():
                raise forms.ValidationError(f"No input of this connection has the id {wanted}.")
        return wanted

    def plan(self, data: dict[str, Any]) -> plans.TaskPlan:
        chosen = data.get("source") or "all"
        kind = SourceKind(chosen) if chosen in _ASKED else SourceKind.ALL
        details = self._details(
            data,
            source=kind,
            source_id=(data.get(chosen) or "") if chosen in _ASKED else "",
        )
        count, subset = self._inputs(chosen, data.get("source_text") or "")
        return self._plan(
            data, details, type=TaskType(data.get("type") or "boxes"), input_count=count, input_ids=subset
        )

    def _inputs(self, chosen: str, text: str) -> tuple[int | None, list[str] | None]:
        """How many inputs there are, and which where they are named one by one; counted in the mirror."""
        if chosen == "input":
            return 1, None
        if chosen in _ASKED:
            return None, None
        rows = selectors.source(self.connection, chosen, text)
        if chosen == "all":
            return rows.count(), None
        subset = list(rows.values_list("platform_id", flat=True))
        return len(subset), subset


def _needs(source: str) -> str:
    """The flag or source kind that a choice depends on."""
    return "task_input_subset" if source in selectors.FILTERS else SourceKind(source)
