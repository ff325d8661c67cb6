"""Deciding and undoing, on a real database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import override_settings

from dashboard.accounts.policies import PolicyError
from dashboard.audit import services as audit
from dashboard.audit.models import AuditEntry
from dashboard.review import services, transitions
from dashboard.review.models import Decision
from dashboard.review.services import Verdict
from dashboard.sync import seen
from dashboard.sync.models import OutboxEntry, WorkItem
from dashboard.sync.shapes import FieldErrors
from tests.support.trail import tampering
from tests.support.work import Work, box, make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def work() -> Work:
    return make_work()


def decide(work: Work, item: WorkItem, verdict: str = "approve", **said: object) -> Decision:
    decision, _ = services.decide(
        actor=work.reviewer,
        platform_user_id="r-1",
        item=item,
        operation=said.pop("operation", uuid4()),
        said=Verdict(verdict=verdict, **said),
    )
    return decision


def test_a_decision_its_audit_row_and_its_outbox_entry_stand_together(work: Work) -> None:
    item = work.item()
    annotation = box("an-1")
    decision = decide(work, item, base={"an-1": seen.encode(annotation, item=item.pk)})
    item.refresh_from_db()
    assert (item.state, item.reviewer_id) == ("approved", "r-1")
    [entry] = OutboxEntry.objects.filter(operation=decision.operation)
    assert entry.kind == "approve"
    assert entry.base["annotations"]["an-1"] == seen.fingerprint_of(seen.encode(annotation, item=item.pk))
    assert AuditEntry.objects.get().action == "review.approve"
    assert audit.verify() is None


def test_fix_and_approve_sends_the_fix_before_the_verdict(work: Work) -> None:
    item = work.item()
    decision = decide(
        work,
        item,
        base={"an-1": seen.encode(box("an-1"), item=item.pk)},
        changes=[{"op": "concept", "id": "an-1", "concept": "pear"}],
    )
    entries = OutboxEntry.objects.filter(operation=decision.operation).order_by("id")
    assert [entry.kind for entry in entries] == ["merge", "approve"]
    assert entries[0].chain == entries[1].chain
    # The verdict expects the fixed version, not the one that was seen.
    assert entries[1].base["annotations"]["an-1"] != seen.fingerprint_of(
        seen.encode(box("an-1"), item=item.pk)
    )


def test_the_same_operation_twice_is_one_decision(work: Work) -> None:
    item, operation = work.item(), uuid4()
    first = decide(work, item, operation=operation)
    again = decide(work, item, operation=operation)
    assert first == again
    assert OutboxEntry.objects.count() == 1


def test_an_operation_of_another_item_is_refused(work: Work) -> None:
    operation = uuid4()
    decide(work, work.item(), operation=operation)
    with pytest.raises(services.OperationReused):
        decide(work, work.item(), operation=operation)


def test_the_second_of_two_reviewers_is_told(work: Work) -> None:
    item = work.item()
    decide(work, item)
    with pytest.raises(transitions.IllegalMove, match="approved already"):
        services.decide(
            actor=work.reviewer2,
            platform_user_id="r-2",
            item=item,
            operation=uuid4(),
            said=Verdict(verdict="reject"),
        )
    assert Decision.objects.count() == 1


def test_nobody_reviews_their_own_labels(work: Work) -> None:
    with pytest.raises(PolicyError, match="labeled this item yourself"):
        decide(work, work.item(labeler_id="r-1"))


@pytest.mark.parametrize(("who", "platform_id"), [("labeler", "l-1"), ("admin", "a-1")])
def test_only_reviewers_decide(work: Work, who: str, platform_id: str) -> None:
    with pytest.raises(PolicyError, match="Only reviewers"):
        services.decide(
            actor=getattr(work, who),
            platform_user_id=platform_id,
            item=work.item(),
            operation=uuid4(),
            said=Verdict(verdict="approve"),
        )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "request_changes"}, "reasons"),
        ({"verdict": "request_changes", "reasons": ["boring"]}, "reasons"),
        ({"verdict": "approve", "note": "x" * 2001}, "note"),
        ({"verdict": "reject", "changes": [{"op": "delete", "id": "an-1"}]}, "changes"),
        ({"verdict": "approve", "base": {"an-1": "forged:text"}}, "base.an-1"),
    ],
)
def test_bad_words_name_the_field_and_store_nothing(work: Work, said: dict[str, object], field: str) -> None:
    item = work.item()
    with pytest.raises(FieldErrors) as refusal:
        decide(work, item, **said)
    assert field in refusal.value.fields
    item.refresh_from_db()
    assert item.state == "awaiting_review"
    assert not Decision.objects.exists()
    assert not OutboxEntry.objects.exists()


@override_settings(UNDO_SECONDS=60)
def test_undo_withdraws_what_is_held_and_restores_the_state(work: Work) -> None:
    item = work.item()
    decision = decide(work, item)
    services.undo(actor=work.reviewer, operation=decision.operation)
    item.refresh_from_db()
    assert item.state == "awaiting_review"
    assert OutboxEntry.objects.get().state == "withdrawn"
    assert Decision.objects.get().withdrawn_at is not None
    services.undo(actor=work.reviewer, operation=decision.operation)  # a repeated request is harmless


def test_undo_after_sending_says_so(work: Work) -> None:
    decision = decide(work, work.item())
    with pytest.raises(services.TooLate):
        services.undo(actor=work.reviewer, operation=decision.operation)


@override_settings(UNDO_SECONDS=60)
def test_nobody_undoes_another_reviewers_decision(work: Work) -> None:
    decision = decide(work, work.item())
    with pytest.raises(PolicyError, match="no decision of yours"):
        services.undo(actor=work.reviewer2, operation=decision.operation)


def bulk(work: Work, items: list[WorkItem], operation: object = None) -> object:
    said = {item.pk: Verdict(verdict="approve") for item in items[:-1]}
    said[items[-1].pk] = Verdict(verdict="request_changes", reasons=["loose"])
    return services.decide_many(
        actor=work.reviewer,
        platform_user_id="r-1",
        items=items,
        operation=operation or uuid4(),
        said=said,
    )


def test_a_bulk_is_stored_whole_and_once(work: Work) -> None:
    items, operation = [work.item() for _ in range(5)], uuid4()
    first = bulk(work, items, operation)
    again = bulk(work, items, operation)
    assert first == again
    assert Decision.objects.count() == 5
    states = list(WorkItem.objects.order_by("id").values_list("state", flat=True))
    assert states == ["approved"] * 4 + ["changes_asked"]
    assert audit.verify() is None


def test_one_item_that_cannot_be_decided_stops_the_whole_bulk(work: Work) -> None:
    items = [work.item(), work.item("approved"), work.item()]
    with pytest.raises(transitions.IllegalMove):
        bulk(work, items)
    assert not Decision.objects.exists()
    assert not OutboxEntry.objects.exists()


def test_a_changed_audit_row_is_found(work: Work) -> None:
    decide(work, work.item())
    decide(work, work.item())
    row = AuditEntry.objects.order_by("id").first()
    with tampering():
        AuditEntry.objects.filter(pk=row.pk).update(data={"verdict": "reject"})
    assert audit.verify() == row.pk
