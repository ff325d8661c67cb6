"""Storing which of several labelers' shapes stand, on a real database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import override_settings

from dashboard.accounts.policies import PolicyError
from dashboard.platforms.types import Annotation
from dashboard.review import selectors, services
from dashboard.review.consensus import Settlement, rows_of, settle
from dashboard.review.consensus.selectors import items_of, shared_inputs
from dashboard.review.models import BulkReview, Decision
from dashboard.review.transitions import IllegalMove
from dashboard.sync import seen
from dashboard.sync.models import Input, OutboxEntry, WorkItem
from dashboard.sync.shapes import FieldErrors, lines
from tests.support.work import Work, box, make_work

pytestmark = pytest.mark.django_db
PEOPLE = ("l-1", "l-2", "l-3")


class Shared:
    """One input that three labelers submitted, with the boxes that each of them drew."""

    def __init__(self, work: Work, drawn: list[list[Annotation]]) -> None:
        self.work = work
        first = work.item()
        rest = [
            WorkItem.objects.create(
                connection=first.connection,
                task=first.task,
                input=first.input,
                labeler_id=person,
                assignment_id=f"as-{person}",
                state="awaiting_review",
            )
            for person in PEOPLE[1:]
        ]
        self.items = [first, *rest]
        self.drawn = {item.pk: found for item, found in zip(self.items, drawn, strict=True)}

    @property
    def bases(self) -> dict[int, dict[str, str]]:
        return {pk: {one.id: seen.encode(one, item=pk) for one in found} for pk, found in self.drawn.items()}

    def rows(self) -> list[str]:
        """Ids of the rows, those that most labelers share first."""
        shown = {pk: [line for one in found for line in lines(one)] for pk, found in self.drawn.items()}
        return [row.id for row in rows_of(shown)]

    def settle(self, picks: dict[str, str | None], **options: object) -> BulkReview:
        return settle(
            actor=options.pop("actor", self.work.reviewer),
            platform_user_id=str(options.pop("me", "r-1")),
            items=self.items,
            operation=options.pop("operation", uuid4()),
            said=Settlement(picks=picks, bases=options.pop("bases", self.bases), **options),
        )

    def states(self) -> list[str]:
        return [WorkItem.objects.get(pk=item.pk).state for item in self.items]


@pytest.fixture
def shared() -> Shared:
    """All three drew the apple; the second one alone drew a pear beside it."""
    pear = box("pear-2", "pear", left=0.6)
    return Shared(make_work(), [[box("apple-1")], [box("apple-2"), pear], [box("apple-3")]])


def test_every_object_stands_once_under_the_name_of_its_author(shared: Shared) -> None:
    first, second, third = shared.items
    apple, pear = shared.rows()
    shared.settle({apple: f"{first.pk}/apple-1", pear: f"{second.pk}/pear-2"})
    assert shared.states() == ["approved", "approved", "approved"]
    entries = OutboxEntry.objects.order_by("id").values_list("item", "kind", "annotation_id")
    assert list(entries) == [
        (first.pk, "approve", ""),
        (second.pk, "delete", "apple-2"),
        (second.pk, "approve", ""),
        (third.pk, "delete", "apple-3"),
        (third.pk, "approve", ""),
    ]


def test_who_agrees_with_nothing_that_stands_is_rejected(shared: Shared) -> None:
    _, second, _ = shared.items
    apple, pear = shared.rows()
    shared.settle({apple: None, pear: f"{second.pk}/pear-2"}, note="Only the pear counts.")
    assert shared.states() == ["rejected", "approved", "rejected"]
    notes = set(Decision.objects.filter(verdict="reject").values_list("note", flat=True))
    assert notes == {"Another labeler's shapes stand for this input. Only the pear counts."}


def test_where_nothing_stands_who_drew_nothing_is_right() -> None:
    shared = Shared(make_work(), [[box("apple-1")], [], []])
    [row] = shared.rows()
    shared.settle({row: None})
    assert shared.states() == ["rejected", "approved", "approved"]


def test_where_nobody_drew_anything_all_are_approved() -> None:
    shared = Shared(make_work(), [[], [], []])
    shared.settle({})
    assert shared.states() == ["approved", "approved", "approved"]


@override_settings(UNDO_SECONDS=60)
def test_one_undo_takes_all_of_it_back(shared: Shared) -> None:
    operation = uuid4()
    apple, pear = shared.rows()
    bulk = shared.settle({apple: f"{shared.items[0].pk}/apple-1", pear: None}, operation=operation)
    assert selectors.bulk_state(bulk)["waiting"] == 3
    services.undo(actor=shared.work.reviewer, operation=operation)
    assert shared.states() == ["awaiting_review"] * 3
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_the_same_operation_again_changes_nothing(shared: Shared) -> None:
    operation = uuid4()
    apple, pear = shared.rows()
    picks = {apple: f"{shared.items[0].pk}/apple-1", pear: None}
    first = shared.settle(picks, operation=operation)
    assert shared.settle(picks, operation=operation) == first
    assert Decision.objects.count() == 3
    with pytest.raises(services.OperationReused):
        shared.settle(picks, operation=operation, actor=shared.work.reviewer2, me="r-2")


def test_a_row_left_open_or_picked_from_elsewhere_is_refused_and_nothing_is_stored(shared: Shared) -> None:
    apple, pear = shared.rows()
    with pytest.raises(FieldErrors) as wrong:
        shared.settle({apple: f"{shared.items[1].pk}/pear-2", "7/none": None})
    assert set(wrong.value.fields) == {f"picks.{apple}", f"picks.{pear}", "picks.7/none"}
    assert Decision.objects.count() == BulkReview.objects.count() == 0
    assert shared.states() == ["awaiting_review"] * 3


def test_a_version_that_was_never_shown_is_refused(shared: Shared) -> None:
    first, second, _ = shared.items
    bases = shared.bases
    bases[first.pk] = bases[second.pk]
    with pytest.raises(FieldErrors) as wrong:
        shared.settle({}, bases=bases)
    assert set(wrong.value.fields) == {f"bases.{first.pk}.apple-2", f"bases.{first.pk}.pear-2"}


def test_all_or_nothing_when_one_item_is_decided_meanwhile(shared: Shared) -> None:
    WorkItem.objects.filter(pk=shared.items[2].pk).update(state="approved")
    apple, pear = shared.rows()
    with pytest.raises(IllegalMove):
        shared.settle({apple: f"{shared.items[0].pk}/apple-1", pear: None})
    assert Decision.objects.count() == BulkReview.objects.count() == 0
    assert shared.states() == ["awaiting_review", "awaiting_review", "approved"]


def test_nobody_settles_an_input_that_they_labeled(shared: Shared) -> None:
    apple, pear = shared.rows()
    with pytest.raises(PolicyError):
        shared.settle({apple: None, pear: None}, me="l-2")
    assert BulkReview.objects.count() == 0


def test_the_queue_holds_shared_inputs_only(shared: Shared) -> None:
    work, task = shared.work, shared.work.task
    work.item()  # an input of one labeler alone
    page = shared_inputs(task, reviewer_id="r-1")
    assert [(row.pk, row.waiting) for row in page.rows] == [(shared.items[0].input_id, 3)]
    assert page.next is None
    assert shared_inputs(task, reviewer_id="l-2").rows == []
    assert [item.labeler_id for item in items_of(task, shared.items[0].input_id)] == list(PEOPLE)
    WorkItem.objects.filter(pk__in=[item.pk for item in shared.items[1:]]).update(state="to_do")
    assert shared_inputs(task, reviewer_id="r-1").rows == []


def test_the_queue_pages_by_key(shared: Shared) -> None:
    task = shared.work.task
    made = [Shared(shared.work, [[], [], []]) for _ in range(4)]
    wanted = [shared.items[0].input_id, *(one.items[0].input_id for one in made)]
    seen_ids: list[int] = []
    after: int | None = 0
    while after is not None:
        page = shared_inputs(task, reviewer_id=None, after=after, limit=2)
        seen_ids += [row.pk for row in page.rows]
        after = page.next
    assert seen_ids == sorted(wanted) == list(Input.objects.order_by("pk").values_list("pk", flat=True))
