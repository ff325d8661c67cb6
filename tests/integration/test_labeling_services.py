"""Drafts, submissions and skips, on a real database."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dashboard.accounts.policies import PolicyError
from dashboard.labeling import services
from dashboard.labeling.models import Draft, Skip, Submission
from dashboard.labeling.policies import NotYourTurn
from dashboard.sync.models import OutboxEntry, WorkItem
from dashboard.sync.shapes import FieldErrors
from tests.support.work import Work, box, make_work, tags

pytestmark = pytest.mark.django_db


@pytest.fixture
def work() -> Work:
    return make_work()


def shape(identifier: str = "", concept: str = "apple", left: float = 0.1) -> dict[str, object]:
    edges = {"top": 0.1, "left": left, "bottom": 0.5, "right": left + 0.3}
    return {"id": identifier or str(uuid4()), "kind": "box", "concept": concept, "value": 1, "box": edges}


def submit(work: Work, item: WorkItem, raw: object, present: object = (), operation: object = None) -> None:
    services.submit(
        actor=work.labeler,
        platform_user_id="l-1",
        item=item,
        operation=operation or uuid4(),
        raw=raw,
        present={annotation.id: annotation for annotation in present},
    )


def save(work: Work, item: WorkItem, revision: int, raw: object) -> Draft:
    return services.save_draft(
        actor=work.labeler, platform_user_id="l-1", item=item, revision=revision, raw=raw
    )


def test_a_draft_grows_by_revision_and_starts_the_item(work: Work) -> None:
    item = work.item("to_do")
    assert save(work, item, 0, [shape("a")]).revision == 1
    assert save(work, item, 1, [shape("a"), shape("b")]).revision == 2
    item.refresh_from_db()
    assert item.state == "in_progress"


def test_an_older_window_cannot_replace_a_newer_draft(work: Work) -> None:
    item = work.item("to_do")
    save(work, item, 0, [shape("a")])
    save(work, item, 1, [shape("a"), shape("b")])
    with pytest.raises(services.StaleDraft):
        save(work, item, 1, [])
    assert len(Draft.objects.get().shapes) == 2


def test_submit_writes_only_what_differs(work: Work) -> None:
    item = work.item("in_progress")
    kept, moved, gone = box("an-1"), box("an-2", left=0.2), box("an-3")
    raw = [shape("an-1"), shape("an-2", left=0.4), shape()]
    submit(work, item, raw, [kept, moved, gone])
    kinds = [(e.kind, e.annotation_id) for e in OutboxEntry.objects.order_by("id")]
    assert kinds[:2] == [("overwrite", "an-2"), ("delete", "an-3")]
    assert [kind for kind, _ in kinds[2:]] == ["create", "submit"]
    item.refresh_from_db()
    assert item.state == "awaiting_review"
    assert not Draft.objects.exists()


def test_tags_are_merged_and_removed_one_by_one(work: Work) -> None:
    item = work.item("in_progress")
    raw = [{"id": "an-1#apple", "kind": "tag", "concept": "apple", "value": 0}]
    submit(work, item, raw, [tags("an-1", apple=1, pear=1)])
    first = OutboxEntry.objects.order_by("id").first()
    assert (first.kind, first.payload) == ("overwrite", {"concepts": [{"id": "apple", "value": 0.0}]})


def test_a_double_click_is_one_submission(work: Work) -> None:
    item, operation = work.item("to_do"), uuid4()
    raw = [shape()]
    submit(work, item, raw, operation=operation)
    submit(work, item, raw, operation=operation)
    assert Submission.objects.count() == 1
    assert OutboxEntry.objects.count() == 2


def test_without_review_a_submitted_item_is_approved(work: Work) -> None:
    work.task.review = {"strategy": "none"}
    work.task.save()
    item = work.item("to_do")
    submit(work, item, [])
    item.refresh_from_db()
    assert item.state == "approved"


def test_a_submitted_item_is_no_longer_the_labelers(work: Work) -> None:
    with pytest.raises(NotYourTurn):
        submit(work, work.item("awaiting_review"), [])


def test_somebody_elses_item_is_refused(work: Work) -> None:
    with pytest.raises(PolicyError, match="assigned to somebody else"):
        submit(work, work.item("to_do", labeler_id="l-9"), [])


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("x", "shapes"),
        ([1], "shapes.0"),
        ([{**shape(), "concept": "stone"}], "shapes.0.concept"),
        ([{**shape(), "value": 2}], "shapes.0.value"),
        ([shape("a"), shape("a")], "shapes"),
        ([{**shape(), "kind": "mask"}], "shapes.0.kind"),
    ],
)
def test_bad_shapes_name_the_field(work: Work, raw: object, field: str) -> None:
    item = work.item("to_do")
    with pytest.raises(FieldErrors) as refusal:
        submit(work, item, raw)
    assert field in refusal.value.fields
    assert not OutboxEntry.objects.exists()


def test_skipping_needs_a_reason_and_keeps_the_item(work: Work) -> None:
    item = work.item("to_do")
    with pytest.raises(FieldErrors):
        services.skip(actor=work.labeler, platform_user_id="l-1", item=item, reason="bored", note="")
    services.skip(actor=work.labeler, platform_user_id="l-1", item=item, reason="blurry", note="fog")
    item.refresh_from_db()
    assert (item.skipped, item.state) == (True, "to_do")
    assert Skip.objects.get().note == "fog"
