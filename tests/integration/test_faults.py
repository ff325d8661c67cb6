"""When something breaks: the page still looks like the product, and needs neither database nor session."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from annotations_ui.access import public
from dashboard.accounts.policies import PolicyError
from dashboard.urls import handler404, handler500  # noqa: F401  (read by Django from this module)


@public
def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the inside of the machine")


@public
def refuses(request: HttpRequest) -> HttpResponse:
    raise PolicyError("The moon is not right.")


urlpatterns = [
    path("breaks/", breaks),
    path("refuses/", refuses),
    path("sign-in/", breaks, name="sign_in"),
]


@pytest.fixture
def client(settings: object) -> Client:
    settings.ROOT_URLCONF = __name__  # type: ignore[attr-defined]
    clear_url_caches()
    return Client(raise_request_exception=False)


# No database mark: a query would fail the test.
def test_a_fault_shows_a_calm_page_without_the_database(client: Client) -> None:
    response = client.get("/breaks/")
    page = response.content.decode()
    assert response.status_code == 500
    assert "Something broke on our side" in page
    assert "inside of the machine" not in page
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_a_fault_answers_scripts_with_json(client: Client) -> None:
    response = client.get("/breaks/", headers={"accept": "application/json"})
    assert response.status_code == 500
    assert response.json()["code"] == "error"
    assert "inside of the machine" not in response.content.decode()


@pytest.mark.django_db
def test_a_rule_that_no_view_caught_is_a_sentence_and_not_a_fault(client: Client) -> None:
    response = client.get("/refuses/", headers={"accept": "application/json"})
    assert response.status_code == 403
    assert response.json() == {"code": "denied", "detail": "The moon is not right."}
