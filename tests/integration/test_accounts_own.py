"""One's own account: name, password, and own platform tokens against a live platform."""

from __future__ import annotations

import logging
import re

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.audit.models import AuditEntry
from tests.support.embedded import OPERATOR_KEY, EmbeddedApp
from tests.support.people import PASSWORD, make_connection, make_person, signed_in

pytestmark = pytest.mark.django_db
NEW = "blue rain over hills"


def change_password(client: Client, **fields: str):
    data = {"current": PASSWORD, "password": NEW, "password_again": NEW, **fields}
    return client.post(reverse("password_change"), data)


# ---- name and password ----


def test_the_name_is_saved_and_shown() -> None:
    browser = signed_in(make_person(username="person-a"))
    browser.post(reverse("account"), {"display_name": "  New name "})
    assert User.objects.get(username="person-a").display_name == "New name"
    assert "Your name is saved." in browser.get(reverse("account")).content.decode()


def test_a_name_that_is_too_long_or_empty_is_refused_at_the_field() -> None:
    browser = signed_in(make_person())
    for name in ("", "x" * 81):
        response = browser.post(reverse("account"), {"display_name": name})
        assert response.status_code == 422
        assert response.context["form"].errors["display_name"]


def test_a_new_password_keeps_this_session_and_ends_the_others() -> None:
    user = make_person(username="person-a")
    here, there = signed_in(user), signed_in(user)
    assert change_password(here).status_code == 302
    assert here.get(reverse("account")).status_code == 200
    assert there.get(reverse("account")).status_code == 302
    assert User.objects.get(username="person-a").check_password(NEW)
    assert AuditEntry.objects.get().action == "password.changed"


@pytest.mark.parametrize(
    ("fields", "where", "sentence"),
    [
        ({"current": "not it"}, "current", "not your current password"),
        ({"password_again": "another"}, "password_again", "differ"),
        ({"password": "short", "password_again": "short"}, "password", "too short"),
        ({"password": "person-a-1", "password_again": "person-a-1"}, "password", "too similar"),
        ({"password": "", "password_again": ""}, "password", "required"),
    ],
)
def test_a_bad_password_change_says_where_and_changes_nothing(
    fields: dict[str, str], where: str, sentence: str
) -> None:
    response = change_password(signed_in(make_person(username="person-a")), **fields)
    assert response.status_code == 422
    assert sentence in str(response.context["form"].errors[where])
    assert User.objects.get(username="person-a").check_password(PASSWORD)


def test_passwords_are_never_printed_back() -> None:
    response = change_password(signed_in(make_person()), current="a wrong secret one")
    assert "a wrong secret one" not in response.content.decode()
    assert NEW not in response.content.decode()


# ---- own platform tokens ----


@pytest.fixture
def demo(embedded_app: EmbeddedApp, settings: object) -> Connection:
    settings.EMBEDDED_OPERATOR_KEY = OPERATOR_KEY  # type: ignore[attr-defined]
    settings.EMBEDDED_URL = embedded_app.base_url  # type: ignore[attr-defined]
    return make_connection(
        "demo",
        kind=Connection.Kind.EMBEDDED,
        base_url=embedded_app.base_url,
        platform_user_id=embedded_app.user_id,
        platform_app_id=embedded_app.app_id,
        token=embedded_app.token,
    )


def save_token(client: Client, token: str):
    return client.post(reverse("own_token", args=["demo"]), {"token": token})


def test_a_good_token_is_tested_and_kept_encrypted_and_never_shown(
    demo: Connection, embedded_app: EmbeddedApp
) -> None:
    browser = signed_in(make_person(demo, "labeler", username="person-a"))
    token = embedded_app.tokens["l-1"]
    assert save_token(browser, token).status_code == 302
    identity = PlatformIdentity.objects.get()
    assert (identity.platform_user_id, identity.token.reveal()) == ("l-1", token)
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM accounts_platformidentity")
        assert token not in cursor.fetchone()[0]
    page = browser.get(reverse("account")).content.decode()
    assert "Own token stored" in page
    assert token not in page
    assert AuditEntry.objects.get().data == {"platform_user": "l-1"}


def test_deleting_a_token_forgets_it_but_not_who_one_is(demo: Connection, embedded_app: EmbeddedApp) -> None:
    browser = signed_in(make_person(demo, "labeler"))
    save_token(browser, embedded_app.tokens["l-1"])
    assert browser.post(reverse("own_token_delete", args=["demo"])).status_code == 302
    identity = PlatformIdentity.objects.get()
    assert (identity.platform_user_id, identity.token.reveal()) == ("l-1", "")
    assert "Own token stored" not in browser.get(reverse("account")).content.decode()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["token.saved", "token.deleted"]


@pytest.mark.parametrize("token", ["no-such-token", "späß\u2028", " ", ""])
def test_a_bad_token_is_refused_at_the_field_and_not_printed(demo: Connection, token: str) -> None:
    response = save_token(signed_in(make_person(demo, "labeler")), token)
    assert response.status_code == 422
    assert "has-errors" in response.content.decode()
    assert "no-such-token" not in response.content.decode()
    assert not PlatformIdentity.objects.exists()


def test_the_token_of_somebody_else_here_is_refused(demo: Connection, embedded_app: EmbeddedApp) -> None:
    save_token(signed_in(make_person(demo, "labeler")), embedded_app.tokens["l-1"])
    response = save_token(signed_in(make_person(demo, "labeler")), embedded_app.tokens["l-1"])
    assert response.status_code == 422
    assert "already stands for" in response.content.decode()
    assert PlatformIdentity.objects.count() == 1


def test_a_platform_that_does_not_answer_is_a_sentence_at_the_field() -> None:
    demo = make_connection("demo", kind=Connection.Kind.EMBEDDED)
    response = save_token(signed_in(make_person(demo, "labeler")), "anything")
    assert response.status_code == 422
    assert "Nothing was saved" in response.content.decode()


# ---- the invitation makes the platform user ----


def test_joining_the_embedded_platform_makes_user_and_token_by_itself(
    demo: Connection, embedded_app: EmbeddedApp
) -> None:
    guest = Client()
    guest.post(
        _link(demo), {"username": "fresh", "display_name": "Fresh", "password": NEW, "password_again": NEW}
    )
    identity = PlatformIdentity.objects.get(user__username="fresh")
    assert identity.token
    me = embedded_app.client.get(
        "/v2/users/me", headers={"Authorization": f"Key {identity.token.reveal()}"}
    ).json()
    assert me["user"]["id"] == identity.platform_user_id


def test_a_platform_that_is_away_lets_the_person_join_and_says_what_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = make_connection("demo", kind=Connection.Kind.EMBEDDED)
    guest = Client()
    with caplog.at_level(logging.WARNING):
        response = guest.post(
            _link(away),
            {"username": "fresh", "display_name": "Fresh", "password": NEW, "password_again": NEW},
        )
    assert response.status_code == 302
    assert Membership.objects.get(user__username="fresh").is_labeler
    sentences = " ".join(str(message) for message in response.wsgi_request._messages)
    assert "has no user on the platform yet" in sentences


def _link(connection: Connection) -> str:
    admin = signed_in(make_person(connection, "admin"))
    page = admin.post(reverse("people", args=[connection.slug]), {"roles": ["labeler"]}).content.decode()
    found = re.search(r'value="http://testserver(/invite/[^"]+)"', page)
    assert found is not None
    return found[1]
