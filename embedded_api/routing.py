"""Both path forms of a route from one line."""

from typing import Any

from django.urls import URLPattern, path

APP = "v2/users/<str:path_user_id>/apps/<str:path_app_id>"


def app_route(route: str, view: Any, name: str, *, short: bool = True) -> list[URLPattern]:
    """`route` below /v2/users/{}/apps/{} and, unless `short` is false, directly below /v2."""
    made = [path(f"{APP}/{route}", view.as_view(), name=name)]
    if short:
        made.append(path(f"v2/{route}", view.as_view(), name=f"{name}_short"))
    return made
