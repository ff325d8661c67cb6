"""The HTTP client: every kind of trouble becomes the right error, and nothing leaks."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dashboard.platforms.errors import (
    Ambiguous,
    AnswerTooLarge,
    Forbidden,
    NotFound,
    NotSent,
    PlatformError,
    Throttled,
    Unauthorized,
    UnsafeAddress,
)
from dashboard.platforms.guard import AddressGuard, Origin
from dashboard.platforms.http import Answer, HttpClient, retry_after
from tests.support.platform_scripts import TOKEN, Script, answer

REFUSED = httpx.ConnectError("refused")


def body_of(found: Answer) -> bytes:
    return found.body


def strict(found: Answer) -> bytes:
    if found.status >= 500:
        raise Ambiguous("fault")
    return found.body


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("x"), NotSent),
        (httpx.ConnectTimeout("x"), NotSent),
        (httpx.PoolTimeout("x"), NotSent),
        (httpx.ReadTimeout("x"), Ambiguous),
        (httpx.WriteTimeout("x"), Ambiguous),
        (httpx.ReadError("x"), Ambiguous),
        (httpx.WriteError("x"), Ambiguous),
        (httpx.RemoteProtocolError("x"), Ambiguous),
        (httpx.DecodingError("x"), Ambiguous),
        (httpx.UnsupportedProtocol("x"), UnsafeAddress),
        (ConnectionResetError("x"), Ambiguous),
    ],
)
def test_transport_failures_are_classed(failure: Exception, kind: type[PlatformError]) -> None:
    with pytest.raises(kind):
        Script(failure).http(tries=1).call("POST", "/v2/x", body_of, body=b"{}")


def test_a_write_is_repeated_only_when_it_was_not_sent() -> None:
    script = Script(REFUSED, REFUSED, httpx.Response(200, content=b"ok"))
    assert script.http().call("POST", "/v2/x", body_of, body=b"{}") == b"ok"
    assert len(script.requests) == 3
    for unclear in (httpx.ReadTimeout("x"), httpx.Response(503)):
        script = Script(unclear, httpx.Response(200, content=b"ok"))
        with pytest.raises(Ambiguous):
            script.http().call("PATCH", "/v2/x", strict, body=b"{}")
        assert len(script.requests) == 1


def test_reads_and_repeatable_writes_are_tried_again() -> None:
    for method, repeatable in (("GET", False), ("POST", True)):
        script = Script(httpx.Response(502), httpx.ReadTimeout("x"), httpx.Response(200, content=b"ok"))
        assert script.http().call(method, "/v2/x", strict, repeatable=repeatable) == b"ok"
        assert script.waits == [0.5, 1.0]


def test_tries_end() -> None:
    script = Script(REFUSED)
    with pytest.raises(NotSent):
        script.http(tries=3).call("GET", "/v2/x", body_of)
    assert len(script.requests) == 3


def test_a_short_wait_is_obeyed_and_a_long_one_is_the_callers() -> None:
    def throttled(found: Answer) -> bytes:
        if found.status == 429:
            raise Throttled("slow", retry_after=found.retry_after)
        return found.body

    script = Script(httpx.Response(429, headers={"Retry-After": "2"}), httpx.Response(200, content=b"ok"))
    assert script.http().call("GET", "/v2/x", throttled) == b"ok"
    assert script.waits == [2.0]
    script = Script(httpx.Response(429, headers={"Retry-After": "60"}))
    with pytest.raises(Throttled) as caught:
        script.http().call("GET", "/v2/x", throttled)
    assert caught.value.retry_after == 60
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("-1", 1.0),
        ("1000000000", 900.0),
        ("1e9", 900.0),
        ("inf", 900.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct", None),
    ],
)
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_retry_after_as_a_date_is_measured_by_the_platforms_clock() -> None:
    # An answer from a platform whose clock is years away from ours.
    there = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    headers = {
        "date": format_datetime(there, usegmt=True),
        "retry-after": format_datetime(there.replace(second=39), usegmt=True),
    }
    assert retry_after(headers) == 30.0
    assert retry_after({"retry-after": "Wed, 21 Oct 1998 07:28:00 GMT"}) == 1.0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    script = Script(httpx.Response(status, headers={"Location": "http://127.0.0.1:22/"}))
    with pytest.raises(UnsafeAddress, match="redirect"):
        script.http().call("GET", "/v2/x", body_of)
    assert len(script.requests) == 1


def test_answers_are_cut_at_the_cap() -> None:
    big = httpx.Response(200, content=b"x" * 2000)
    for script in (
        Script(big),
        Script(lambda _: httpx.Response(200, content=iter([b"x" * 900] * 3))),
        Script(
            lambda _: httpx.Response(
                200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"x" * 90_000)
            )
        ),
    ):
        with pytest.raises(AnswerTooLarge):
            script.http().call("GET", "/v2/x", body_of, max_bytes=1000)
        assert len(script.requests) == 1
    assert Script(big).http().call("GET", "/v2/x", body_of, max_bytes=2000) == b"x" * 2000


def test_a_cut_answer_is_ambiguous() -> None:
    def cut(_: httpx.Request) -> httpx.Response:
        def parts() -> Iterator[bytes]:
            yield b'{"status"'
            raise httpx.RemoteProtocolError("closed")

        return httpx.Response(200, content=parts())

    with pytest.raises(Ambiguous):
        Script(cut).http(tries=1).call("GET", "/v2/x", body_of)


def test_pictures_are_fetched_only_where_allowed() -> None:
    script = Script(httpx.Response(200, content=b"png", headers={"Content-Type": "Image/PNG; x=y"}))
    assert script.clarifai().fetch_media("http://127.0.0.1:9/media/a", max_bytes=10) == (b"png", "image/png")
    for url in ("http://127.0.0.1:10/a", "file:///etc/passwd", "http://10.0.0.1/a"):
        with pytest.raises(UnsafeAddress):
            script.clarifai().fetch_media(url, max_bytes=10)
    assert len(script.requests) == 1
    with pytest.raises(AnswerTooLarge):
        script.clarifai().fetch_media("http://127.0.0.1:9/media/a", max_bytes=2)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (410, NotFound),
        (403, Forbidden),
        (429, Throttled),
        (500, Ambiguous),
        (302, UnsafeAddress),
    ],
)
def test_pictures_that_are_not_there(status: int, kind: type[PlatformError]) -> None:
    with pytest.raises(kind):
        Script(httpx.Response(status)).clarifai().fetch_media("http://127.0.0.1:9/media/a", max_bytes=10)


@pytest.mark.parametrize(
    "step",
    [
        httpx.ReadTimeout("x"),
        httpx.ConnectError("x"),
        httpx.LocalProtocolError(f"bad header {TOKEN}"),
        httpx.Response(500, content=TOKEN.encode()),
        httpx.Response(200, content=f'{{"status": "{TOKEN}"}}'.encode()),
        answer(11009, http=401, details=f"the key {TOKEN} is unknown", req_id=TOKEN),
        answer(11102, http=400, details=f"annotations[0].{TOKEN}: bad"),
        answer(10020, http=400, annotations=[{"id": "an-1", "status": {"code": 24155, "details": TOKEN}}]),
    ],
)
def test_the_token_is_in_no_error_and_no_log(step: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    platform = Script(step).clarifai()
    seen = [repr(platform), repr(platform.client), repr(platform.client.http)]
    caught: list[PlatformError] = []
    try:
        seen.append(repr(platform.set_annotation_state([("img-1", "an-1")], "pending")))  # type: ignore[arg-type]
        platform.list_tasks()
    except PlatformError as error:
        caught.append(error)
        seen += ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
    # Nothing is chained that holds the request, whose headers have the token.
    assert all(error.__cause__ is None for error in caught)
    assert not any(isinstance(error.__context__, httpx.HTTPError) for error in caught)
    assert TOKEN not in "".join(seen)
    assert TOKEN not in caplog.text


class _Here(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = self.headers["Host"].encode()
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


class _Quiet(HTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A handshake that the client gives up is what a test wants to see."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    here = _Quiet(("127.0.0.1", 0), _Here)
    here.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=here.serve_forever, daemon=True)
    thread.start()
    yield here
    here.shutdown()
    here.server_close()
    thread.join(5)


def resolver(*rounds: str) -> Any:
    left = list(rounds)

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    return resolve


def test_the_connection_goes_to_the_checked_number_with_the_names_host_header(server: HTTPServer) -> None:
    port = server.server_address[1]
    origin = Origin("http", "labels.example.com", port)
    guard = AddressGuard(trusted=[origin], resolver=resolver("127.0.0.1"))
    client = HttpClient(f"http://labels.example.com:{port}", guard=guard)
    assert client.call("GET", "/a", body_of) == f"labels.example.com:{port}".encode()
    client.close()


def test_a_name_that_leads_inside_at_connect_time_reaches_nobody(server: HTTPServer) -> None:
    port = server.server_address[1]
    guard = AddressGuard(extra_ports=[port], resolver=resolver("127.0.0.1"))
    client = HttpClient(f"http://labels.example.com:{port}", guard=guard)
    with pytest.raises(UnsafeAddress):
        client.call("GET", "/a", body_of)
    with pytest.raises(UnsafeAddress):
        client.fetch(f"http://labels.example.com:{port}/a", max_bytes=100)
    client.close()
    assert server.seen == []  # type: ignore[attr-defined]


def test_nobody_listening_is_not_sent(unused_port: int) -> None:
    origin = Origin("http", "127.0.0.1", unused_port)
    client = HttpClient(f"http://127.0.0.1:{unused_port}", guard=AddressGuard(trusted=[origin]), tries=1)
    with pytest.raises(NotSent, match="refused the connection"):
        client.call("POST", "/a", body_of, body=b"{}")
    client.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_body_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.platforms.http.ANSWER_SECONDS", -1.0)
    with pytest.raises(Ambiguous, match="slowly"):
        Script(httpx.Response(200, content=b"x")).http(tries=1).call("GET", "/a", body_of)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "labels.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("labels.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_sent(
    server: HTTPServer, self_signed: ssl.SSLContext
) -> None:
    server.socket = self_signed.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    port = server.server_address[1]
    guard = AddressGuard(
        trusted=[Origin("https", "labels.example.com", port)], resolver=resolver("127.0.0.1")
    )
    client = HttpClient(f"https://labels.example.com:{port}", guard=guard, tries=1)
    with pytest.raises(NotSent, match="certificate of the platform's host is not valid: self-signed"):
        client.call("POST", "/a", body_of, body=b"{}")
    client.close()
    assert server.seen == []  # type: ignore[attr-defined]


def test_a_host_without_tls_says_so(server: HTTPServer) -> None:
    port = server.server_address[1]
    guard = AddressGuard(trusted=[Origin("https", "127.0.0.1", port)])
    client = HttpClient(f"https://127.0.0.1:{port}", guard=guard, tries=1)
    with pytest.raises(NotSent, match="does not speak TLS"):
        client.call("GET", "/a", body_of)
    client.close()


def test_unauthorized_is_not_repeated() -> None:
    script = Script(answer(11009, http=401))
    with pytest.raises(Unauthorized):
        script.clarifai().list_tasks()
    assert len(script.requests) == 1
