"""What is on its way to the platform, what needs a person, and settling it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.json_routes import here
from annotations_ui.paging import cursor, page_links
from dashboard.accounts.policies import PolicyError
from dashboard.assignments import selectors as assignments
from dashboard.sync import selectors
from dashboard.sync.models import OutboxEntry
from dashboard.sync.services import resolving

PAGE = 50
SHOWN = {
    "": "Needs somebody",
    "waiting": "Waiting",
    "confirmed": "Confirmed",
    "withdrawn": "Undone",
    "discarded": "Dropped",
}


@require_GET
@for_roles("reviewer", "labeler", "admin")
def outbox(request: DeskRequest, slug: str) -> HttpResponse:
    """Admins see everybody's writes, others their own."""
    connection, membership = here(request)
    shown = request.GET.get("show", "") if request.GET.get("show", "") in SHOWN else ""
    page = selectors.outbox(
        connection,
        state=shown or "attention",
        actor=None if membership.is_admin else membership.user,
        after=cursor(request),
        limit=PAGE,
    )
    context = {
        "rows": page.rows,
        "shown": shown,
        "choices": SHOWN,
        "light": selectors.light(connection, membership.user),
        "health": selectors.health(),
        **page_links(request, page.next),
    }
    return render(request, "outbox/list.html", context)


@require_http_methods(["GET", "POST"])
@for_roles("reviewer", "labeler", "admin")
def conflict(request: DeskRequest, slug: str, entry: int) -> HttpResponse:
    """One write that needs somebody: base, theirs and mine side by side; retry, settle, or discard."""
    connection, membership = here(request)
    found = get_object_or_404(
        OutboxEntry.objects.select_related("item__input", "item__task", "actor"),
        pk=entry,
        connection=connection,
        **({} if membership.is_admin else {"actor": membership.user}),
    )
    if request.method == "POST":
        return _settle(request, found)
    sides = selectors.conflict(found)
    changed = sides.get("changed", {}).values()
    sides |= {
        "changed_lines": [line for lines in changed for line in lines],
        "deleted": sum(1 for lines in changed if not lines),
    }
    return render(
        request,
        "outbox/entry.html",
        {
            "entry": found,
            "sides": sides,
            "concepts": assignments.concept_colors(connection),
        },
    )


@require_GET
def light(request: DeskRequest, slug: str) -> HttpResponse:
    """The light in the top bar: everything confirmed, so many waiting, so many need somebody."""
    connection, membership = here(request)
    return render(
        request,
        "outbox/_light.html",
        {"light": selectors.light(connection, membership.user), "health": selectors.health()},
    )


def _reason(request: DeskRequest) -> str:
    reason = request.POST.get("reason", "").strip()
    if "\0" in reason:
        raise PolicyError("The reason holds a character that cannot be stored.")
    return reason[:300]


def _settle(request: DeskRequest, entry: OutboxEntry) -> HttpResponse:
    connection, membership = here(request)
    choice = request.POST.get("choice", "")
    try:
        match choice:
            case "retry":
                resolving.retry(entry, membership.user)
            case "discard":
                resolving.discard(entry, membership.user, _reason(request))
            case "theirs" | "mine" | "merge":
                take = {
                    name: request.POST.get(name, "theirs")
                    for name in ("shape", "concept")
                    if request.POST.get(name) in ("mine", "theirs")
                }
                resolving.resolve(entry, membership.user, choice, take or None)
            case _:
                raise PolicyError("Choose what shall happen.")
    except (PolicyError, ValueError) as refusal:
        messages.error(request, str(refusal))
        return redirect("conflict", slug=connection.slug, entry=entry.pk)
    messages.success(request, "Settled." if choice != "retry" else "It will be sent again.")
    return redirect("outbox", slug=connection.slug)
