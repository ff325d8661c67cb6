"""Somebody with an account reaches for what is not theirs: others' work, others' versions, others' writes."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.audit.models import AuditEntry
from dashboard.platforms.errors import Forbidden
from dashboard.platforms.types import AssignmentState
from dashboard.review.models import BulkReview, Decision
from dashboard.sync.models import Input, OutboxEntry, WorkItem
from dashboard.sync.services import people as platform_people
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import make_connection, make_person, signed_in

pytestmark = pytest.mark.django_db
OTHERS_SHAPE = [["box", "wbc", 0.111, 0.222, 0.333, 0.444]]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    """in-1 and in-2 of l-1 await review; in-3 is open in l-1's hands."""
    desk = make_desk(monkeypatch)
    desk.annotate("an-1", "in-1")
    desk.annotate("an-2", "in-2")
    desk.annotate("an-3", "in-3")
    WorkItem.objects.filter(pk=desk.item("in-3").pk).update(state="to_do", platform_state="pending")
    return desk


def member(desk: MemoryDesk, platform_id: str, *roles: str) -> User:
    user = make_person(desk.connection, *roles)
    PlatformIdentity.objects.create(user=user, connection=desk.connection, platform_user_id=platform_id)
    return user


def other_labelers_item(desk: MemoryDesk, state: str = "awaiting_review") -> WorkItem:
    """An item on in-1 of somebody who also labels in the task."""
    task = desk.task
    task.labeler_ids = ["l-1", "l-2"]
    task.save()
    return WorkItem.objects.create(
        connection=desk.connection,
        task=task,
        input=desk.item("in-1").input,
        labeler_id="l-2",
        state=state,
        shapes=OTHERS_SHAPE,
        shape_count=1,
    )


def at(name: str, desk: MemoryDesk, *parts: Any) -> str:
    return reverse(name, args=[desk.connection.slug, *parts])


def get_json(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def post(client: Client, address: str, body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


# --- labelers -----------------------------------------------------------------------------------------
def test_a_labeler_may_not_list_the_review_queue_nor_read_its_bodies(desk: MemoryDesk) -> None:
    calls = len(desk.app.calls)
    for query in ("", "?bodies=1", "?state=all&bodies=1", "?mode=review", "?mode=LABEL", "?mode="):
        answer = signed_in(desk.labeler).get(at("queue", desk, desk.task.pk) + query)
        assert (answer.status_code, answer.json()["code"]) == (403, "denied"), query
        assert b"cell" not in answer.content
    assert len(desk.app.calls) == calls


def test_reviewers_and_admins_list_it(desk: MemoryDesk) -> None:
    for person in (desk.reviewer, member(desk, "a-1", "admin")):
        found = get_json(signed_in(person), at("queue", desk, desk.task.pk) + "?bodies=1")
        assert len(found["items"]) == 2


def test_a_labelers_own_queue_holds_nobody_elses_items(desk: MemoryDesk) -> None:
    other_labelers_item(desk, state="to_do")
    client = signed_in(desk.labeler)
    for query in ("&bodies=1", "&labeler=l-2&labeler_id=l-2&exclude_labeler=", "&state=all"):
        found = get_json(client, at("queue", desk, desk.task.pk) + "?mode=label" + query)
        assert {row["labeler"]["id"] for row in found["items"]} == {"l-1"}


def test_a_labeler_reads_no_other_labelers_item(desk: MemoryDesk) -> None:
    foreign = other_labelers_item(desk)
    answer = signed_in(desk.labeler).get(at("item_body", desk, foreign.pk))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert set(answer.json()) == {"code", "detail", "fields"}
    for person in (make_person(desk.connection, "labeler"), member(desk, "l-9", "labeler")):
        assert signed_in(person).get(at("item_body", desk, foreign.pk)).status_code == 403


@pytest.mark.parametrize("query", ["", "?view=table", "?labeler=l-2", "?state=awaiting_review&labeler=l-2"])
def test_pages_show_a_labeler_only_their_own_shapes(desk: MemoryDesk, query: str) -> None:
    foreign = other_labelers_item(desk)
    Decision.objects.create(
        operation=uuid.uuid4(),
        connection=desk.connection,
        item=foreign,
        task=foreign.task,
        reviewer=desk.reviewer,
        verdict="request_changes",
        reasons=["loose"],
        note="only-for-labeler-2",
    )
    pages = [
        at("task_detail", desk, desk.task.pk) + query,
        at("input_list", desk) + query,
        at("input_detail", desk, foreign.input_id) + query,
    ]
    reviewers_view = [signed_in(desk.reviewer).get(page).content for page in pages]
    assert b"only-for-labeler-2" in reviewers_view[2]
    for person in (desk.labeler, make_person(desk.connection, "labeler")):
        for page in pages:
            answer = signed_in(person).get(page)
            assert answer.status_code == 200
            assert b"only-for-labeler-2" not in answer.content, page
            assert b"0.222" not in answer.content, page


def test_a_labeler_drafts_submits_and_skips_no_other_item(desk: MemoryDesk) -> None:
    foreign = other_labelers_item(desk, state="to_do")
    client = signed_in(desk.labeler)
    operation = str(uuid.uuid4())
    answers = [
        client.put(
            at("draft", desk, foreign.pk), {"revision": 0, "shapes": []}, content_type="application/json"
        ),
        post(client, at("submission", desk, foreign.pk), {"operation": operation, "shapes": [], "base": {}}),
        post(client, at("skip", desk, foreign.pk), {"reason": "blurry"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert not OutboxEntry.objects.exists()


def test_a_labeler_cannot_write_to_an_annotation_that_was_shown_on_another_item(desk: MemoryDesk) -> None:
    """The desk writes with the owner's token, so what may be touched is decided here."""
    reviewer, labeler = signed_in(desk.reviewer), signed_in(desk.labeler)
    shown = get_json(reviewer, at("item_body", desk, desk.item("in-1").pk))["annotations"][0]
    mine = desk.item("in-3")
    for shapes in ([], [{"id": "an-1", "kind": "box", "concept": "wbc", "box": shown["box"]}]):
        body = {"operation": str(uuid.uuid4()), "shapes": shapes, "base": {"an-1": shown["base"]}}
        answer = post(labeler, at("submission", desk, mine.pk), body)
        assert answer.status_code == 400, answer.content
        assert "base.an-1" in answer.json()["fields"]
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("name", ["..", ".", "../an-1", "a/b", "a?b", "%2e%2e", "-x", "a b", "é", "#rbc"])
def test_a_new_shape_cannot_choose_an_id_that_means_something_in_an_address(
    desk: MemoryDesk, name: str
) -> None:
    shape = {
        "id": name,
        "kind": "box",
        "concept": "rbc",
        "box": {"top": 0, "left": 0, "bottom": 1, "right": 1},
    }
    body = {"operation": str(uuid.uuid4()), "shapes": [shape], "base": {}}
    answer = post(signed_in(desk.labeler), at("submission", desk, desk.item("in-3").pk), body)
    assert answer.status_code == 400
    assert "shapes.0.id" in answer.json()["fields"]


# --- reviewers ----------------------------------------------------------------------------------------
def decide(client: Client, desk: MemoryDesk, item: WorkItem, **more: Any) -> Any:
    body = {"operation": str(uuid.uuid4()), "verdict": "approve", "reasons": [], "note": "", "base": {}}
    return post(client, at("decisions", desk, item.pk), body | more)


def test_a_reviewer_cannot_write_to_an_annotation_of_another_item(desk: MemoryDesk) -> None:
    client = signed_in(desk.reviewer)
    shown = get_json(client, at("item_body", desk, desk.item("in-2").pk))["annotations"][0]
    for change in ({"op": "delete", "id": "an-2"}, {"op": "concept", "id": "an-2", "concept": "wbc"}):
        answer = decide(client, desk, desk.item("in-1"), base={"an-2": shown["base"]}, changes=[change])
        assert answer.status_code == 400
        assert "base.an-2" in answer.json()["fields"]
    assert not OutboxEntry.objects.exists()
    assert desk.item("in-1").state == "awaiting_review"


def test_a_version_that_was_tampered_with_is_refused(desk: MemoryDesk) -> None:
    client, item = signed_in(desk.reviewer), desk.item("in-1")
    base = get_json(client, at("item_body", desk, item.pk))["annotations"][0]["base"]
    fingerprint, _, signed = base.partition(":")
    for forged in (
        "",
        fingerprint,
        f"{fingerprint}:",
        f"{fingerprint}:{signed[:-1]}",
        signed,
        "x:y:z",
        ":::",
    ):
        answer = decide(client, desk, item, base={"an-1": forged}, changes=[{"op": "delete", "id": "an-1"}])
        assert answer.status_code == 400, forged


def test_a_reviewer_who_is_not_on_the_tasks_list_decides_nothing(desk: MemoryDesk) -> None:
    stranger = signed_in(member(desk, "r-9", "reviewer"))
    item = desk.item("in-1")
    assert decide(stranger, desk, item).status_code == 403
    bulk = {"operation": str(uuid.uuid4()), "approve": [item.pk], "send_back": [], "bases": {}}
    assert post(stranger, at("bulk_review", desk, desk.task.pk), bulk).status_code == 403
    assert not Decision.objects.exists()


def test_nobody_reviews_their_own_labels(desk: MemoryDesk) -> None:
    user = User.objects.get(pk=desk.labeler.pk)
    user.memberships.update(is_reviewer=True)
    task = desk.task
    task.reviewer_ids = ["r-1", "l-1"]
    task.save()
    assert decide(signed_in(user), desk, desk.item("in-1")).status_code == 403


def test_one_foreign_id_in_a_bulk_stores_nothing_at_all(
    desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_desk(monkeypatch)
    theirs = other.item("in-1")
    client = signed_in(desk.reviewer)
    for approve, send_back in (
        ([desk.item("in-1").pk, theirs.pk], []),
        ([desk.item("in-1").pk], [{"id": theirs.pk, "reasons": ["loose"]}]),
        ([desk.item("in-1").pk, 987654321], []),
    ):
        body = {
            "operation": str(uuid.uuid4()),
            "approve": approve,
            "send_back": send_back,
            "bases": {},
        }
        answer = post(client, at("bulk_review", desk, desk.task.pk), body)
        assert answer.status_code == 400
        assert "is not in this task" in answer.json()["fields"]["approve"]
    assert not Decision.objects.exists()
    assert not BulkReview.objects.exists()


def test_more_ids_than_a_database_takes_are_refused_before_it_is_asked(desk: MemoryDesk) -> None:
    body = {"operation": str(uuid.uuid4()), "approve": list(range(1, 120_000)), "send_back": [], "bases": {}}
    answer = post(signed_in(desk.reviewer), at("bulk_review", desk, desk.task.pk), body)
    assert answer.status_code == 400


def test_an_operation_id_of_somebody_else_opens_nothing(desk: MemoryDesk) -> None:
    """Ids are made by browsers, so a second person may send one that exists."""
    task = desk.task
    task.reviewer_ids = ["r-1", "r-2"]
    task.save()
    first, second = signed_in(desk.reviewer), signed_in(member(desk, "r-2", "reviewer"))
    single, bulk, submitted = (str(uuid.uuid4()) for _ in range(3))
    one, two = desk.item("in-1"), desk.item("in-2")
    assert decide(first, desk, one, operation=single).status_code == 201
    assert decide(second, desk, two, operation=single).status_code == 409
    many = {"operation": bulk, "approve": [two.pk], "send_back": [], "bases": {}}
    made = post(first, at("bulk_review", desk, task.pk), many)
    assert made.status_code == 202
    assert post(second, at("bulk_review", desk, task.pk), many).status_code == 409
    assert post(first, at("bulk_review", desk, task.pk), many).json() == made.json()

    assert second.get(at("bulk_state", desk, made.json()["bulk"])).status_code == 404
    assert second.get(at("decision_states", desk) + f"?ids={single}").json() == {}
    for operation in (single, bulk):
        assert second.post(at("decision_undo", desk, operation)).status_code == 403
    assert not Decision.objects.exclude(withdrawn_at=None).exists()

    third = desk.item("in-3")
    labeler = signed_in(desk.labeler)
    body = {"operation": submitted, "shapes": [], "base": {}}
    assert post(labeler, at("submission", desk, third.pk), body).status_code == 201
    assert post(labeler, at("submission", desk, third.pk), body).status_code == 200
    WorkItem.objects.filter(pk=two.pk).update(state="changes_asked")
    assert post(labeler, at("submission", desk, two.pk), body).status_code == 409


def test_writes_of_others_are_seen_and_settled_by_admins_alone(desk: MemoryDesk) -> None:
    assert decide(signed_in(desk.reviewer), desk, desk.item("in-1")).status_code == 201
    entry = OutboxEntry.objects.get()
    OutboxEntry.objects.filter(pk=entry.pk).update(state="failed", error="only-for-the-actor")
    address = at("conflict", desk, entry.pk)
    for user in (member(desk, "r-2", "reviewer"), member(desk, "l-2", "labeler"), desk.labeler):
        client = signed_in(user)
        assert client.get(address).status_code == 404
        for choice in ("retry", "discard", "mine", "theirs", "merge"):
            assert client.post(address, {"choice": choice, "reason": "mine now"}).status_code == 404
        for shown in ("", "waiting", "confirmed", "withdrawn", "discarded"):
            assert b"only-for-the-actor" not in client.get(at("outbox", desk) + f"?show={shown}").content
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert signed_in(member(desk, "a-1", "admin")).get(address).status_code == 200


def test_items_of_a_deleted_task_are_gone(desk: MemoryDesk) -> None:
    item, task = desk.item("in-1"), desk.task
    type(task).objects.filter(pk=task.pk).update(deleted_at=task.counted_at or "2026-01-01T00:00:00Z")
    client = signed_in(desk.reviewer)
    assert client.get(at("item_body", desk, item.pk)).status_code == 404
    assert decide(client, desk, item).status_code == 404


# --- admins -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("whose", ["owner", "person"])
def test_an_admin_gets_no_token_of_another_connections_people(desk: MemoryDesk, whose: str) -> None:
    """The operator key makes tokens for any user of the embedded platform, also for those of others."""
    elsewhere = make_connection("elsewhere", kind="embedded", platform_user_id="their-owner")
    them = make_person(elsewhere, "reviewer")
    PlatformIdentity.objects.create(user=them, connection=elsewhere, platform_user_id="their-person")
    admin = member(desk, "a-1", "admin")
    client, name = signed_in(admin), f"their-{whose}"
    membership = admin.memberships.get()
    client.post(at("people_platform", desk, membership.pk), {"platform_user_id": name})
    calls = len(desk.app.calls)
    with pytest.raises(Forbidden):
        platform_people.provision_person(connection=desk.connection, user=admin)
    client.post(at("people_provision", desk, membership.pk))
    assert len(desk.app.calls) == calls
    identity = PlatformIdentity.objects.get(user=admin, connection=desk.connection)
    assert identity.token in ("", None)


def test_refusals_leave_no_trace_of_a_change(desk: MemoryDesk) -> None:
    """What was refused above must not look like done: refusing writes no audit row."""
    before = AuditEntry.objects.count()
    client = signed_in(desk.labeler)
    post(client, at("decisions", desk, desk.item("in-1").pk), {})
    client.post(at("task_delete", desk, desk.task.pk), {"name": desk.task.name})
    client.post(at("connection_pause", desk))
    client.post(at("people", desk), {"roles": ["admin"]})
    assert AuditEntry.objects.count() == before
    assert Connection.objects.get(pk=desk.connection.pk).paused_at is None
    assert Input.objects.filter(connection=desk.connection).count() == 3
    assert AssignmentState.AWAITING_REVIEW in {one.state for one in desk.app.assignments.values()}
