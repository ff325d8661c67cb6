"""JSON routes for what a task's model or workflow suggests: for the item in view, and ahead for the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from annotations_ui.access import DeskRequest
from annotations_ui.json_routes import find_item, find_task, here, json_route
from dashboard.labeling import policies, verdicts
from dashboard.labeling.selectors import judged_suggestions
from dashboard.labeling.services import task_concepts
from dashboard.platforms.types import Assist
from dashboard.sync import selectors
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.services import people
from dashboard.sync.services import suggestions as suggesting
from dashboard.sync.shapes import FieldErrors

MAX_ASKED = 24
#: A task without assistance.
NOTHING: dict[str, Any] = {"source": None, "suggestions": []}


def assist_config(task: Task) -> dict[str, Any] | None:
    """Who suggests in this task, and the bounds of the values that are shown; None where nobody does."""
    assist = selectors.task_details(task).assist
    source = suggesting.predictor(assist)
    if source is None:
        return None
    low, high = suggesting.bounds(assist)
    return {"kind": source[0], "id": source[1], "name": source[1], "min": low, "max": high}


@require_GET
@json_route
def item_suggestions(request: DeskRequest, slug: str, item: int) -> HttpResponseBase:
    """Suggestions for one item that nobody has judged yet."""
    connection, _ = here(request)
    found = find_item(connection, item)
    return JsonResponse(_answers(request, found.task, [found])[found.pk])


@require_GET
@json_route
def task_suggestions(request: DeskRequest, slug: str, task: int) -> HttpResponseBase:
    """The same for several items of a task, ``?ids=`` with commas: {"items": {id: answer}}, in one platform call."""
    connection, _ = here(request)
    found = find_task(connection, task)
    items = list(
        WorkItem.objects.filter(task=found, pk__in=_ids(request)).select_related(
            "task", "input", "connection"
        )
    )
    return JsonResponse({"items": _answers(request, found, items)})


def _answers(request: DeskRequest, task: Task, items: Sequence[WorkItem]) -> dict[int, dict[str, Any]]:
    connection, membership = here(request)
    me = people.platform_user_id(connection, membership.user)
    for item in items:
        policies.check_read(membership=membership, platform_user_id=me, item=item)
    assist = selectors.task_details(task).assist
    source = suggesting.predictor(assist)
    if source is None:
        return {item.pk: NOTHING for item in items}
    found = suggesting.suggestions(
        connection=connection, assist=assist, items=items, concepts=task_concepts(task)
    )
    judged = judged_suggestions(items)
    return {pk: _answer(pk, source, assist, offers, judged.get(pk, set())) for pk, offers in found.items()}


def _answer(
    item: int, source: tuple[str, str], assist: Assist, found: suggesting.Offers, judged: set[str]
) -> dict[str, Any]:
    shown = [offer for offer in found.offers if offer.id not in judged]
    answer: dict[str, Any] = {
        "source": {"kind": source[0], "id": source[1]},
        "bounds": suggesting.bounds(assist),
        "suggestions": [
            msgspec.to_builtins(offer) | {"base": verdicts.seal(offer, item=item, predictor=":".join(source))}
            for offer in shown
        ],
        "judged": len(found.offers) - len(shown),
        "dropped": found.dropped,
    }
    return answer | ({"why": found.why} if found.why else {})


def _ids(request: DeskRequest) -> list[int]:
    words = request.GET.get("ids", "").split(",")
    if not 0 < len(words) <= MAX_ASKED or not all(_is_number(word) for word in words):
        raise FieldErrors({"ids": f"must name 1 to {MAX_ASKED} items, separated by commas"})
    return [int(word) for word in words]


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19
