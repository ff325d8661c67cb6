"""Pulling into the mirror: what is new, what changed, what is gone, and what goes wrong in the middle."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.platforms.types import AnnotationState, AssignmentState, Capabilities, ConceptValue
from dashboard.sync import duties, selectors
from dashboard.sync.models import (
    Concept,
    DailyCount,
    Heartbeat,
    Input,
    OutboxEntry,
    Person,
    SyncRun,
    Task,
    UserCount,
    WorkItem,
    WorkItemConcept,
)
from dashboard.sync.pull import pull
from dashboard.sync.pull.progress import Progress, Superseded
from dashboard.sync.pull.spool import Spool
from dashboard.sync.services import syncing
from dashboard.sync.services.delivery import Write
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import MemoryPlatform, region
from tests.support.people import make_connection

pytestmark = pytest.mark.django_db

INPUTS = ("in-1", "in-2", "in-3")


@pytest.fixture
def desk(monkeypatch):
    return make_desk(monkeypatch, INPUTS, state=AssignmentState.PENDING)


def test_the_first_pull_fills_the_mirror(desk):
    task = desk.task
    assert (task.name, task.type, task.labeler_ids, task.reviewer_ids) == ("Cells", "boxes", ["l-1"], ["r-1"])
    assert task.counts == {
        "to_do": 3,
        "in_progress": 0,
        "awaiting_review": 0,
        "changes_asked": 0,
        "approved": 0,
        "rejected": 0,
        "total": 3,
        "skipped": 0,
    }
    assert task.counted_at is not None
    assert list(Concept.objects.values_list("platform_id", "name", "position")) == [
        ("rbc", "Red", 0),
        ("wbc", "White", 1),
    ]
    assert set(Person.objects.values_list("platform_id", flat=True)) == {"owner", "l-1", "r-1"}
    assert list(Input.objects.values_list("name", "width")) == [(f"cell {name}", 640) for name in INPUTS]
    assert DailyCount.objects.get().counts["to_do"] == 3
    count = UserCount.objects.get(what="inputs")
    assert (count.user_id, count.pending) == ("l-1", 3)
    run = SyncRun.objects.get()
    assert (run.state, run.error) == ("done", "")
    assert run.read >= 11
    assert run.started_at <= run.ended_at


def test_a_second_pull_changes_nothing(desk):
    desk.annotate("an-1", "in-1")
    desk.pull()
    before = list(WorkItem.objects.order_by("id").values())
    assert desk.pull().changed == 0
    assert list(WorkItem.objects.order_by("id").values()) == before


def test_shapes_tags_and_concepts_are_summed_up_per_item(desk):
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-1", "wbc", user_id="r-1")  # added by a reviewer: part of the item
    desk.annotate("an-3", "in-1", region=None, concepts=(ConceptValue("wbc", 0),))
    desk.annotate("an-4", "in-1", task_id="other")
    desk.pull()
    item = desk.item("in-1")
    assert item.shapes == [["box", "rbc", 0.1, 0.1, 0.5, 0.5], ["box", "wbc", 0.1, 0.1, 0.5, 0.5]]
    assert (item.shape_count, item.tags, item.state) == (2, [["wbc", 0]], "in_progress")
    assert WorkItemConcept.objects.filter(item=item).count() == 2
    del desk.app.annotations[("in-1", "an-2")]
    desk.annotate("an-3", "in-1", region=None, concepts=())
    desk.pull()
    assert desk.item("in-1").shape_count == 1
    assert [link.concept.platform_id for link in WorkItemConcept.objects.all()] == ["rbc"]


def test_a_foreign_delete_is_seen_by_a_full_pull(desk):
    desk.annotate("an-1", "in-1")
    desk.pull()
    del desk.app.annotations[("in-1", "an-1")]
    desk.pull()
    assert desk.item("in-1").shape_count == 1
    desk.pull("full")
    assert (desk.item("in-1").shape_count, desk.item("in-1").shapes) == (0, [])
    assert not WorkItemConcept.objects.exists()


def test_the_other_labelers_annotations_are_not_mine(desk):
    task = desk.app.tasks["t-1"]
    workers = types.WorkerPlan(user_ids=("l-1", "l-2"))
    desk.app.tasks["t-1"] = msgspec.structs.replace(task, worker=workers)
    desk.app.assign("t-1", "in-1", "l-2", AssignmentState.PENDING)
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-1", user_id="l-2")
    desk.pull()
    assert [item.shape_count for item in WorkItem.objects.filter(input__platform_id="in-1")] == [1, 1]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (AssignmentState.PENDING, "to_do"),
        (AssignmentState.AWAITING_REVIEW, "awaiting_review"),
        (AssignmentState.AWAITING_CONSENSUS, "awaiting_review"),
        (AssignmentState.APPROVED, "approved"),
        (AssignmentState.REJECTED, "rejected"),
        (AssignmentState.UNKNOWN, "in_progress"),
    ],
)
def test_every_status_has_its_state_and_an_unknown_one_is_never_approved(desk, told, shown):
    desk.app.assign("t-1", "in-1", "l-1", told)
    desk.pull()
    assert desk.item("in-1").state == shown
    assert desk.task.counts["approved"] == (shown == "approved")


def test_sent_back_elsewhere_is_changes_asked(desk):
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.AWAITING_REVIEW)
    desk.pull()
    assert desk.item("in-1").submitted_at is not None
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.PENDING)
    desk.pull()
    assert desk.item("in-1").state == "changes_asked"
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.APPROVED)
    desk.pull()
    assert (desk.item("in-1").state, desk.item("in-1").sent_back) == ("approved", False)


def test_an_answer_older_than_what_we_know_is_ignored(desk):
    """A page read before our own verdict was confirmed arrives after it."""
    old = desk.app.assign("t-1", "in-1", "l-1", AssignmentState.AWAITING_REVIEW)
    desk.pull()
    desk.decide("in-1", Write("approve"))
    desk.push()
    confirmed = desk.app.assignments[old.id]
    desk.app.assignments[old.id] = old
    desk.pull("full")
    assert desk.item("in-1").state == "approved"
    desk.app.assignments[old.id] = confirmed


def test_new_inputs_and_tasks_come_with_the_next_pull(desk):
    desk.app.inputs["in-4"] = types.Input("in-4", metadata={"filename": "slide.png"}, ready=False)
    desk.app.assign("t-1", "in-4", "l-1", AssignmentState.PENDING)
    desk.app.tasks["t-2"] = types.Task("t-2", "Second")
    desk.pull()
    assert Input.objects.get(platform_id="in-4").name == "slide.png"
    assert desk.item("in-4").state == "to_do"
    assert Task.objects.count() == 2
    desk.app.inputs["in-4"] = msgspec.structs.replace(desk.app.inputs["in-4"], ready=True, url="http://x/a")
    desk.pull()
    assert Input.objects.get(platform_id="in-4").ready


def test_an_input_that_was_deleted_last_does_not_stop_the_stream(desk):
    del desk.app.inputs["in-3"]
    desk.app.inputs["in-4"] = types.Input("in-4")
    assert desk.pull().state == "done"
    assert Input.objects.filter(platform_id="in-4").exists()


def test_missing_twice_in_complete_sweeps_is_deleted(desk):
    del desk.app.inputs["in-2"]
    desk.pull("full")
    assert Input.objects.get(platform_id="in-2").deleted_at is None
    desk.pull("full")
    gone = Input.objects.get(platform_id="in-2")
    assert gone.deleted_at is not None
    desk.app.inputs["in-2"] = types.Input("in-2", name="back")
    desk.pull("full")
    gone.refresh_from_db()
    assert (gone.deleted_at, gone.missing_sweeps, gone.name) == (None, 0, "back")


def test_a_task_missing_twice_is_deleted_with_its_history_kept(desk):
    told = desk.app.tasks.pop("t-1")
    desk.pull()
    assert desk.task.deleted_at is None
    desk.app.tasks["t-1"] = told
    desk.pull()
    assert desk.task.missing_sweeps == 0
    del desk.app.tasks["t-1"]
    desk.pull()
    desk.pull()
    assert desk.task.deleted_at is not None
    assert selectors.tasks(desk.connection) == []
    assert WorkItem.objects.count() == 3


@pytest.mark.parametrize("call", ["list_tasks", "iter_inputs", "iter_assignments", "iter_annotations"])
@pytest.mark.parametrize("fault", ["refused", "lost_before", "throttle"])
def test_an_error_in_the_middle_deletes_nothing_and_is_on_the_record(desk, call, fault):
    desk.app.inputs.clear()
    desk.app.fault = lambda name, token: fault if name == call else None
    for _ in range(3):
        run = desk.pull("full")
        assert run.state == "failed"
        assert run.error
    if call in ("list_tasks", "iter_inputs"):
        assert Input.objects.filter(deleted_at=None, missing_sweeps=0).count() == 3
    assert Task.objects.get().deleted_at is None
    desk.app.fault = lambda name, token: None
    Connection.objects.update(open_until=None)
    assert desk.pull().state == "done"


def test_a_pull_that_broke_off_reads_again_what_it_had_not_finished(desk):
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.AWAITING_REVIEW)
    desk.annotate("an-1", "in-1")
    desk.app.fault = lambda name, token: "lost_before" if name == "list_annotations" else None
    desk.pull()
    until = desk.task.pulled_until
    desk.pull()
    assert desk.task.pulled_until == until
    desk.app.fault = lambda name, token: None
    desk.pull()
    assert desk.item("in-1").shape_count == 1


def test_a_refused_token_pauses_the_connection(desk):
    desk.app.tokens.clear()
    assert desk.pull().state == "failed"
    desk.connection.refresh_from_db()
    assert desk.connection.paused_at
    assert duties.due_runs() == []


def test_without_assignment_listing_items_come_from_annotations(monkeypatch):
    desk = make_desk(monkeypatch, INPUTS, capabilities=Capabilities())
    assert WorkItem.objects.count() == 0
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-1", state=AnnotationState.APPROVED)
    desk.annotate("an-3", "in-2", state=AnnotationState.APPROVED)
    desk.annotate("an-4", "in-3", state=AnnotationState.UNKNOWN)
    desk.annotate("an-5", "in-3", state=AnnotationState.APPROVED)
    desk.pull()
    states = {item.input.platform_id: item.state for item in WorkItem.objects.select_related("input")}
    assert states == {"in-1": "awaiting_review", "in-2": "approved", "in-3": "in_progress"}
    incremental = list(WorkItem.objects.order_by("id").values("state", "platform_state", "shapes"))
    desk.pull("full")
    assert list(WorkItem.objects.order_by("id").values("state", "platform_state", "shapes")) == incremental


def test_a_row_that_slips_past_while_paging_is_found_by_the_count(desk, monkeypatch):
    """Somebody changes one while the first complete list is paged through; another one slips to an earlier page."""
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.APPROVED)
    desk.app.assign("t-1", "in-2", "l-1", AssignmentState.APPROVED)
    original = MemoryPlatform.iter_assignments
    readings = []

    def slipping(self, task, **filters):
        readings.append(task)
        rows = list(original(self, task, **filters))
        return iter(rows[:1] + rows[2:] if len(readings) == 1 else rows)

    monkeypatch.setattr(MemoryPlatform, "iter_assignments", slipping)
    desk.pull("full")
    assert len(readings) == 2
    assert desk.task.counts["approved"] == 2


def test_a_quiet_task_is_not_read_again_and_again(desk):
    """Right after a change the overlap is read once; when all has long settled, nothing is."""
    desk.annotate("an-1", "in-1")
    desk.pull()
    Task.objects.update(advanced_at=timezone.now() - timedelta(minutes=12))
    Task.objects.update(overlapped_at=timezone.now() - timedelta(minutes=1))
    desk.app.calls.clear()
    assert desk.pull().changed == 0
    assert "list_annotations" not in desk.app.calls
    desk.annotate("an-2", "in-2")
    desk.pull()
    assert desk.item("in-2").shape_count == 1


def test_two_pulls_at_once_are_one(desk):
    first = duties.queue(desk.connection.pk, "incremental")
    assert duties.queue(desk.connection.pk, "incremental").pk == first.pk
    assert duties.queue(desk.connection.pk, "full").mode == "full"
    SyncRun.objects.filter(pk=first.pk).update(state="running", beat_at=timezone.now())
    second = duties.queue(desk.connection.pk, "incremental")
    assert second.pk != first.pk
    assert pull(second.pk) is None
    assert SyncRun.objects.get(pk=second.pk).state == "queued"
    assert pull(first.pk) is None
    assert duties.due_runs() == []


def test_due_pulls_follow_the_clock(desk):
    assert duties.due_runs() == []  # the first one has just been
    ago = timezone.now() - timedelta(seconds=settings.SYNC_SECONDS + 1)
    SyncRun.objects.update(started_at=ago)
    due = duties.due_runs()
    assert len(due) == 1
    assert duties.due_runs() == due, "asked twice, queued once"
    assert pull(due[0]) is not None
    assert duties.due_runs() == []
    syncing.pause(connection=desk.connection, actor=None, reason="Test")
    SyncRun.objects.update(started_at=ago)
    assert duties.due_runs() == []
    syncing.resume(connection=desk.connection, actor=None)
    assert len(duties.due_runs()) == 1


def test_only_one_long_pull_runs_at_a_time(desk):
    """Two full pulls would fill a small worker; a short one goes beside a long one."""
    others = [make_connection(f"other-{number}") for number in range(2)]
    SyncRun.objects.create(connection=others[1], state="done", started_at=timezone.now())
    full = duties.queue(desk.connection.pk, "full")
    first = duties.queue(others[0].pk, "incremental")  # nothing was read before: long as well
    short = duties.queue(others[1].pk, "incremental")
    assert duties.startable() == [full.pk, short.pk]
    SyncRun.objects.filter(pk=full.pk).update(state="running", beat_at=timezone.now())
    assert duties.startable() == [short.pk]
    SyncRun.objects.filter(pk=full.pk).update(state="done")
    assert duties.startable() == [first.pk, short.pk]


def test_a_dead_run_is_buried_and_repeated(desk):
    dead = duties.queue(desk.connection.pk, "full")
    long_ago = timezone.now() - duties.STALE - timedelta(seconds=1)
    SyncRun.objects.filter(pk=dead.pk).update(state="running", started_at=long_ago, beat_at=long_ago)
    due = duties.due_runs()
    dead.refresh_from_db()
    assert (dead.state, bool(dead.error)) == ("failed", True)
    assert SyncRun.objects.get(pk=due[0]).mode == "full"
    with pytest.raises(Superseded):
        Progress(dead).save()


def test_progress_is_saved_as_it_goes(desk):
    run = duties.queue(desk.connection.pk, "full")
    SyncRun.objects.filter(pk=run.pk).update(state="running")
    progress = Progress(run)
    progress.stage("Reading", 10)
    progress.step(read=4, changed=1)
    progress.save()
    run.refresh_from_db()
    assert (run.stage, run.done, run.total, run.read, run.changed) == ("Reading", 4, 10, 4, 1)
    assert run.beat_at is not None


def test_the_heartbeat_shows_a_stopped_worker():
    assert selectors.health()["ok"] is False
    duties.beat()
    duties.beat()
    assert selectors.health()["ok"] is True
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=50))
    health = selectors.health()
    assert health["ok"] is False
    assert health["worker"] >= 50
    assert OutboxEntry.objects.count() == 0


def test_the_spool_gives_back_what_it_was_given():
    made = [
        types.Annotation(f"an-{n}", f"in-{n % 7}", region=region((0, 0, 1, 1), "rbc"), raw=b'{"x": 1}')
        for n in range(1000)
    ]
    with Spool() as spool:
        spool.add(made[:500])
        spool.add(made[500:])
        assert [name for part in spool.inputs(3) for name in part] == [f"in-{n}" for n in range(7)]
        taken = spool.take(["in-3", "nowhere"])
    assert taken["nowhere"] == []
    wanted = [msgspec.structs.replace(one, raw=b"") for one in made if one.input_id == "in-3"]
    assert taken["in-3"] == wanted
