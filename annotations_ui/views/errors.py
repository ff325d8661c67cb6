"""Pages for what went wrong: they look like the product, say what happened and what to do."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from annotations_ui.access import public, wants_json

_CODES = {400: "field", 403: "denied", 404: "gone"}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "The request could not be read. Go back, reload the page and try again.")


def forbidden(request: HttpRequest, exception: Exception | str | None = None) -> HttpResponse:
    """403 that says why: the sentence of the refusal, or a general one."""
    sentence = str(exception or "") or "Your role does not allow this."
    return _answer(request, 403, sentence)


@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's reason is for its log; the person needs to know that nothing was changed and what helps."""
    return _answer(
        request,
        403,
        "This page was open for too long, or in another browser session, so nothing was changed. "
        "Go back, reload the page and try again.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 404, "It may have been removed, or it belongs to a connection you are not part of."
    )


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """429 that says how long to wait, in seconds, before a password may be tried again."""
    minutes, seconds = divmod(wait, 60)
    words = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    response = render(request, "429.html", {"words": words}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor the session: either may be what failed."""
    if wants_json(request):
        return JsonResponse(
            {"code": "error", "detail": "Something broke here. Try again in a moment."}, status=500
        )
    return HttpResponse(render_to_string("500.html"), status=500)


def _answer(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"code": _CODES[status], "detail": sentence}, status=status)
    context = {"status": status, "phrase": HTTPStatus(status).phrase, "sentence": sentence}
    return render(request, f"{status}.html", context, status=status)
