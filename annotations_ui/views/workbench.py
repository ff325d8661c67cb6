"""The full-window pages: labeling, reviewing, reviewing as a grid."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.json_routes import find_task, here
from annotations_ui.next_steps import is_shared
from annotations_ui.views.suggestions import assist_config
from dashboard.accounts.models import Connection, Membership
from dashboard.accounts.policies import PolicyError
from dashboard.labeling import policies as labeling
from dashboard.labeling.services import SKIP_REASONS
from dashboard.platforms.errors import PlatformError
from dashboard.review import policies as review_rules
from dashboard.review.reasons import REASONS
from dashboard.sync.models import Concept, Task
from dashboard.sync.services import people, work

#: Placeholders that the browser fills; both fit their converters and cannot be real ids.
_ITEM, _OPERATION, _BULK = 0, "00000000-0000-0000-0000-000000000000", 0


@require_GET
@for_roles("labeler")
def label(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    return _page(request, task, "label")


@require_POST
@for_roles("labeler")
def label_start(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """Ask the platform for work in this person's name, then open the workbench."""
    connection, membership = here(request)
    found = find_task(connection, task)
    try:
        labeling.check_labeler(
            membership=membership,
            platform_user_id=people.platform_user_id(connection, membership.user),
            task=found,
        )
        handed = work.start_labeling(connection=connection, task=found, user=membership.user)
        if not handed:
            messages.info(request, "There is nothing left to label in this task.")
            return redirect("task_detail", slug=slug, task=task)
    except (PolicyError, PlatformError) as problem:
        messages.error(request, f"No work could be handed to you. {problem}")
        return redirect("task_detail", slug=slug, task=task)
    return redirect("label", slug=slug, task=task)


@require_GET
@for_roles("reviewer", "admin")
def review(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    return _page(request, task, "review")


@require_GET
@for_roles("reviewer", "admin")
def review_grid(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    return _page(request, task, "grid")


def _page(request: DeskRequest, task: int, mode: str) -> HttpResponse:
    connection, membership = here(request)
    found = find_task(connection, task)
    start = request.GET.get("item", "")
    config = {
        "mode": mode,
        "connection": connection.slug,
        "task": {"id": found.pk, "name": found.name, "type": found.type},
        "concepts": concepts(connection, found),
        "urls": urls(connection.slug, found),
        "start": int(start) if start.isascii() and start.isdigit() and len(start) < 19 else None,
        "undo_seconds": settings.UNDO_SECONDS,
        "reasons": [{"id": key, "label": text} for key, text in REASONS.items()],
        "skip_reasons": [{"id": key, "label": text} for key, text in SKIP_REASONS.items()],
        "can": _can(membership, people.platform_user_id(connection, membership.user), found),
        "assist": assist_config(found),
    }
    context = {"config": config, "task": found, "connection": connection, "shared": is_shared(found)}
    return render(request, f"workbench/{mode}.html", context)


def concepts(connection: Connection, task: Task) -> list[dict[str, Any]]:
    """The task's concepts (all of the app's when it names none) in their fixed order, with a colour each."""
    rows = Concept.objects.filter(connection=connection)
    if task.concept_ids:
        rows = rows.filter(platform_id__in=task.concept_ids)
    return [{"id": row.platform_id, "name": row.name, "color": row.position % 12} for row in rows]


def urls(slug: str, task: Task) -> dict[str, str]:
    """Addresses for the browser, with ``{id}``, ``{operation}`` where it puts its own."""

    def item(name: str) -> str:
        return reverse(name, args=[slug, _ITEM]).replace("/0/", "/{id}/")

    return {
        "queue": reverse("queue", args=[slug, task.pk]),
        "item": item("item_body"),
        "decisions": item("decisions"),
        "suggestions": item("item_suggestions"),
        "suggestions_ahead": reverse("task_suggestions", args=[slug, task.pk]),
        "draft": item("draft"),
        "submission": item("submission"),
        "skip": item("skip"),
        "undo": reverse("decision_undo", args=[slug, _OPERATION]).replace(_OPERATION, "{operation}"),
        "states": reverse("decision_states", args=[slug]),
        "bulk": reverse("bulk_review", args=[slug, task.pk]),
        "bulk_state": reverse("bulk_state", args=[slug, _BULK]).replace("/0/", "/{id}/"),
        "home": reverse("task_detail", args=[slug, task.pk]),
        "outbox": reverse("outbox", args=[slug]),
        "review": reverse("review", args=[slug, task.pk]),
        "grid": reverse("review_grid", args=[slug, task.pk]),
        "label": reverse("label", args=[slug, task.pk]),
        "start": reverse("label_start", args=[slug, task.pk]),
    }


def _can(membership: Membership, me: str | None, task: Task) -> dict[str, dict[str, Any]]:
    why = {"review": "", "label": ""}
    try:
        review_rules.check_reviewer(membership=membership, platform_user_id=me, task=task)
    except PolicyError as refusal:
        why["review"] = str(refusal)
    try:
        labeling.check_labeler(membership=membership, platform_user_id=me, task=task)
    except PolicyError as refusal:
        why["label"] = str(refusal)
    return {action: {"ok": not reason, "why": reason} for action, reason in why.items()}
