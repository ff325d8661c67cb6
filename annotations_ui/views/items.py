"""JSON routes around one work item: its body, its queue, drafts, submission, skip."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations_ui import item_json, json_body
from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.json_routes import find_item, find_task, here, json_route, operation_id, text, versions
from dashboard.accounts.policies import PolicyError
from dashboard.labeling import policies as labeling_rules
from dashboard.labeling import services as labeling
from dashboard.labeling import verdicts
from dashboard.labeling.models import Draft
from dashboard.platforms.types import Annotation
from dashboard.sync import seen, selectors
from dashboard.sync.models import WorkItem
from dashboard.sync.services import people, work
from dashboard.sync.shapes import FieldErrors

PAGE = 24
OPEN_STATES = labeling_rules.OPEN_STATES


@require_GET
@json_route
def queue(request: DeskRequest, slug: str, task: int) -> HttpResponseBase:
    """The items of one queue from a cursor on; ``?bodies=1`` adds each item's whole body (one platform call)."""
    connection, membership = here(request)
    found = find_task(connection, task)
    me = people.platform_user_id(connection, membership.user)
    mine = request.GET.get("mode") == "label"
    limit = min(_number(request, "limit", PAGE), 100)
    after = request.GET.get("after") or None
    if mine:
        labeling_rules.check_labeler(membership=membership, platform_user_id=me, task=found)
        page = selectors.queue(found, state=OPEN_STATES, labeler_id=me, after=after, limit=limit)
    else:
        if not (membership.is_reviewer or membership.is_admin):
            raise PolicyError("The review queue is for reviewers and admins.")
        page = selectors.queue(found, state=_states(request), exclude_labeler=me, after=after, limit=limit)
    shown = page.rows
    names = selectors.people_names(connection)
    rows: list[dict[str, Any]] = [item_json.queue_row(item, names) for item in shown]
    if request.GET.get("bodies") == "1":
        found_bodies = work.bodies(connection=connection, items=shown)
        for row, item in zip(rows, shown, strict=True):
            row["body"] = item_json.body(
                item, found_bodies[item.pk], membership=membership, platform_user_id=me, names=names
            )
    return JsonResponse(
        {
            "items": rows,
            "next": page.next,
            "total": page.total,
            "done": page.done,
            "counted_at": found.counted_at.isoformat() if found.counted_at else None,
        }
    )


@require_GET
@json_route
def item_body(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """One item with its annotations read from the platform just now."""
    connection, membership = here(request)
    found = find_item(connection, item)
    me = people.platform_user_id(connection, membership.user)
    labeling_rules.check_read(membership=membership, platform_user_id=me, item=found)
    annotations = work.bodies(connection=connection, items=[found])[found.pk]
    return JsonResponse(
        item_json.body(
            found,
            annotations,
            membership=membership,
            platform_user_id=me,
            names=selectors.people_names(connection),
        )
    )


@require_http_methods(["GET", "PUT"])
@for_roles("labeler")
@json_route
def draft(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """GET the person's own draft (204 when there is none); PUT a newer one."""
    connection, membership = here(request)
    found = find_item(connection, item)
    if request.method == "GET":
        kept = Draft.objects.filter(item=found, labeler=membership.user).first()
        if kept is None:
            return HttpResponse(status=204)
        return JsonResponse(
            {"revision": kept.revision, "shapes": kept.shapes, "saved_at": kept.saved_at.isoformat()}
        )
    body = json_body.read(request)
    revision = body.get("revision", 0)
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise FieldErrors({"revision": "must be the number of the draft this one started from"})
    saved = labeling.save_draft(
        actor=membership,
        platform_user_id=people.platform_user_id(connection, membership.user),
        item=found,
        revision=revision,
        raw=body.get("shapes"),
    )
    return JsonResponse({"revision": saved.revision})


@require_POST
@for_roles("labeler")
@json_route
def submission(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """Submit one item: what differs from ``base`` (else from the platform now) is queued with the submit."""
    connection, membership = here(request)
    found = find_item(connection, item)
    body = json_body.read(request)
    operation = operation_id(body.get("operation"))
    me = people.platform_user_id(connection, membership.user)
    present = _present(body, found) if "base" in body else _live(found)
    made, new = labeling.submit(
        actor=membership,
        platform_user_id=me,
        item=found,
        operation=operation,
        raw=body.get("shapes"),
        present=present,
        judged=verdicts.parse(body.get("suggestions", []), item=found.pk),
    )
    following = selectors.queue(found.task, state=OPEN_STATES, labeler_id=me, limit=1).rows
    return JsonResponse(
        {
            "operation": str(made.operation),
            "delivery": selectors.deliveries([made.operation]).get(made.operation, "pending"),
            "next": following[0].pk if following else None,
        },
        status=201 if new else 200,
    )


@require_POST
@for_roles("labeler")
@json_route
def skip(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """Pass on an item, with a reason."""
    connection, membership = here(request)
    body = json_body.read(request)
    labeling.skip(
        actor=membership,
        platform_user_id=people.platform_user_id(connection, membership.user),
        item=find_item(connection, item),
        reason=text(body, "reason"),
        note=text(body, "note"),
    )
    return JsonResponse({"skipped": True}, status=201)


def _present(body: dict[str, Any], item: WorkItem) -> dict[str, Annotation]:
    """The labeler's own annotations in the versions that the browser was shown."""
    found: dict[str, Annotation] = {}
    errors: dict[str, str] = {}
    for annotation_id, version in versions(body).items():
        try:
            found[annotation_id] = seen.decode(annotation_id, version, item=item.pk)
        except ValueError as problem:
            errors[f"base.{annotation_id}"] = str(problem)
    if errors:
        raise FieldErrors(errors)
    return found


def _live(item: WorkItem) -> dict[str, Annotation]:
    return {a.id: a for a in work.bodies(connection=item.connection, items=[item])[item.pk]}


def _states(request: DeskRequest) -> tuple[str, ...]:
    state = request.GET.get("state", "awaiting_review")
    if state == "all":
        return tuple(WorkItem.State.values)
    if state not in WorkItem.State.values:
        raise FieldErrors({"state": f"must be all or one of {', '.join(WorkItem.State.values)}"})
    return (state,)


def _number(request: DeskRequest, name: str, default: int) -> int:
    value = request.GET.get(name)
    if value in (None, ""):
        return default
    if not value or not value.isascii() or not value.isdigit() or len(value) > 18:
        raise FieldErrors({name: "must be a whole number"})
    return int(value)
