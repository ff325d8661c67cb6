"""The relay against a platform in memory: each kind of write, conflicts, refusals, names, batches."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.platforms import types
from dashboard.platforms.types import AnnotationState, AssignmentState, Box, Capabilities, ConceptValue
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.gateway import InsideTransaction, platform_for
from dashboard.sync.models import OutboxEntry, WorkItem
from dashboard.sync.services import delivery
from dashboard.sync.services.delivery import Write
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import EMBEDDED, region

pytestmark = pytest.mark.django_db

MOVED = {"box": {"top": 0.2, "left": 0.2, "bottom": 0.6, "right": 0.6}}
RENAME = {"concepts": [{"id": "wbc", "value": 1}, {"id": "rbc", "value": 0}], "in_region": True}
NEW = {
    "kind": "box",
    "concept": "wbc",
    "value": 1,
    **MOVED,
    "points": None,
    "user_id": "r-1",
    "state": "awaiting_review",
}


@pytest.fixture
def desk(monkeypatch):
    return make_desk(monkeypatch)


def now(desk, name="an-1", input_id="in-1"):
    return desk.app.annotations.get((input_id, name))


def test_create_merge_overwrite_remove_delete_and_verdict_in_one_operation(desk):
    for name in ("an-1", "an-2", "an-3"):
        desk.annotate(name, "in-1")
    desk.annotate("an-4", "in-1", region=None, concepts=(ConceptValue("rbc"), ConceptValue("wbc")))
    new = str(uuid.uuid4())
    entries = desk.decide(
        "in-1",
        Write("merge", "an-1", RENAME, desk.seen("an-1", "in-1")),
        Write("overwrite", "an-2", MOVED, desk.seen("an-2", "in-1")),
        Write("delete", "an-3", {}, desk.seen("an-3", "in-1")),
        Write("remove", "an-4", {"concepts": ["wbc"]}, desk.seen("an-4", "in-1")),
        Write("create", new, NEW),
        Write(
            "approve", "", {}, {"annotations": {n: desk.seen(n, "in-1")["fingerprint"] for n in ("an-1",)}}
        ),
    )
    # The verdict's base lists what was seen; what we changed ourselves is accepted as we left it.
    entries[-1].base = {
        "annotations": {n: desk.seen(n, "in-1")["fingerprint"] for n in ("an-1", "an-2", "an-3", "an-4")}
    }
    entries[-1].save()

    summary = desk.push()

    assert desk.states() == ["confirmed"] * 6
    assert summary.confirmed == 6
    assert {c.id: c.value for c in now(desk).region.concepts} == {"rbc": 0, "wbc": 1}
    assert now(desk, "an-2").region.box == Box(0.2, 0.2, 0.6, 0.6)
    assert now(desk, "an-2").region.concepts == (ConceptValue("rbc"),)
    assert now(desk, "an-3") is None
    assert [c.id for c in now(desk, "an-4").concepts] == ["rbc"]
    assert now(desk, new).user_id == "r-1"
    assert now(desk, new).task_id == "t-1"
    assert desk.app.effects[-1] == ("review_approve", "as-t-1-in-1-l-1")
    item = desk.item("in-1")
    assert (item.platform_state, item.state, item.reviewer_id) == ("approved", "approved", "r-1")
    assert item.shape_count == 3
    assert desk.task.counts["approved"] == 1


def test_two_edits_of_one_annotation_keep_their_order(desk):
    desk.annotate("an-1", "in-1")
    desk.decide(
        "in-1",
        Write("merge", "an-1", RENAME, desk.seen("an-1", "in-1")),
        Write("overwrite", "an-1", MOVED, desk.seen("an-1", "in-1")),
    )
    desk.push()
    assert desk.states() == ["confirmed"] * 2
    assert desk.app.effects == [("merge", "an-1"), ("overwrite", "an-1")]
    assert now(desk).region.box == Box(0.2, 0.2, 0.6, 0.6)
    assert {c.id: c.value for c in now(desk).region.concepts} == {"rbc": 0, "wbc": 1}


def test_500_verdicts_need_four_writes(monkeypatch):
    names = [f"in-{number}" for number in range(500)]
    desk = make_desk(monkeypatch, names)
    items = list(WorkItem.objects.select_related("input"))
    for item in items:
        desk.annotate(f"an-{item.pk}", item.input.platform_id)
    base = {item.pk: desk.seen(f"an-{item.pk}", item.input.platform_id)["fingerprint"] for item in items}
    with transaction.atomic():
        delivery.enqueue_bulk(
            connection=desk.connection,
            rows=[
                (
                    item,
                    uuid.uuid4(),
                    [Write("approve", "", {}, {"annotations": {f"an-{item.pk}": base[item.pk]}})],
                )
                for item in items
            ],
            actor=desk.reviewer,
            batch=uuid.uuid4(),
        )
    desk.app.calls.clear()
    desk.push()
    assert set(desk.states()) == {"confirmed"}
    assert desk.app.calls.count("act") == 4
    assert desk.app.calls.count("iter_assignments") == 4
    assert desk.task.counts["approved"] == 500


@pytest.mark.parametrize("kind", ["merge", "overwrite", "delete"])
def test_a_foreign_edit_is_a_conflict_and_is_not_touched(desk, kind):
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    foreign = desk.annotate("an-1", "in-1", region=region((0.3, 0.3, 0.9, 0.9), "rbc", "rg-an-1"))
    payload = {"merge": RENAME, "overwrite": MOVED, "delete": {}}[kind]
    desk.decide("in-1", Write(kind, "an-1", payload, seen), Write("approve"))
    desk.push()
    assert desk.states() == ["conflict", "pending"]
    assert now(desk) == foreign
    entry = OutboxEntry.objects.get(kind=kind)
    assert entry.theirs["fingerprint"] == fingerprint(foreign)
    assert entry.theirs["shape"][0]["box"]["top"] == 0.3
    assert entry.attempts == 1


def test_an_edit_of_something_deleted_is_a_conflict(desk):
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    del desk.app.annotations[("in-1", "an-1")]
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, seen))
    desk.push()
    entry = OutboxEntry.objects.get()
    assert entry.state == "conflict"
    assert entry.theirs["gone"]


def test_what_is_there_already_is_confirmed_without_a_write(desk):
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    desk.annotate("an-1", "in-1", region=region((0.2, 0.2, 0.6, 0.6), "rbc", "rg-an-1"))
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, seen))
    desk.push()
    assert desk.states() == ["confirmed"]
    assert desk.app.effects == []


def test_the_write_is_guarded_between_read_and_write(desk):
    """Somebody edits after our read: the precondition refuses, and the second read says conflict."""
    desk.annotate("an-1", "in-1")
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, desk.seen("an-1", "in-1")))

    def foreign(call):
        if call == "patch_annotations":
            desk.app.before = lambda call: None
            desk.annotate("an-1", "in-1", "wbc")

    desk.app.before = foreign
    desk.push()
    assert desk.states() == ["conflict"]
    assert now(desk).region.concepts == (ConceptValue("wbc"),)
    assert desk.app.effects == []


def test_a_status_change_between_read_and_write_is_no_conflict(desk):
    desk.annotate("an-1", "in-1")
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, desk.seen("an-1", "in-1")))

    def foreign(call):
        if call == "patch_annotations":
            desk.app.before = lambda call: None
            desk.annotate("an-1", "in-1", state=AnnotationState.PENDING)

    desk.app.before = foreign
    desk.settle()
    assert desk.states() == ["confirmed"]


def test_a_verdict_on_changed_annotations_is_a_conflict(desk):
    desk.annotate("an-1", "in-1")
    base = {"annotations": {"an-1": desk.seen("an-1", "in-1")["fingerprint"]}}
    for change in ("edit", "add", "delete"):
        name = {"edit": "in-1", "add": "in-2", "delete": "in-3"}[change]
        desk.annotate(f"an-{name}", name)
        base = {"annotations": {f"an-{name}": desk.seen(f"an-{name}", name)["fingerprint"]}}
        desk.decide(name, Write("approve", "", {}, base))
        if change == "edit":
            desk.annotate(f"an-{name}", name, "wbc")
        elif change == "add":
            desk.annotate("an-new", name)
        else:
            del desk.app.annotations[(name, f"an-{name}")]
    # An annotation in the way of the first case.
    del desk.app.annotations[("in-1", "an-1")]
    desk.push()
    assert desk.states() == ["conflict"] * 3
    changed = [set(entry.theirs["changed"]) for entry in OutboxEntry.objects.order_by("id")]
    assert changed == [{"an-in-1"}, {"an-new"}, {"an-in-3"}]
    assert desk.app.effects == []


def test_a_verdict_already_given_is_confirmed_and_one_overtaken_is_a_conflict(desk):
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.APPROVED)
    desk.app.assign("t-1", "in-2", "l-1", AssignmentState.REJECTED)
    desk.decide("in-1", Write("approve"))
    desk.decide("in-2", Write("approve"))
    desk.push()
    assert desk.states() == ["confirmed", "conflict"]
    assert desk.app.effects == []
    assert OutboxEntry.objects.get(state="conflict").theirs["state"] == "rejected"


def test_each_person_acts_in_their_own_name(desk):
    seen = []
    desk.app.fault = lambda call, token: seen.append((call, token)) if call == "act" else None
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.PENDING)
    desk.decide("in-1", Write("submit"), actor=desk.labeler)
    desk.decide("in-1", Write("approve"))
    desk.push()
    assert desk.states() == ["confirmed"] * 2
    assert seen == [("act", "token-l-1"), ("act", "token-r-1")]


def test_without_own_tokens_the_connection_acts_where_the_platform_allows_it(monkeypatch):
    desk = make_desk(monkeypatch, own_tokens=False)
    desk.decide("in-1", Write("reject"))
    desk.push()
    assert desk.states() == ["confirmed"]
    assert desk.app.effects == [("review_reject", "as-t-1-in-1-l-1")]


def test_without_listing_and_tokens_the_annotations_are_set(monkeypatch):
    desk = make_desk(
        monkeypatch, own_tokens=False, capabilities=Capabilities(assignment_listing=False), inputs=["in-1"]
    )
    desk.annotate("an-1", "in-1")
    desk.pull()
    desk.decide("in-1", Write("request_changes"))
    desk.push()
    assert desk.states() == ["confirmed"]
    assert now(desk).state == AnnotationState.PENDING
    assert desk.item("in-1").state == "changes_asked"


def test_without_listing_the_assignment_is_found_by_starting_the_review(monkeypatch):
    desk = make_desk(monkeypatch, capabilities=Capabilities(assignment_listing=False), inputs=["in-1"])
    desk.annotate("an-1", "in-1")
    desk.pull()
    assert desk.item("in-1").assignment_id == ""
    desk.decide("in-1", Write("approve"))
    desk.push()
    assert desk.states() == ["confirmed"]
    assert desk.app.effects == [("review_approve", "as-t-1-in-1-l-1")]
    assert desk.item("in-1").assignment_id == "as-t-1-in-1-l-1"


def test_request_changes_is_remembered_though_the_platform_says_pending(desk):
    desk.decide("in-1", Write("request_changes"))
    desk.push()
    desk.pull()
    item = desk.item("in-1")
    assert (item.platform_state, item.state) == ("pending", "changes_asked")
    desk.pull("full")
    assert desk.item("in-1").state == "changes_asked"


def test_a_refusal_fails_at_once_and_holds_up_only_its_own_chain(desk):
    desk.annotate("an-1", "in-1")
    seen = desk.seen("an-1", "in-1")
    desk.app.assign("t-1", "in-2", "l-1", AssignmentState.PENDING)
    desk.decide("in-2", Write("submit"), actor=desk.reviewer)  # somebody else's work: refused
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, seen))
    desk.push()
    assert desk.states() == ["failed", "confirmed"]
    failed = OutboxEntry.objects.get(state="failed")
    assert (failed.error_class, failed.error) == ("Forbidden", "It is another worker's.")


def test_no_platform_is_called_inside_a_transaction(desk):
    platform = platform_for(desk.connection)
    with transaction.atomic(), pytest.raises(InsideTransaction):
        platform.list_tasks()
    with transaction.atomic(), pytest.raises(InsideTransaction):
        platform_for(desk.connection)


def test_a_paused_connection_sends_nothing(desk):
    Connection.objects.filter(pk=desk.connection.pk).update(paused_at=timezone.now())
    desk.decide("in-1", Write("approve"))
    desk.app.calls.clear()
    assert desk.push().claimed == 0
    assert desk.app.calls == []
    assert OutboxEntry.objects.get().attempts == 0


def test_the_connections_token_refused_pauses_and_burns_no_attempt(desk):
    desk.decide("in-1", Write("approve"))
    desk.app.tokens = {}
    desk.push()
    desk.connection.refresh_from_db()
    assert desk.connection.paused_at
    assert "token" in desk.connection.paused_reason
    entry = OutboxEntry.objects.get()
    assert (entry.state, entry.attempts) == ("pending", 0)


def test_a_persons_token_refused_keeps_their_writes_and_nobody_elses(desk):
    identity = PlatformIdentity.objects.get(user=desk.reviewer)
    identity.token = "revoked"
    identity.save()
    desk.app.assign("t-1", "in-2", "l-1", AssignmentState.PENDING)
    desk.decide("in-1", Write("approve"))
    desk.decide("in-2", Write("submit"), actor=desk.labeler)
    desk.push()
    assert desk.states() == ["pending", "confirmed"]
    desk.connection.refresh_from_db()
    assert desk.connection.paused_at is None
    entry = OutboxEntry.objects.get(kind="approve")
    assert (entry.attempts, entry.error_class) == (0, "Unauthorized")
    identity.token = "token-r-1"
    identity.save()
    desk.settle()
    assert desk.states() == ["confirmed"] * 2


def test_a_waiting_verdict_wins_over_the_platforms_word(desk):
    desk.decide("in-1", Write("approve"), hold=60)
    delivery.set_state(items=[desk.item("in-1")], state="approved")
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.AWAITING_REVIEW)
    desk.pull("full")
    assert desk.item("in-1").state == "approved"
    assert desk.item("in-1").platform_state == "awaiting_review"


def test_several_reviewers_must_agree(monkeypatch):
    desk = make_desk(monkeypatch, review=types.ReviewPlan(user_ids=("r-1", "r-2"), reviewer_threshold=-1))
    moved = msgspec.structs.replace(desk.app.assignments["as-t-1-in-1-l-1"])
    monkeypatch.setattr(
        "tests.support.memory_platform.MemoryPlatform.act",
        lambda self, task, action, ids: [types.Outcome(ids[0], assignment=moved)],
    )
    desk.decide("in-1", Write("approve"))
    desk.push()
    assert desk.states() == ["confirmed"]
    assert desk.item("in-1").state == "awaiting_review"
    assert EMBEDDED.assignment_listing


def test_a_verdict_that_may_have_been_given_is_not_given_again_over_what_came_after(desk):
    """The answer is lost; somebody sends it back and the labeler submits anew: that is another piece of work."""
    desk.decide("in-1", Write("approve"))
    desk.app.fault = lambda call, token: "lost_after" if call == "act" else None
    desk.push()
    assert desk.states() == ["sent"]
    desk.app.fault = lambda call, token: None
    desk.app.assign("t-1", "in-1", "l-1", AssignmentState.AWAITING_REVIEW)
    desk.later()
    desk.push()
    assert desk.states() == ["conflict"]
    assert len(desk.app.effects) == 1


def test_an_edit_that_may_have_been_made_and_was_taken_back_is_not_made_again(desk):
    desk.annotate("an-1", "in-1")
    former = now(desk)
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, desk.seen("an-1", "in-1")))
    desk.app.fault = lambda call, token: "lost_after" if call == "patch_annotations" else None
    desk.push()
    desk.app.fault = lambda call, token: None
    desk.app.put(former)  # somebody moves it back
    desk.later()
    desk.push()
    assert desk.states() == ["conflict"]
    assert len(desk.app.effects) == 1


def test_an_edit_that_was_lost_before_it_arrived_is_sent_again(desk):
    desk.annotate("an-1", "in-1")
    desk.decide("in-1", Write("overwrite", "an-1", MOVED, desk.seen("an-1", "in-1")))
    desk.app.fault = lambda call, token: "lost_before" if call == "patch_annotations" else None
    desk.push()
    assert desk.states() == ["sent"]
    desk.app.fault = lambda call, token: None
    desk.settle()
    assert desk.states() == ["confirmed"]
    assert len(desk.app.effects) == 1
