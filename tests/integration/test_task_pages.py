"""Making and changing a task through its pages, against the live embedded server."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dashboard.sync.models import Task
from tests.support.task_desk import TaskDesk, make_task_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def task_desk(embedded_app, settings) -> TaskDesk:
    return make_task_desk(embedded_app, settings)


def test_a_task_is_made_with_the_effect_that_was_shown(task_desk: TaskDesk) -> None:
    both = [task_desk.ids["l-1"], task_desk.ids["l-2"]]
    shown = task_desk.browser.post(reverse("task_preview", args=["live"]), task_desk.form(labelers=both))
    assert [n for _, n in shown.context["effect"].per_labeler] == [3, 3]
    answer = task_desk.make(labelers=both)
    task = Task.objects.get()
    assert answer.headers["Location"] == reverse("task_detail", args=["live", task.pk])
    assert task_desk.shares() == dict.fromkeys(both, 3)


def test_weights_share_unevenly(task_desk: TaskDesk) -> None:
    weights = {f"weight:{task_desk.ids['l-1']}": "2", f"weight:{task_desk.ids['l-2']}": "1"}
    task_desk.make(labelers=[task_desk.ids["l-1"], task_desk.ids["l-2"]], **weights)
    assert task_desk.shares() == {task_desk.ids["l-1"]: 4, task_desk.ids["l-2"]: 2}


def test_a_second_labeler_takes_over_unstarted_work(task_desk: TaskDesk) -> None:
    task_desk.make()
    task = Task.objects.get()
    assert task_desk.shares() == {task_desk.ids["l-1"]: 6}
    answer = task_desk.browser.post(
        reverse("task_edit", args=["live", task.pk]),
        task_desk.form(name="Cells, again", description="Tight boxes.", labelers=[task_desk.ids["l-2"]]),
    )
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.name, task.description, task.labeler_ids) == (
        "Cells, again",
        "Tight boxes.",
        [task_desk.ids["l-2"]],
    )
    told = task_desk.app.ok("GET", f"tasks/{task.platform_id}")["task"]
    assert [worker["user"]["id"] for worker in told["worker"]["workers"]] == [task_desk.ids["l-2"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"labelers": []}, "labelers"), ({"reviewers": []}, "reviewers"), ({"name": " "}, "name")],
)
def test_a_running_task_keeps_its_people(task_desk: TaskDesk, changed: dict[str, object], field: str) -> None:
    task_desk.make()
    task = Task.objects.get()
    answer = task_desk.browser.post(reverse("task_edit", args=["live", task.pk]), task_desk.form(**changed))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    task.refresh_from_db()
    assert task.labeler_ids == [task_desk.ids["l-1"]]
