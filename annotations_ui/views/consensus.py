"""Review of inputs that several labelers labeled: the page, its queue, one input, and what stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from annotations_ui import consensus_json, json_body
from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.json_routes import find_task, here, json_route, operation_id, text, versions
from annotations_ui.views import workbench
from dashboard.accounts.policies import PolicyError
from dashboard.review.consensus import Settlement, settle
from dashboard.review.consensus.selectors import items_of, shared_inputs
from dashboard.review.reasons import REASONS
from dashboard.review.transitions import AWAITING
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.services import people, work
from dashboard.sync.shapes import FieldErrors

MAX_PICKS = 2_000


@require_GET
@for_roles("reviewer", "admin")
def consensus(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """The page; everything else comes as JSON."""
    connection, _ = here(request)
    found = find_task(connection, task)
    one = reverse("consensus_input", args=[slug, found.pk, 0]).replace("/0/", "/{id}/")
    config = {
        "mode": "consensus",
        "connection": connection.slug,
        "task": {"id": found.pk, "name": found.name, "type": found.type},
        "concepts": workbench.concepts(connection, found),
        "urls": workbench.urls(slug, found)
        | {"queue": reverse("consensus_queue", args=[slug, found.pk]), "input": one},
        "undo_seconds": settings.UNDO_SECONDS,
        "reasons": [{"id": key, "label": words} for key, words in REASONS.items()],
    }
    context = {"config": config, "task": found, "connection": connection}
    return render(request, "workbench/consensus.html", context)


@require_GET
@for_roles("reviewer", "admin")
@json_route
def consensus_queue(request: DeskRequest, slug: str, task: int) -> HttpResponseBase:
    """Inputs with at least two items that wait for review, from a cursor on."""
    connection, membership = here(request)
    after = request.GET.get("after") or "0"
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise FieldErrors({"after": "must be a cursor from an earlier page"})
    me = people.platform_user_id(connection, membership.user)
    page = shared_inputs(find_task(connection, task), reviewer_id=me, after=int(after))
    return JsonResponse(
        {"inputs": [consensus_json.queue_row(slug, row) for row in page.rows], "next": page.next}
    )


@require_http_methods(["GET", "POST"])
@for_roles("reviewer", "admin")
@json_route
def consensus_input(request: DeskRequest, slug: str, task: int, input: int) -> HttpResponseBase:
    """GET: every labeler's shapes as the platform has them now, and what they agree on. POST: what stands."""
    connection, membership = here(request)
    found = find_task(connection, task)
    items = items_of(found, input)
    if not items:
        raise Http404
    me = people.platform_user_id(connection, membership.user)
    if any(item.labeler_id == me for item in items):
        raise PolicyError("You labeled this input yourself; somebody else has to review it.")
    if request.method == "POST":
        return _settle(request, found, items, me)
    waiting = [item for item in items if item.state == AWAITING]
    bodies = work.bodies(connection=connection, items=waiting) if waiting else {}
    return JsonResponse(consensus_json.body(items, bodies, membership=membership, platform_user_id=me))


def _settle(request: DeskRequest, task: Task, items: list[WorkItem], me: str | None) -> HttpResponseBase:
    _, membership = here(request)
    body = json_body.read(request)
    bases = body.get("bases")
    if not isinstance(bases, dict) or not bases:
        raise FieldErrors({"bases": "must map item ids to the versions that were shown"})
    by_id = {str(item.pk): item for item in items}
    strangers = bases.keys() - by_id.keys()
    if strangers:
        raise FieldErrors({f"bases.{min(strangers)[:40]}": "is no item of this input"})
    forgotten = [item.pk for item in items if item.state == AWAITING and str(item.pk) not in bases]
    if forgotten:
        raise FieldErrors({f"bases.{forgotten[0]}": "waits for review too: load the input again"})
    bulk = settle(
        actor=membership,
        platform_user_id=me,
        items=[by_id[name] for name in sorted(bases, key=int)],
        operation=operation_id(body.get("operation")),
        said=Settlement(
            picks=_picks(body.get("picks")),
            bases={int(name): versions(bases, name) for name in bases},
            note=text(body, "note"),
        ),
    )
    return JsonResponse(
        {"operation": str(bulk.operation), "bulk": bulk.pk, "undo_seconds": settings.UNDO_SECONDS}, status=201
    )


def _picks(value: Any) -> dict[str, str | None]:
    if not isinstance(value, dict) or len(value) > MAX_PICKS:
        raise FieldErrors({"picks": f"must map at most {MAX_PICKS} rows to the shape that stands"})
    if not all(pick is None or isinstance(pick, str) for pick in value.values()):
        raise FieldErrors({"picks": "must name a shape, or null for none, in each row"})
    return value
