"""JSON routes for verdicts: one item, many items, undo, and how far the delivery got."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from annotations_ui import json_body
from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.json_routes import (
    find_item,
    find_task,
    here,
    json_route,
    operation_id,
    text,
    texts,
    versions,
)
from dashboard.labeling import verdicts
from dashboard.review import selectors as reviews
from dashboard.review import services, transitions
from dashboard.review.models import BulkReview
from dashboard.sync.models import WorkItem
from dashboard.sync.services import people
from dashboard.sync.shapes import FieldErrors

MAX_ASKED = 200


@require_POST
@for_roles("reviewer")
@json_route
def decisions(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """Approve, ask for changes, or reject one item; answered only after the commit."""
    connection, membership = here(request)
    found = find_item(connection, item)
    body = json_body.read(request)
    changes = body.get("changes", [])
    if not isinstance(changes, list):
        raise FieldErrors({"changes": "must be a list"})
    operation = operation_id(body.get("operation"))
    judged = verdicts.parse(body.get("suggestions", []), item=found.pk)
    # Reviewing and labeling do not know each other: where both have something to keep, the page holds them together.
    with transaction.atomic() if judged else nullcontext():
        decision, new = services.decide(
            actor=membership,
            platform_user_id=people.platform_user_id(connection, membership.user),
            item=found,
            operation=operation,
            said=services.Verdict(
                verdict=text(body, "verdict"),
                reasons=texts(body, "reasons"),
                note=text(body, "note"),
                base=versions(body),
                changes=changes,
            ),
        )
        if new:
            verdicts.record(judged, actor=membership.user, item=found, operation=operation)
    state = (
        transitions.MOVES.get((transitions.AWAITING, decision.verdict), found.state) if new else found.state
    )
    told = "held"
    if not (new and settings.UNDO_SECONDS):  # what is new is held here; anything else may be further on
        told = reviews.states(membership.user, [decision.operation]).get(str(decision.operation), "pending")
    return JsonResponse(
        {
            "operation": str(decision.operation),
            "decision": decision.pk,
            "delivery": told,
            "undo_seconds": settings.UNDO_SECONDS,
            "item": {"id": found.pk, "state": state},
        },
        status=201 if new else 200,
    )


@require_GET
@for_roles("reviewer")
@json_route
def decision_states(request: DeskRequest, slug: str) -> HttpResponseBase:
    """How far each of the person's own decisions got: ``?ids=`` operation ids, separated by commas."""
    _, membership = here(request)
    asked = [word for word in request.GET.get("ids", "").split(",") if word]
    if len(asked) > MAX_ASKED:
        raise FieldErrors({"ids": f"must name at most {MAX_ASKED} operations"})
    return JsonResponse(reviews.states(membership.user, [operation_id(word) for word in asked]))


@require_POST
@for_roles("reviewer")
@json_route
def decision_undo(request: DeskRequest, slug: str, operation: UUID) -> HttpResponseBase:
    """Take back a decision (or a whole bulk) that is still held here."""
    _, membership = here(request)
    try:
        with transaction.atomic():
            services.undo(actor=membership, operation=operation)
            verdicts.forget(actor=membership.user, operation=operation)
    except services.TooLate as late:
        return json_body.refuse(409, "conflict", str(late))
    return JsonResponse({"operation": str(operation), "delivery": "withdrawn"})


@require_POST
@for_roles("reviewer")
@json_route
def bulk_review(request: DeskRequest, slug: str, task: int) -> HttpResponseBase:
    """Decide on many items of a task at once: all are stored, or none."""
    connection, membership = here(request)
    found = find_task(connection, task)
    body = json_body.read(request)
    said = _verdicts(body)
    if len(said) > services.MAX_BULK:  # before the query, whose number of ids is limited
        raise FieldErrors({"approve": f"must name 1 to {services.MAX_BULK} items together with send_back"})
    items = list(
        WorkItem.objects.select_related("task", "input").filter(task=found, pk__in=said).order_by("pk")
    )
    missing = set(said) - {item.pk for item in items}
    if missing:
        raise FieldErrors({"approve": f"item {min(missing)} is not in this task"})
    bulk = services.decide_many(
        actor=membership,
        platform_user_id=people.platform_user_id(connection, membership.user),
        items=items,
        operation=operation_id(body.get("operation")),
        said=said,
    )
    return JsonResponse({"bulk": bulk.pk, "total": bulk.total}, status=202)


@require_GET
@for_roles("reviewer")
@json_route
def bulk_state(request: DeskRequest, slug: str, bulk: int) -> HttpResponseBase:
    """How far a bulk of the person's own got."""
    connection, membership = here(request)
    found = get_object_or_404(BulkReview, pk=bulk, reviewer=membership.user, task__connection=connection)
    return JsonResponse(reviews.bulk_state(found))


def _verdicts(body: dict[str, Any]) -> dict[int, services.Verdict]:
    """{item id: verdict} from ``approve`` and ``send_back``. Raises FieldErrors."""
    approve, send_back, bases = body.get("approve", []), body.get("send_back", []), body.get("bases", {})
    if not isinstance(approve, list) or not all(_is_id(item) for item in approve):
        raise FieldErrors({"approve": "must be a list of item ids"})
    if not isinstance(send_back, list) or not all(
        isinstance(row, dict) and _is_id(row.get("id")) for row in send_back
    ):
        raise FieldErrors({"send_back": "must be a list of objects with an item id"})
    if not isinstance(bases, dict):
        raise FieldErrors({"bases": "must map item ids to the versions that were shown"})
    said = {item: services.Verdict(verdict="approve", base=versions(bases, str(item))) for item in approve}
    for row in send_back:
        if row["id"] in said:
            raise FieldErrors({"send_back": f"item {row['id']} is named twice"})
        said[row["id"]] = services.Verdict(
            verdict="request_changes",
            reasons=texts(row, "reasons"),
            note=text(row, "note"),
            base=versions(bases, str(row["id"])),
        )
    return said


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
