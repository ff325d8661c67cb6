"""Making and changing a task through its pages, against the live embedded server."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.sync import duties
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.pull import pull
from tests.support.people import make_person, signed_in

pytestmark = pytest.mark.django_db


class Desk:
    """A connection to a fresh app with two labelers, a reviewer and an admin who is signed in."""

    def __init__(self, app) -> None:
        self.app = app
        self.connection = Connection.objects.create(
            slug="live",
            name="Live",
            kind="embedded",
            base_url=app.base_url,
            platform_user_id=app.user_id,
            platform_app_id=app.app_id,
            token=app.token,
        )
        self.browser: Client = signed_in(make_person(self.connection, "admin"))
        self.ids = {name: self._person(name) for name in ("l-1", "l-2", "r-1")}
        app.add_inputs(*(f"in-{number}" for number in range(6)))
        self.pull()

    def _person(self, name: str) -> str:
        user: User = make_person(self.connection, "labeler" if name.startswith("l") else "reviewer")
        own = next(one for one in self.app.tokens if one.startswith(name))
        PlatformIdentity.objects.create(
            user=user, connection=self.connection, platform_user_id=own, token=self.app.tokens[own]
        )
        return own

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

    def make(self, **changed: object):
        return self.browser.post(reverse("task_create", args=["live"]), self.form(**changed))

    def shares(self) -> dict[str, int]:
        """{labeler: assignments} as the mirror holds them after a pull."""
        self.pull()
        found: dict[str, int] = {}
        for labeler in WorkItem.objects.values_list("labeler_id", flat=True):
            found[labeler] = found.get(labeler, 0) + 1
        return found


@pytest.fixture
def desk(embedded_app, settings) -> Desk:
    parts = urlsplit(embedded_app.base_url)
    settings.EMBEDDED_URL = f"{parts.scheme}://{parts.netloc}"
    return Desk(embedded_app)


def test_a_task_is_made_with_the_effect_that_was_shown(desk: Desk) -> None:
    both = [desk.ids["l-1"], desk.ids["l-2"]]
    shown = desk.browser.post(reverse("task_preview", args=["live"]), desk.form(labelers=both))
    assert [n for _, n in shown.context["effect"].per_labeler] == [3, 3]
    answer = desk.make(labelers=both)
    task = Task.objects.get()
    assert answer.headers["Location"] == reverse("task_detail", args=["live", task.pk])
    assert desk.shares() == dict.fromkeys(both, 3)


def test_weights_share_unevenly(desk: Desk) -> None:
    weights = {f"weight:{desk.ids['l-1']}": "2", f"weight:{desk.ids['l-2']}": "1"}
    desk.make(labelers=[desk.ids["l-1"], desk.ids["l-2"]], **weights)
    assert desk.shares() == {desk.ids["l-1"]: 4, desk.ids["l-2"]: 2}


def test_a_second_labeler_takes_over_unstarted_work(desk: Desk) -> None:
    desk.make()
    task = Task.objects.get()
    assert desk.shares() == {desk.ids["l-1"]: 6}
    answer = desk.browser.post(
        reverse("task_edit", args=["live", task.pk]),
        desk.form(name="Cells, again", description="Tight boxes.", labelers=[desk.ids["l-2"]]),
    )
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.name, task.description, task.labeler_ids) == (
        "Cells, again",
        "Tight boxes.",
        [desk.ids["l-2"]],
    )
    told = desk.app.ok("GET", f"tasks/{task.platform_id}")["task"]
    assert [worker["user"]["id"] for worker in told["worker"]["workers"]] == [desk.ids["l-2"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"labelers": []}, "labelers"), ({"reviewers": []}, "reviewers"), ({"name": " "}, "name")],
)
def test_a_running_task_keeps_its_people(desk: Desk, changed: dict[str, object], field: str) -> None:
    desk.make()
    task = Task.objects.get()
    answer = desk.browser.post(reverse("task_edit", args=["live", task.pk]), desk.form(**changed))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    task.refresh_from_db()
    assert task.labeler_ids == [desk.ids["l-1"]]
