"""Label orders: list, a new one with its task, changing and deleting one. Read live from the platform."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.forms.tasks import LabelOrderForm
from annotations_ui.json_routes import here
from annotations_ui.views.tasks import form_context, new_id, new_task_form, told_why
from dashboard.accounts.models import Connection
from dashboard.assignments import orders, plans
from dashboard.assignments import selectors as assignments
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.types import LabelOrder
from dashboard.sync.services import people


@require_GET
@for_roles("admin")
def label_order_list(request: DeskRequest, slug: str) -> HttpResponse:
    """Every order with its state, times and task, or the reason why there are none here."""
    connection, _ = here(request)
    context: dict[str, Any] = {"rows": [], "cannot": _why_not(connection)}
    if not context["cannot"]:
        try:
            found = assignments.label_orders(connection)
            tasks = assignments.tasks_by_platform_id(connection, (one.task_id for one in found))
            context["rows"] = [{"order": one, "task": tasks.get(one.task_id)} for one in found]
        except PlatformError as problem:
            context["problem"] = problem.message
    return render(request, "label_orders/list.html", context)


@require_http_methods(["GET", "POST"])
@for_roles("admin")
def label_order_create(request: DeskRequest, slug: str) -> HttpResponse:
    """An order and its task in one form."""
    connection, membership = here(request)
    if why := _why_not(connection):
        messages.error(request, why)
        return redirect("label_order_list", slug=slug)
    form = new_task_form(request)
    order = LabelOrderForm(request.POST if request.method == "POST" else None)
    task_id, order_id = new_id(request, "task"), new_id(request, "order")
    if request.method == "POST" and not form.more_rules and order.is_valid() & form.is_valid():
        try:
            task = orders.create_order(
                actor=membership,
                order=order.order(order_id, name=form.ready.name),
                plan=form.ready,
                task_id=task_id,
            )
        except PlatformError as problem:
            form.add_error(None, f"The platform did not take the order. {told_why(problem)}")
        else:
            messages.success(request, f"The order of {task.name} is on the platform, with its task.")
            return redirect("task_detail", slug=slug, task=task.pk)
    context = form_context(form) | {"order": order, "task_id": task_id, "order_id": order_id}
    wrong = form.errors or order.errors
    return render(request, "label_orders/create.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@for_roles("admin")
def label_order_edit(request: DeskRequest, slug: str, order: str) -> HttpResponse:
    """One order: its task, and everything of it that can change."""
    connection, membership = here(request)
    try:
        found = _find(connection, order)
    except PlatformError as problem:
        messages.error(request, f"The platform did not show the order. {problem.message}")
        return redirect("label_order_list", slug=slug)
    form = LabelOrderForm(request.POST if request.method == "POST" else None, given=found)
    if request.method == "POST" and form.is_valid():
        try:
            orders.edit_order(actor=membership, order=form.order(found.id))
        except PlatformError as problem:
            form.add_error(None, f"The platform did not take the change. {told_why(problem)}")
        else:
            messages.success(request, "Saved on the platform.")
            return redirect("label_order_edit", slug=slug, order=found.id)
    tasks = assignments.tasks_by_platform_id(connection, [found.task_id])
    context = {"form": form, "order": found, "task": tasks.get(found.task_id)}
    return render(request, "label_orders/edit.html", context, status=422 if form.errors else 200)


@require_POST
@for_roles("admin")
def label_order_delete(request: DeskRequest, slug: str, order: str) -> HttpResponse:
    """Delete an order; its task stays."""
    connection, membership = here(request)
    try:
        found = _find(connection, order)
        orders.delete_order(actor=membership, order=found)
    except PlatformError as problem:
        messages.error(request, f"The platform did not delete the order. {problem.message}")
    else:
        messages.success(request, f"{found.name or found.id} is deleted. Its task stays as it is.")
    return redirect("label_order_list", slug=slug)


def _why_not(connection: Connection) -> str:
    """Why this connection has no label orders; "" where it has."""
    return plans.cannot(people.capabilities(connection), "label_orders")


def _find(connection: Connection, order_id: str) -> LabelOrder:
    """The order of this id; 404 where there is none, or where the platform has none at all."""
    rows = [] if _why_not(connection) else assignments.label_orders(connection)
    for one in rows:
        if one.id == order_id:
            return one
    raise Http404("There is no such order.")
