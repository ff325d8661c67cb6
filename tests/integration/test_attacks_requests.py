"""Requests from elsewhere: other sites, other hosts, other methods, and what a safe method may do."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.integration.role_table import NO_SUCH_ID as THE_ID
from tests.integration.role_table import SAMPLES
from tests.integration.test_access import ROLES, ROUTES, address
from tests.integration.test_whole_site import all_rows
from tests.support.people import PASSWORD, make_connection, make_person
from tests.support.rows import one_of_each

pytestmark = pytest.mark.django_db
READ_ONLY = {
    *(
        "healthz",
        "readyz",
        "home",
        "connection_home",
        "connection_list",
        "light",
        "media",
        "queue",
        "item_body",
    ),
    *("task_list", "task_detail", "input_list", "input_detail", "outbox", "label", "review", "review_grid"),
    *("decision_states", "bulk_state"),
}


@pytest.fixture
def browser() -> Client:
    """A browser of somebody with all roles on ``demo``, which has one row of each kind; CSRF is enforced."""
    demo = make_connection("demo")
    person = make_person(demo, *ROLES)
    one_of_each(demo, person, pk=THE_ID, operation=str(SAMPLES["operation"]))
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def writes(client: Client, path: str, **headers: str) -> list[Any]:
    """The forms in which another site's page can send something, and the JSON that it cannot."""
    return [
        client.generic(method, path, body, content_type=kind, headers=headers)
        for method in ("POST", "PUT", "PATCH", "DELETE")
        for kind, body in (
            ("application/x-www-form-urlencoded", "choice=retry&roles=admin"),
            ("text/plain", "{}"),
            ("multipart/form-data; boundary=x", "--x--"),
            ("application/json", "{}"),
        )
    ]


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_nothing_is_changed_without_a_token_of_this_session(name: str, browser: Client) -> None:
    before = all_rows()
    stranger = Client()
    stranger.get(reverse("sign_in"))
    token = stranger.cookies["csrftoken"].value
    for headers in ({}, {"X-CSRFToken": token}, {"X-CSRFToken": "x"}):
        for answer in writes(browser, address(name), **headers):
            assert answer.status_code == 403, (name, headers, answer.status_code)
            assert b"nothing was changed" in answer.content
    assert all_rows() == before


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if str(THE_ID) in address(name)))
def test_ids_that_no_row_can_have(name: str, browser: Client) -> None:
    browser.get(reverse("account"))
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    parts = address(name).split("/")
    places = [place for place, part in enumerate(parts) if part == str(THE_ID)]
    for chosen in (places, places[:1], places[1:]):
        for number in (0, 2**31, 2**63 - 1, 2**63, 10**30) if chosen else ():
            path = "/".join(str(number) if place in chosen else part for place, part in enumerate(parts))
            for answer in (
                browser.get(path),
                browser.post(path, "{}", content_type="application/json", headers=token),
            ):
                assert answer.status_code in (400, 403, 404, 405), (path, answer.status_code)


@pytest.mark.parametrize("name", ["people", "decisions", "sign_out", "conflict", "bulk_review"])
def test_a_token_does_not_help_another_site(name: str, browser: Client) -> None:
    browser.get(reverse("account"))
    token = browser.cookies["csrftoken"].value
    before = all_rows()
    for origin in (
        "https://other.example",
        "null",
        "http://testserver.other.example",
        "http://testserver:81",
    ):
        answer = browser.post(address(name), headers={"X-CSRFToken": token, "Origin": origin})
        assert answer.status_code == 403, origin
    assert all_rows() == before


def test_signing_in_from_another_sites_form_is_refused() -> None:
    make_person(username="the-victim")
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("sign_in"), {"username": "the-victim", "password": PASSWORD})
    assert answer.status_code == 403
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_odd_methods_and_overrides_change_nothing(name: str, browser: Client) -> None:
    client = Client()
    client.cookies = browser.cookies
    before, sessions = all_rows(), Session.objects.count()
    for method in ("TRACE", "PROPFIND", "CONNECT", "FOO"):
        assert client.generic(method, address(name)).status_code < 500
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        for value in ("POST", "DELETE", "PUT"):
            client.get(f"{address(name)}?_method={value}", headers={header: value})
    if name in READ_ONLY:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.generic(method, address(name)).status_code == 405, method
    assert all_rows() == before
    assert Session.objects.count() == sessions


def test_every_route_that_only_reads_is_listed() -> None:
    """A route that is not listed above takes a POST; the table of roles says who may send it."""
    assert set(ROUTES) >= READ_ONLY


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_other_sites_read_nothing(name: str, browser: Client) -> None:
    preflight = browser.options(
        address(name),
        headers={"Origin": "https://other.example", "Access-Control-Request-Method": "POST"},
    )
    read = browser.get(address(name), headers={"Origin": "https://other.example"})
    for answer in (preflight, read):
        assert not [header for header in answer.headers if header.lower().startswith("access-control-")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers.get("Cross-Origin-Opener-Policy") == "same-origin"


@pytest.mark.parametrize(
    "host",
    [
        "other.example",
        "127.0.0.1.other.example",
        "localhost@other.example",
        "localhost:80:80",
        "lo calhost",
        "[::1",
    ],
)
def test_another_host_name_is_refused_before_anything_is_done(host: str, browser: Client) -> None:
    for path in (reverse("sign_in"), reverse("home"), reverse("people", args=["demo"])):
        answer = browser.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert host.encode() not in answer.content


def test_a_forwarded_host_does_not_get_into_an_invitation(browser: Client) -> None:
    client = Client()
    client.cookies = browser.cookies
    headers = {
        "X-Forwarded-Host": "other.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=other.example",
        "X-Original-URL": "/connections/new/",
        "X-Rewrite-URL": "/connections/new/",
    }
    answer = client.post(reverse("people", args=["demo"]), {"roles": ["labeler"]}, headers=headers)
    assert answer.context["link"].startswith("http://testserver/invite/")
    assert b"other.example" not in answer.content


def test_a_spoofed_address_does_not_loosen_the_throttle() -> None:
    from django.core.cache import cache

    cache.clear()
    make_person(username="the-target")
    for number in range(10):
        spelled = ["the-target", "THE-TARGET", " the-target ", "The-Target"][number % 4]
        Client().post(
            reverse("sign_in"),
            {"username": spelled, "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"},
            REMOTE_ADDR=f"198.51.100.{number}",
        )
    answer = Client().post(reverse("sign_in"), {"username": "the-target", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    cache.clear()


def test_guessing_the_current_password_is_slow_too() -> None:
    """A session left open is not yet the password: that could be guessed from there without a limit."""
    from django.core.cache import cache

    cache.clear()
    client = Client()
    client.force_login(make_person(username="left-open"))
    wrong = {"current": "wrong", "password": "a longer new one", "password_again": "a longer new one"}
    statuses = [client.post(reverse("password_change"), wrong).status_code for _ in range(12)]
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429
    right = {**wrong, "current": PASSWORD}
    assert client.post(reverse("password_change"), right).status_code == 429
    cache.clear()


def test_cookies_are_kept_from_scripts_and_other_sites() -> None:
    make_person(username="the-person")
    answer = Client().post(reverse("sign_in"), {"username": "the-person", "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) <= 12 * 3600
    assert settings.CSRF_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_SECURE == settings.CSRF_COOKIE_SECURE


def test_a_session_ends_with_the_person_and_a_role_with_the_next_request() -> None:
    demo = make_connection("demo")
    person = make_person(demo, "admin", username="leaver")
    client = Client()
    client.force_login(person)
    page = reverse("people", args=["demo"])
    assert client.get(page).status_code == 200
    person.memberships.update(is_admin=False, is_labeler=True)
    assert client.get(page).status_code == 403
    person.memberships.all().delete()
    assert client.get(page).status_code == 404
    person.is_active = False
    person.save()
    assert client.get(reverse("account")).status_code == 302
    assert client.get(reverse("account"), headers={"accept": "application/json"}).status_code == 401


def test_a_session_id_from_before_signing_in_is_not_kept() -> None:
    make_person(username="the-person")
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = session.session_key
    client.post(reverse("sign_in"), {"username": "the-person", "password": PASSWORD})
    assert client.cookies["sessionid"].value != session.session_key


def test_tokens_in_an_address_or_header_open_nothing() -> None:
    """There is one way in: the session."""
    make_connection("demo")
    for headers in ({"Authorization": "Key x"}, {"Authorization": "Basic YTpi"}, {"Remote-User": "admin"}):
        answer = Client().get(reverse("account") + "?token=x&key=x&sessionid=x", headers=headers)
        assert answer.status_code == 302
