"""The front desk of the corridor: resolving, people, tasks, work in hand, pictures, pauses, the Celery shells."""

from __future__ import annotations

import io
import uuid

import msgspec
import pytest
from PIL import Image

from dashboard.accounts.models import PlatformIdentity
from dashboard.audit.models import AuditEntry
from dashboard.platforms import types
from dashboard.platforms.errors import Forbidden, NotFound, Rejected
from dashboard.platforms.types import AssignmentState
from dashboard.sync import duties, selectors, tasks
from dashboard.sync.models import Input, OutboxEntry, SyncRun, Task, WorkItem
from dashboard.sync.services import choices, delivery, label_orders, people, syncing, waking, work
from dashboard.sync.services import media as pictures
from dashboard.sync.services import tasks as platform_tasks
from dashboard.sync.services.delivery import Unresolvable, Write
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import MemoryPlatform, region
from tests.support.people import make_person

pytestmark = pytest.mark.django_db

MOVED = {"box": {"top": 0.2, "left": 0.2, "bottom": 0.6, "right": 0.6}}


@pytest.fixture
def desk(monkeypatch):
    return make_desk(monkeypatch)


@pytest.fixture
def conflict(desk):
    """A box that the reviewer moved and somebody else renamed, with an approval behind it."""
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    entries = desk.decide(
        "in-1",
        Write("overwrite", "an-1", MOVED, seen),
        Write("approve", "", {}, {"annotations": {"an-1": seen["fingerprint"]}}),
    )
    delivery.set_state(items=[desk.item("in-1")], state="approved", reviewer_id="r-1")
    desk.annotate("an-1", "in-1", "wbc")
    desk.push()
    assert desk.states() == ["conflict", "pending"]
    return entries[0]


def now(desk, name="an-1"):
    return desk.app.annotations.get(("in-1", name))


def actions():
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_conflict_shows_its_three_versions(conflict):
    view = selectors.conflict(OutboxEntry.objects.get(pk=conflict.pk))
    assert view["base"][0]["concept"] == "rbc"
    assert view["theirs"][0]["concept"] == "wbc"
    assert view["mine"][0]["box"] == MOVED["box"]
    assert (view["fields"], view["can_merge"]) == (["shape", "concept"], True)


def test_theirs_drops_the_edit_and_the_verdict_goes_on(desk, conflict):
    delivery.resolve(conflict, desk.reviewer, "theirs")
    desk.settle()
    assert desk.states() == ["discarded", "confirmed"]
    assert now(desk).region.box == types.Box(0.1, 0.1, 0.5, 0.5)
    assert desk.app.effects == [("review_approve", "as-t-1-in-1-l-1")]
    assert actions()[-1] == "outbox.resolve"
    assert selectors.deliveries([conflict.operation]) == {conflict.operation: "confirmed"}


def test_mine_goes_over_theirs_because_a_person_said_so(desk, conflict):
    delivery.resolve(conflict, desk.reviewer, "mine")
    desk.settle()
    assert desk.states() == ["confirmed"] * 2
    assert now(desk).region.box == types.Box(0.2, 0.2, 0.6, 0.6)
    assert now(desk).region.concepts[0].id == "rbc", "the whole of mine, as the page shows it"


def test_mine_is_refused_when_it_changed_once_more(desk, conflict):
    delivery.resolve(conflict, desk.reviewer, "mine")
    desk.annotate("an-1", "in-1", region=region((0, 0, 0.9, 0.9), "wbc", "rg-an-1"))
    desk.push()
    assert desk.states() == ["conflict", "pending"]


def test_merge_takes_the_fields_that_were_chosen(desk, conflict):
    delivery.resolve(conflict, desk.reviewer, "merge", {"shape": "theirs", "concept": "mine"})
    desk.settle()
    assert desk.states() == ["confirmed"] * 2
    assert now(desk).region.box == types.Box(0.1, 0.1, 0.5, 0.5)
    assert [c.id for c in now(desk).region.concepts] == ["rbc"]


def test_mine_of_something_deleted_is_made_again(desk):
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    base = {"annotations": {"an-1": seen["fingerprint"]}}
    entry = desk.decide("in-1", Write("overwrite", "an-1", MOVED, seen), Write("approve", "", {}, base))[0]
    del desk.app.annotations[("in-1", "an-1")]
    desk.push()
    delivery.resolve(entry, desk.reviewer, "mine")
    desk.settle()
    assert desk.states() == ["confirmed"] * 2
    (made,) = desk.app.annotations.values()
    assert made.id != "an-1"
    assert made.region.box == types.Box(0.2, 0.2, 0.6, 0.6)
    assert made.user_id == "l-1"


def test_a_verdict_in_conflict_can_be_kept_or_given_up(desk):
    for name in ("in-1", "in-2"):
        desk.annotate(f"an-{name}", name)
        base = {"annotations": {f"an-{name}": desk.seen(f"an-{name}", name)["fingerprint"]}}
        desk.decide(name, Write("approve", "", {}, base))
        delivery.set_state(items=[desk.item(name)], state="approved")
        desk.annotate(f"an-{name}", name, "wbc")
    desk.push()
    mine, theirs = OutboxEntry.objects.order_by("id")
    assert (mine.state, theirs.state) == ("conflict", "conflict")
    assert desk.item("in-2").state == "approved"
    with pytest.raises(Unresolvable, match="verdict cannot be merged"):
        delivery.resolve(mine, desk.reviewer, "merge", {})
    delivery.resolve(mine, desk.reviewer, "mine")
    delivery.resolve(theirs, desk.reviewer, "theirs")
    desk.settle()
    assert desk.states() == ["confirmed", "discarded"]
    assert desk.item("in-1").state == "approved"
    assert desk.item("in-2").state == "awaiting_review", "it falls back to what the platform says"


def test_a_dead_letter_is_sent_again_or_dropped_with_a_reason(desk):
    for name in ("in-1", "in-2"):
        desk.decide(name, Write("approve"))
        delivery.set_state(items=[desk.item(name)], state="approved")
    OutboxEntry.objects.update(state="failed", attempts=8, error="No answer.")
    first, second = OutboxEntry.objects.order_by("id")
    with pytest.raises(Unresolvable, match="why"):
        delivery.discard(first, desk.reviewer, "  ")
    delivery.discard(first, desk.reviewer, "Decided anew elsewhere")
    delivery.retry(second, desk.reviewer)
    with pytest.raises(Unresolvable):
        delivery.retry(second, desk.reviewer)
    with pytest.raises(Unresolvable):
        delivery.resolve(second, desk.reviewer, "mine")
    second.refresh_from_db()
    assert (second.state, second.attempts) == ("pending", 0)
    desk.settle()
    assert desk.states() == ["discarded", "confirmed"]
    assert desk.item("in-1").state == "awaiting_review"
    assert actions()[-2:] == ["outbox.discard", "outbox.retry"]
    assert AuditEntry.objects.filter(action="outbox.discard").get().data["reason"] == "Decided anew elsewhere"


def test_starting_needs_a_token_of_ones_own(desk):
    task = desk.task
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.PENDING)
    items = work.start_labeling(connection=desk.connection, task=task, user=desk.labeler)
    assert {item.labeler_id for item in items} == {"l-1"}
    assert work.start_review(connection=desk.connection, task=task, user=desk.reviewer)
    PlatformIdentity.objects.filter(user=desk.labeler).update(token="")
    assert "token of your own" in people.own_token_why_not(desk.connection, desk.labeler, "label")
    with pytest.raises(Forbidden, match="token of your own"):
        work.start_labeling(connection=desk.connection, task=task, user=desk.labeler)
    stranger = make_person(desk.connection, "labeler")
    assert "who you are" in people.own_token_why_not(desk.connection, stranger, "review")
    assert people.platform_user_id(desk.connection, stranger) is None
    assert people.platform_user_id(desk.connection, desk.labeler) == "l-1"


def test_bodies_are_read_in_one_call_per_task(desk):
    for name in ("in-1", "in-2"):
        desk.annotate(f"an-{name}", name)
    items = list(WorkItem.objects.select_related("task", "input").order_by("id"))
    desk.app.calls.clear()
    bodies = work.bodies(connection=desk.connection, items=items)
    assert desk.app.calls == ["list_annotations"]
    assert [[one.id for one in bodies[item.pk]] for item in items] == [["an-in-1"], ["an-in-2"], []]


def test_people_are_provisioned_with_a_free_name(desk):
    taken = make_person(desk.connection, "labeler", username="L 1")
    identity = people.provision_person(connection=desk.connection, user=taken)
    assert identity.platform_user_id.startswith("l-1-")
    assert repr(identity.token) == "'••••'"
    again = people.provision_person(connection=desk.connection, user=taken)
    assert again.pk == identity.pk
    assert desk.app.calls.count("provision_person") == 1


def test_tasks_are_made_on_the_platform_first_and_audited(desk):
    told = types.Task("t-9", "Fresh", worker=types.WorkerPlan(user_ids=("l-1",)))
    made = platform_tasks.create_task(connection=desk.connection, actor=desk.reviewer, task=told)
    again = platform_tasks.create_task(connection=desk.connection, actor=desk.reviewer, task=told)
    assert again.pk == made.pk, "a lost answer does not make a second task"
    assert SyncRun.objects.filter(state="queued").count() == 1
    edited = platform_tasks.edit_task(
        connection=desk.connection, actor=desk.reviewer, task=types.Task("t-9", "Renamed")
    )
    assert (edited.pk, edited.name) == (made.pk, "Renamed")
    closed = platform_tasks.close_task(connection=desk.connection, actor=desk.reviewer, task=edited)
    assert closed.state == "done"
    platform_tasks.delete_task(connection=desk.connection, actor=desk.reviewer, task=closed)
    platform_tasks.delete_task(connection=desk.connection, actor=desk.reviewer, task=closed)
    assert Task.objects.get(pk=made.pk).deleted_at is not None
    assert actions() == [
        "task.create",
        "task.create",
        "task.edit",
        "task.state",
        "task.delete",
        "task.delete",
    ]


def test_pictures_are_cached_judged_by_their_bytes_and_pruned(desk, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    Input.objects.update(url="https://x/orig", thumb_url="https://x/small")
    one = Input.objects.first()
    body, kind = pictures.media(connection=desk.connection, input=one, size="small")
    assert (kind, body.endswith(b"https://x/small")) == ("image/png", True)
    assert pictures.media(connection=desk.connection, input=one, size="large")[0].endswith(b"orig")
    pictures.media(connection=desk.connection, input=one, size="small")
    assert desk.app.calls.count("fetch_media") == 2
    folder = tmp_path / "media_cache"
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    with pytest.raises(NotFound):
        pictures.media(connection=desk.connection, input=one, size="../../secret")
    assert pictures.prune(folder, limit=0) == 2
    assert list(folder.iterdir()) == []
    for trick in (b"<svg onload=alert(1)>", b"<html>", b"%PDF-1.4", b""):
        monkeypatch.setattr(
            "tests.support.memory_platform.MemoryPlatform.fetch_media",
            lambda self, url, max_bytes, trick=trick: (trick, "image/png"),
        )
        with pytest.raises(Rejected):
            pictures.media(connection=desk.connection, input=one, size="orig")
    assert list(folder.iterdir()) == []


def test_a_small_picture_is_made_once_where_the_platform_has_none(desk, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    Input.objects.update(url="https://x/orig", width=900, height=600)
    one = Input.objects.first()
    out = io.BytesIO()
    Image.effect_noise((900, 600), 90).save(out, "PNG")
    fetched = []

    def fetch(self, url, max_bytes):
        fetched.append(url)
        return out.getvalue(), "image/png"

    monkeypatch.setattr(MemoryPlatform, "fetch_media", fetch)
    for _ in range(2):
        body, kind = pictures.media(connection=desk.connection, input=one, size="small")
        assert kind == "image/jpeg"
        assert Image.open(io.BytesIO(body)).size == (320, 213)
        whole, kind = pictures.media(connection=desk.connection, input=one, size="large")
        assert (kind, whole) == ("image/png", out.getvalue()), "it is smaller than 1,600 already"
    assert fetched == ["https://x/orig"]
    assert len(list((tmp_path / "media_cache").iterdir())) == 2


def test_choices_are_asked_once_a_minute_and_afresh_after_a_write(desk):
    order = types.LabelOrder(id="lo-1", name="First")
    task = types.Task(id="t-lo", name="Ordered")
    assert choices.label_orders(desk.connection) == []
    assert choices.label_orders(desk.connection) == []
    assert desk.app.calls.count("list_label_orders") == 1
    made, row = label_orders.create_label_order(
        connection=desk.connection, actor=desk.reviewer, order=order, task=task
    )
    again, same = label_orders.create_label_order(
        connection=desk.connection, actor=desk.reviewer, order=order, task=task
    )
    assert (made.id, row.platform_id, row.pk, again.id) == ("lo-1", "t-lo", same.pk, "lo-1")
    assert [one.id for one in choices.label_orders(desk.connection)] == ["lo-1"]
    renamed = msgspec.structs.replace(made, name="Second")
    label_orders.edit_label_order(connection=desk.connection, actor=desk.reviewer, order=renamed)
    assert choices.label_orders(desk.connection)[0].name == "Second"
    for _ in range(2):
        label_orders.delete_label_order(connection=desk.connection, actor=desk.reviewer, order=renamed)
    assert choices.label_orders(desk.connection) == []
    assert Task.objects.get(platform_id="t-lo").deleted_at is None
    assert "label_order.create" in actions()
    assert actions()[-1] == "label_order.delete"


def test_pause_keeps_and_resume_sends_at_once(desk):
    desk.decide("in-1", Write("approve"))
    desk.app.fault = lambda call, token: "refused" if call == "act" else None
    desk.push()
    syncing.pause(connection=desk.connection, actor=desk.reviewer, reason="Moving house")
    assert desk.connection.paused_reason == "Moving house"
    desk.app.fault = lambda call, token: None
    assert desk.push().claimed == 0
    syncing.resume(connection=desk.connection, actor=desk.reviewer)
    assert desk.connection.paused_at is None
    assert desk.push().confirmed == 1
    assert actions() == ["connection.pause", "connection.resume"]


def test_set_state_keeps_the_first_time_of_submission(desk):
    item = desk.item("in-1")
    WorkItem.objects.filter(pk=item.pk).update(state="in_progress", submitted_at=None, skipped=True)
    item.refresh_from_db()
    delivery.set_state(items=[item], state="awaiting_review")
    submitted = WorkItem.objects.get(pk=item.pk).submitted_at
    assert submitted is not None
    delivery.set_state(items=[item], state="approved", reviewer_id="r-1")
    delivery.set_state(items=[item], state="awaiting_review")
    stored = WorkItem.objects.get(pk=item.pk)
    assert (stored.submitted_at, stored.skipped, stored.reviewer_id) == (submitted, False, "r-1")
    delivery.set_skipped(item=item, skipped=True)
    assert WorkItem.objects.get(pk=item.pk).skipped


def test_the_celery_shells_do_what_they_call(desk, monkeypatch):
    sent = []
    for name in ("push", "run_pull"):
        monkeypatch.setattr(
            getattr(tasks, name), "apply_async", lambda args, name=name, **_: sent.append((name, args))
        )
    desk.decide("in-1", Write("approve"))
    tasks.sweep()
    assert sent == [("push", (desk.connection.pk,))]
    tasks.push(desk.connection.pk)
    assert desk.states() == ["confirmed"]
    run = duties.queue(desk.connection.pk, "incremental")
    tasks.dispatch()
    assert sent[-1] == ("run_pull", (run.pk,))
    tasks.run_pull(run.pk)
    assert SyncRun.objects.get(pk=run.pk).state == "done"
    tasks.run_pull(run.pk)  # delivered twice: nothing happens
    tasks.heartbeat()
    assert selectors.health()["ok"]
    assert {
        task.name for task in (tasks.push, tasks.run_pull, tasks.dispatch, tasks.sweep, tasks.heartbeat)
    } == {f"dashboard.sync.tasks.{name}" for name in ("push", "run_pull", "dispatch", "sweep", "heartbeat")}


def test_withdrawing_an_operation_of_a_bulk_leaves_the_others(desk):
    batch = uuid.uuid4()
    first = desk.decide("in-1", Write("approve"), hold=30, batch=batch)[0]
    desk.decide("in-2", Write("approve"), hold=30, batch=batch)
    assert delivery.withdraw(operation=first.operation)
    assert selectors.batch_progress(batch) == {"total": 2, "withdrawn": 1, "held": 1}
    assert waking.push
