"""Task calls of the Clarifai adapter: tasks and the counts of their work."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from ..types import StatusCounts, Task, TaskState
from . import mapping, task_bodies
from . import tasks as task_mapping
from .answers import envelope
from .calls import Calls, understood


class TaskCalls(Calls):
    """List, make, change and delete tasks."""

    def list_tasks(self) -> list[Task]:
        # Not said, the tasks of label orders are left out (Clarifai API, ListTasksRequest).
        found = self.rows("list_tasks", "tasks", [("including_label_order_tasks", "true")])
        return self.each(list(found), "task", task_mapping.task)

    def get_task(self, task_id: str) -> Task:
        return self.single("task", task_mapping.task, self._raw_task(task_id))

    def _raw_task(self, task_id: str) -> Raw:
        return self.client.call("get_task", envelope, path={"task_id": task_id}).one("task")

    def create_task(self, task: Task) -> Task:
        body = task_bodies.task_body(task, subset=self.capabilities.task_input_subset)
        return self._write_task("post_tasks", {"tasks": [body]}, task.id)

    def edit_task(self, task: Task) -> Task:
        body = understood(partial(task_bodies.edited_body, new=task), self._raw_task(task.id))
        return self._write_task("patch_tasks", {"tasks": [body], "action": "overwrite"}, task.id)

    def set_task_state(self, task_id: str, state: TaskState) -> None:
        body = task_bodies.state_body(task_id, state)
        self._write_task("patch_tasks", {"tasks": [body], "action": "merge"}, task_id)

    def _write_task(self, route: str, body: dict[str, Any], task_id: str) -> Task:
        return self.single("task", task_mapping.task, self.write_one(route, "tasks", body, task_id))

    def delete_task(self, task_id: str) -> None:
        self.delete_by_ids("delete_tasks", [task_id])

    def annotation_counts(self, task_id: str) -> list[StatusCounts]:
        return self._counts("count_task_annotations", task_id)

    def input_counts(self, task_id: str) -> list[StatusCounts]:
        return self._counts("count_task_inputs", task_id)

    def _counts(self, route: str, task_id: str) -> list[StatusCounts]:
        raw = self.client.call(route, envelope, path={"task_id": task_id}).one("counts")
        rows = understood(msgspec.json.Decoder(list[Raw]).decode, raw)
        return self.each(rows, "counts", mapping.counts)
