"""The gate: every route against every role, and the headers of every answer."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from annotations_ui.access import for_roles
from dashboard.accounts.models import Membership
from tests.integration.role_table import MEMBER, NO_SUCH_ID, PUBLIC, ROLE_TABLE, SAMPLES, SIGNED_IN
from tests.support.people import make_connection, make_person, signed_in

pytestmark = pytest.mark.django_db
ROLES = ("labeler", "reviewer", "admin")


def _routes(resolver: URLResolver) -> dict[str, URLPattern]:
    found: dict[str, URLPattern] = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found |= _routes(entry)
        else:
            assert entry.name, f"a route without a name: {entry.pattern}"
            found[entry.name] = entry
    return found


ROUTES = _routes(get_resolver())


def address(name: str) -> str:
    parts = ROUTES[name].pattern.converters
    return reverse(name, kwargs={part: SAMPLES.get(part, NO_SUCH_ID) for part in parts})


@pytest.fixture
def people() -> dict[str, Client]:
    """Browsers of: nobody, a person of another connection, and one person per role of ``demo``."""
    demo, other = make_connection("demo"), make_connection("other")
    clients = {role: signed_in(make_person(demo, role)) for role in ROLES}
    return {"nobody": Client(), "stranger": signed_in(make_person(other, *ROLES)), **clients}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(ROUTES) == set(ROLE_TABLE)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_route_is_open_to_its_roles_and_to_nobody_else(name: str, people: dict[str, Client]) -> None:
    row, path = ROLE_TABLE.get(name, frozenset()), address(name)
    for who, client in people.items():
        for method in ("get", "post"):
            expected = _expected(row, who, "slug" in ROUTES[name].pattern.converters)
            if name == "sign_out" and method == "post":
                continue  # it would end the session that the next rows need
            if method == "post" and expected == "in":
                continue  # what a post does is the business of the page's own tests
            response = getattr(client, method)(path)
            assert _outcome(response) == expected, f"{method} {path} as {who}: {response.status_code}"


def _expected(row: object, who: str, has_connection: bool) -> str:
    if row == PUBLIC:
        return "in"
    if who == "nobody":
        return "sign in"
    if has_connection and who == "stranger":
        return "not found"
    if row in (MEMBER, SIGNED_IN) or who == "stranger":
        return "in"
    assert isinstance(row, frozenset)
    return "in" if who in row else "refused"


def _outcome(response: object) -> str:
    """What the gate did; an answer of the view itself, whichever, is "in" (unless it broke)."""
    status = response.status_code  # type: ignore[attr-defined]
    assert status < 500
    body = b"" if getattr(response, "streaming", False) else response.content  # type: ignore[attr-defined]
    location = response.headers.get("Location", "")  # type: ignore[attr-defined]
    if status == 401 or (status == 302 and location.startswith(reverse("sign_in") + "?next=")):
        return "sign in"
    if status == 302 and location == reverse("sign_in"):
        return "sign in"
    if status == 403 and (b"This page is for" in body):
        return "refused"
    # The gate's 404 leaves the desk without a connection; a view's own 404 (no such id) has one.
    if status == 404 and "slug" in response.resolver_match.kwargs:  # type: ignore[attr-defined]
        return "in" if response.wsgi_request.desk.connection else "not found"  # type: ignore[attr-defined]
    return "in"


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_answer_carries_the_policy_and_no_inline_script_or_style(
    name: str, people: dict[str, Client]
) -> None:
    for who in ("nobody", "admin"):
        response = people[who].get(address(name))
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        if response.headers.get("Content-Type", "").startswith("text/html"):
            assert_no_inline(response.content.decode())


def assert_no_inline(html: str) -> None:
    for tag in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in tag or 'type="application/json"' in tag, tag
    assert not re.search(r"<style\b", html)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+|hx-on[^=]*)\s*=", html)


def test_pages_for_unknown_addresses_and_faults_carry_the_policy_too(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Nothing here" in response.content.decode()


def test_reading_any_route_changes_no_row(people: dict[str, Client]) -> None:
    before = _all_rows()
    for name in sorted(ROUTES):
        for client in people.values():
            client.get(address(name))
            client.head(address(name))
            client.options(address(name))
    assert _all_rows() == before


def _all_rows() -> dict[str, list[dict[str, object]]]:
    ours = [model for model in apps.get_models() if model.__module__.startswith("dashboard.")]
    return {model.__name__: sorted(model.objects.values(), key=str) for model in ours}


def test_a_member_without_any_role_is_a_stranger() -> None:
    demo = make_connection("demo")
    user = make_person(demo)
    assert Membership.objects.filter(user=user).exists()
    assert signed_in(user).get(reverse("people", args=["demo"])).status_code == 404


def test_the_refusal_names_the_role_that_is_needed_and_the_one_that_is_held() -> None:
    labeler = make_person(make_connection("third"), "labeler")
    text = signed_in(labeler).get(reverse("people", args=["third"])).content.decode()
    assert "This page is for an admin on Third" in text
    assert "with the role: labeler" in text


def test_scripts_get_their_refusal_as_json(people: dict[str, Client]) -> None:
    path = reverse("people", args=["demo"])
    refused = people["labeler"].get(path, headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")
    signed_out = people["nobody"].get(path, headers={"accept": "application/json"})
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "denied")


def test_a_fragment_asked_for_after_signing_out_moves_the_whole_page(people: dict[str, Client]) -> None:
    response = people["nobody"].get(reverse("account"), headers={"hx-request": "true"})
    assert response.headers["HX-Redirect"] == reverse("sign_in")


def test_an_unknown_role_in_a_mark_fails_at_import() -> None:
    with pytest.raises(ValueError, match="boss"):
        for_roles("boss")
