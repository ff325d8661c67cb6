"""The people of a connection, for its admins: roles, platform users, invitations."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from annotations_ui.access import DeskRequest, for_roles
from annotations_ui.forms.people import InvitationForm, PlatformUserForm, RolesForm
from annotations_ui.provisioning import provision
from annotations_ui.trail import trail_of
from dashboard.accounts import policies, selectors, services
from dashboard.accounts.models import Invitation, Membership
from dashboard.accounts.policies import PolicyError


@for_roles("admin")
@require_http_methods(["GET", "POST"])
def people(request: DeskRequest, slug: str) -> HttpResponse:
    """GET lists everybody; POST makes an invitation and shows its link, this once."""
    actor = _actor(request)
    form = InvitationForm(request.POST or None, initial={"roles": ["labeler"]})
    link = ""
    if request.method == "POST" and form.is_valid():
        _, token = services.invite(
            actor=actor,
            roles=form.cleaned_data["roles"],
            note=form.cleaned_data["note"],
            trail=trail_of(actor.user, actor.connection),
        )
        link = request.build_absolute_uri(reverse("invitation", args=[token]))
        form = InvitationForm(initial={"roles": ["labeler"]})
    context = {
        "members": selectors.members(actor.connection),
        "invitations": selectors.open_invitations(actor.connection, timezone.now()),
        "form": form,
        "link": link,
        "days": services.INVITATION_DAYS,
        "role_choices": policies.ROLES,
    }
    return render(request, "people/people.html", context, status=422 if form.errors else 200)


@for_roles("admin")
@require_POST
def people_roles(request: DeskRequest, slug: str, membership: int) -> HttpResponse:
    form = RolesForm(request.POST)
    member = _member(request, membership)
    roles = form.cleaned_data["roles"] if form.is_valid() else request.POST.getlist("roles")

    def change() -> None:
        services.change_roles(actor=_actor(request), membership=member, roles=roles, trail=_trail(request))

    return _done(request, change, f"{member.user} is now {' and '.join(roles)}.")


@for_roles("admin")
@require_POST
def people_platform(request: DeskRequest, slug: str, membership: int) -> HttpResponse:
    """Say which platform user a person is."""
    form = PlatformUserForm(request.POST)
    member = _member(request, membership)
    if not form.is_valid():
        messages.error(request, "The platform user id may have 200 characters at most.")
        return redirect("people", slug)
    wanted = form.cleaned_data["platform_user_id"]

    def change() -> None:
        services.map_person(
            actor=_actor(request), membership=member, platform_user_id=wanted, trail=_trail(request)
        )

    return _done(request, change, f"{member.user} is {wanted or 'nobody'} on the platform.")


@for_roles("admin")
@require_POST
def people_provision(request: DeskRequest, slug: str, membership: int) -> HttpResponse:
    """Make the person's user and token on the embedded platform again, after it failed."""
    member = _member(request, membership)
    problem = provision(member)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, f"{member.user} is ready on the platform.")
    return redirect("people", slug)


@for_roles("admin")
@require_POST
def people_remove(request: DeskRequest, slug: str, membership: int) -> HttpResponse:
    member = _member(request, membership)

    def change() -> None:
        services.remove_person(actor=_actor(request), membership=member, trail=_trail(request))

    return _done(request, change, f"{member.user} is no longer part of {member.connection}.")


@for_roles("admin")
@require_POST
def invitation_revoke(request: DeskRequest, slug: str, invitation: int) -> HttpResponse:
    found = get_object_or_404(Invitation, pk=invitation, connection=request.desk.connection)

    def change() -> None:
        services.revoke_invitation(actor=_actor(request), invitation=found, trail=_trail(request))

    return _done(request, change, "The invitation is taken back; its link no longer works.")


def _actor(request: DeskRequest) -> Membership:
    membership = request.desk.membership
    assert membership is not None
    return membership


def _trail(request: DeskRequest) -> services.Trail:
    return trail_of(request.desk.user, request.desk.connection)


def _member(request: DeskRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("user", "connection")
    return get_object_or_404(rows, pk=pk, connection=request.desk.connection)


def _done(request: DeskRequest, change: Callable[[], None], sentence: str) -> HttpResponse:
    """Make the change, then back to the list with what happened: the sentence, or why not."""
    connection = request.desk.connection
    assert connection is not None
    try:
        change()
    except PolicyError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, sentence)
    if not _still_admin(request):
        return redirect("home")  # an admin who just gave up the role cannot see the list any more
    return redirect("people", connection.slug)


def _still_admin(request: DeskRequest) -> bool:
    return Membership.objects.filter(
        user=request.desk.user, connection=request.desk.connection, is_admin=True
    ).exists()
