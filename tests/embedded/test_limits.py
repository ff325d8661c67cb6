"""Long addresses, broken HTTP, throttling, faults of the server itself, many writers at once."""

import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer, start_embedded


def test_long_addresses_and_tags(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    made = [{"id": f"{n:036d}", "input_id": "a"} for n in range(128)]
    found = embedded_app.ok("POST", "annotations", {"annotations": made})["annotations"]
    pairs = {"input_ids": ["a"] * 128, "ids": [one["id"] for one in found]}
    assert len(embedded_app.ok("GET", "annotations", params=pairs)["annotations"]) == 128
    tags = ", ".join(f'"{one["id"]}@{one["modified_at"]}"' for one in found)
    sent = [{"id": one["id"], "input_id": "a", "status": {"code": 24157}} for one in found]
    body = {"action": "merge", "annotations": sent}
    embedded_app.ok("PATCH", "annotations", body, headers={"If-Match": tags})


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v2/inputs\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /v2/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /v2/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nBad Header: 1\r\n\r\n",
    ],
)
def test_broken_http_gets_the_envelope(embedded_server: EmbeddedServer, request_bytes: bytes) -> None:
    port = httpx.URL(embedded_server.base_url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4")
    assert b"application/json" in head
    assert b'"status"' in body
    assert b"<" not in body


@pytest.fixture(scope="module")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that allows two requests a second to every user."""
    server = start_embedded(tmp_path_factory.mktemp("slow"), EMBEDDED_RATE_LIMIT="2")
    yield server
    server.stop()


def test_throttling(slow_server: EmbeddedServer) -> None:
    app, other = slow_server.new_app(), slow_server.new_app()
    answers = [app.call("GET", "concepts") for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert refused[0].json()["status"]["code"] == 11005
    assert refused[0].headers["retry-after"] == "1"
    assert other.call("GET", "concepts").status_code == 200


def test_a_fault_of_our_own_has_the_envelope_too(tmp_path: Path) -> None:
    server = start_embedded(tmp_path)
    try:
        # In place, so that connections which are open already meet it too.
        with closing(sqlite3.connect(server.data_dir / "embedded.sqlite3")) as database:
            database.execute("DROP TABLE embedded_api_key")
        answers = [server.client.get("/v2/users/me", headers={"Authorization": "Key x"}) for _ in range(20)]
    finally:
        server.stop()
    for answer in answers:
        assert answer.status_code == 500
        assert answer.json()["status"]["code"] == 99009
        assert "Traceback" not in answer.text
        assert "sqlite" not in answer.text.lower()
    assert "unhandled error" in (server.data_dir / "embedded.log").read_text()


def test_many_writers_lose_nothing(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs(*(f"i{n}" for n in range(8)))

    def write(worker: int) -> list[str]:
        client = httpx.Client(base_url=embedded_app.base_url, timeout=60)
        headers = {"Authorization": f"Key {embedded_app.token}"}
        made = []
        for step in range(10):
            name = f"w{worker}-{step}"
            body = {
                "annotations": [{"id": name, "input_id": f"i{worker}", "data": {"concepts": [{"id": "rbc"}]}}]
            }
            answer = client.post(f"{embedded_app.path}/annotations", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            patch = {
                "action": "merge",
                "annotations": [{"id": name, "input_id": f"i{worker}", "status": {"code": 24157}}],
            }
            answer = client.patch(f"{embedded_app.path}/annotations", json=patch, headers=headers)
            assert answer.status_code == 200, answer.text
            made.append(name)
        client.close()
        return made

    with ThreadPoolExecutor(8) as pool:
        made = {name for names in pool.map(write, range(8)) for name in names}
    found = embedded_app.ok("GET", "annotations", params={"statuses.code": 24157, "per_page": 1000})[
        "annotations"
    ]
    assert {one["id"] for one in found} == made


def test_one_annotation_under_many_writers(embedded_app: EmbeddedApp) -> None:
    """With If-Match, of writers that have read the same state exactly one gets through."""
    embedded_app.add_inputs("a")
    embedded_app.annotate("a", id="x", data={"concepts": [{"id": "rbc"}]})
    tag = embedded_app.call("GET", "inputs/a/annotations/x").headers["etag"]

    def write(code: int) -> int:
        body = {"action": "merge", "annotations": [{"id": "x", "input_id": "a", "status": {"code": code}}]}
        with httpx.Client(base_url=embedded_app.base_url, timeout=60) as client:
            headers = {"Authorization": f"Key {embedded_app.token}", "If-Match": tag}
            return client.patch(f"{embedded_app.path}/annotations", json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(write, [24150, 24151, 24157, 24158] * 2))
    assert answers == [200] + [412] * 7
