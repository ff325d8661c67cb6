"""Adding a connection, its settings and its runs, as an admin sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations_ui import connection_words, kept_token
from dashboard.accounts import encryption
from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.platforms.errors import (
    Ambiguous,
    Forbidden,
    NotFound,
    NotSent,
    PlatformError,
    Throttled,
    Unauthorized,
    UnsafeAddress,
)
from dashboard.platforms.types import Capabilities, Feature, TokenReport
from dashboard.sync.models import Drift, Input, SyncRun, WorkItem
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.memory_platform import MemoryPlatform
from tests.support.people import make_person, signed_in

pytestmark = pytest.mark.django_db

TOKEN = "typed-token-4711"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    desk = make_desk(monkeypatch)
    desk.app.tokens[TOKEN] = "owner"
    return desk


@pytest.fixture
def admin(desk: MemoryDesk) -> Client:
    return signed_in(make_person(desk.connection, "admin"))


def form(**more: str) -> dict[str, str]:
    given = {
        "name": "Second",
        "kind": "embedded",
        "base_url": settings.EMBEDDED_URL,
        "user_id": "u",
        "app_id": "a",
    }
    return given | more


def create(client: Client, **more: str) -> Any:
    return client.post(reverse("connection_create"), form(**more))


def second() -> Connection:
    return Connection.objects.get(name="Second")


def test_a_tested_token_need_not_be_typed_again(admin: Client) -> None:
    tested = create(admin, token=TOKEN, test="")
    assert tested.status_code == 200
    assert "leave this empty to use it" in tested.content.decode()
    assert TOKEN not in tested.content.decode()
    assert not Connection.objects.filter(name="Second").exists()
    saved = create(admin, token="", save="")
    assert (saved.status_code, saved.url) == (302, reverse("sync_runs", args=[second().slug]))
    assert second().token.reveal() == TOKEN
    assert "kept_token" not in admin.session, "one use"


def test_the_kept_token_lies_encrypted_on_the_server(admin: Client) -> None:
    create(admin, token=TOKEN, test="")
    assert "kept_token" in admin.session
    assert TOKEN not in repr(dict(admin.session))
    assert TOKEN not in repr(list(Session.objects.values_list("session_data", flat=True)))
    assert TOKEN not in repr(dict(admin.cookies))


@pytest.mark.parametrize("address", ["", "https://api.clarifai.com"])
def test_the_embedded_platforms_address_need_not_be_known(admin: Client, address: str) -> None:
    answer = create(admin, base_url=address, token=TOKEN, save="")
    assert answer.status_code == 302, answer.content[:2000]
    assert second().base_url == ""


def test_clarifais_address_is_needed(admin: Client) -> None:
    answer = create(admin, kind="clarifai", base_url="", token=TOKEN, save="")
    assert answer.status_code == 422
    assert fields_with_errors(answer.content.decode()) == ["base_url"]


@pytest.mark.parametrize("token", ["tok\u00e9n", "to ken", "tok\u200ben"])
def test_what_cannot_be_a_token_is_said_at_the_token(admin: Client, token: str) -> None:
    answer = create(admin, token=token, test="")
    assert answer.status_code == 422
    assert fields_with_errors(answer.content.decode()) == ["token"]
    assert "kept_token" not in admin.session


@pytest.mark.parametrize("changed", [{"app_id": "b"}, {"user_id": "v"}])
def test_the_kept_token_goes_to_no_other_place(admin: Client, changed: dict[str, str]) -> None:
    create(admin, token=TOKEN, test="")
    answer = create(admin, token="", save="", **changed)
    assert answer.status_code == 422
    assert "Enter the token again" in answer.content.decode()
    assert not Connection.objects.filter(name="Second").exists()
    assert create(admin, token="", save="").status_code == 422, "it was forgotten with the failed try"


def test_the_kept_token_is_kept_ten_minutes(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    create(admin, token=TOKEN, test="")
    monkeypatch.setattr(kept_token, "SECONDS", -1)
    assert create(admin, token="", save="").status_code == 422
    assert encryption.unseal(encryption.seal("text"), seconds=5) == "text"
    assert encryption.unseal("not ours", seconds=5) is None


def fields_with_errors(page: str) -> list[str]:
    """Names of the inputs that the page marks for everybody, with an error text that they point to."""
    marked = re.findall(r'<input[^>]*name="(\w+)"[^>]*aria-invalid="true"[^>]*>', page)
    for name in marked:
        pointed = re.search(rf'<input[^>]*name="{name}"[^>]*aria-describedby="([^"]+)"', page)
        assert pointed is not None
        assert f"id_{name}_error" in pointed[1].split()
        assert f'id="id_{name}_error"' in page
    return marked


def fails_with(problem: PlatformError, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: MemoryPlatform) -> TokenReport:
        raise problem

    monkeypatch.setattr(MemoryPlatform, "check", check)


@pytest.mark.parametrize(
    ("problem", "field", "kept"),
    [
        (NotSent("The platform's host name could not be found."), "base_url", True),
        (Ambiguous("The platform did not answer in time."), "base_url", True),
        (UnsafeAddress("The address leads into a private or reserved network."), "base_url", False),
        (NotFound("The platform does not know it."), "app_id", True),
        (Unauthorized("The platform does not accept the token.", code=11009), "token", False),
        (Throttled("The platform asks for fewer requests."), None, True),
        (Forbidden("The platform does not allow this with the present token."), None, True),
    ],
)
def test_a_failed_test_marks_its_cause_and_keeps_what_was_not_refused(
    admin: Client, monkeypatch: pytest.MonkeyPatch, problem: PlatformError, field: str | None, kept: bool
) -> None:
    with monkeypatch.context() as failing:
        fails_with(problem, failing)
        answer = create(admin, token=TOKEN, save="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert fields_with_errors(page) == ([field] if field else [])
    assert ("leave this empty to use it" in page) is kept
    assert TOKEN not in page
    assert not Connection.objects.filter(name="Second").exists()
    assert create(admin, token="", save="").status_code == (302 if kept else 422)


def test_a_token_survives_a_forgotten_name(admin: Client) -> None:
    answer = create(admin, token=TOKEN, name="", save="")
    assert answer.status_code == 422
    assert fields_with_errors(answer.content.decode()) == ["name"]
    assert create(admin, token="", save="").status_code == 302
    assert second().token.reveal() == TOKEN


def test_a_refused_token_takes_the_kept_one_with_it(admin: Client) -> None:
    create(admin, token=TOKEN, test="")
    create(admin, token="wrong", test="")
    page = create(admin, token="", save="")
    assert page.status_code == 422
    assert "token" in fields_with_errors(page.content.decode())


def test_the_widget_points_to_its_help(admin: Client) -> None:
    page = admin.get(reverse("connection_create")).content.decode()
    assert re.search(r'<input[^>]*name="token"[^>]*aria-describedby="id_token_helptext"', page)
    assert 'id="id_token_helptext"' in page


def test_a_refused_token_is_not_kept(admin: Client) -> None:
    answer = create(admin, token="wrong", test="")
    assert answer.status_code == 422
    assert "did not accept" in answer.content.decode()
    assert "kept_token" not in admin.session


def test_the_test_names_what_works_and_what_is_missing(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = TokenReport(
        user_id="<owner>",
        app_name="Cells",
        owner=True,
        scopes=("Inputs_Get", "Tasks_Get"),
        inputs=364,
        tasks=2,
        missing={"app": "No scope for it.", "tasks": "Refused."},
        features=(
            Feature("review", False, ("Annotations_Add",), "The token lacks the scope Annotations_Add."),
            Feature("label", False, (), "Refused."),
            Feature("sync_inputs", True),
        ),
    )
    monkeypatch.setattr(MemoryPlatform, "check", lambda self: report)
    page = create(admin, token=TOKEN, test="").content.decode()
    assert "&lt;owner&gt;" in page
    assert "364" in page
    assert "Annotations_Add" in page
    assert "No scope for it." in page
    assert page.count("Refused.") == 1, "said with the feature, not twice"
    assert page.index("Read inputs") < page.index("Label<") < page.index("Review<")


def test_settings_show_capabilities_with_reasons(desk: MemoryDesk, admin: Client) -> None:
    Connection.objects.filter(pk=desk.connection.pk).update(kind="clarifai")
    page = admin.get(reverse("connection_settings", args=[desk.connection.slug])).content.decode()
    assert "hands out assignments ten at a time" in page
    assert "None. Unknown fields" in page


def test_every_capability_that_is_off_has_a_reason_in_words() -> None:
    off = Capabilities(label_orders=False, reasons={"label_orders": "Not there."})
    lines = connection_words.capabilities(off)
    assert connection_words.Missing("Label orders", "Not there.") in lines.missing
    assert "Making tasks" in lines.works
    assert set(connection_words.CAPABILITIES) <= {
        field.name for field in msgspec.structs.fields(Capabilities)
    }


def test_drift_is_on_the_settings_page_and_signed_on_the_runs(desk: MemoryDesk, admin: Client) -> None:
    runs = reverse("sync_runs", args=[desk.connection.slug])
    assert "did not expect" not in admin.get(runs).content.decode()
    now = timezone.now()
    Drift.objects.create(
        connection=desk.connection,
        kind="Annotation",
        what="unknown_field",
        name="<b>colour</b>",
        count=1234,
        example="string",
        first_seen_at=now - timedelta(days=1),
        last_seen_at=now,
    )
    page = admin.get(reverse("connection_settings", args=[desk.connection.slug])).content.decode()
    assert "A field we do not know" in page
    assert "&lt;b&gt;colour&lt;/b&gt;" in page
    assert "1\u202f234" in page
    assert "#drift" in admin.get(runs).content.decode()


def test_runs_show_requests_and_the_proof(desk: MemoryDesk, admin: Client) -> None:
    address = reverse("sync_runs", args=[desk.connection.slug])
    desk.pull("full")
    page = admin.get(address).content.decode()
    assert "Proved equal: 3 inputs, 3 items, 0 annotations" in page
    assert f'<td class="num">{SyncRun.objects.latest("id").requests}</td>' in page
    WorkItem.objects.create(
        connection=desk.connection,
        task=desk.task,
        input=Input.objects.first(),
        labeler_id="<nobody>",
    )
    desk.pull("full")
    page = admin.get(address).content.decode()
    assert "Not equal: 1 difference<" in page
    assert "&lt;nobody&gt;: here, but not on the platform" in page


def test_gone_and_unknown_items_say_so(desk: MemoryDesk, admin: Client) -> None:
    item = desk.item("in-1")
    page = reverse("input_detail", args=[desk.connection.slug, item.input_id])
    assert "no longer lists" not in admin.get(page).content.decode()
    WorkItem.objects.filter(pk=item.pk).update(platform_state=types.AssignmentState.UNKNOWN)
    assert "Status not known here" in admin.get(page).content.decode()
    WorkItem.objects.filter(pk=item.pk).update(gone=True)
    assert "no longer lists" in admin.get(page).content.decode()


def test_the_light_says_that_a_connection_is_paused(desk: MemoryDesk, admin: Client) -> None:
    answer = admin.post(reverse("connection_pause", args=[desk.connection.slug]))
    assert answer.status_code == 302
    context = admin.get(reverse("light", args=[desk.connection.slug])).context
    told = render_to_string("outbox/_light.html", context.flatten() | {"health": {"ok": True}})
    assert "<span>Paused</span>" in told
