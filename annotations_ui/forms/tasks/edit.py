"""The form for a task that exists."""

from __future__ import annotations

from typing import Any

from dashboard.assignments import plans

from .parts import TaskParts


class TaskEditForm(TaskParts):
    """See :class:`TaskParts`. Type, inputs and who works (people or a model) stay as they were made."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        if self.is_automatic:  # the page does not ask who labels
            for name in ("strategy", "workers_per_input"):
                self.fields[name].required = False
        self.fields[
            "labelers"
        ].help_text = "Work that nobody has started is shared out again; what was started stays where it is."

    @property
    def is_automatic(self) -> bool:
        return self.given is not None and self.given.details.automatic

    def plan(self, data: dict[str, Any]) -> plans.TaskPlan:
        assert self.given is not None
        if self.is_automatic:  # nobody was asked how work is shared
            worker = self.given.worker
            data = data | {"strategy": worker.strategy.value, "workers_per_input": worker.workers_per_input}
        return self._plan(
            data,
            self._details(data),
            type=self.given.type,
            input_count=None,
            input_ids=self.given.input_ids,
        )
