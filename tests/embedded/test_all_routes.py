"""Every route of the published API reference, over HTTP: served, or refused with a status that says so."""

import itertools
from pathlib import Path

import httpx
import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer
from tests.support.shed import in_the_shed

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "clarifai-routes.md"

LISTED: list[dict[str, str]] = in_the_shed("""
from embedded_api.refusals import survey
answer = [
    {"verb": one.route.verb, "path": one.route.path, "state": one.state, "note": one.note}
    for one in survey.listed()
]
""")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KNOWN = {(one["verb"], one["path"]) for one in LISTED}


def name_of(one: dict[str, str]) -> str:
    return f"{one['verb']} {one['path']}"


def test_all_150_are_here_once() -> None:
    assert len(LISTED) == len(KNOWN) == 150


def test_every_route_is_built() -> None:
    assert [name_of(one) for one in LISTED if one["state"] == "not built"] == []


def address(app: EmbeddedApp, path: str) -> str:
    """The path with this app and with ids of things that are not there."""
    filled = path.replace("{user_id}", app.user_id).replace("{app_id}", app.app_id)
    for number in itertools.count():
        start, _, rest = filled.partition("{")
        if not rest:
            return filled
        filled = f"{start}nothing-{number}{rest.partition('}')[2]}"
    raise AssertionError


def call(app: EmbeddedApp, one: dict[str, str], token: str) -> httpx.Response:
    """With the app named in the way that short paths want."""
    named = {"user_id": app.user_id, "app_id": app.app_id}
    more: dict[str, object] = {"json": {"user_app_id": named}}
    if one["verb"] == "GET":
        more = {"params": {f"user_app_id.{name}": value for name, value in named.items()}}
    headers = {"Authorization": f"Key {token}"} if token else {}
    return app.client.request(one["verb"], address(app, one["path"]), headers=headers, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("one", LISTED, ids=name_of)
def test_the_walk(embedded_server: EmbeddedServer, walked_app: EmbeddedApp, one: dict[str, str]) -> None:
    response = call(walked_app, one, walked_app.token)
    status = response.json()["status"]
    assert response.headers["content-type"] == "application/json"
    assert status["code"]
    assert status["description"]
    assert status["req_id"]
    if one["state"] == "refused":
        assert (response.status_code, status["code"]) == (501, 10040)
        assert one["verb"] in status["details"]
        assert one["path"] in status["details"]
        assert one["note"] in status["details"]
        assert set(response.json()) == {"status"}
    else:
        assert response.status_code < 500, response.text
        assert response.status_code != 405
        assert "no such address" not in status.get("details", "")


@pytest.mark.parametrize("one", LISTED, ids=name_of)
def test_the_walk_of_a_stranger(walked_app: EmbeddedApp, one: dict[str, str]) -> None:
    for token, code in (("", 11008), ("nobody-has-this", 11009)):
        response = call(walked_app, one, token)
        assert (response.status_code, response.json()["status"]["code"]) == (401, code)


def test_verbs_that_the_reference_has_not(walked_app: EmbeddedApp) -> None:
    """A refused address refuses its own verbs only; others are a wrong verb."""
    modules = next(one["path"] for one in LISTED if one["path"].endswith("/modules/{module_id}"))
    for verb in ("POST", "PUT", "PATCH", "DELETE"):
        assert (verb, modules) not in KNOWN
        response = call(walked_app, {"verb": verb, "path": modules}, walked_app.token)
        assert (response.status_code, response.json()["status"]["code"]) == (405, 11103)


def test_an_address_that_the_reference_has_not(walked_app: EmbeddedApp) -> None:
    for path in ("/v2/nothing", "/v2/models/a/b/c/d", f"{walked_app.path}/modules/a/b/c/d/e"):
        response = call(walked_app, {"verb": "GET", "path": path}, walked_app.token)
        assert (response.status_code, response.json()["status"]["code"]) == (404, 11101)


def test_the_page_is_current() -> None:
    made: str = in_the_shed("from embedded_api.refusals.survey import document\nanswer = document()")
    assert PAGE.read_text("utf-8") == made, "run: python manage.py clarifai_routes --write"


@pytest.fixture(scope="module")
def walked_app(embedded_server: EmbeddedServer) -> EmbeddedApp:
    """One app for the whole walk: nothing in it is there to be found, so nothing is changed."""
    return embedded_server.new_app()
