"""Label orders through their pages, against the live embedded server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse

from dashboard.audit.models import AuditEntry
from dashboard.platforms import types
from dashboard.platforms.errors import NotSent
from dashboard.platforms.types import LabelOrderState
from dashboard.sync.models import Task
from dashboard.sync.services import choices, people
from tests.support.people import connection_to, make_person, signed_in
from tests.support.task_desk import TaskDesk, make_task_desk

pytestmark = pytest.mark.django_db

ORDER: dict[str, object] = {
    "order_name": "March batch",
    "wanted_at": "2026-12-24T18:00",
    "expected_at": "2026-12-20T09:30",
    "auto_release": "on",
    "order_id": "order-0123456789ab",
    "task_id": "task-0123456789ab",
}


@pytest.fixture
def desk(embedded_app, settings) -> TaskDesk:
    cache.clear()
    return make_task_desk(embedded_app, settings)


def orders(desk: TaskDesk) -> list[types.LabelOrder]:
    """As the platform tells them now."""
    return people.platform_for(desk.connection).list_label_orders()


def test_an_order_is_made_with_its_task_and_both_stay(desk: TaskDesk) -> None:
    answer = desk.post("label_order_create", desk.form(**ORDER))
    assert answer.status_code == 302
    row = Task.objects.get()
    assert answer.headers["Location"].endswith(f"/tasks/{row.pk}/")
    [order] = orders(desk)
    assert (order.id, order.name, order.task_id) == (ORDER["order_id"], "March batch", row.platform_id)
    assert order.wanted_at == datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert order.expected_at == datetime(2026, 12, 20, 9, 30, tzinfo=UTC)
    assert (order.auto_release, order.allow_empty) == (True, False)
    desk.pull()
    row.refresh_from_db()
    assert row.deleted_at is None
    assert row.items.count() == 6, "the task of an order is pulled like any other"
    for page in (desk.get("task_detail", row.pk), desk.get("task_list")):
        assert "/label-orders/order-0123456789ab/" in page.content.decode()
    text = desk.get("label_order_list").content.decode()
    assert "March batch" in text
    assert "2026-12-24 18:00 UTC" in text
    assert f"/tasks/{row.pk}/" in text


def test_a_double_click_makes_one_order(desk: TaskDesk) -> None:
    for _ in range(2):
        assert desk.post("label_order_create", desk.form(**ORDER)).status_code == 302
    assert len(orders(desk)) == Task.objects.count() == 1


def test_an_order_without_a_name_is_called_like_its_task(desk: TaskDesk) -> None:
    desk.post("label_order_create", desk.form(**{**ORDER, "order_name": " "}, name="Cells of March"))
    assert [order.name for order in orders(desk)] == ["Cells of March"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"wanted_at": "yesterday"}, "wanted_at"),
        ({"expected_at": "0001-01-01T00:00"}, "expected_at"),
        ({"order_name": "x" * 201}, "order_name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk: TaskDesk, changed: dict[str, object], field: str) -> None:
    answer = desk.post("label_order_create", desk.form(**{**ORDER, **changed}))
    assert answer.status_code == 422
    assert field in answer.context["order"].errors
    assert orders(desk) == []
    assert not Task.objects.exists()


def test_a_wrong_task_makes_no_order(desk: TaskDesk) -> None:
    answer = desk.post("label_order_create", desk.form(**ORDER, concepts=[]))
    assert answer.status_code == 422
    assert "concepts" in answer.context["form"].errors
    assert orders(desk) == []


def test_an_order_is_changed_and_deleted_while_its_task_stays(desk: TaskDesk) -> None:
    desk.post("label_order_create", desk.form(**ORDER))
    [made] = orders(desk)
    page = desk.get("label_order_edit", made.id)
    assert page.context["form"]["wanted_at"].value().minute == 0
    changed = {"order_name": "April batch", "wanted_at": "", "allow_empty": "on", "state": "in_progress"}
    assert desk.post("label_order_edit", changed, made.id).status_code == 302
    [after] = orders(desk)
    assert after.name == "April batch"
    assert (after.wanted_at, after.expected_at) == (None, None)
    assert (after.auto_release, after.allow_empty) == (False, True)
    assert after.state is LabelOrderState.IN_PROGRESS
    assert "April batch" in desk.get("label_order_list").content.decode(), (
        "the list is read anew after a write"
    )
    assert desk.post("label_order_edit", {**changed, "order_name": ""}, made.id).status_code == 422
    assert desk.post("label_order_edit", {**changed, "state": "sold"}, made.id).status_code == 422

    assert desk.post("label_order_delete", {}, made.id).status_code == 302
    assert orders(desk) == []
    desk.pull()
    row = Task.objects.get()
    assert row.deleted_at is None
    assert desk.told(row).details.label_order_id == ""
    done = list(AuditEntry.objects.filter(action__startswith="label_order").values_list("action", flat=True))
    assert sorted(done) == ["label_order.create", "label_order.delete", "label_order.edit"]


def test_a_time_that_nobody_touched_keeps_its_seconds(desk: TaskDesk) -> None:
    desk.post("label_order_create", desk.form(**ORDER))
    wanted = "2026-12-24T18:00:42.000000Z"
    body = {"id": ORDER["order_id"], "name": "March batch", "desired_fulfill_time": wanted}
    desk.app.ok("PATCH", "label_orders", {"label_orders": [body], "action": "overwrite"})
    cache.clear()
    form = {"order_name": "Other", "wanted_at": "2026-12-24T18:00", "state": "pending"}
    assert desk.post("label_order_edit", form, ORDER["order_id"]).status_code == 302
    [after] = orders(desk)
    assert after.name == "Other"
    assert after.wanted_at == datetime(2026, 12, 24, 18, 0, 42, tzinfo=UTC)


def test_an_unknown_order_is_not_found(desk: TaskDesk) -> None:
    assert desk.get("label_order_edit", "no-such-order").status_code == 404
    assert desk.post("label_order_delete", {}, "no-such-order").status_code == 404


def test_an_order_of_another_connection_is_not_found(desk: TaskDesk, embedded_server) -> None:
    desk.post("label_order_create", desk.form(**ORDER))
    mine = embedded_server.new_app()
    other = connection_to(mine, "other")
    stranger = signed_in(make_person(other, "admin"))
    for slug, route in (
        ("other", "label_order_edit"),
        ("live", "label_order_edit"),
        ("live", "label_order_list"),
    ):
        parts = [slug] if route.endswith("list") else [slug, ORDER["order_id"]]
        assert stranger.get(reverse(route, args=parts)).status_code == 404
    for slug in ("other", "live"):
        gone = reverse("label_order_delete", args=[slug, ORDER["order_id"]])
        assert stranger.post(gone).status_code == 404
    assert len(orders(desk)) == 1


def test_a_platform_without_orders_says_why(desk: TaskDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = types.Capabilities(label_orders=False, reasons={"label_orders": "Orders are not sold here."})
    monkeypatch.setattr(people, "capabilities", lambda connection: lacking)
    page = desk.get("label_order_list").content.decode()
    assert "Orders are not sold here." in page
    assert "/label-orders/new/" not in page
    assert desk.get("label_order_create").status_code == 302
    assert desk.post("label_order_create", desk.form(**ORDER)).status_code == 302
    assert desk.get("label_order_edit", "order-1").status_code == 404
    assert not Task.objects.exists()


def test_a_platform_that_does_not_answer_is_said_so(desk: TaskDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def silent(connection: object) -> list[object]:
        asked.append("asked")
        raise NotSent("Nobody answers there.")

    for name in ("label_orders", "datasets", "saved_searches", "predictors"):
        monkeypatch.setattr(choices, name, silent)
    for route in ("label_order_list", "task_create"):
        asked.clear()
        page = desk.get(route)
        assert page.status_code == 200
        assert "Nobody answers there." in page.content.decode()
        assert asked == ["asked"], "once is enough"
    assert desk.post("label_order_delete", {}, "order-1").status_code == 302
