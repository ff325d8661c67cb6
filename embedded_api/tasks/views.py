"""Routes of tasks. Source: Clarifai API guide, section tasks."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, fields
from embedded_api.base import AppView
from embedded_api.bulk import Bulk
from embedded_api.models import Task, TaskMember
from embedded_api.tasks import automation, creation, editing
from embedded_api.tasks.printing import print_tasks
from embedded_api.tasks.reading import SOURCES, read_task


class TaskList(AppView):
    """GET, POST, PATCH, DELETE .../tasks."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Task.objects.filter(app=self.app).order_by("id")
        for name, role in (("worker_user_ids", TaskMember.WORKER), ("review_user_ids", TaskMember.REVIEWER)):
            users = self.query.identifiers(name)
            if users:
                member = TaskMember.objects.filter(task=OuterRef("pk"), role=role, user__in=users)
                rows = rows.filter(Exists(member))
        ids = self.query.identifiers("ids")
        if ids:
            rows = rows.filter(public_id__in=ids)
        kind = self.query.text("input_source_type")
        if kind not in ("", "0", "INPUT_SOURCE_TYPE_NOT_SET"):
            rows = rows.filter(source_type=fields.enum(kind, SOURCES, "input_source_type"))
        sources = self.query.identifiers("input_source_ids")
        if sources:
            rows = rows.filter(source_id__in=sources)
        orders = self.query.identifiers("label_order_ids")
        if orders:
            rows = rows.filter(label_order__public_id__in=orders)
        elif not self.query.flag("including_label_order_tasks"):
            rows = rows.filter(label_order=None)
        tasks = list(rows[page.start : page.stop])
        printed = print_tasks(self.app, tasks, self.query.texts("additional_fields"))
        return envelope.answer(raw={"tasks": envelope.array(printed)})

    def post(self, request: Request) -> HttpResponse:
        return self._each(lambda sent, where: creation.create_task(self.app, read_task(sent, where)))

    def patch(self, request: Request) -> HttpResponse:
        action = fields.action(self.body, "merge", "overwrite")
        return self._each(lambda sent, where: editing.patch_task(self.app, sent, where, action))

    def delete(self, request: Request) -> HttpResponse:
        editing.delete_tasks(self.app, fields.named(self.body, "ids"))
        return envelope.answer()

    def _each(self, act: Callable[[fields.Json, str], Task]) -> HttpResponse:
        listed = fields.objects(self.body, "tasks", required=True)
        bulk = Bulk("tasks", len(listed), self.invalid_code)
        for position, sent in enumerate(listed):
            try:
                task = act(sent, f"tasks[{position}]")
                bulk.succeed(position, print_tasks(self.app, [task])[0])
                automation.begin(task)
            except Exception as error:  # Bulk raises what is a fault of ours
                echo = sent.get("id")
                bulk.fail(position, error, {"id": echo} if isinstance(echo, str) else {})
        return bulk.answer()


class TaskDetail(AppView):
    """GET .../tasks/{task_id}."""

    def get(self, request: Request, task_id: str) -> HttpResponse:
        task = editing.find_task(self.app, task_id)
        printed = print_tasks(self.app, [task], self.query.texts("additional_fields"))
        return envelope.answer(raw={"task": printed[0]})
