"""Signing in and out: right, wrong, too often, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from dashboard.accounts import throttle
from tests.support.people import PASSWORD, make_connection, make_person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_attempts_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def try_to_sign_in(client: Client, username: str, password: str, **more: object):
    address = more.pop("address", "203.0.113.7")
    data = {"username": username, "password": password, **more}
    return client.post(reverse("sign_in"), data, REMOTE_ADDR=address)


def test_right_password_opens_the_desk_and_starts_a_new_session(client: Client) -> None:
    make_person(username="person-a")
    client.get(reverse("sign_in"))
    response = try_to_sign_in(client, "person-a", PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get(reverse("account")).status_code == 200


def test_wrong_password_and_unknown_name_get_the_same_answer(client: Client) -> None:
    make_person(username="person-a")
    pages = []
    for name in ("person-a", "person-b"):
        response = try_to_sign_in(client, name, "not the password")
        assert response.status_code == 422
        page = response.content.decode()
        assert "Login name or password is wrong." in page
        token = response.context["csrf_token"]
        pages.append(page.replace(name, "NAME").replace(str(token), "TOKEN"))
    assert [len(page) for page in pages] == [len(pages[0])] * 2


def test_a_deactivated_person_cannot_sign_in(client: Client) -> None:
    user = make_person(username="person-a")
    user.is_active = False
    user.save()
    assert try_to_sign_in(client, "person-a", PASSWORD).status_code == 422


def test_missing_fields_are_named(client: Client) -> None:
    response = try_to_sign_in(client, "", "")
    page = response.content.decode()
    assert page.count("This field is required.") == 2
    assert ">Login name</a>" in page


def test_the_eleventh_failure_of_a_name_waits_wherever_it_comes_from(client: Client) -> None:
    make_person(username="person-a")
    for number in range(throttle.PER_LOGIN):
        assert try_to_sign_in(client, "person-a", "wrong", address=f"203.0.113.{number}").status_code == 422
    # Capitals and spaces are no way around, and even the right password has to wait.
    for name in ("person-a", " PERSON-A "):
        response = try_to_sign_in(client, name, PASSWORD, address="203.0.113.99")
        assert response.status_code == 429
        assert 1 <= int(response.headers["Retry-After"]) <= throttle.WINDOW_SECONDS
        assert "Try again in" in response.content.decode()
    assert try_to_sign_in(client, "person-b", "wrong", address="203.0.113.99").status_code == 422


def test_an_unknown_name_is_throttled_alike(client: Client) -> None:
    for _ in range(throttle.PER_LOGIN):
        assert try_to_sign_in(client, "nobody", "wrong").status_code == 422
    assert try_to_sign_in(client, "nobody", "wrong").status_code == 429


def test_an_address_that_tries_many_names_waits(client: Client) -> None:
    for number in range(throttle.PER_ADDRESS):
        assert try_to_sign_in(client, f"name-{number}", "wrong").status_code == 422
    assert try_to_sign_in(client, "one-more", "wrong").status_code == 429
    assert try_to_sign_in(client, "one-more", "wrong", address="203.0.113.8").status_code == 422


def test_a_success_forgets_the_failures_of_that_name(client: Client) -> None:
    make_person(username="person-a")
    for _ in range(throttle.PER_LOGIN - 1):
        try_to_sign_in(client, "person-a", "wrong")
    assert try_to_sign_in(client, "person-a", PASSWORD).status_code == 302
    client.logout()
    for _ in range(throttle.PER_LOGIN):
        assert try_to_sign_in(client, "person-a", "wrong").status_code == 422


def test_the_throttle_counts_by_itself_when_the_cache_is_away(settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/no.sock?db=1",
        }
    }
    throttle._spare.clear()
    waits = [throttle.attempt("person-a", "203.0.113.7") for _ in range(throttle.PER_LOGIN + 1)]
    assert waits[:-1] == [0] * throttle.PER_LOGIN
    assert waits[-1] > 0
    throttle.forgive("person-a", "203.0.113.7")
    assert throttle.attempt("person-a", "203.0.113.7") == 0


@pytest.mark.parametrize("target", ["/account/", "/c/demo/people/?q=a%20b"])
def test_next_leads_back_to_an_own_path(client: Client, target: str) -> None:
    make_person(username="person-a")
    response = try_to_sign_in(client, "person-a", PASSWORD, next=target)
    assert response.headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/",
        "/\\example.org",
        "\\\\example.org",
        "javascript:alert(1)",
        "http:example.org",
        " //example.org",
        "account/",
        "",
    ],
)
def test_next_never_leads_elsewhere(client: Client, target: str) -> None:
    make_person(username="person-a")
    response = try_to_sign_in(client, "person-a", PASSWORD, next=target)
    assert response.headers["Location"] == "/"


def test_a_page_asked_for_without_session_comes_back_after_signing_in(client: Client) -> None:
    make_person(username="person-a")
    asked = client.get("/account/?tab=1")
    assert asked.headers["Location"] == "/sign-in/?next=%2Faccount%2F%3Ftab%3D1"


def test_signing_out_needs_a_post_and_a_token() -> None:
    user = make_person()
    client = signed_in(user)
    assert client.get(reverse("sign_out")).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    refused = strict.post(reverse("sign_out"))
    assert refused.status_code == 403
    assert "nothing was changed" in refused.content.decode()
    assert client.post(reverse("sign_out")).headers["Location"] == reverse("sign_in")
    assert client.get(reverse("account")).status_code == 302


def test_pages_with_personal_content_are_not_kept_by_caches() -> None:
    response = signed_in(make_person(make_connection(), "admin")).get(reverse("account"))
    assert "no-store" in response.headers["Cache-Control"]


def test_health_says_up_and_ready(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "broker": "ok"}


def test_ready_is_refused_while_the_broker_is_away(client: Client, settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "unix:///nowhere/no.sock?db=1",
        }
    }
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["broker"] == "down"
    assert client.get("/healthz").status_code == 200
