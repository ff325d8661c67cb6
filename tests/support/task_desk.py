"""Admin, labelers and a reviewer at the pages of a connection to a fresh app of the live embedded server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import reverse

from dashboard.platforms import types
from dashboard.sync import duties
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.pull import pull
from dashboard.sync.services import people
from tests.support.people import connection_to, known_person, make_person, signed_in


class TaskDesk:
    """A connection to a fresh app with two labelers, a reviewer and an admin who is signed in."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.connection = connection_to(app)
        self.browser: Client = signed_in(make_person(self.connection, "admin"))
        roles = {"l-1": "labeler", "l-2": "labeler", "r-1": "reviewer"}
        self.ids = {name: known_person(self.connection, app, name, role)[1] for name, role in roles.items()}
        app.add_inputs(*(f"in-{number}" for number in range(6)))
        self.pull()

    def pull(self) -> None:
        run = pull(duties.queue(self.connection.pk, "incremental").pk)
        assert run is not None
        assert run.error == ""

    def form(self, **changed: object) -> dict[str, object]:
        return {
            "name": "Cells",
            "type": "boxes",
            "concepts": ["rbc"],
            "source": "all",
            "strategy": "partitioned",
            "workers_per_input": "1",
            "labelers": [self.ids["l-1"]],
            "review": "manual",
            "reviewers": [self.ids["r-1"]],
            "reviewer_threshold": "1",
            **changed,
        }

    def make(self, **changed: object) -> Any:
        return self.post("task_create", self.form(**changed))

    def post(self, route: str, form: dict[str, object], *parts: object) -> Any:
        return self.browser.post(reverse(route, args=["live", *parts]), form)

    def get(self, route: str, *parts: object) -> Any:
        return self.browser.get(reverse(route, args=["live", *parts]))

    def told(self, task: Task) -> types.Task:
        """The task as the platform tells it now."""
        return people.platform_for(self.connection).get_task(task.platform_id)

    def shares(self) -> dict[str, int]:
        """{labeler: assignments} as the mirror holds them after a pull."""
        self.pull()
        found: dict[str, int] = {}
        for labeler in WorkItem.objects.values_list("labeler_id", flat=True):
            found[labeler] = found.get(labeler, 0) + 1
        return found


def make_task_desk(app: Any, settings: Any) -> TaskDesk:
    """The desk over a fresh app, with the guard told where the server is."""
    parts = urlsplit(app.base_url)
    settings.EMBEDDED_URL = f"{parts.scheme}://{parts.netloc}"
    return TaskDesk(app)
