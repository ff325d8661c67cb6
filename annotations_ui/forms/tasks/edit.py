"""The form for a task that exists."""

from __future__ import annotations

from typing import Any

from dashboard.assignments import plans

from .parts import TaskParts


class TaskEditForm(TaskParts):
    """See :class:`TaskParts`. Type, inputs and who works (people or a model) stay as they were made."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields[
            "labelers"
        ].help_text = "Work that nobody has started is shared out again; what was started stays where it is."

    def plan(self, data: dict[str, Any]) -> plans.TaskPlan:
        assert self.given is not None
        former = self.given.details
        details = self._details(
            data,
            automatic=former.automatic,
            source=former.source,
            source_id=former.source_id,
            label_order_id=former.label_order_id,
        )
        return self._plan(
            data, details, type=self.given.type, input_count=None, input_ids=self.given.input_ids
        )
