"""The inputs of a connection: list with filters, and one input with everything labeled on it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotations_ui.access import DeskRequest, only_own
from annotations_ui.json_routes import here
from annotations_ui.paging import cursor, page_links
from dashboard.assignments import selectors as assignments
from dashboard.review import selectors as reviews
from dashboard.sync import selectors
from dashboard.sync.models import Input, WorkItem
from dashboard.sync.services import people

PAGE = 48


@require_GET
def input_list(request: DeskRequest, slug: str) -> HttpResponse:
    """Inputs with the shapes of their items; status, concept, labeler, task and name filter, all in the address."""
    connection, membership = here(request)
    own = only_own(membership, people.platform_user_id(connection, membership.user))
    names = selectors.people_names(connection)
    task = request.GET.get("task", "")
    state = request.GET.get("state", "")
    filters = selectors.InputFilter(
        search=request.GET.get("q", "")[:100],
        state=state if state in WorkItem.State.values else "",
        concept=request.GET.get("concept", "")[:200],
        labeler_id=own or request.GET.get("labeler", "")[:200],
        task_id=int(task) if task.isascii() and task.isdigit() and len(task) < 19 else None,
    )
    page = selectors.inputs(connection, filters=filters, after=cursor(request), limit=PAGE)
    return render(
        request,
        "inputs/list.html",
        {
            "rows": page.rows,
            "filters": filters,
            "filtered": filters != selectors.InputFilter(labeler_id=own),
            "states": WorkItem.State.choices,
            "tasks": selectors.tasks(connection),
            "labelers": [] if own else sorted(names.items(), key=lambda pair: pair[1]),
            "names": names,
            "concepts": assignments.concept_colors(connection),
            **page_links(request, page.next),
        },
    )


@require_GET
def input_detail(request: DeskRequest, slug: str, input: int) -> HttpResponse:
    """One input: its picture with the shapes of each labeler, and what was decided."""
    connection, membership = here(request)
    found = get_object_or_404(Input, pk=input, connection=connection)
    own = only_own(membership, people.platform_user_id(connection, membership.user))
    visible = {"labeler_id": own} if own else {}
    items = list(
        WorkItem.objects.filter(input=found, task__deleted_at=None, **visible)
        .select_related("task", "input")
        .order_by("task_id", "id")[:100]
    )
    return render(
        request,
        "inputs/detail.html",
        {
            "input": found,
            "rows": [{"item": item, "history": reviews.history(item.pk, limit=5)} for item in items],
            "names": selectors.people_names(connection),
            "concepts": assignments.concept_colors(connection),
        },
    )
