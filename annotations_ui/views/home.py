"""Where a person starts: own work, own review queue, all tasks, by role."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from annotations_ui import next_steps
from annotations_ui.access import DeskRequest
from annotations_ui.json_routes import here
from dashboard.labeling import selectors as labeling
from dashboard.review import selectors as reviews
from dashboard.review.reasons import REASONS
from dashboard.sync import selectors
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.services import people


@require_GET
def home(request: DeskRequest) -> HttpResponse:
    """The first connection's home; a page that says what to do where there is none."""
    current = request.desk.current
    if current is not None:
        return redirect("connection_home", slug=current.slug)
    return render(request, "home/none.html")


@require_GET
def connection_home(request: DeskRequest, slug: str) -> HttpResponse:
    """What awaits this person on this connection, counted."""
    connection, membership = here(request)
    me = people.platform_user_id(connection, membership.user)
    tasks = selectors.tasks(connection, state="in_progress")
    rows: list[dict[str, Any]] = [
        {"task": task, "next": next_steps.step(task, membership=membership, platform_user_id=me)}
        for task in tasks
    ]
    back = labeling.returned(connection, me) if membership.is_labeler and me else []
    context = {
        "me": me,
        "rows": rows,
        "review_rows": _to_review(rows),
        "label_rows": _to_label(tasks, me) if membership.is_labeler and me else [],
        "returned": back,
        "asked": reviews.returned_reasons([item.pk for item in back]) if back else {},
        "reasons": REASONS,
        "mine": reviews.my_numbers(connection, membership.user) if membership.is_reviewer else None,
        "latest": reviews.my_latest(connection, membership.user) if membership.is_reviewer else [],
        "totals": _totals(tasks),
        "health": selectors.health(),
        "light": selectors.light(connection, membership.user),
    }
    return render(request, "home/home.html", context)


def _to_review(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that wait for this reviewer, with ``ways``: the steps that lead there, the likeliest first."""
    found = (row | {"ways": [step for step in row["next"] or () if step.is_review]} for row in rows)
    return [row for row in found if row["ways"]]


def _to_label(tasks: list[Task], me: str) -> list[dict[str, Any]]:
    """The person's tasks, those with work first."""
    return sorted(labeling.my_tasks(tasks, me), key=lambda row: not row["open"])


def _totals(tasks: list[Task]) -> dict[str, int]:
    """Items per state over the running tasks, from their stored counts."""
    return {state: sum(task.counts.get(state, 0) for task in tasks) for state in WorkItem.State.values}
