"""Lists and numbers: paging by key, the same number of queries for 1, 10 and 100 rows, plans that use indices."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.platforms.types import AssignmentState
from dashboard.sync import selectors
from dashboard.sync.models import DailyCount, OutboxEntry, WorkItem
from dashboard.sync.selectors import InputFilter, ItemFilter
from dashboard.sync.services.delivery import Write
from dashboard.sync.shapes import FieldErrors
from tests.support.memory_desk import make_desk
from tests.support.people import make_person

pytestmark = pytest.mark.django_db


def names(count):
    return [f"in-{number:03}" for number in range(count)]


@pytest.fixture
def desk(monkeypatch):
    return make_desk(monkeypatch, names(25))


def walk(fetch):
    """All rows by paging, and the number of pages."""
    rows, after, pages = [], None, 0
    while True:
        page = fetch(after)
        rows += page.rows
        pages += 1
        if page.next is None:
            return rows, pages
        after = page.next


def test_items_are_paged_by_key_completely_and_without_doubles(desk):
    rows, pages = walk(lambda after: selectors.items(desk.connection, after=after, limit=10))
    assert [row.pk for row in rows] == list(WorkItem.objects.order_by("id").values_list("id", flat=True))
    assert pages == 3


def test_a_page_stays_where_it_is_when_rows_before_it_change(desk):
    first = selectors.items(desk.connection, filters=ItemFilter(states=["awaiting_review"]), limit=10)
    WorkItem.objects.filter(pk__in=[row.pk for row in first.rows]).update(state="approved")
    filters = ItemFilter(states=["awaiting_review"])
    rest = selectors.items(desk.connection, filters=filters, after=first.next, limit=10)
    assert rest.rows[0].input.platform_id == "in-010"


def test_item_filters(desk):
    desk.annotate("an-1", "in-003", "wbc")
    desk.pull()
    WorkItem.objects.filter(input__platform_id="in-004").update(state="approved")

    def found(**filters):
        page = selectors.items(desk.connection, filters=ItemFilter(**filters), limit=100)
        return [row.input.platform_id for row in page.rows]

    assert found(states=["approved"]) == ["in-004"]
    assert found(concept="wbc") == ["in-003"]
    assert found(concept="nothing") == []
    assert found(search="CELL IN-00") == names(10)
    assert found(search="%") == []
    assert found(labeler_id="l-2") == []
    assert len(found(task_id=desk.task.pk, labeler_id="l-1")) == 25
    assert found(task_id=0) == []


@pytest.mark.parametrize("cursor", ["-1", "x", "1e3", "٣", "1 OR 1=1", "9" * 30, "1-2"])
def test_a_bad_cursor_is_named(desk, cursor):
    for fetch in (
        lambda: selectors.items(desk.connection, after=cursor),
        lambda: selectors.inputs(desk.connection, after=cursor),
        lambda: selectors.outbox(desk.connection, after=cursor),
        lambda: selectors.queue(desk.task, after=cursor),
    ):
        with pytest.raises(FieldErrors) as error:
            fetch()
        assert set(error.value.fields) == {"after"}


def test_inputs_show_their_items(desk):
    desk.annotate("an-1", "in-003", "wbc")
    desk.pull()
    rows, pages = walk(lambda after: selectors.inputs(desk.connection, after=after, limit=10))
    assert [row.platform_id for row in rows] == names(25)
    assert pages == 3
    assert rows[3].shown_items[0].shape_count == 1
    (only,) = selectors.inputs(desk.connection, filters=InputFilter(concept="wbc")).rows
    assert only.platform_id == "in-003"
    assert selectors.inputs(desk.connection, filters=InputFilter(state="rejected")).rows == []


def test_the_review_queue_and_its_progress(desk):
    WorkItem.objects.filter(input__platform_id__in=names(5)).update(state="approved")
    desk.app.assign("t-1", "in-000", "l-1", AssignmentState.APPROVED)
    for name in names(5):
        desk.app.assign("t-1", name, "l-1", AssignmentState.APPROVED)
    desk.pull()
    task = desk.task
    rows, pages = walk(lambda after: selectors.queue(task, after=after, limit=8))
    assert [row.input.platform_id for row in rows] == names(25)[5:]
    assert pages == 3
    page = selectors.queue(task)
    assert (page.total, page.done) == (25, 5)
    assert selectors.queue(task, exclude_labeler="l-1").rows == []


def test_a_labelers_queue_has_skipped_ones_last(desk):
    WorkItem.objects.update(state="to_do")
    WorkItem.objects.filter(input__platform_id__in=["in-000", "in-010"]).update(skipped=True)
    WorkItem.objects.filter(input__platform_id="in-024").update(state="awaiting_review")
    turn = ["to_do", "in_progress", "changes_asked"]
    task = desk.task
    rows, _ = walk(lambda after: selectors.queue(task, state=turn, labeler_id="l-1", after=after, limit=7))
    order = [row.input.platform_id for row in rows]
    assert order[-2:] == ["in-000", "in-010"]
    assert len(order) == len(set(order)) == 24
    page = selectors.queue(task, state=turn, labeler_id="l-1", limit=5)
    assert (page.total, page.done) == (25, 1)


def test_tasks_are_searched_sorted_and_carry_stored_counts(desk):
    import msgspec

    told = desk.app.tasks["t-1"]
    desk.app.tasks["t-2"] = msgspec.structs.replace(told, id="t-2", name="Another")
    desk.pull()
    with CaptureQueriesContext(
        database,
    ) as queries:
        found = selectors.tasks(desk.connection, order="name")
        assert [task.name for task in found] == ["Another", "Cells"]
        assert found[1].counts["total"] == 25
    assert len(queries) == 1
    assert [t.name for t in selectors.tasks(desk.connection, order="-waiting")] == ["Cells", "Another"]
    assert [t.name for t in selectors.tasks(desk.connection, search="cell")] == ["Cells"]
    assert selectors.tasks(desk.connection, state="done") == []
    with pytest.raises(FieldErrors):
        selectors.tasks(desk.connection, order="connection__token")
    assert DailyCount.objects.filter(task=found[1]).count() == 1
    assert selectors.task_days(found)[found[1].pk][0][1]["total"] == 25


def test_task_progress_names_labelers(desk):
    progress = selectors.task_progress(desk.task)
    (row,) = progress["labelers"]
    assert (row["id"], row["name"], row["total"], row["awaiting_review"]) == (
        "l-1",
        str(desk.labeler),
        25,
        25,
    )
    assert progress["counted_at"] is not None
    assert progress["platform"][0].awaiting_review == 25
    assert selectors.people_names(desk.connection)["owner"] == "Owner"


def test_the_worst_write_says_how_an_operation_stands(desk):
    operation = uuid.uuid4()
    entries = desk.decide("in-000", *[Write("create", str(n), {}) for n in range(4)], Write("approve"))
    OutboxEntry.objects.update(operation=operation)
    for states, worst in [
        (("confirmed",) * 5, "confirmed"),
        (("confirmed",) * 4 + ("sent",), "sent"),
        (("confirmed", "sent", "pending", "pending", "pending"), "pending"),
        (("held",) * 5, "held"),
        (("confirmed", "conflict", "pending", "pending", "pending"), "conflict"),
        (("failed", "conflict", "pending", "pending", "pending"), "failed"),
        (("withdrawn",) * 5, "withdrawn"),
        (("discarded",) + ("confirmed",) * 4, "confirmed"),
        (("discarded",) * 5, "withdrawn"),
    ]:
        for entry, state in zip(entries, states, strict=True):
            OutboxEntry.objects.filter(pk=entry.pk).update(state=state)
        assert selectors.deliveries([operation, uuid.uuid4()]) == {operation: worst}


def test_the_light_shows_an_admin_everything_and_others_their_own(desk):
    admin = make_person(desk.connection, "admin")
    desk.decide("in-000", Write("approve"))
    desk.decide("in-001", Write("submit"), actor=desk.labeler)
    OutboxEntry.objects.filter(kind="submit").update(state="failed")
    assert selectors.light(desk.connection, admin)["waiting"] == 1
    assert selectors.light(desk.connection, admin)["attention"] == 1
    own = selectors.light(desk.connection, desk.reviewer)
    assert (own["waiting"], own["attention"], own["paused"]) == (1, 0, False)
    assert own["oldest"] <= timezone.now()
    assert selectors.light(desk.connection, desk.labeler)["oldest"] is None


def test_the_outbox_is_paged_newest_first(desk):
    for name in names(12):
        desk.decide(name, Write("approve"))
    OutboxEntry.objects.filter(item__input__platform_id="in-003").update(state="conflict")
    rows, pages = walk(lambda after: selectors.outbox(desk.connection, after=after, limit=5))
    assert [row.item.input.platform_id for row in rows] == list(reversed(names(12)))
    assert pages == 3
    assert len(selectors.outbox(desk.connection, state="attention").rows) == 1
    assert len(selectors.outbox(desk.connection, state="waiting").rows) == 11
    assert selectors.outbox_counts(desk.connection) == {"pending": 11, "conflict": 1}
    assert selectors.runs(desk.connection)[0].mode == "incremental"


@pytest.mark.parametrize("count", [1, 10, 100])
def test_lists_take_the_same_number_of_queries_whatever_their_length(monkeypatch, count):
    desk = make_desk(monkeypatch, names(count))
    for name in names(count):
        desk.decide(name, Write("approve"))
    task = desk.task
    batch = uuid.uuid4()
    OutboxEntry.objects.update(batch=batch)
    operations = list(OutboxEntry.objects.values_list("operation", flat=True))

    def touch(page):
        return [(row.input.name, row.task.name, row.connection.slug) for row in page.rows]

    def cost(read):
        with CaptureQueriesContext(database) as queries:
            read()
        return len(queries)

    assert cost(lambda: touch(selectors.items(desk.connection, limit=100))) == 1
    assert cost(lambda: touch(selectors.queue(task, limit=100))) == 1
    assert (
        cost(lambda: [i.task.name for row in selectors.inputs(desk.connection).rows for i in row.shown_items])
        == 2
    )
    assert (
        cost(lambda: [(e.item.input.name, str(e.actor)) for e in selectors.outbox(desk.connection).rows]) == 1
    )
    assert cost(lambda: selectors.deliveries(operations)) == 1
    assert cost(lambda: selectors.batch_progress(batch)) == 1
    assert cost(lambda: selectors.tasks(desk.connection)) == 1
    assert cost(lambda: selectors.light(desk.connection, desk.reviewer)) == 2


@pytest.mark.skipif(database.vendor != "sqlite", reason="the plan is read in SQLite's words")
def test_plans_use_indices(desk):
    """No list scans a table or sorts what an index has in order."""
    task = desk.task

    def plan(read):
        with CaptureQueriesContext(database) as queries:
            read()
        sql = queries[0]["sql"]
        with database.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return " | ".join(row[3] for row in cursor.fetchall())

    for read in (
        lambda: selectors.queue(task, after="3"),
        lambda: selectors.queue(task, labeler_id="l-1"),
        lambda: selectors.items(desk.connection, filters=ItemFilter(states=["to_do"]), after="3"),
        lambda: selectors.items(desk.connection, filters=ItemFilter(task_id=task.pk), after="3"),
        lambda: selectors.items(desk.connection, filters=ItemFilter(labeler_id="l-1", states=["to_do"])),
        lambda: selectors.inputs(desk.connection, after="3"),
        lambda: selectors.deliveries([uuid.uuid4()]),
        lambda: selectors.batch_progress(uuid.uuid4()),
        lambda: selectors.outbox(desk.connection, state="failed"),
    ):
        steps = plan(read)
        assert "SCAN" not in steps.replace("SCAN CONSTANT ROW", ""), steps
    for read in (
        lambda: selectors.queue(task, after="3"),
        lambda: selectors.items(desk.connection, filters=ItemFilter(states=["to_do"]), after="3"),
        lambda: selectors.inputs(desk.connection, after="3"),
    ):
        assert "TEMP B-TREE" not in plan(read), plan(read)
