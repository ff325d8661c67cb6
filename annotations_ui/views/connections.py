"""Connections: adding, testing, settings, pausing, sync runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations_ui import connection_words, kept_token
from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.forms.connections import ConnectionEditForm, ConnectionForm
from annotations_ui.json_routes import here
from dashboard.assignments import connections as services
from dashboard.platforms.errors import PlatformError, Unauthorized, UnsafeAddress
from dashboard.platforms.types import TokenReport
from dashboard.sync import selectors
from dashboard.sync.services import people, syncing


@require_GET
@for_roles("admin")
def connection_list(request: DeskRequest) -> HttpResponse:
    """The connections that this person belongs to."""
    return render(request, "connections/list.html", {"memberships": request.desk.memberships})


@sensitive_post_parameters("token")
@require_http_methods(["GET", "POST"])
@for_roles("admin")
def connection_create(request: DeskRequest) -> HttpResponse:
    """Add a connection: it is tested first, and saved only when the platform accepts the token."""
    form = ConnectionForm(request.POST or None, kept=kept_token.waits(request))
    report = None
    if request.method == "POST" and form.is_valid():
        given = {**form.cleaned_data}  # an error on a field takes its value out of the form
        report = _tested(request, form, given)
        if report is not None and "save" in request.POST and request.desk.user is not None:
            kept_token.forget(request)
            made = services.create_connection(actor=request.desk.user, **given)
            syncing.request_sync(connection=made, mode="full", by=request.desk.user)
            messages.success(request, f"{made.name} is added; the first sync has been asked for.")
            return redirect("sync_runs", slug=made.slug)
    elif request.method == "POST" and _may_keep(form.cleaned_data):
        kept_token.keep(request, form.cleaned_data["token"], _place(form.cleaned_data))
    kept = kept_token.waits(request)
    form.fields["token"].required = not kept
    context = {"form": form, "kept": kept, **_report(report)}
    return render(request, "connections/create.html", context, status=422 if form.errors else 200)


_PLACE = ("kind", "base_url", "user_id", "app_id")


def _may_keep(given: dict[str, Any]) -> bool:
    """Whether the token and where it belongs were given rightly, whatever is wrong with the rest."""
    return "base_url" in given and all(given.get(name) for name in ("kind", "user_id", "app_id", "token"))


def _place(given: dict[str, Any]) -> list[str]:
    return [given[name] for name in _PLACE]


def _tested(request: DeskRequest, form: ConnectionForm, given: dict[str, Any]) -> TokenReport | None:
    """What the platform says of the token; None, with the error on the form, when it does not accept it.

    The token (put into ``given``, if it is the kept one) waits for the next try, unless the platform refused it or
    the address is one that is never called.
    """
    kept = kept_token.take(request, _place(given))
    given["token"] = given["token"] or kept
    if not given["token"]:
        form.add_error(
            "token", "Enter the token again: the kept one is only for the address and app it came with."
        )
        return None
    report = None
    try:
        report = people.test_connection(**{name: given[name] for name in (*_PLACE, "token")})
    except PlatformError as problem:
        form.add_error(*connection_words.refusal(problem))
        if isinstance(problem, (Unauthorized, UnsafeAddress)):
            return None
    kept_token.keep(request, given["token"], _place(given))
    return report


def _report(report: TokenReport | None) -> dict[str, Any]:
    if report is None:
        return {"report": None}
    shown = {one.reason for one in report.features}
    return {
        "report": report,
        "features": connection_words.features(report),
        "elsewhere": {name: why for name, why in report.missing.items() if why not in shown},
    }


@sensitive_post_parameters("token")
@require_http_methods(["GET", "POST"])
@for_roles("admin")
def connection_settings(request: DeskRequest, slug: str) -> HttpResponse:
    """Name and token of a connection; what its token may do; pausing."""
    connection, membership = here(request)
    form = ConnectionEditForm(request.POST or None, initial={"name": connection.name})
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["token"]:
                people.check_token(connection=connection, token=form.cleaned_data["token"])
        except PlatformError as problem:
            field, sentence = connection_words.refusal(problem)
            form.add_error("token" if field == "token" else None, sentence)
        else:
            services.change_connection(actor=membership, **form.cleaned_data)
            messages.success(request, "Saved.")
            return redirect("connection_settings", slug=slug)
    return render(
        request,
        "connections/settings.html",
        {
            "form": form,
            "capabilities": connection_words.capabilities(people.capabilities(connection)),
            "drift": connection_words.drift(selectors.drift(connection)),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@for_roles("admin")
def connection_test(request: DeskRequest, slug: str) -> HttpResponse:
    """What the stored token may and may not do, as a fragment."""
    connection, _ = here(request)
    context: dict[str, Any]
    try:
        context = _report(people.test_stored_token(connection=connection))
    except PlatformError as problem:
        context = {"problem": connection_words.refusal(problem)[1]}
    return render(request, "connections/_report.html", context)


@require_POST
@for_roles("admin")
def connection_pause(request: DeskRequest, slug: str) -> HttpResponse:
    """Pause or resume all calls to the platform; nothing that waits is lost."""
    connection, membership = here(request)
    if request.POST.get("resume"):
        syncing.resume(connection=connection, actor=membership.user)
        messages.success(request, "Running again. What waited is sent now.")
    else:
        syncing.pause(connection=connection, actor=membership.user, reason=f"paused by {membership.user}")
        messages.success(request, "Paused. Decisions are kept here until you resume.")
    return redirect("connection_settings", slug=slug)


@require_http_methods(["GET", "POST"])
@for_roles("admin")
def sync_runs(request: DeskRequest, slug: str) -> HttpResponse:
    """The runs with what they read and changed; POST asks for one now."""
    connection, membership = here(request)
    if request.method == "POST":
        mode = "full" if request.POST.get("mode") == "full" else "incremental"
        syncing.request_sync(connection=connection, mode=mode, by=membership.user)
        messages.success(request, "Asked for. The page shows how far it is.")
        return redirect("sync_runs", slug=slug)
    runs = selectors.runs(connection)
    moving = any(run.state in ("queued", "running") for run in runs)
    context = {
        "runs": runs,
        "moving": moving,
        "health": selectors.health(),
        "drifted": selectors.has_drift(connection),
    }
    if request.headers.get("HX-Request"):
        # 286 tells htmx to stop asking: nothing moves any more.
        return render(request, "connections/_runs.html", context, status=200 if moving else 286)
    return render(request, "connections/runs.html", context)
