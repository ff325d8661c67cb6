"""Three labelers on one input, from their submissions to what the platform holds, through the window's routes."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.sync import duties
from dashboard.sync.models import Input, OutboxEntry, Task, WorkItem
from dashboard.sync.pull import pull
from dashboard.sync.push import push
from tests.support.embedded import EmbeddedApp, EmbeddedServer
from tests.support.people import connection_to, known_person, make_person

pytestmark = pytest.mark.django_db

LABELERS = ("l-1", "l-2", "l-3")
APPLE = (0.1, 0.1, 0.4, 0.4)
PEAR = (0.5, 0.5, 0.9, 0.9)


class Desk:
    """A desk over one app: a task in which three people labeled the inputs `agreed` and `disputed`."""

    def __init__(self, app: EmbeddedApp) -> None:
        self.app = app
        self.connection = connection_to(app)
        self.reviewer, _ = known_person(self.connection, app, "r-1", "reviewer")
        app.add_inputs("agreed", "disputed")
        self._make_task()
        self._label()
        run = pull(duties.queue(self.connection.pk, "full").pk)
        assert run is not None
        assert (run.state, run.error) == ("done", "")
        self.task = Task.objects.get()

    def _make_task(self) -> None:
        rule = {"approval_threshold_labelers": 3, "approval_threshold_reviewers": 1}
        body = {
            "id": "t-1",
            "name": "Fruit",
            "type": "BOUNDING_BOX_DETECTION",
            "worker": {"strategy": "FULL", "workers": [{"user": {"id": name}} for name in LABELERS]},
            "review": {"strategy": "CONSENSUS", "users": [{"id": "r-1"}], "consensus_strategy_info": rule},
            "concepts": [{"concept": {"id": "rbc"}}, {"concept": {"id": "wbc"}}],
            "input_source": {"type": "ALL_INPUTS"},
        }
        self.app.ok("POST", "tasks", {"tasks": [body]})

    def _label(self) -> None:
        """All see the apple; on `disputed` the second one also draws a pear, under its own id."""
        for name in LABELERS:
            for input_id in ("agreed", "disputed"):
                self._draw(name, input_id, f"{input_id}-apple-{name}", "rbc", APPLE)
        self._draw("l-2", "disputed", "disputed-pear", "wbc", PEAR)
        for name in LABELERS:
            started = self.app.ok("PUT", "tasks/t-1/assignments", {"action": "LABEL_START"}, user=name)
            config = {"task_assignments": [{"id": one["id"]} for one in started["task_assignments"]]}
            body = {"action": "LABEL_SUBMIT", "label_submit_config": config}
            self.app.ok("PUT", "tasks/t-1/assignments", body, user=name)

    def _draw(
        self, name: str, input_id: str, identifier: str, concept: str, edges: tuple[float, ...]
    ) -> None:
        box = dict(zip(("top_row", "left_col", "bottom_row", "right_col"), edges, strict=True))
        region = {"region_info": {"bounding_box": box}, "data": {"concepts": [{"id": concept}]}}
        more = {"id": identifier, "task_id": "t-1", "status": {"code": 24151}, "data": {"regions": [region]}}
        self.app.annotate(input_id, user=name, **more)

    def at(self, name: str, *more: int) -> str:
        return reverse(name, args=["live", self.task.pk, *more])

    def holds(self) -> dict[str, int]:
        """{annotation id: status code} of `disputed`, as the platform itself says."""
        found = self.app.ok("GET", "annotations", params={"task_id": "t-1", "input_ids": "disputed"})
        return {one["id"]: one["status"]["code"] for one in found["annotations"]}

    def assignments(self) -> dict[str, int]:
        rows = self.app.ok("GET", "tasks/t-1/assignments/all")["task_assignments"]
        return {
            row["worker"]["user"]["id"]: row["status"]["code"]
            for row in rows
            if row["input"]["id"] == "disputed"
        }


@pytest.fixture
def desk(embedded_server: EmbeddedServer, settings: Any) -> Desk:
    app = embedded_server.new_app(workers=[*LABELERS], reviewers=["r-1"], concepts=["rbc", "wbc"])
    settings.EMBEDDED_URL = app.base_url
    return Desk(app)


@pytest.fixture
def reviewer(desk: Desk) -> Client:
    client = Client()
    client.force_login(desk.reviewer)
    return client


def read(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.json()


def send(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def opened(desk: Desk, client: Client) -> tuple[str, Any]:
    """The address of the disputed input and what it answers."""
    [row] = read(client, desk.at("consensus_queue"))["inputs"]
    path = desk.at("consensus_input", row["id"])
    return path, read(client, path)


def body_of(shown: Any, picks: dict[str, str | None]) -> dict[str, Any]:
    return {
        "operation": str(uuid.uuid4()),
        "picks": picks,
        "bases": {str(one["item"]): one["bases"] for one in shown["labelers"]},
    }


def test_what_all_agree_on_never_reaches_the_reviewer(desk: Desk, reviewer: Client) -> None:
    assert [row["name"] for row in read(reviewer, desk.at("consensus_queue"))["inputs"]] == ["disputed"]
    assert set(WorkItem.objects.filter(input__platform_id="agreed").values_list("state", flat=True)) == {
        "approved"
    }


@pytest.mark.parametrize("page", ["task_detail", "review"])
def test_the_way_here_is_shown_where_several_people_label_one_input(
    desk: Desk, reviewer: Client, page: str
) -> None:
    link = f'href="{desk.at("consensus")}"'
    assert link in reviewer.get(desk.at(page)).content.decode()
    Task.objects.update(worker={"strategy": "partitioned", "workers_per_input": 1, "weights": {}})
    assert link not in reviewer.get(desk.at(page)).content.decode()
    Task.objects.update(worker={"strategy": "partitioned", "workers_per_input": 2, "weights": {}})
    assert link in reviewer.get(desk.at(page)).content.decode()


def test_a_task_that_several_people_label_is_in_the_reviewers_queue(desk: Desk, reviewer: Client) -> None:
    home = reviewer.get(reverse("connection_home", args=["live"])).content.decode()
    assert f'class="work-main" href="{desk.at("consensus")}"' in home
    assert f'href="{desk.at("review")}">Review</a>' in home
    Task.objects.update(counts={"approved": 6})
    assert "Nothing awaits review" in reviewer.get(reverse("connection_home", args=["live"])).content.decode()


def test_a_labelers_home_stresses_only_tasks_with_work(desk: Desk) -> None:
    labeler, _ = known_person(desk.connection, desk.app, "l-1", "labeler")
    client = Client()
    client.force_login(labeler)
    for state, stressed in (("awaiting_review", False), ("to_do", True)):
        WorkItem.objects.filter(labeler_id="l-1").update(state=state)
        home = client.get(reverse("connection_home", args=["live"])).content.decode()
        assert ('<button class="button is-primary" type="submit">Label</button>' in home) is stressed


def test_the_picked_shapes_stand_on_the_platform_and_no_others(desk: Desk, reviewer: Client) -> None:
    path, shown = opened(desk, reviewer)
    apple, pear = shown["rows"]
    assert [len(row["groups"][0]["marks"]) for row in (apple, pear)] == [3, 1]
    assert apple["stands"] is not None
    assert pear["stands"] is None
    first = next(one["item"] for one in shown["labelers"] if one["id"] == "l-1")
    second = next(one["item"] for one in shown["labelers"] if one["id"] == "l-2")
    picks = {apple["id"]: f"{first}/disputed-apple-l-1", pear["id"]: f"{second}/disputed-pear"}
    answer = send(reviewer, path, body_of(shown, picks))
    assert answer.status_code == 201, answer.content[:800]
    push(desk.connection.pk)
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"confirmed"}
    assert desk.holds() == {"disputed-apple-l-1": 24150, "disputed-pear": 24150}
    assert desk.assignments() == {"l-1": 54200, "l-2": 54200, "l-3": 54200}
    assert read(reviewer, desk.at("consensus_queue"))["inputs"] == []


def test_who_agrees_with_nothing_is_rejected_on_the_platform(desk: Desk, reviewer: Client) -> None:
    path, shown = opened(desk, reviewer)
    apple, pear = shown["rows"]
    second = next(one["item"] for one in shown["labelers"] if one["id"] == "l-2")
    body = body_of(shown, {apple["id"]: None, pear["id"]: f"{second}/disputed-pear"})
    assert send(reviewer, path, body).status_code == 201
    push(desk.connection.pk)
    assert desk.assignments() == {"l-1": 54204, "l-2": 54200, "l-3": 54204}
    assert desk.holds() == {
        "disputed-apple-l-1": 24158,
        "disputed-apple-l-3": 24158,
        "disputed-pear": 24150,
    }


def test_a_shape_that_changed_meanwhile_stops_its_own_item(desk: Desk, reviewer: Client) -> None:
    path, shown = opened(desk, reviewer)
    apple, pear = shown["rows"]
    edge = {"top_row": 0.2, "left_col": 0.1, "bottom_row": 0.4, "right_col": 0.4}
    region = {"region_info": {"bounding_box": edge}, "data": {"concepts": [{"id": "rbc"}]}}
    change = {"id": "disputed-apple-l-1", "input_id": "disputed", "data": {"regions": [region]}}
    desk.app.ok("PATCH", "annotations", {"annotations": [change], "action": "overwrite"})
    picks = {apple["id"]: apple["stands"], pear["id"]: None}
    assert send(reviewer, path, body_of(shown, picks)).status_code == 201
    push(desk.connection.pk)
    assert OutboxEntry.objects.filter(state="conflict").values_list("item__labeler_id", flat=True)[0] == "l-1"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"picks": None}, "picks"),
        ({"picks": {"x": 5}}, "picks"),
        ({"picks": {}}, "picks."),
        ({"bases": {}}, "bases"),
        ({"bases": {"7": {}}}, "bases.7"),
        ({"operation": "x"}, "operation"),
        ({"note": 5}, "note"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(
    desk: Desk, reviewer: Client, change: dict[str, Any], field: str
) -> None:
    path, shown = opened(desk, reviewer)
    good = {row["id"]: row["stands"] for row in shown["rows"]}
    answer = send(reviewer, path, body_of(shown, good) | change)
    assert answer.status_code == 400, answer.content[:500]
    assert any(name.startswith(field) for name in answer.json()["fields"]), answer.json()
    assert not OutboxEntry.objects.exists()


def test_an_item_that_was_left_out_is_named(desk: Desk, reviewer: Client) -> None:
    path, shown = opened(desk, reviewer)
    body = body_of(shown, {})
    left_out = body["bases"].popitem()[0]
    assert send(reviewer, path, body).json()["fields"].keys() == {f"bases.{left_out}"}


def test_labelers_and_inputs_of_other_tasks_are_refused(desk: Desk, reviewer: Client) -> None:
    path, _ = opened(desk, reviewer)
    labeler = Client()
    labeler.force_login(make_person(desk.connection, "labeler"))
    assert labeler.get(path).status_code == 403
    stranger = Input.objects.create(connection=desk.connection, platform_id="alone")
    assert reviewer.get(desk.at("consensus_input", stranger.pk)).status_code == 404
