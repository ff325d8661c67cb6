"""A full pull proves the mirror equal to what the platform told, names what differs, and mends what it can."""

from __future__ import annotations

import msgspec
import pytest

from dashboard.platforms import types
from dashboard.platforms.types import AssignmentState, Capabilities, ConceptValue
from dashboard.sync import selectors
from dashboard.sync.models import Concept, Input, Task, WorkItem, WorkItemConcept
from dashboard.sync.pull.proof import SHOWN, Ledger
from dashboard.sync.services.delivery import Write
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import MemoryPlatform

pytestmark = pytest.mark.django_db

INPUTS = ("in-1", "in-2", "in-3")


@pytest.fixture
def desk(monkeypatch):
    desk = make_desk(monkeypatch, INPUTS)
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-1", "wbc")
    desk.annotate("an-3", "in-2", region=None, concepts=(ConceptValue("wbc", 0),))
    return desk


def proof(desk):
    run = desk.pull("full")
    assert (run.state, run.error) == ("done", "")
    return run.proof


def test_a_full_pull_is_proved_equal(desk):
    assert proof(desk) == {
        "inputs": [3, 3],
        "tasks": [1, 1],
        "concepts": [2, 2],
        "items": [3, 3],
        "annotations": [3, 3],
        "equal": True,
        "differences": [],
        "more": 0,
        "waiting": 0,
    }
    assert desk.pull().proof is None, "only a full pull proves anything"


@pytest.mark.parametrize(
    "damage",
    [
        lambda: WorkItem.objects.filter(input__platform_id="in-1").update(shapes=[], shape_count=7),
        lambda: WorkItem.objects.filter(input__platform_id="in-2").update(tags=[["wbc", 1]]),
        lambda: WorkItem.objects.filter(input__platform_id="in-1").update(annotation_count=9),
        lambda: WorkItem.objects.filter(input__platform_id="in-3").update(
            platform_state="approved", state="approved"
        ),
        lambda: WorkItem.objects.filter(input__platform_id="in-2").delete(),
        lambda: WorkItemConcept.objects.all().delete(),
        lambda: Input.objects.filter(platform_id="in-1").update(url="http://elsewhere/x.png"),
        lambda: Input.objects.filter(platform_id="in-3").delete(),
        lambda: Concept.objects.filter(platform_id="rbc").update(name="Blue"),
        lambda: Task.objects.update(labeler_ids=["x"], name="Other"),
    ],
)
def test_a_damaged_mirror_is_mended_and_then_proved(desk, damage):
    desk.pull("full")
    before = list(WorkItem.objects.order_by("input_id").values("shapes", "tags", "platform_state"))
    damage()
    assert proof(desk)["equal"] is True
    after = list(WorkItem.objects.order_by("input__platform_id").values("shapes", "tags", "platform_state"))
    assert after == before
    assert desk.item("in-1").concept_links.count() == 2


def test_an_item_that_nobody_was_given_fails_the_proof_until_it_is_gone(desk):
    WorkItem.objects.create(
        connection=desk.connection,
        task=desk.task,
        input=Input.objects.get(platform_id="in-1"),
        labeler_id="nobody",
        platform_state="approved",
        state="approved",
    )
    found = proof(desk)
    assert (found["equal"], found["items"]) == (False, [3, 4])
    assert found["differences"] == ["item t-1 / in-1 / nobody: here, but not on the platform"]
    found = proof(desk)
    assert (found["equal"], found["items"]) == (True, [3, 3])
    assert WorkItem.objects.get(labeler_id="nobody").gone


def test_what_could_not_be_stored_is_named(desk, monkeypatch):
    """As if storing were broken: the mirror keeps its old shapes, whatever is read."""
    monkeypatch.setattr("dashboard.sync.summaries.keep", lambda found, connection_id: 0)
    found = proof(desk)
    assert found["equal"] is False
    assert found["annotations"] == [3, 0]
    assert [line.partition(":")[0] for line in found["differences"]] == [
        "annotations of t-1 / in-1 / l-1",
        "annotations of t-1 / in-2 / l-1",
    ]


def test_who_works_meanwhile_is_no_difference(desk, monkeypatch):
    """A change between the reading and the comparison is read once more, stored, and then equal."""
    original = Ledger.hold_lists

    def meanwhile(self):
        Input.objects.filter(platform_id="in-2").update(name="older than told")
        WorkItem.objects.filter(input__platform_id="in-1").update(shapes=[])
        desk.annotate("an-9", "in-3")
        original(self)

    monkeypatch.setattr(Ledger, "hold_lists", meanwhile)
    found = proof(desk)
    assert (found["equal"], found["differences"]) == (True, [])
    assert desk.item("in-1").shape_count == 2


def test_decisions_that_wait_are_no_difference(desk):
    desk.pull("full")
    desk.decide("in-1", Write("approve"))
    found = proof(desk)
    assert (found["equal"], found["waiting"]) == (True, 1)


def test_a_platform_without_assignment_listing_is_proved_by_its_annotations(monkeypatch):
    desk = make_desk(monkeypatch, INPUTS, capabilities=Capabilities())
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-2", state=types.AnnotationState.UNKNOWN)
    assert proof(desk)["items"] == [2, 2]
    # Handed out, and nothing drawn yet: the platform cannot list it.
    WorkItem.objects.create(
        connection=desk.connection,
        task=desk.task,
        input=Input.objects.get(platform_id="in-3"),
        labeler_id="l-1",
        assignment_id="as-1",
        platform_state="pending",
    )
    found = proof(desk)
    assert (found["equal"], found["items"], found["annotations"]) == (True, [2, 2], [2, 2])


def test_many_differences_are_counted_and_a_few_shown(desk):
    ledger = Ledger(desk.connection.pk)
    ledger.tell_inputs([types.Input(f"new-{number}") for number in range(30)])
    ledger.hold_lists()
    found = ledger.proof()
    ledger.close()
    assert found["inputs"] == [30, 3]
    assert (len(found["differences"]), found["more"]) == (SHOWN, 14)  # 33 inputs and the task


def test_an_item_whose_assignment_vanished_is_gone_after_two_complete_reads(desk):
    desk.pull("full")
    taken = desk.app.assignments.pop("as-t-1-in-2-l-1")
    desk.pull()
    desk.pull("full")
    assert not desk.item("in-2").gone
    desk.pull("full")
    item = desk.item("in-2")
    assert item.gone
    assert desk.task.counts["total"] == 2
    assert item.pk not in {row.pk for row in selectors.queue(desk.task).rows}
    assert item.pk not in {row.pk for row in selectors.items(desk.connection).rows}
    assert selectors.queue(desk.task, labeler_id="l-1").total == 2
    desk.app.assign("t-1", "in-2", "l-1", taken.state)
    desk.pull()
    assert (desk.item("in-2").gone, desk.item("in-2").missing_sweeps) == (False, 0)
    assert desk.task.counts["total"] == 3


def test_an_incomplete_list_makes_nothing_gone(desk, monkeypatch):
    """A list that stays shorter than the platform's own count says nothing about what is missing."""
    original = MemoryPlatform.iter_assignments

    def short(self, task, **filters):
        return iter(list(original(self, task, **filters))[1:])

    monkeypatch.setattr(MemoryPlatform, "iter_assignments", short)
    for _ in range(3):
        desk.pull("full")
    assert not WorkItem.objects.filter(missing_sweeps__gt=0).exists()


def test_a_vanished_item_is_not_decided(desk):
    from dashboard.review import policies

    desk.pull("full")
    member = desk.reviewer.memberships.get()
    item = desk.item("in-1")
    allowed = {"membership": member, "platform_user_id": "r-1", "verdict": "approve"}
    assert policies.why_not(item=item, **allowed) == ""
    item.gone = True
    assert "no longer lists" in policies.why_not(item=item, **allowed)


@pytest.mark.parametrize("waiting", [False, True])
def test_an_unknown_status_is_never_approved_not_even_in_bulk(desk, waiting):
    import uuid

    from dashboard.accounts.policies import PolicyError
    from dashboard.review import services

    desk.pull("full")
    one = desk.app.assignments["as-t-1-in-1-l-1"]
    desk.app.assignments[one.id] = msgspec.structs.replace(
        one, state=AssignmentState.UNKNOWN, modified_at=desk.app.now()
    )
    if waiting:
        desk.decide("in-1", Write("approve"), hold=600)
    desk.pull()
    items = [desk.item("in-1"), desk.item("in-2")]
    assert items[0].status_unknown
    with pytest.raises(PolicyError, match="not known here"):
        services.decide_many(
            actor=desk.reviewer.memberships.get(),
            platform_user_id="r-1",
            items=items,
            operation=uuid.uuid4(),
            said={item.pk: services.Verdict("approve") for item in items},
        )
    assert desk.item("in-2").state == "awaiting_review", "all or none"
