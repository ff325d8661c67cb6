"""Deciding and undoing. Each decision is one transaction: the decision, its audit row, its outbox entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Membership
from dashboard.accounts.policies import PolicyError
from dashboard.audit import services as audit
from dashboard.platforms.types import Annotation
from dashboard.sync import seen
from dashboard.sync.edits import PlannedWrite
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.models import Concept, WorkItem
from dashboard.sync.services import delivery
from dashboard.sync.shapes import FieldErrors, lines

from . import changes as changing
from . import policies, transitions
from .models import BulkReview, Decision
from .reasons import REASONS

MAX_BULK = 2_000
MAX_NOTE = 2_000


class OperationReused(PolicyError):
    """The operation id belongs to another decision."""


class TooLate(PolicyError):
    """The decision has left the desk; it cannot be withdrawn any more."""


@dataclass(frozen=True)
class Verdict:
    """What a reviewer says of one item. ``base`` maps annotation ids to the versions that were seen."""

    verdict: str
    reasons: Sequence[str] = ()
    note: str = ""
    base: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[Any] = ()


def decide(
    *,
    actor: Membership,
    platform_user_id: str | None,
    item: WorkItem,
    operation: UUID,
    said: Verdict,
    bulk: BulkReview | None = None,
) -> tuple[Decision, bool]:
    """Store one decision (as a part of ``bulk``) and queue its writes; answers (decision, made now).

    The same operation id again answers the stored decision. Raises FieldErrors for bad input, PolicyError when
    the person may not, IllegalMove when the item is not awaiting review any more.
    """
    _check_words(said)
    known = Decision.objects.filter(operation=operation).select_related("item__task").first()
    if known is not None:
        return _same(known, actor, item), False
    planned, expected, shown = _plan(item, said, platform_user_id or "")
    with transaction.atomic():
        item = (
            WorkItem.objects.select_for_update(of=("self",)).select_related("task", "input").get(pk=item.pk)
        )
        known = Decision.objects.filter(operation=operation).first()
        if known is not None:
            return _same(known, actor, item), False
        policies.check_decide(
            membership=actor, platform_user_id=platform_user_id, item=item, verdict=said.verdict
        )
        decision = _decision(actor, item, operation, said, shown, bulk)
        decision.save()
        audit.record(
            actor=actor.user,
            connection=actor.connection,
            action=f"review.{said.verdict}",
            target=_target(item),
            data=_trail(said, planned),
        )
        delivery.enqueue(
            connection=actor.connection,
            item=item,
            actor=actor.user,
            operation=operation,
            writes=_writes(planned, said.verdict, expected),
            batch=bulk.operation if bulk else None,
            hold=settings.UNDO_SECONDS,
        )
        delivery.set_state(
            items=[item],
            state=transitions.next_state(item.state, said.verdict),
            reviewer_id=platform_user_id or "",
        )
    return decision, True


def decide_many(
    *,
    actor: Membership,
    platform_user_id: str | None,
    items: Sequence[WorkItem],
    operation: UUID,
    said: Mapping[int, Verdict],
) -> BulkReview:
    """Decide on many items of one task in one transaction: all are stored, or none.

    Edits do not come this way. Raises FieldErrors, PolicyError (naming the first item that cannot be decided).
    """
    if not 0 < len(items) <= MAX_BULK:
        raise FieldErrors({"approve": f"must name 1 to {MAX_BULK} items together with send_back"})
    for verdict in said.values():
        _check_words(verdict)
    known = BulkReview.objects.filter(operation=operation).select_related("task").first()
    if known is not None:
        if known.reviewer_id != actor.user_id or known.task_id != items[0].task_id:
            raise OperationReused("This operation id belongs to another decision. Load the grid again.")
        return known
    with transaction.atomic():
        locked = list(
            WorkItem.objects.select_for_update(of=("self",))
            .select_related("task", "input")
            .filter(pk__in=[item.pk for item in items])
            .order_by("pk")
        )
        for item in locked:
            policies.check_decide(
                membership=actor,
                platform_user_id=platform_user_id,
                item=item,
                verdict=said[item.pk].verdict,
            )
        bulk = BulkReview.objects.create(
            operation=operation, task=locked[0].task, reviewer=actor.user, total=len(locked)
        )
        decisions = [
            _decision(actor, item, _operation_of(operation, item), said[item.pk], {}, bulk) for item in locked
        ]
        Decision.objects.bulk_create(decisions, batch_size=200)
        audit.record_many(
            actor=actor.user,
            connection=actor.connection,
            rows=[
                (f"review.{said[item.pk].verdict}", _target(item), _trail(said[item.pk], []))
                for item in locked
            ],
        )
        delivery.enqueue_bulk(
            connection=actor.connection,
            rows=[
                (
                    item,
                    decision.operation,
                    _writes([], decision.verdict, _shown_fingerprints(said[item.pk])),
                )
                for item, decision in zip(locked, decisions, strict=True)
            ],
            actor=actor.user,
            batch=operation,
            hold=settings.UNDO_SECONDS,
        )
        for word in sorted({decision.verdict for decision in decisions}):
            delivery.set_state(
                items=[
                    item for item, decision in zip(locked, decisions, strict=True) if decision.verdict == word
                ],
                state=transitions.next_state(transitions.AWAITING, word),
                reviewer_id=platform_user_id or "",
            )
    return bulk


def undo(*, actor: Membership, operation: UUID) -> None:
    """Take back a decision, or a whole bulk, that has not been sent. Raises PolicyError with the reason."""
    with transaction.atomic():
        decisions = list(
            Decision.objects.select_for_update(of=("self",))
            .select_related("item")
            .filter(operation=operation, reviewer=actor.user, connection=actor.connection)
        ) or list(
            Decision.objects.select_for_update(of=("self",))
            .select_related("item")
            .filter(bulk__operation=operation, reviewer=actor.user, connection=actor.connection)
        )
        if not decisions:
            raise PolicyError("There is no decision of yours to undo.")
        if all(decision.withdrawn_at for decision in decisions):
            return
        for decision in decisions:
            if not delivery.withdraw(operation=decision.operation):
                raise TooLate(
                    "This decision is on its way to the platform already and can no longer be undone here."
                )
        now = timezone.now()
        Decision.objects.filter(pk__in=[d.pk for d in decisions]).update(withdrawn_at=now)
        for state in {decision.former_state for decision in decisions}:
            delivery.set_state(items=[d.item for d in decisions if d.former_state == state], state=state)
        audit.record_many(
            actor=actor.user,
            connection=actor.connection,
            rows=[("review.undo", _target(d.item), {"verdict": d.verdict}) for d in decisions],
        )


def _check_words(said: Verdict) -> None:
    errors: dict[str, str] = {}
    if said.verdict not in transitions.VERDICTS:
        errors["verdict"] = "must be approve, request_changes or reject"
    wrong = [reason for reason in said.reasons if reason not in REASONS]
    if wrong:
        errors["reasons"] = f"must be from {', '.join(REASONS)}"
    if said.verdict == "request_changes" and not said.reasons and not said.note.strip():
        errors["reasons"] = "must name at least one reason, so that the labeler knows what to change"
    if len(said.note) > MAX_NOTE:
        errors["note"] = f"must have at most {MAX_NOTE} characters"
    if said.verdict != "approve" and said.changes:
        errors["changes"] = "go with an approval only; ask for changes, or fix and approve"
    if errors:
        raise FieldErrors(errors)


def _plan(
    item: WorkItem, said: Verdict, author: str
) -> tuple[list[PlannedWrite], dict[str, str], dict[str, Any]]:
    """The writes, the fingerprints that the item shall have before its verdict is sent, and what was seen."""
    expected = _shown_fingerprints(said)
    known: dict[str, Annotation] = {}
    errors: dict[str, str] = {}
    for annotation_id, text in said.base.items():
        try:
            known[annotation_id] = seen.decode(annotation_id, text, item=item.pk)
        except ValueError as problem:
            errors[f"base.{annotation_id}"] = str(problem)
    if errors:
        raise FieldErrors(errors)
    concepts = set(item.task.concept_ids) or set(
        Concept.objects.filter(connection=item.connection_id).values_list("platform_id", flat=True)
    )
    planned = changing.plan(
        list(said.changes),
        seen=known,
        concepts=concepts,
        input_id=item.input.platform_id,
        author=author,
    )
    for write in planned:
        if write.result is None:
            expected.pop(write.annotation_id, None)
        else:
            expected[write.annotation_id] = fingerprint(write.result)
    shown = {line["id"]: line for annotation in known.values() for line in lines(annotation)}
    return planned, expected, shown


def _shown_fingerprints(said: Verdict) -> dict[str, str]:
    return {annotation_id: seen.fingerprint_of(text) for annotation_id, text in said.base.items()}


def _writes(planned: Sequence[PlannedWrite], verdict: str, expected: dict[str, str]) -> list[delivery.Write]:
    edits = [delivery.Write(w.kind, w.annotation_id, w.payload, w.base) for w in planned]
    return [*edits, delivery.Write(verdict, "", {}, {"annotations": expected})]


def _decision(
    actor: Membership,
    item: WorkItem,
    operation: UUID,
    said: Verdict,
    shown: dict[str, Any],
    bulk: BulkReview | None = None,
) -> Decision:
    return Decision(
        operation=operation,
        connection=actor.connection,
        item=item,
        task_id=item.task_id,
        reviewer=actor.user,
        verdict=said.verdict,
        reasons=list(said.reasons),
        note=said.note.strip(),
        base=_shown_fingerprints(said),
        changes=list(said.changes),
        seen=shown,
        former_state=item.state,
        bulk=bulk,
    )


def _same(decision: Decision, actor: Membership, item: WorkItem) -> Decision:
    if decision.reviewer_id != actor.user_id or decision.item_id != item.pk:
        raise OperationReused("This operation id belongs to another decision. Open the item again.")
    return decision


def _operation_of(bulk: UUID, item: WorkItem) -> UUID:
    """One operation id per item of a bulk, the same on a repeated request."""
    return uuid5(bulk, str(item.pk))


def _target(item: WorkItem) -> str:
    return f"item:{item.pk}"


def _trail(said: Verdict, planned: Sequence[PlannedWrite]) -> dict[str, Any]:
    return {
        "verdict": said.verdict,
        "reasons": list(said.reasons),
        "note": said.note,
        "base": _shown_fingerprints(said),
        "edits": [
            {"kind": w.kind, "annotation": w.annotation_id, "payload": w.payload, "base": w.base}
            for w in planned
        ],
    }
