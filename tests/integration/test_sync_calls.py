"""What a pull costs in calls, and that fewer calls miss nothing."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from dashboard.platforms import types
from dashboard.platforms.errors import Forbidden, Unsupported
from dashboard.platforms.types import AssignmentState, Capabilities, StatusCounts, TaskState
from dashboard.sync import duties
from dashboard.sync.models import ChangeMark, Concept, Drift, SyncRun, Task
from dashboard.sync.pull import changes
from dashboard.sync.services import syncing
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import MemoryPlatform, region

pytestmark = pytest.mark.django_db

INPUTS = ("in-1", "in-2", "in-3")


@pytest.fixture
def desk(monkeypatch):
    return make_desk(monkeypatch, INPUTS, capabilities=Capabilities())


def more_tasks(desk, number):
    for place in range(2, number + 2):
        desk.app.tasks[f"t-{place}"] = msgspec.structs.replace(desk.app.tasks["t-1"], id=f"t-{place}")


def calls(desk, mode="incremental"):
    desk.app.calls.clear()
    run = desk.pull(mode)
    assert (run.state, run.error) == ("done", "")
    return Counter(desk.app.calls)


def test_a_quiet_pull_of_many_tasks_costs_three_calls(desk):
    more_tasks(desk, 40)
    desk.pull()
    assert calls(desk) == {"list_tasks": 1, "iter_inputs": 1, "iter_changes": 1}


def test_only_what_changed_is_read_and_counted(desk):
    more_tasks(desk, 40)
    desk.pull()
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-2", task_id="t-7")
    found = calls(desk)
    assert found == {
        "list_tasks": 1,
        "iter_inputs": 1,
        "iter_changes": 1,
        "list_annotations": 2,
        "annotation_counts": 2,
        "input_counts": 2,
    }
    assert desk.item("in-1").shape_count == 1
    assert calls(desk)["list_annotations"] == 0, "what was read within the overlap is not read again"


def test_people_and_concepts_are_read_when_somebody_asks_or_an_input_is_new(desk):
    assert calls(desk)["list_concepts"] == 0
    waiting = duties.queue(desk.connection.pk, "incremental")
    assert syncing.request_sync(connection=desk.connection).pk == waiting.pk, "it joins the one that waits"
    assert calls(desk)["list_concepts"] == 1
    assert calls(desk)["list_concepts"] == 0
    desk.app.inputs["in-9"] = types.Input(id="in-9")
    desk.app.concepts.append(types.Concept(id="mitosis", name="Mitosis"))
    assert calls(desk)["list_concepts"] == 1
    assert Concept.objects.filter(connection=desk.connection, platform_id="mitosis").exists()
    assert calls(desk)["list_concepts"] == 0


def test_who_joins_a_waiting_run_is_named_with_it(desk):
    scheduled = duties.queue(desk.connection.pk, "incremental")
    run = duties.queue(desk.connection.pk, "full", desk.reviewer.pk, asked=True)
    assert run.pk == scheduled.pk
    for row in (run, SyncRun.objects.get(pk=run.pk)):
        assert (row.mode, row.asked, row.requested_by_id) == ("full", True, desk.reviewer.pk)
    again = duties.queue(desk.connection.pk, "incremental")
    assert (again.mode, again.asked) == ("full", True), "the clock takes nothing back"


def test_requests_are_on_the_record(desk):
    run = desk.pull()
    assert run.requests == 3
    assert desk.pull("full").requests > 3


def test_counts_are_asked_again_after_an_hour_and_after_an_edit(desk):
    Task.objects.update(told_at=timezone.now() - timedelta(minutes=61))
    assert calls(desk)["input_counts"] == 1
    assert calls(desk)["input_counts"] == 0
    task = desk.app.tasks["t-1"]
    desk.app.tasks["t-1"] = msgspec.structs.replace(task, modified_at=desk.app.now())
    assert calls(desk)["input_counts"] == 1


@pytest.mark.parametrize("refusal", [Unsupported("no search"), Forbidden("no scope")])
def test_without_the_search_tasks_are_asked_one_by_one(desk, monkeypatch, refusal):
    def refused(self, since):
        raise refusal

    monkeypatch.setattr(MemoryPlatform, "iter_changes", refused)
    more_tasks(desk, 2)
    desk.pull()
    desk.annotate("an-1", "in-1")
    found = calls(desk)
    assert (found["iter_annotations"], found["list_annotations"]) == (3, 1)
    assert desk.item("in-1").shape_count == 1


def test_a_change_that_becomes_visible_late_is_still_read(desk):
    """Older than the newest one that was seen, by less than the overlap."""
    desk.annotate("an-1", "in-1")
    late = desk.app.annotations.pop(("in-1", "an-1"))
    desk.annotate("an-2", "in-2")
    desk.pull()
    desk.app.annotations[("in-1", "an-1")] = late
    desk.pull()
    assert desk.item("in-1").shape_count == 1


def test_a_pull_that_breaks_off_reads_the_same_changes_again(desk):
    desk.annotate("an-1", "in-1")
    desk.app.fault = lambda name, token: "lost_before" if name == "list_annotations" else None
    assert desk.pull().state == "failed"
    desk.app.fault = lambda name, token: None
    desk.connection.refresh_from_db()
    type(desk.connection).objects.update(open_until=None)
    assert calls(desk)["list_annotations"] == 1
    assert desk.item("in-1").shape_count == 1


def test_a_new_task_read_after_the_search_does_not_move_the_mark_past_others(desk, monkeypatch):
    """While it is read whole, something changes in a task that the search has passed already."""
    monkeypatch.setattr(changes, "OVERLAP", timedelta(0))
    monkeypatch.setattr(changes, "SHORT_OVERLAP", timedelta(0))

    def meanwhile(call):
        if call == "iter_annotations":
            desk.app.before = lambda call: None
            desk.annotate("late", "in-1")
            desk.annotate("new", "in-2", task_id="t-2")

    desk.app.tasks["t-2"] = msgspec.structs.replace(desk.app.tasks["t-1"], id="t-2")
    desk.app.before = meanwhile
    desk.pull()
    assert desk.item("in-2").shape_count == 1
    desk.pull()
    assert desk.item("in-1").shape_count == 1


def test_a_row_that_slips_past_a_page_is_found_by_reading_again(desk, monkeypatch):
    monkeypatch.setattr(desk.app, "capabilities", Capabilities(page_size=2))
    for number in range(3):
        desk.annotate(f"an-{number}", f"in-{number + 1}")
    original = MemoryPlatform.iter_changes
    readings = []

    def slipping(self, since):
        readings.append(since)
        rows = list(original(self, since))
        return iter([*rows[:1], *rows[2:], *rows[2:]] if len(readings) == 1 else rows)

    monkeypatch.setattr(MemoryPlatform, "iter_changes", slipping)
    desk.pull()
    assert [desk.item(name).shape_count for name in INPUTS] == [1, 1, 1]
    assert len(readings) == 3


def test_a_new_concept_is_read_with_its_first_annotation(desk):
    desk.app.concepts.append(types.Concept("plt", "Platelet"))
    assert calls(desk)["list_concepts"] == 0
    desk.annotate("an-1", "in-1", "plt")
    assert calls(desk)["list_concepts"] == 1
    assert desk.item("in-1").concept_links.get().concept.name == "Platelet"
    ChangeMark.objects.update(listed_at=timezone.now() - timedelta(minutes=11))
    desk.app.concepts.append(types.Concept("eos", "Eosinophil"))
    desk.pull()
    assert Concept.objects.filter(platform_id="eos").exists()


class Counting:
    """The platform counts annotations per user, as Clarifai does."""

    def __init__(self, monkeypatch, app):
        def counts(platform, task_id):
            platform._call("annotation_counts")
            found = Counter(one.user_id for one in app.annotations.values() if one.task_id == task_id)
            return [StatusCounts(user, awaiting_review=number) for user, number in found.items()]

        monkeypatch.setattr(MemoryPlatform, "annotation_counts", counts)


def test_a_foreign_delete_shows_in_the_counts_of_a_touched_task(desk, monkeypatch):
    Counting(monkeypatch, desk.app)
    for name in INPUTS:
        desk.annotate(f"an-{name}", name)
    desk.pull()
    del desk.app.annotations[("in-1", "an-in-1")]
    desk.pull()
    assert desk.item("in-1").shape_count == 1, "nothing touched the task yet"
    desk.annotate("an-new", "in-2")
    assert calls(desk)["iter_annotations"] == 1
    assert (desk.item("in-1").shape_count, desk.item("in-2").shape_count) == (0, 2)
    assert Task.objects.get().apart == {}


def test_a_count_that_never_fits_is_a_reason_once(desk, monkeypatch):
    """The platform leaves some out of its counts for reasons of its own."""
    monkeypatch.setattr(
        MemoryPlatform, "annotation_counts", lambda self, task_id: [StatusCounts("l-1", pending=1)]
    )
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-2")
    assert calls(desk)["iter_annotations"] == 1
    assert Task.objects.get().apart == {"l-1": -1}
    desk.annotate("an-2", "in-2", "wbc")
    assert calls(desk)["iter_annotations"] == 0


def test_assignments_of_a_finished_task_are_not_listed_each_time(monkeypatch):
    desk = make_desk(monkeypatch, INPUTS)
    assert calls(desk)["iter_assignments"] == 1
    task = desk.app.tasks["t-1"]
    desk.app.tasks["t-1"] = msgspec.structs.replace(task, state=TaskState.DONE)
    desk.pull()
    assert calls(desk)["iter_assignments"] == 0
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.APPROVED)
    Task.objects.update(told_at=timezone.now() - timedelta(hours=2))
    desk.pull()
    assert desk.item("in-1").state == "approved"


def test_work_handed_out_anew_shows_what_is_there_already(monkeypatch):
    """Annotations may be older than the assignment: a reviewer's, on an input that is given to one more labeler."""
    desk = make_desk(monkeypatch, INPUTS)
    desk.app.inputs["in-9"] = types.Input("in-9")
    desk.annotate("an-1", "in-9", user_id="r-1")
    desk.pull()
    desk.app.assign("t-1", "in-9", "l-1", AssignmentState.PENDING)
    desk.pull()
    assert desk.item("in-9").shape_count == 1


def test_the_first_list_counts_and_later_ones_only_for_a_while():
    now = timezone.now()
    latest = changes.Latest(None, timedelta(seconds=-1))
    latest.add(now)
    latest.next_list()
    latest.add(now + timedelta(seconds=5))
    assert latest.when == now
    patient = changes.Latest(now, timedelta(minutes=1))
    patient.next_list()
    patient.add(now + timedelta(seconds=5))
    assert patient.when == now + timedelta(seconds=5)


def test_what_was_seen_is_packed_small_and_only_for_the_overlap():
    now = timezone.now()
    seen = changes.Seen()
    old = types.Annotation("an-0", "in-1", modified_at=now - timedelta(minutes=6))
    new = types.Annotation("an-1", "in-1", modified_at=now)
    assert [seen.add(one) for one in (old, new, new)] == [True, True, False]
    again = changes.Seen(seen.pack(now))
    assert len(seen.pack(now)) == 16
    assert [again.add(one) for one in (new, old)] == [False, True]
    moved = msgspec.structs.replace(new, state=types.AnnotationState.APPROVED)
    assert again.add(moved)


def test_a_flood_keeps_the_newest(monkeypatch):
    monkeypatch.setattr(changes, "KEPT", 3)
    now = timezone.now()
    seen = changes.Seen()
    rows = [
        types.Annotation(
            f"an-{n}", "in-1", region=region((0, 0, 1, 1), "rbc"), modified_at=now + timedelta(seconds=n)
        )
        for n in range(10)
    ]
    for row in rows:
        seen.add(row)
    again = changes.Seen(seen.pack(rows[-1].modified_at))
    assert [again.add(row) for row in rows[-3:]] == [False] * 3
    assert again.add(rows[0])


def test_drift_is_added_up_over_pulls_and_pushes(desk):
    original = desk.app.open

    def drifting(kind="embedded", **given):
        platform = original(kind, **given)
        platform.drift.add("Task", "unknown_field", "colour", "string", times=2)
        return platform

    desk.app.open = drifting
    desk.pull()
    row = Drift.objects.get()
    assert (row.kind, row.what, row.name, row.count, row.example) == (
        "Task",
        "unknown_field",
        "colour",
        2,
        "string",
    )
    desk.pull("full")
    desk.app.fault = lambda name, token: "refused"
    assert desk.pull().state == "failed", "what was met before the failure counts as well"
    row.refresh_from_db()
    assert row.count == 6
    assert row.last_seen_at > row.first_seen_at
    assert SyncRun.objects.filter(state="running").count() == 0
