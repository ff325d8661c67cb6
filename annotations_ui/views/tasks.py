"""The task pages: list, one task, making, changing and closing one."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations_ui import next_steps, task_words
from annotations_ui.access import DeskRequest, for_roles, only_own
from annotations_ui.forms.tasks import TaskEditForm, TaskForm
from annotations_ui.json_routes import find_task, here
from annotations_ui.paging import cursor, page_links
from annotations_ui.views.suggestions import assist_config
from dashboard.accounts.models import Connection, Membership
from dashboard.assignments import plans, services
from dashboard.assignments import selectors as assignments
from dashboard.labeling.selectors import suggestion_precision
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.types import TaskState
from dashboard.review import selectors as reviews
from dashboard.sync import selectors
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.services import people

GRID = 48
CHANGED_MEANWHILE = (
    "The task changed on the platform while this page was open. What you typed is kept: compare it with the "
    "task page, then save again to put it in place of what is there now."
)
ORDERS = {
    "-created": "Newest first",
    "name": "By name",
    "-waiting": "Most awaiting review",
    "-modified": "Changed last",
}
TASK_STATES = {"": "All", "in_progress": "Running", "done": "Done", "abandoned": "Given up"}


@require_GET
def task_list(request: DeskRequest, slug: str) -> HttpResponse:
    """Every task with its progress; filters and order live in the address."""
    connection, membership = here(request)
    search = request.GET.get("q", "")[:100]
    state = request.GET.get("state", "") if request.GET.get("state", "") in TASK_STATES else ""
    order = request.GET.get("order", "") if request.GET.get("order") in ORDERS else "-created"
    found = selectors.tasks(connection, search=search, state=state, order=order)
    names = selectors.people_names(connection)
    me = people.platform_user_id(connection, membership.user)
    rows = [
        {
            "task": task,
            "labelers": [names.get(person, person) for person in task.labeler_ids],
            "reviewers": [names.get(person, person) for person in task.reviewer_ids],
            "next": next_steps.step(task, membership=membership, platform_user_id=me),
        }
        for task in found
    ]
    return render(
        request,
        "tasks/list.html",
        {
            "rows": rows,
            "search": search,
            "state": state,
            "order": order,
            "states": TASK_STATES,
            "orders": ORDERS,
            "filtered": bool(search or state),
            "trends": selectors.task_days(found),
        },
    )


@require_GET
def task_detail(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """One task: progress, its items as grid or table, counts per labeler, activity."""
    connection, membership = here(request)
    found = find_task(connection, task)
    me = people.platform_user_id(connection, membership.user)
    own = only_own(membership, me)
    names = selectors.people_names(connection)
    state = request.GET.get("state", "") if request.GET.get("state") in WorkItem.State.values else ""
    filters = selectors.ItemFilter(
        task_id=found.pk,
        states=(state,) if state else (),
        labeler_id=own or request.GET.get("labeler", "")[:200],
    )
    page = selectors.items(connection, filters=filters, after=cursor(request), limit=GRID)
    view = "table" if request.GET.get("view") == "table" else "grid"
    told = services.told(found)
    context: dict[str, Any] = {
        "task": found,
        "told": told,
        "facts": task_words.facts(told, names, items=_items(connection, found)),
        "assist": (assist := assist_config(found)),
        "precision": assist and suggestion_precision(found, f"{assist['kind']}:{assist['id']}"),
        "items": page.rows,
        "state": state,
        "names": names,
        "view": view,
        "filters": filters,
        "states": [(key, label) for key, label in WorkItem.State.choices],
        "labelers": [] if own else [(person, names.get(person, person)) for person in found.labeler_ids],
        "user_counts": assignments.user_counts(found),
        "activity": reviews.activity(found, labeler_id=own),
        "next": next_steps.step(found, membership=membership, platform_user_id=me),
        "concepts": assignments.concept_colors(connection),
        **page_links(request, page.next),
    }
    fragment = request.headers.get("HX-Request") and "whole" not in request.GET
    template = "tasks/_items.html" if fragment else "tasks/detail.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
@for_roles("admin")
def task_create(request: DeskRequest, slug: str) -> HttpResponse:
    """The form for a new task; its effect in numbers is shown before anything is sent."""
    _, membership = here(request)
    form = new_task_form(request)
    task_id = new_id(request, "task")
    if request.method == "POST" and not form.more_rules and form.is_valid():
        try:
            made = services.create_task(actor=membership, plan=form.ready, task_id=task_id)
        except PlatformError as problem:
            form.add_error(None, f"The platform did not take the task. {told_why(problem)}")
        else:
            follows = "the model starts now" if form.is_automatic else "its items appear with the next sync"
            messages.success(request, f"{made.name} is on the platform; {follows}.")
            return redirect("task_detail", slug=slug, task=made.pk)
    context = form_context(form) | {"task_id": task_id}
    return render(request, "tasks/create.html", context, status=422 if form.errors else 200)


@require_POST
@for_roles("admin")
def task_preview(request: DeskRequest, slug: str) -> HttpResponse:
    """The effect of the form as it stands: how many inputs, how many assignments for whom."""
    form = new_task_form(request)
    form.is_valid()
    return render(request, "tasks/_effect.html", form_context(form))


@require_http_methods(["GET", "POST"])
@for_roles("admin")
def task_edit(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """Everything that can change in a task that exists."""
    connection, membership = here(request)
    found = find_task(connection, task)
    saving = request.method == "POST" and "add_rule" not in request.POST
    unread = _read_again(membership, found) if saving else ""
    told, version = services.told(found), services.version(found)
    seen = request.POST.get("seen", version)
    form = TaskEditForm(
        request.POST if request.method == "POST" else None,
        connection=connection,
        capabilities=people.capabilities(connection),
        given=told,
        more_rules="add_rule" in request.POST,
    )
    if unread:
        form.add_error(None, unread)
    elif saving and seen != version:
        form.add_error(None, CHANGED_MEANWHILE)
    if saving and form.is_valid():
        try:
            services.edit_task(actor=membership, task=found, plan=form.ready)
        except PlatformError as problem:
            form.add_error(None, f"The platform did not take the change. {told_why(problem)}")
        else:
            messages.success(request, "Saved on the platform.")
            return redirect("task_detail", slug=slug, task=task)
    context = {
        "form": form,
        "task": found,
        "told": told,
        "seen": version if saving else seen,  # what was typed so far still stands on what was seen first
        "source": task_words.source(told, items=_items(connection, found)),
    }
    return render(request, "tasks/edit.html", context, status=422 if form.errors else 200)


def _read_again(membership: Membership, task: Task) -> str:
    """Look at the platform before writing over it; answers why that could not be done."""
    try:
        services.read_again(actor=membership, task=task)
    except PlatformError as problem:
        return f"Nothing was changed. {told_why(problem)}"
    return ""


@require_POST
@for_roles("admin")
def task_state(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """Close a task as done or given up, or open it again."""
    connection, membership = here(request)
    found = find_task(connection, task)
    words = {"done": TaskState.DONE, "abandoned": TaskState.ABANDONED, "in_progress": TaskState.IN_PROGRESS}
    wanted = words.get(request.POST.get("state", ""))
    if wanted is None:
        messages.error(request, "A task can be done, given up, or running.")
        return redirect("task_detail", slug=slug, task=task)
    try:
        services.close_task(actor=membership, task=found, state=wanted)
        messages.success(request, "Saved on the platform.")
    except PlatformError as problem:
        messages.error(request, f"The platform did not take the change. {problem.message}")
    return redirect("task_detail", slug=slug, task=task)


@require_POST
@for_roles("admin")
def task_delete(request: DeskRequest, slug: str, task: int) -> HttpResponse:
    """Delete a task with its assignments, after its name was typed."""
    connection, membership = here(request)
    found = find_task(connection, task)
    if request.POST.get("name", "") != found.name:
        messages.error(request, "The name did not match, so nothing was deleted.")
        return redirect("task_edit", slug=slug, task=task)
    try:
        services.delete_task(actor=membership, connection=connection, task=found)
    except PlatformError as problem:
        messages.error(request, f"The platform did not delete the task. {problem.message}")
        return redirect("task_edit", slug=slug, task=task)
    messages.success(request, f"{found.name} is deleted. Its annotations stay on the platform.")
    return redirect("task_list", slug=slug)


def new_task_form(request: DeskRequest) -> TaskForm:
    """The form as sent, or a fresh one."""
    connection, _ = here(request)
    return TaskForm(
        # Not "or None": an empty form is a form that was sent, with every field missing.
        request.POST if request.method == "POST" else None,
        connection=connection,
        capabilities=people.capabilities(connection),
        more_rules="add_rule" in request.POST,
    )


def form_context(form: TaskForm) -> dict[str, Any]:
    """What the templates of a new task show, with the effect once something was sent."""
    judged = form.is_bound and not form.more_rules
    if judged:
        form.is_valid()
    return {
        "form": form,
        "effect": plans.effect(form.ready) if judged else None,
        "names": form.names(),
        "capabilities": form.capabilities,
    }


def new_id(request: DeskRequest, kind: str) -> str:
    """The id that the form page made, so that a double click makes one thing; a fresh one for the first page."""
    sent = request.POST.get(f"{kind}_id", "")
    return sent if re.fullmatch(rf"{kind}-[0-9a-f]{{12}}", sent) else f"{kind}-{uuid4().hex[:12]}"


def _items(connection: Connection, task: Task) -> int | None:
    """Counted work items where the platform makes tasks over chosen inputs, else None."""
    if not people.capabilities(connection).task_input_subset:
        return None
    return sum(task.counts.get(state, 0) for state in WorkItem.State.values)


def told_why(problem: PlatformError) -> str:
    """The platform's refusal with the fields that it named."""
    named = getattr(problem, "fields", {})
    return " ".join([problem.message, *(f"{field}: {rule}." for field, rule in list(named.items())[:5])])
