"""Bad bodies and bad addresses on every route that reads them: a clear refusal, never a fault, nothing poisoned.

The same file runs on SQLite and on PostgreSQL (by DATABASE_URL), where NUL, half surrogates and large numbers
behave differently.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from dashboard.labeling.models import Draft, Submission
from dashboard.review.models import BulkReview, Decision
from dashboard.sync.models import OutboxEntry, WorkItem
from tests.integration.test_access import ROUTES
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import make_person, signed_in

pytestmark = pytest.mark.django_db
READS_JSON = ("decisions", "bulk_review", "submission", "skip", "draft")
DEEP = 100_000

UNREADABLE: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  ",
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "number": b"1",
    "true": b"true",
    "cut off": b'{"a": ',
    "trailing": b"{} {}",
    "single quotes": b"{'a': 1}",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "1e400": b'{"a": 1e400}',
    "5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "400 digits": b'{"a": ' + b"9" * 400 + b"}",
    "20 digits": b'{"a": 99999999999999999999}',
    "twice the same key": b'{"a": 1, "a": 2}',
    "twice deep inside": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL in a key": b'{"\\u0000": 1}',
    "raw NUL": b'{"a": "\x00"}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "the other half": b'{"a": ["\\udfff"]}',
    "surrogate in a key": b'{"\\ud83d": 1}',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "BOM": b"\xef\xbb\xbf{}",
    "33 levels": b'{"a":' + b"[" * 33 + b"]" * 33 + b"}",
    "very deep lists": b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "very deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "over 1 MiB": b'{"a": "' + b"x" * (1024 * 1024) + b'"}',
    "pickle": b"\x80\x04\x95\x00.",
    "YAML": b"!!python/object/apply:os.system [id]",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}
BAD_VALUES: list[Any] = [
    *(None, True, [], {}, "", "x", 0, -1, 1.5, -0.0, 2**31, 2**63 - 1, 1e308, "nan", "1", "٣", "é" * 3000),
    *(
        [None],
        [[]],
        [{}],
        [1],
        ["x"],
        {"x": 1},
        {"x": "y"},
        {"": ""},
        [[[[1]]]],
        "x" * 300,
        {"__proto__": {}},
    ),
    *(
        str(uuid.UUID(int=1)),
        "../../etc/passwd",
        "' OR 1=1 --",
        "<script>",
        "\u2028",
        "\u0085",
        "\u200b",
        "%00",
    ),
]
FINE = {200, 201, 202, 400, 403, 404, 409}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    desk = make_desk(monkeypatch)
    for number in (1, 2, 3):
        desk.annotate(f"an-{number}", f"in-{number}")
    WorkItem.objects.filter(pk=desk.item("in-3").pk).update(state="to_do", platform_state="pending")
    return desk


def address(desk: MemoryDesk, name: str) -> str:
    row = {"decisions": "in-1", "submission": "in-3", "skip": "in-3", "draft": "in-3"}.get(name)
    parts = [desk.item(row).pk if row else desk.task.pk]
    return reverse(name, args=[desk.connection.slug, *parts])


def client_for(desk: MemoryDesk, name: str) -> Client:
    return signed_in(desk.reviewer if name in ("decisions", "bulk_review") else desk.labeler)


def send(client: Client, desk: MemoryDesk, name: str, body: bytes, kind: str = "application/json") -> Any:
    return send_to(address(desk, name), client, name, body, kind)


def send_to(path: str, client: Client, name: str, body: bytes, kind: str = "application/json") -> Any:
    # Not client.post: it would encode the body itself.
    return client.generic("PUT" if name == "draft" else "POST", path, body, content_type=kind)


def assert_nothing_stored() -> None:
    for model in (Decision, BulkReview, Submission, OutboxEntry, Draft):
        assert not model.objects.exists()


def assert_not_poisoned(desk: MemoryDesk) -> None:
    """What was stored can still be listed, shown and read by everybody."""
    slug, task = desk.connection.slug, desk.task.pk
    admin = signed_in(make_person(desk.connection, "admin"))
    for name, parts in (
        *(("task_list", []), ("task_detail", [task]), ("outbox", []), ("input_list", [])),
        *(("connection_home", []), ("input_detail", [desk.item("in-1").input_id])),
    ):
        assert admin.get(reverse(name, args=[slug, *parts])).status_code == 200, name
    for row in ("in-1", "in-3"):
        assert admin.get(reverse("item_body", args=[slug, desk.item(row).pk])).status_code == 200
    kept = signed_in(desk.labeler).get(reverse("draft", args=[slug, desk.item("in-3").pk]))
    assert kept.status_code in (200, 204)


@pytest.mark.parametrize("name", READS_JSON)
def test_what_is_not_a_plain_json_object_is_refused_and_nothing_is_stored(
    desk: MemoryDesk, name: str
) -> None:
    client = client_for(desk, name)
    for what, body in UNREADABLE.items():
        answer = send(client, desk, name, body)
        assert answer.status_code == (413 if what == "over 1 MiB" else 400), (what, answer.content)
        assert answer.headers["Content-Type"] == "application/json"
        found = answer.json()
        assert (found["code"], bool(found["detail"])) == ("field", True), what
        assert "Traceback" not in found["detail"]
        assert len(answer.content) < 500
    assert_nothing_stored()


@pytest.mark.parametrize("name", READS_JSON)
def test_other_kinds_of_bodies_are_refused(desk: MemoryDesk, name: str) -> None:
    client = client_for(desk, name)
    for kind in (
        *("text/plain", "application/x-www-form-urlencoded", "application/xml", "", "application/json-seq"),
        *("multipart/form-data", "multipart/form-data; boundary=", "text/html", "application/*", "*/*"),
    ):
        answer = send(client, desk, name, b"{}", kind)
        assert answer.status_code == 400, kind
        assert answer.headers["Content-Type"] == "application/json"
    for charset in ("bogus", "utf-7", "rot13", "utf-16"):
        answer = send(client, desk, name, b"\xff", f"application/json; charset={charset}")
        assert answer.status_code == 400, charset
    assert_nothing_stored()


def good_body(desk: MemoryDesk, name: str) -> dict[str, Any]:
    """A body that the route would accept, with every field that it knows."""
    operation = str(uuid.uuid4())
    box = {"top": 0.1, "left": 0.1, "bottom": 0.5, "right": 0.5}
    shape = {"id": str(uuid.uuid4()), "kind": "box", "concept": "rbc", "value": 1, "box": box}
    polygon = {
        **shape,
        "id": str(uuid.uuid4()),
        "kind": "polygon",
        "points": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]],
    }
    item = desk.item("in-1")
    if name == "decisions":
        seen = client_for(desk, name).get(reverse("item_body", args=[desk.connection.slug, item.pk])).json()
        return {
            "operation": operation,
            "verdict": "approve",
            "reasons": ["loose"],
            "note": "words",
            "base": {one["id"]: one["base"] for one in seen["annotations"]},
            "changes": [
                {"op": "create", **shape},
                {"op": "create", **polygon},
                {"op": "concept", "id": "an-1", "concept": "wbc"},
                {"op": "shape", "id": "an-1", "box": box},
            ],
        }
    if name == "bulk_review":
        return {
            "operation": operation,
            "approve": [item.pk],
            "send_back": [{"id": desk.item("in-2").pk, "reasons": ["loose"], "note": "words"}],
            "bases": {str(item.pk): {"an-1": "x"}},
        }
    if name == "submission":
        return {"operation": operation, "shapes": [shape, polygon], "base": {}}
    if name == "draft":
        return {"revision": 0, "shapes": [shape, polygon]}
    return {"reason": "blurry", "note": "words"}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside, the value itself left out."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        yield (*path, key)
        yield from places(child, (*path, key))


def put_at(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", READS_JSON)
def test_a_wrong_value_in_any_field_is_an_answer_and_poisons_nothing(desk: MemoryDesk, name: str) -> None:
    client, good, where = client_for(desk, name), good_body(desk, name), address(desk, name)
    sent = 0
    for path in places(good):
        for value in BAD_VALUES:
            body = put_at(good, path, value)
            if path != ("operation",) and "operation" in body:
                body["operation"] = str(uuid.uuid4())
            answer = send_to(where, client, name, json.dumps(body).encode())
            assert answer.status_code in FINE, (path, value, answer.status_code)
            assert answer.headers["Content-Type"] == "application/json"
            if answer.status_code >= 400:
                assert set(answer.json()) == {"code", "detail", "fields"}
            else:  # accepted: open the item again for the next one
                OutboxEntry.objects.all().delete()
                WorkItem.objects.filter(input__platform_id__in=["in-1", "in-2"]).update(
                    state="awaiting_review"
                )
                WorkItem.objects.filter(input__platform_id="in-3").update(state="to_do")
            sent += 1
        body = put_at(good, path, None)
        if isinstance(path[-1], str):
            target = body
            for key in path[:-1]:
                target = target[key]
            del target[path[-1]]
            assert send_to(where, client, name, json.dumps(body).encode()).status_code in FINE, path
    assert sent > 60
    assert_not_poisoned(desk)


def test_fields_that_the_server_decides_are_not_taken_from_a_body(desk: MemoryDesk) -> None:
    body = good_body(desk, "decisions")
    privileged = {
        "reviewer": 1,
        "reviewer_id": desk.labeler.pk,
        "user_id": "l-1",
        "actor": 1,
        "state": "confirmed",
        "created_at": "2001-01-01T00:00:00Z",
        "withdrawn_at": "2001-01-01T00:00:00Z",
        "item": 5,
        "connection": 99,
        "id": 77,
        "pk": 77,
        "delivery": "confirmed",
        "bulk": 1,
        "task": 5,
    }
    for change in body["changes"]:
        change |= {
            "author": "l-9",
            "user_id": "l-9",
            "state": "success",
            "created_at": "2001-01-01T00:00:00Z",
        }
    answer = send(signed_in(desk.reviewer), desk, "decisions", json.dumps({**body, **privileged}).encode())
    assert answer.status_code == 201, answer.content
    made = Decision.objects.get()
    assert (made.reviewer_id, made.item_id) == (desk.reviewer.pk, desk.item("in-1").pk)
    assert made.created_at.year > 2001
    assert made.withdrawn_at is None
    for entry in OutboxEntry.objects.all():
        assert entry.state == "pending"
        assert "l-9" not in json.dumps(entry.payload)
        assert "2001" not in json.dumps(entry.payload)


# --- addresses ----------------------------------------------------------------------------------------
STRANGE_IDS = (
    *(
        "-1",
        "1.0",
        "1e3",
        "0x1",
        "٣",
        "１",
        "1%20OR%201=1",
        "%00",
        "..",
        "%2e%2e%2f",
        "null",
        "true",
        "1,2",
        "+1",
    ),
    *(str(2**31), str(2**63), str(2**64), "9" * 30, "9" * 5000),
)
STRANGE_TEXTS = (
    *(
        "",
        "0",
        "-1",
        "0-",
        "1-",
        "2-5",
        "-",
        "0-x",
        "x",
        "null",
        "NaN",
        "1.5",
        "1e9",
        "9" * 18,
        "9" * 19,
        "9" * 5000,
    ),
    *(
        "٣",
        "１２",
        "%00",
        "a%00b",
        "%ff%fe",
        "%ed%a0%80",
        "%0d%0aX:%20y",
        "' OR '1'='1",
        "%25",
        "_",
        "\\",
        "(a+)+$",
    ),
    *(
        "<script>alert(1)</script>",
        "a" * 8000,
        "1&{name}=2",
        "password",
        "user__password",
        "../../etc/passwd",
    ),
)
PARAMETERS = (
    *(
        "after",
        "back",
        "state",
        "task",
        "item",
        "labeler",
        "concept",
        "q",
        "order",
        "view",
        "show",
        "limit",
        "mode",
    ),
    *(
        "bodies",
        "ids",
        "next",
        "page",
        "password",
        "user__password__startswith",
        "token",
        "connection__token",
    ),
)


@pytest.fixture
def everybody(desk: MemoryDesk) -> Client:
    """Somebody with all roles on the desk's connection."""
    return signed_in(make_person(desk.connection, "labeler", "reviewer", "admin"))


def known_parts(desk: MemoryDesk) -> dict[str, Any]:
    item = desk.item("in-1")
    return {
        "slug": desk.connection.slug,
        "task": item.task_id,
        "item": item.pk,
        "input": item.input_id,
        "size": "small",
        "operation": uuid.UUID(int=5),
        "order": "no-such-order",
        "token": "no-such-token",
        "membership": desk.labeler.memberships.get().pk,
        "invitation": 987654,
        "entry": 987654,
        "bulk": 987654,
    }


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if ROUTES[name].pattern.converters))
def test_strange_ids_in_an_address_are_not_found(desk: MemoryDesk, everybody: Client, name: str) -> None:
    parts = {part: known_parts(desk)[part] for part in ROUTES[name].pattern.converters}
    normal = reverse(name, kwargs=parts)
    changing = [part for part in parts if part not in ("slug", "size")]
    for part in changing:
        if part in ("token",):
            continue
        marked = reverse(name, kwargs={**parts, part: uuid.UUID(int=7) if part == "operation" else 7_777_777})
        mark = str(uuid.UUID(int=7)) if part == "operation" else "7777777"
        for strange in STRANGE_IDS:
            answer = everybody.get(marked.replace(f"/{mark}/", f"/{strange}/"))
            assert answer.status_code in (404, 405), (marked, strange, answer.status_code)
    assert normal.startswith("/")


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_strange_query_strings_are_an_answer(desk: MemoryDesk, everybody: Client, name: str) -> None:
    parts = {part: known_parts(desk)[part] for part in ROUTES[name].pattern.converters}
    path = reverse(name, kwargs=parts)
    if everybody.get(path).status_code == 405:
        return
    texts = STRANGE_TEXTS if name in LISTS else ("%00", "%ed%a0%80", "9" * 19)
    for text in texts:
        # All parameters at once, then each of those that a list reads: one fault cannot hide another.
        together = "&".join(f"{one}={text}" for one in PARAMETERS)
        for query in (together, *(f"{one}={text}" for one in LISTS.get(name, ()))):
            answer = everybody.get(f"{path}?{query}")
            status = answer.status_code
            assert status < 500 or (status == 502 and name == "media"), (path, query[:60], status)


LISTS = {
    "queue": ("after", "mode=label&after", "state", "limit"),
    "task_list": ("q", "state", "order"),
    "task_detail": ("after", "labeler", "state"),
    "input_list": ("q", "task", "concept", "after"),
    "outbox": ("show", "after", "back"),
    "decision_states": ("ids",),
}


def test_a_query_that_names_a_relation_changes_nothing(desk: MemoryDesk, everybody: Client) -> None:
    """No list filters by what the address names: secrets cannot be guessed letter by letter."""
    for name in ("task_list", "input_list", "outbox"):
        path = reverse(name, args=[desk.connection.slug])
        plain = everybody.get(path).context
        for key in (
            "connection__token__startswith",
            "actor__password__startswith",
            "user__password",
            "token",
        ):
            for value in ("a", "gAAAA", "argon2"):
                found = everybody.get(f"{path}?{key}={value}").context
                assert [str(row) for row in found["rows"]] == [str(row) for row in plain["rows"]]


# --- forms --------------------------------------------------------------------------------------------
BAD_FORM_VALUES = (
    *(
        "",
        " ",
        "-1",
        "0",
        "1.5",
        "1e9",
        "1000000000",
        "99999999999999999999",
        "nan",
        "inf",
        "-inf",
        "٣",
        "1_0",
    ),
    *("x" * 5000, "\0", "a\0b", "\u200b", "\u202e", "\n", "<script>", "{{ 7*7 }}", "' OR 1=1", "no-such-id"),
)
FORMS: dict[str, dict[str, str]] = {
    "task_create": {
        "name": "T",
        "description": "d",
        "type": "boxes",
        "concepts": "rbc",
        "source": "all",
        "source_text": "",
        "labelers": "l-1",
        "strategy": "partitioned",
        "workers_per_input": "1",
        "weight:l-1": "1",
        "review": "manual",
        "reviewers": "r-1",
        "reviewer_threshold": "1",
        "labeler_threshold": "2",
        "task_id": "task-0123456789ab",
    },
    "task_edit": {"name": "T", "description": "d", "reviewers": "r-1"},
    "task_state": {"state": "done"},
    "task_delete": {"name": "nobody's name"},
    "connection_settings": {"name": "N", "token": ""},
    "connection_pause": {"resume": "1"},
    "sync_runs": {"mode": "full"},
    "people": {"roles": "labeler", "note": "n"},
    "people_roles": {"roles": "labeler"},
    "people_platform": {"platform_user_id": "x"},
    "account": {"display_name": "N"},
    "password_change": {"current": "x", "password": "y", "password_again": "y"},
}
FORMS["task_preview"] = FORMS["task_create"]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_bad_values_in_forms_are_named_and_never_a_fault(
    desk: MemoryDesk, everybody: Client, name: str
) -> None:
    parts = {part: known_parts(desk)[part] for part in ROUTES[name].pattern.converters}
    path = reverse(name, kwargs=parts)
    fields = FORMS[name]
    # Answers of a form: the page again (with errors), or "done" and on to the next page.
    for field in fields:
        for value in BAD_FORM_VALUES:
            answer = everybody.post(path, {**fields, field: value})
            # 429: guessing one's password is slowed down.
            assert answer.status_code in (200, 302, 400, 422, 429), (field, value[:40], answer.status_code)
    assert everybody.post(path, {}).status_code in (200, 302, 422, 429)
    cache.clear()
    assert_not_poisoned(desk)


@pytest.mark.parametrize("weight", ["-1", "-0.001", "nan", "inf", "1e400", "x", "1000000001", "--1"])
def test_a_weight_that_is_no_share_is_refused(desk: MemoryDesk, everybody: Client, weight: str) -> None:
    path = reverse("task_create", args=[desk.connection.slug])
    answer = everybody.post(path, {**FORMS["task_create"], "weight:l-1": weight})
    assert answer.status_code == 422
    assert "must be a number from 0 up" in answer.content.decode()
    assert "post_tasks" not in desk.app.calls


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labelers", "owner-2"),
        ("reviewers", "l-77"),
        ("concepts", "zzz"),
        ("source", "secret"),
        ("type", "x"),
    ],
)
def test_ids_that_this_connection_does_not_have_are_refused(
    desk: MemoryDesk, everybody: Client, field: str, value: str
) -> None:
    path = reverse("task_create", args=[desk.connection.slug])
    before = len(desk.app.tasks)
    assert everybody.post(path, {**FORMS["task_create"], field: value}).status_code == 422
    assert len(desk.app.tasks) == before
