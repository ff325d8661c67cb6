"""In and out: signing in, signing out, accepting an invitation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotations_ui.access import public
from annotations_ui.forms.people import AcceptForm, SignInForm
from annotations_ui.provisioning import provision
from annotations_ui.trail import trail_of
from annotations_ui.views import errors
from dashboard.accounts import policies, services, throttle
from dashboard.accounts.models import Invitation, Membership, User

WRONG = "Login name or password is wrong."  # one sentence for both, so that names cannot be probed


def own_path(address: str) -> str:
    """``address`` if it is a path of this site, else ``/``: nobody is sent elsewhere after signing in."""
    ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours else "/"


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = own_path(request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        username, address = form.cleaned_data["username"], request.META.get("REMOTE_ADDR", "")
        wait = throttle.attempt(username, address)
        if wait:
            return errors.too_many(request, wait)
        user = authenticate(request, **form.cleaned_data)
        if user is not None:
            throttle.forgive(username, address)
            login(request, user)
            return redirect(target)
        form.add_error(None, WRONG)
        status = 422
    return render(request, "account/sign_in.html", {"form": form, "next": target}, status=status)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


@public
@never_cache
@sensitive_post_parameters("password", "password_again")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the link offers and changes nothing; POST uses it, with a new or the present account."""
    found = services.find_invitation(token)
    if found is None:
        return _gone(
            request, "This link is not one of ours. Copy it again, whole, from the message you got.", 404
        )
    usable, why = policies.can_use_invitation(found, timezone.now())
    if not usable:
        return _gone(request, why)
    joining = request.user.is_authenticated
    form = None if joining else AcceptForm(request.POST or None)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            membership = _join(request, found, form)
        except policies.InvitationGone as error:
            return _gone(request, str(error))
        except IntegrityError:  # somebody took the login name between the check and the write
            assert form is not None
            form.add_error("username", "This login name is taken. Choose another one.")
        else:
            return _welcome(request, membership)
    status = 422 if request.method == "POST" else 200
    context = {"invitation": found, "form": form, "roles": services.roles_of(found)}
    return render(request, "account/invitation.html", context, status=status)


def _join(request: HttpRequest, found: Invitation, form: AcceptForm | None) -> Membership:
    if form is None:
        assert isinstance(request.user, User)
        return services.join(
            invitation=found, user=request.user, trail=trail_of(request.user, found.connection)
        )
    data = form.cleaned_data
    return services.join_as_new_person(
        invitation=found,
        username=data["username"],
        display_name=data["display_name"],
        password=data["password"],
        trail_of=lambda user: trail_of(user, found.connection),
    )


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    if not request.user.is_authenticated:
        login(request, membership.user, backend="django.contrib.auth.backends.ModelBackend")
    problem = provision(membership)
    if problem:
        messages.warning(request, problem)
    messages.success(request, f"Welcome to {membership.connection}.")
    return redirect("home")


def _gone(request: HttpRequest, sentence: str, status: int = 410) -> HttpResponse:
    return render(request, "account/invitation_gone.html", {"sentence": sentence}, status=status)
