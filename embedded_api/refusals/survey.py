"""Which routes are served, read off the URL conf, and docs/clarifai-routes.md made from that."""

import re
from dataclasses import dataclass

from django.urls import Resolver404, resolve

from embedded_api import rpcs
from embedded_api.base import ApiView
from embedded_api.refusals.listed import FURTHER, LISTED, Route
from embedded_api.refusals.reasons import REFUSED

SERVED, REFUSES, NOT_BUILT = "served", "refused", "not built"
_HEAD = """# The routes of the Clarifai v2 API on the embedded platform

Made by `DJANGO_SETTINGS_MODULE=embedded_api.settings python manage.py clarifai_routes --write`; a test keeps it
current. A route is *served* when the URL table leads to a view that takes the verb (the view is named), and *refused*
when it is answered with HTTP 501, code 10040 NOT_IMPLEMENTED, and a sentence that names the route and the reason.
A wrong or missing key is told first: 401.
"""


@dataclass(frozen=True)
class Finding:
    """One route. `note`: the view that serves it, or why it is refused."""

    route: Route
    state: str
    note: str

    @property
    def rpc(self) -> str:
        """Name of the rpc behind a served route."""
        found = rpcs.find(*self.route)
        return found.name if found is not None else ""


def look(route: Route) -> Finding:
    """Resolve the address with sample ids and see whether the view takes the verb."""
    view = _view(route)
    if view is not None and view.takes(route.verb):
        name = f"{view.__module__}.{view.__qualname__}".removeprefix("embedded_api.")
        return Finding(route, SERVED, name)
    if view is not None and route in REFUSED:
        return Finding(route, REFUSES, REFUSED[route])
    return Finding(route, NOT_BUILT, "")


def listed() -> list[Finding]:
    """The routes of the published reference."""
    return [look(route) for route in LISTED]


def further() -> list[Finding]:
    """Every other route that this server knows of: served by its table of rpcs, or refused."""
    more = [Route(rpc.verb, _path(shape)) for rpc in rpcs.RPCS for shape in rpc.paths]
    known = {(route.verb, rpcs.blank(route.path)) for route in LISTED}
    return [look(route) for route in (*more, *FURTHER) if (route.verb, rpcs.blank(route.path)) not in known]


def sample(path: str) -> str:
    """`/v2/models/{model_id}` -> `/v2/models/model_id-1`."""
    return re.sub(r"\{(\w*)\}", lambda match: f"{match[1] or 'id'}-1", path)


def document() -> str:
    """The text of docs/clarifai-routes.md."""
    first, second = listed(), further()
    parts = [_HEAD, f"## The {len(first)} routes of the published reference\n", _counts(first), _table(first)]
    parts += ["## Further routes (the long form, where there are two)\n", _counts(second), _table(second)]
    return "\n".join(parts)


def _view(route: Route) -> type[ApiView] | None:
    try:
        match = resolve(sample(route.path))
    except Resolver404:
        return None
    # An address that only looks alike ("inputs/{id}" for "inputs/uploads") is not this route.
    if rpcs.blank(match.route) != rpcs.blank(route.path):
        return None
    view: type[ApiView] | None = getattr(match.func, "view_class", None)
    return view


def _path(shape: str) -> str:
    """A shape of `embedded_api.rpcs` -> its path, the long one where there are two."""
    starts = {"A": "/v2/users/{user_id}/apps/{app_id}", "U": "/v2/users/{user_id}"}
    letter, rest = shape[0], shape[1:].replace("{}", "{id}")
    return starts.get(letter, letter) + rest


def _counts(findings: list[Finding]) -> str:
    numbers = {state: sum(one.state == state for one in findings) for state in (SERVED, REFUSES, NOT_BUILT)}
    return ", ".join(f"{number} {state}" for state, number in numbers.items() if number) + ".\n"


def _table(findings: list[Finding]) -> str:
    rows = [f"| `{one.route}` | {one.state} | {one.rpc} | {_noted(one)} |" for one in findings]
    return "\n".join(["| verb and path | answer | rpc | view, or reason |", "|---|---|---|---|", *rows, ""])


def _noted(one: Finding) -> str:
    return f"`{one.note}`" if one.state == SERVED else one.note
