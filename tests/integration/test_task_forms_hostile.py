"""Bad values in every field of the forms of tasks and orders: named, never a fault, never sent in part."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from dashboard.platforms.types import Dataset, Predictor, SavedSearch
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import make_person, signed_in

pytestmark = pytest.mark.django_db

BAD = (
    *("", "-1", "1e400", "99999999999999999999", "nan", "x" * 70_000, "a\0b", "\u202e", "model:", "*"),
    *('{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a":' * 9000, "0001-01-01T00:00"),
)
RULE = {
    "rule-0-concept": "*",
    "rule-0-data_types": "box",
    "rule-0-lower": "0.5",
    "rule-0-upper": "1",
    "rule-0-state": "approved",
}
TASK = {
    "name": "T",
    "type": "boxes",
    "concepts": "rbc",
    "source": "all",
    "strategy": "partitioned",
    "workers_per_input": "1",
    "labelers": "l-1",
    "review": "manual",
    "reviewers": "r-1",
    "reviewer_threshold": "1",
    "labeler_threshold": "1",
    "assist": "model:m",
    "assist_min": "0.1",
    "assist_max": "0.9",
    "assist_relations": "r1",
    "priority": "high",
    "metadata": '{"a": 1}',
    "sample_ms": "40",
}
AUTOMATIC = {**TASK, **RULE, "worker": "automatic", "worker_predictor": "workflow:w", "delete_previous": "on"}
SOURCED = {**TASK, "source": "dataset", "dataset": "d", "saved_search": "s", "input": "in-1"}
ORDER = {**TASK, "order_name": "O", "wanted_at": "2026-12-24T18:00", "expected_at": "", "auto_release": "on"}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    desk = make_desk(monkeypatch)
    desk.app.datasets = [Dataset("d")]
    desk.app.searches = [SavedSearch("s")]
    desk.app.predictors = [Predictor("model", "m"), Predictor("workflow", "w")]
    cache.clear()
    return desk


@pytest.fixture
def admin(desk: MemoryDesk) -> Client:
    return signed_in(make_person(desk.connection, "admin"))


@pytest.mark.parametrize(
    ("route", "form", "fields"),
    [
        ("task_create", TASK, sorted(set(TASK) - {"assist"})),
        ("task_create", AUTOMATIC, ["worker", "worker_predictor", "delete_previous", *RULE]),
        ("task_create", SOURCED, ["source", "dataset", "saved_search", "input"]),
        ("task_edit", {**TASK, "seen": ""}, sorted(TASK)),
        ("label_order_create", ORDER, ["order_name", "wanted_at", "expected_at", "auto_release", "order_id"]),
    ],
    ids=["new", "automatic", "source", "edit", "order"],
)
def test_bad_values_are_named_and_never_a_fault(
    desk: MemoryDesk, admin: Client, route: str, form: dict[str, str], fields: list[str]
) -> None:
    parts = [desk.connection.slug, *([desk.task.pk] if route == "task_edit" else [])]
    path = reverse(route, args=parts)
    for field in fields:
        for value in BAD:
            answer = admin.post(path, {**form, field: value})
            assert answer.status_code in (302, 422), (field, value[:40], answer.status_code)
    for page in ("task_list", "label_order_list"):
        assert admin.get(reverse(page, args=[desk.connection.slug])).status_code == 200
    for row in desk.connection.tasks.all():
        assert admin.get(reverse("task_detail", args=[desk.connection.slug, row.pk])).status_code == 200


@pytest.mark.parametrize("form", [TASK, AUTOMATIC, SOURCED], ids=["people", "automatic", "source"])
def test_the_good_forms_are_good(desk: MemoryDesk, admin: Client, form: dict[str, str]) -> None:
    before = len(desk.app.tasks)
    path = reverse("task_create", args=[desk.connection.slug])
    assert admin.post(path, form).status_code == 302
    assert len(desk.app.tasks) == before + 1


@pytest.mark.parametrize(
    ("has", "words"),
    [
        ("datasets", "There is no dataset in this app yet."),
        ("searches", "There is no saved search in this app yet."),
        ("predictors", "There is no model or workflow in this app"),
    ],
)
def test_a_choice_of_nothing_says_why(desk: MemoryDesk, admin: Client, has: str, words: str) -> None:
    path = reverse("task_create", args=[desk.connection.slug])
    assert words not in admin.get(path).content.decode()
    setattr(desk.app, has, [])
    cache.clear()
    assert words in admin.get(path).content.decode()


def test_a_choice_by_name_needs_a_part_of_the_name(desk: MemoryDesk, admin: Client) -> None:
    path = reverse("task_create", args=[desk.connection.slug])
    answer = admin.post(path, {**TASK, "source": "named", "source_text": " "})
    assert answer.status_code == 422
    assert "Say what the names of the inputs contain." in answer.content.decode()
    assert admin.post(path, {**TASK, "source": "named", "source_text": "in-1"}).status_code == 302


def test_an_order_address_leads_nowhere_else(desk: MemoryDesk, admin: Client) -> None:
    for name in ("%00", "..%2f..", "x" * 3000, "%ed%a0%80", "<script>", "new%20"):
        answer = admin.get(f"/c/{desk.connection.slug}/label-orders/{name}/")
        assert answer.status_code in (400, 404), name
