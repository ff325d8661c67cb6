"""Secrets and the audit trail: tokens are nowhere but where they are used, rows of the trail stay as they are."""

from __future__ import annotations

import ast
import json
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.audit import services as audit
from dashboard.audit.models import AuditEntry
from dashboard.platforms.errors import PlatformError
from dashboard.sync.models import Input, OutboxEntry
from dashboard.sync.services import media as pictures
from dashboard.sync.services import people as platform_people
from tests.integration.test_access import ROUTES
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import make_connection, make_person, signed_in
from tests.support.trail import refuse, tampering

pytestmark = pytest.mark.django_db
CANARY = "canary-0d9f4b7c-secret"
OWN_CANARY = "canary-own-51ab-secret"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    desk = make_desk(monkeypatch)
    desk.app.tokens[CANARY] = desk.app.tokens["owner-token"]
    desk.app.tokens[OWN_CANARY] = "l-1"
    Connection.objects.filter(pk=desk.connection.pk).update(token=CANARY)
    PlatformIdentity.objects.filter(user=desk.labeler).update(token=OWN_CANARY)
    return desk


def stored_text() -> str:
    """Every column of every table of ours, as the database holds it."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found.append(repr(cursor.fetchall()))
    return "\n".join(found)


def test_stored_tokens_are_ciphertext_and_do_not_print_themselves(desk: MemoryDesk) -> None:
    assert "canary" not in stored_text()
    kept = Connection.objects.get(pk=desk.connection.pk)
    own = PlatformIdentity.objects.get(user=desk.labeler)
    assert (kept.token.reveal(), own.token.reveal()) == (CANARY, OWN_CANARY)
    for shown in (
        *(
            repr(kept.token),
            str(kept.token),
            f"{kept.token}",
            f"{kept.token!r:>40}",
            "-".join([kept.token.__str__()]),
        ),
        *(repr(kept), repr(kept.__dict__), repr(own.__dict__), f"{kept.token}", repr([kept.token])),
        *(repr(platform_people.platform_for(kept)), str(Connection.objects.values())),
    ):
        assert "canary" not in shown


def test_no_page_and_no_answer_shows_a_token(desk: MemoryDesk) -> None:
    everybody = signed_in(make_person(desk.connection, "labeler", "reviewer", "admin"))
    item = desk.item("in-1")
    parts = {
        "slug": desk.connection.slug,
        "task": item.task_id,
        "item": item.pk,
        "input": item.input_id,
        "size": "small",
        "token": "x",
        "entry": 1,
        "bulk": 1,
        "order": "order-1",
        "invitation": 1,
        "operation": "0" * 32,
        "membership": desk.labeler.memberships.get().pk,
    }
    import uuid

    parts["operation"] = uuid.UUID(int=3)
    for client in (everybody, signed_in(desk.labeler)):
        for name, route in ROUTES.items():
            path = reverse(name, kwargs={part: parts[part] for part in route.pattern.converters})
            if name != "sign_out":
                assert b"canary" not in client.get(path).content, path
    for name in ("connection_test", "connection_settings"):
        answer = everybody.post(reverse(name, args=[desk.connection.slug]), {"name": "N"})
        assert b"canary" not in answer.content


@pytest.mark.parametrize("answer", ["refused", "token", "lost_after", "throttle"])
def test_a_token_that_is_refused_is_in_no_log_page_exception_or_row(
    desk: MemoryDesk, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.app.fault = lambda call, token: answer
    client = signed_in(make_person(desk.connection, "labeler", "admin"))
    slug = desk.connection.slug
    given = {
        "kind": "embedded",
        "base_url": settings.EMBEDDED_URL,
        "user_id": "u",
        "app_id": "a",
        "name": "N",
    }
    pages = [
        client.post(reverse("own_token", args=[slug]), {"token": CANARY}),
        client.post(reverse("connection_settings", args=[slug]), {"name": "N", "token": CANARY}),
        client.post(reverse("connection_create"), {**given, "token": CANARY}),
        client.post(reverse("connection_test", args=[slug])),
    ]
    for page in pages:
        assert b"canary" not in page.content
    assert "canary" not in stored_text()
    assert "canary" not in caplog.text
    with pytest.raises(PlatformError) as problem:
        platform_people.test_stored_token(connection=Connection.objects.get(pk=desk.connection.pk))
    assert "canary" not in "".join(traceback.format_exception(problem.value))
    assert "canary" not in repr(problem.value.__dict__)


def test_replacing_a_token_is_audited_without_it(desk: MemoryDesk) -> None:
    client = signed_in(make_person(desk.connection, "admin"))
    client.post(reverse("connection_settings", args=[desk.connection.slug]), {"name": "N", "token": CANARY})
    entry = AuditEntry.objects.get(action="connection.changed")
    assert entry.data == {"name": "N", "token_replaced": True}


def test_messages_to_the_worker_hold_ids_alone() -> None:
    """Every call that leaves a message names numbers; the settings refuse anything but JSON."""
    from dashboard.celery import app

    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"
    sent = []
    for path in (ROOT / "dashboard").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("apply_async", "delay"):
                sent.append(ast.unparse(node.args[0]) if node.args else "")
    assert sent
    assert set(sent) <= {"(argument,)", "(run_id,)", "(connection_id,)", "()"}, sent


def test_nothing_that_runs_what_it_reads_is_in_the_code() -> None:
    """No pickle, no eval, no yaml, no shell."""
    wrong = []
    for folder in ("dashboard", "annotations_ui", "embedded_api"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [one.name for one in node.names] + [getattr(node, "module", "") or ""]
                    wrong += [
                        f"{path}: {name}"
                        for name in names
                        if name.split(".")[0] in {"pickle", "marshal", "shelve", "yaml", "dill", "subprocess"}
                    ]
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"eval", "exec", "compile"}:
                    wrong.append(f"{path}: {ast.unparse(node)[:60]}")
    assert wrong == []
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    assert pickle.dumps({}) not in json.dumps({}).encode()


# --- addresses that a person gives --------------------------------------------------------------------
BAD_ADDRESSES = (
    *("http://127.0.0.1", "http://127.1", "http://0.0.0.0", "http://2130706433", "http://0x7f000001"),
    *(
        "http://017700000001",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
        "http://localhost",
        "http://a.localhost",
    ),
    *("http://169.254.169.254/latest/meta-data", "http://metadata.google.internal", "http://[fd00:ec2::254]"),
    *("http://10.0.0.1", "http://172.16.0.1", "http://192.168.0.1", "http://100.64.0.1", "http://224.0.0.1"),
    *("http://255.255.255.255", "http://example.com:22", "http://example.com:6379", "http://example.com:0"),
    *("http://user:pw@example.com", "http://１２７.０.０.１", "http://127。0。0。1", "http://168.63.129.16"),
    *(
        "file:///etc/passwd",
        "ftp://example.com",
        "gopher://example.com",
        "data:text/plain,x",
        "unix:///tmp/x",
    ),
    *(
        "javascript:alert(1)",
        "http://",
        "http:///x",
        "//example.com",
        "http://exa mple.com",
        "http://a\\b.com",
    ),
    *(
        "http://testserver",
        "http://[::]",
        "http://[fe80::1%25eth0]",
        "http://192.0.2.1",
        "http://example.com:65536",
    ),
)


@pytest.mark.parametrize("kind", ["clarifai", "embedded"])
def test_a_connection_cannot_be_pointed_at_this_machine_or_its_network(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by its form nor by the test button; not one connection is tried."""
    import socket

    tried: list[Any] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX:
            tried.append(address)
            raise OSError("no network in this test")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    client = signed_in(make_person(make_connection("demo"), "admin"))
    for base in BAD_ADDRESSES:
        for button in ({}, {"save": "1"}):
            form = {
                "name": "N",
                "kind": kind,
                "base_url": base,
                "user_id": "u",
                "app_id": "a",
                "token": CANARY,
            }
            answer = client.post(reverse("connection_create"), {**form, **button})
            assert answer.status_code == 422, base
            assert b"canary" not in answer.content
    assert tried == []
    assert Connection.objects.count() == 1


@pytest.mark.parametrize("role", ["labeler", "reviewer"])
def test_only_admins_make_the_desk_call_an_address(role: str) -> None:
    client = signed_in(make_person(make_connection("demo"), role))
    assert client.post(reverse("connection_create"), {"base_url": "https://example.com"}).status_code == 403
    assert client.post(reverse("connection_test", args=["demo"])).status_code == 403


# --- pictures -----------------------------------------------------------------------------------------
NOT_PICTURES = (
    *(
        b"<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
    ),
    *(
        b"<?xml version='1.0'?><svg/>",
        b"PK\x03\x04",
        b"",
        b"\x00",
        b"II*\x00",
        b"GIF8",
        b"/*<script>*/",
        b"{}",
    ),
)


@pytest.mark.parametrize("told", ["image/png", "image/svg+xml", "text/html"])
def test_only_pictures_are_passed_on_whatever_their_server_calls_them(
    desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any, told: str
) -> None:
    settings.DATA_DIR = tmp_path
    found = desk.item("in-1").input
    client = signed_in(desk.labeler)
    path = reverse("media", args=[desk.connection.slug, found.pk, "orig"])
    served: list[bytes] = []

    class Source:
        def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
            assert max_bytes <= 25 * 1024 * 1024
            return served[-1], told

    monkeypatch.setattr(pictures, "platform_for", lambda _: Source())
    for number, body in enumerate(NOT_PICTURES):
        served.append(body)
        Input.objects.filter(pk=found.pk).update(url=f"https://example.com/{number}")
        answer = client.get(path)
        assert answer.status_code == 502, body
        assert answer.headers["Content-Type"] == "text/plain"
        assert not body.strip() or body not in answer.content or len(body) < 3
    polyglot = b"GIF89a/*" + b"<script>alert(1)</script>*/"
    served.append(polyglot)
    Input.objects.filter(pk=found.pk).update(url="https://example.com/../../../etc/passwd")
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"].startswith("private")
    [kept] = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert kept.parent == tmp_path / "media_cache"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert client.get(path, query_params={"url": "http://127.0.0.1"}).content == polyglot
    assert Client().get(path).status_code == 302


# --- the trail ----------------------------------------------------------------------------------------
def entry() -> AuditEntry:
    with transaction.atomic():
        return audit.record(actor=None, connection=None, action="test", data={"a": 1})


def test_the_database_refuses_to_change_or_delete_a_row_of_the_trail() -> None:
    refuse()  # as the migration leaves it; tests run without the rule against deleting
    made = entry()
    rows = AuditEntry.objects.filter(pk=made.pk)
    for attack in (
        lambda: rows.update(action="nothing"),
        lambda: rows.update(data={}),
        lambda: rows.delete(),
        lambda: made.delete(),
        lambda: made.save(),
        lambda: AuditEntry.objects.all()._raw_delete("default"),
        lambda: AuditEntry.objects.bulk_update([made], ["action"]),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            attack()
    assert AuditEntry.objects.get(pk=made.pk).action == "test"
    assert audit.verify() is None


def test_who_owns_the_database_can_change_the_trail_but_not_unseen() -> None:
    first, _ = entry(), entry()
    with tampering():
        AuditEntry.objects.filter(pk=first.pk).update(action="nothing")
    assert audit.verify() == first.pk


def test_no_code_of_ours_changes_or_deletes_audit_rows() -> None:
    for folder in ("dashboard", "annotations_ui", "devtools"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            if "AuditEntry" in text:
                assert ".update(" not in text, path
                assert ".delete(" not in text, path


def test_a_query_string_is_never_a_password(client: Client) -> None:
    make_person(username="the-person")
    query = urlencode({"username": "the-person", "password": "four plain words here"})
    client.get(reverse("sign_in") + "?" + query)
    client.post(reverse("sign_in") + "?" + query)
    assert "_auth_user_id" not in client.session
    assert not OutboxEntry.objects.exists()
