"""One's own account: name, password, roles, and own platform tokens."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotations_ui.access import DeskRequest
from annotations_ui.forms.people import NameForm, OwnTokenForm, PasswordChangeForm
from annotations_ui.provisioning import read_token
from annotations_ui.trail import trail_of
from annotations_ui.views import errors
from dashboard.accounts import services, throttle
from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.accounts.policies import PolicyError


@require_http_methods(["GET", "POST"])
def account(request: DeskRequest) -> HttpResponse:
    """GET shows everything about oneself; POST saves the name."""
    user = _person(request)
    form = NameForm(request.POST or None, initial={"display_name": user.display_name})
    if request.method == "POST" and form.is_valid():
        user.display_name = form.cleaned_data["display_name"]
        user.save(update_fields=["display_name"])
        messages.success(request, "Your name is saved.")
        return redirect("account")
    return _page(request, name_form=form, status=422 if form.errors else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: DeskRequest) -> HttpResponse:
    user = _person(request)
    if request.method == "POST":
        # Somebody at a session left open must not be able to guess the password from there.
        wait = throttle.attempt(user.username, request.META.get("REMOTE_ADDR", ""))
        if wait:
            return errors.too_many(request, wait)
    form = PasswordChangeForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        throttle.forgive(user.username, request.META.get("REMOTE_ADDR", ""))
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)  # this session stays, all others end
        trail_of(user, None)("password.changed", user.username, {})
        messages.success(request, "Your password is changed. Other browsers are signed out.")
        return redirect("account")
    return render(request, "account/password.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("token")
@require_POST
def own_token(request: DeskRequest, slug: str) -> HttpResponse:
    """Test a token on the platform and keep it for the one person; it is never shown again."""
    user, connection = _person(request), _connection(request)
    form = OwnTokenForm(request.POST)
    if form.is_valid():
        try:
            whose = read_token(connection, form.cleaned_data["token"])
            services.save_own_token(
                user=user,
                connection=connection,
                token=form.cleaned_data["token"],
                platform_user_id=whose,
                trail=trail_of(user, connection),
            )
        except PolicyError as error:
            form.add_error("token", str(error))
        else:
            messages.success(request, f"Token saved: on {connection} you now work as {whose}.")
            return redirect("account")
    return _page(request, token_form=form, token_connection=connection, status=422)


@require_POST
def own_token_delete(request: DeskRequest, slug: str) -> HttpResponse:
    user, connection = _person(request), _connection(request)
    if services.delete_own_token(user=user, connection=connection, trail=trail_of(user, connection)):
        messages.success(
            request, f"Your token for {connection} is deleted here. Revoke it on the platform as well."
        )
    return redirect("account")


def _person(request: DeskRequest) -> User:
    user = request.desk.user
    assert user is not None  # the gate lets nobody else in
    return user


def _connection(request: DeskRequest) -> Connection:
    connection = request.desk.connection
    assert connection is not None  # the gate has resolved the slug
    return connection


def _page(
    request: DeskRequest,
    *,
    name_form: NameForm | None = None,
    token_form: OwnTokenForm | None = None,
    token_connection: Connection | None = None,
    status: int = 200,
) -> HttpResponse:
    user = _person(request)
    # defer: the page says whether a token is there, so it need not be decrypted to be drawn
    identities = PlatformIdentity.objects.filter(user=user).defer("token")
    named = {identity.connection_id: identity.platform_user_id for identity in identities}
    kept = set(
        PlatformIdentity.objects.filter(user=user).exclude(token="").values_list("connection_id", flat=True)
    )
    places = [
        {
            "membership": membership,
            "connection": membership.connection,
            "platform_user": named.get(membership.connection_id, ""),
            "has_token": membership.connection_id in kept,
            "form": token_form
            if membership.connection == token_connection
            else OwnTokenForm(auto_id=f"id_%s_{membership.connection_id}"),
        }
        for membership in request.desk.memberships
    ]
    form = name_form or NameForm(initial={"display_name": user.display_name})
    return render(request, "account/account.html", {"form": form, "places": places}, status=status)
