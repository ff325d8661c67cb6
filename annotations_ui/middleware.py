"""The window's two gates: headers on every answer, and nobody in without a mark that lets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from annotations_ui.access import Desk, wants_json
from annotations_ui.views import errors
from dashboard.accounts.policies import PolicyError

GetResponse = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


class SecurityHeaders:
    """Sets the headers that Django does not set by itself; a view that set one keeps its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.headers.get("Content-Type", "").startswith(("text/html", "application/json")):
            # After signing out, neither the back button nor a shared cache shows a page again.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class DenyByDefault:
    """Every view needs sign-in, every ``/c/<slug>/`` view a membership, marked views a role; else refused."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.desk = Desk(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if "\0" in unquote(request.META.get("QUERY_STRING", "")):
            return errors.bad_request(request)  # PostgreSQL cannot even be asked about such a text
        if getattr(view, "desk_public", False):
            return None
        desk: Desk = request.desk  # type: ignore[attr-defined]
        if desk.user is None:
            return _to_sign_in(request)
        if "slug" in kwargs and not desk.enter(kwargs["slug"]):
            return errors.not_found(request)  # the same answer whether the connection exists or not
        wanted: frozenset[str] = getattr(view, "desk_roles", frozenset())
        if wanted and not wanted & desk.roles:
            return errors.forbidden(request, _why(desk, wanted))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A rule that a view did not answer at the field is still a sentence, never a 500."""
        if isinstance(exception, PolicyError):
            return errors.forbidden(request, str(exception))
        return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = reverse("sign_in")
    if wants_json(request):
        return JsonResponse({"code": "denied", "detail": "You are signed out. Sign in again."}, status=401)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})  # a fragment must not become a page
    if request.method in {"GET", "HEAD"} and request.path != "/":
        address += "?" + urlencode({"next": request.get_full_path()})
    return redirect(address)


def _why(desk: Desk, wanted: frozenset[str]) -> str:
    needed = " or ".join(sorted(wanted))
    held = " and ".join(sorted(desk.roles)) or "no role"
    article = "an" if needed.startswith("a") else "a"
    where = f" on {desk.connection}" if desk.connection else ""
    return (
        f"This page is for {article} {needed}{where}. You are signed in as {desk.user} with the role: {held}."
    )
