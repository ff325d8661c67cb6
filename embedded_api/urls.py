"""All addresses of the embedded platform."""

from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from embedded_api import envelope, errors


def health(request: HttpRequest) -> HttpResponse:
    """GET /healthz: the process answers and can read its database."""
    from embedded_api.models import User

    User.objects.exists()
    return envelope.answer()


def no_such_address(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Unknown addresses."""
    return envelope.failure(errors.missing(f"{request.method} {request.path}: no such address"))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Requests that Django itself refuses."""
    return envelope.failure(errors.invalid("the request cannot be read", 11100))


def internal_error(request: HttpRequest) -> HttpResponse:
    """The last net."""
    return envelope.failure(errors.ApiError(500, 99009, "an internal error"))


# The order matters where a fixed word stands at the place of an id ("inputs/searches", "inputs/{id}").
ROOMS = (
    "accounts",
    "concepts",
    "searches",
    "annotations",
    "jobs",
    "inputs",
    "datasets",
    "tasks",
    "label_orders",
    "refusals",  # "models/types" stands before "models/{id}"
    "predictors",
)

handler400 = bad_request
handler403 = bad_request
handler404 = no_such_address
handler500 = internal_error

urlpatterns: list[URLPattern | URLResolver] = [path("healthz", health, name="health")]
for room in ROOMS:
    if find_spec(f"embedded_api.{room}.urls") is not None:
        urlpatterns.append(path("", include(f"embedded_api.{room}.urls")))
