"""Hosted pictures: the token goes to the platform's own media and to nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dashboard.platforms.clarifai.adapter import ClarifaiPlatform
from dashboard.platforms.clarifai.client import ClarifaiClient, is_own_media
from dashboard.platforms.errors import AnswerTooLarge, Forbidden, UnsafeAddress
from dashboard.platforms.guard import AddressGuard, Origin
from dashboard.platforms.http import HttpClient
from dashboard.platforms.rate import RateLimit

TOKEN = "canary-0c5f1f0a7f2e4d6b8a9c1d2e3f405162"
PUBLIC = "https://api.clarifai.com"


@pytest.mark.parametrize(
    ("base", "url", "own"),
    [
        (PUBLIC, "https://data.clarifai.com/orig/users/acme/a.jpg", True),
        (PUBLIC, "https://api.clarifai.com/media/a.jpg", True),
        (PUBLIC, "https://DATA.Clarifai.com./a.jpg", True),
        (PUBLIC, "http://data.clarifai.com/a.jpg", False),
        (PUBLIC, "https://data.clarifai.com:8443/a.jpg", False),
        (PUBLIC, "https://clarifai.com.example.org/a.jpg", False),
        (PUBLIC, "https://notclarifai.com/a.jpg", False),
        (PUBLIC, "https://example.org/?.clarifai.com", False),
        # An input's address is whatever its maker wrote: never the API itself.
        (PUBLIC, "https://api.clarifai.com/v2/users/me/keys", False),
        (PUBLIC, "https://api.clarifai.com/%762/users/me/keys", False),
        (PUBLIC, "https://api.clarifai.com/a/..%2Fv2/users/me", False),
        (PUBLIC, "https://api.clarifai.com/a/../v2/users/me", False),
        ("https://labels.example.org", "https://labels.example.org/media/a.jpg", True),
        ("https://labels.example.org", "https://labels.example.org:444/media/a.jpg", False),
        ("https://labels.example.org", "http://labels.example.org/media/a.jpg", False),
        # A deployment of somebody else's has no business with Clarifai's own hosts.
        ("https://labels.example.org", "https://data.clarifai.com/a.jpg", False),
    ],
)
def test_where_the_token_may_go(base: str, url: str, own: bool) -> None:
    assert is_own_media(base, url) is own


class _Private(BaseHTTPRequestHandler):
    """Gives pictures to those who show the token; `/away` sends them to another port of this machine."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers.get("Authorization"))
        if self.path == "/away":
            self._answer(302, b"", [("Location", f"http://127.0.0.1:{server.other}/steal")])
        elif self.headers.get("Authorization") != f"Key {TOKEN}":
            self._answer(401, b"")
        else:
            self._answer(200, b"\x89PNG" + b"x" * 96, [("Content-Type", "image/png")])

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in [*(headers or []), ("Content-Length", str(len(body))), ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def servers() -> Iterator[tuple[Any, Any]]:
    """The platform's own server and a stranger's."""
    pair: list[Any] = [HTTPServer(("127.0.0.1", 0), _Private) for _ in range(2)]
    threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in pair]
    for one, thread in zip(pair, threads, strict=True):
        one.seen, one.other = [], pair[1].server_address[1]
        thread.start()
    yield pair[0], pair[1]
    for one, thread in zip(pair, threads, strict=True):
        one.shutdown()
        one.server_close()
        thread.join(5)


@pytest.fixture
def platform(servers: tuple[Any, Any]) -> Iterator[ClarifaiPlatform]:
    """Connected to the first server; its guard lets it call both, so that only the rule for tokens is left."""
    ports = [one.server_address[1] for one in servers]
    guard = AddressGuard(trusted=[Origin("http", "127.0.0.1", port) for port in ports])
    http = HttpClient(f"http://127.0.0.1:{ports[0]}", guard=guard, tries=1)
    yield ClarifaiPlatform(
        ClarifaiClient(http, user_id="acme", app_id="cells", token=TOKEN), user_id="acme", app_id="cells"
    )
    http.close()


def at(server: Any, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_private_media_are_fetched_with_the_token(
    servers: tuple[Any, Any], platform: ClarifaiPlatform
) -> None:
    own, _ = servers
    content, kind = platform.fetch_media(at(own, "/media/a.png"), max_bytes=1000)
    assert (content[:4], kind) == (b"\x89PNG", "image/png")
    assert own.seen == [f"Key {TOKEN}"]
    assert platform.requests == 1
    with pytest.raises(AnswerTooLarge):
        platform.fetch_media(at(own, "/media/a.png"), max_bytes=50)


def test_a_stranger_never_sees_the_token(servers: tuple[Any, Any], platform: ClarifaiPlatform) -> None:
    own, stranger = servers
    with pytest.raises(Forbidden) as refusal:
        platform.fetch_media(at(stranger, "/media/a.png"), max_bytes=1000)
    assert stranger.seen == [None]
    assert TOKEN not in str(refusal.value)
    # A redirect is not followed at all, so it cannot carry anything away.
    with pytest.raises(UnsafeAddress):
        platform.fetch_media(at(own, "/away"), max_bytes=1000)
    assert stranger.seen == [None]
    # The API's own paths are fetched as by a stranger.
    with pytest.raises(Forbidden):
        platform.fetch_media(at(own, "/v2/users/me/keys"), max_bytes=1000)
    assert own.seen == [f"Key {TOKEN}", None]


def test_only_the_platforms_own_addresses_count_against_its_rate_limit(servers: tuple[Any, Any]) -> None:
    taken: list[float] = []
    ports = [one.server_address[1] for one in servers]
    guard = AddressGuard(trusted=[Origin("http", "127.0.0.1", port) for port in ports])
    limit = RateLimit(rate=1.0, burst=1, clock=lambda: 0.0, sleep=taken.append)
    http = HttpClient(f"http://127.0.0.1:{ports[0]}", guard=guard, tries=1, limit=limit)
    for server in (servers[0], servers[0], servers[1], servers[1]):
        with pytest.raises(Forbidden):
            http.fetch(at(server, "/media/a.png"), max_bytes=1000)
    http.close()
    assert taken == [1.0]
