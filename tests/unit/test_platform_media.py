"""Hosted pictures: the token goes to the platform's own media and to nobody else, over redirects too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from dashboard.platforms import media
from dashboard.platforms.clarifai.adapter import ClarifaiPlatform
from dashboard.platforms.clarifai.client import ClarifaiClient, is_own_media
from dashboard.platforms.embedded import moved
from dashboard.platforms.errors import Ambiguous, AnswerTooLarge, Forbidden, UnsafeAddress
from dashboard.platforms.guard import AddressGuard, Origin
from dashboard.platforms.http import HttpClient, Redirected
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
    """Gives pictures to those who show the token, and signed ones to all; redirects as `moved` says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers.get("Authorization"))
        if self.path in server.moved:
            location = server.moved[self.path]
            self._answer(302, b"<moved>", [("Location", location)] if location else [])
        elif self.path.endswith("?signed") or self.headers.get("Authorization") == f"Key {TOKEN}":
            self._answer(200, b"\x89PNG" + b"x" * 96, [("Content-Type", "image/png")])
        else:
            self._answer(401, b"")

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
    threads = [threading.Thread(target=one.serve_forever, args=(0.02,), daemon=True) for one in pair]
    for one, thread in zip(pair, threads, strict=True):
        one.seen, one.moved = [], {}
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
    # The API's own paths are fetched as by a stranger.
    with pytest.raises(Forbidden):
        platform.fetch_media(at(own, "/v2/users/me/keys"), max_bytes=1000)
    assert own.seen == [None]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://127.0.0.1:8001/media/orig/a.png", "http://127.0.0.1:9001/media/orig/a.png"),
        ("http://127.0.0.1:8001/other/a.png", "http://127.0.0.1:8001/other/a.png"),
        ("http://127.0.0.2:8001/media/orig/a.png", "http://127.0.0.2:8001/media/orig/a.png"),
        ("https://127.0.0.1:8001/media/orig/a.png", "https://127.0.0.1:8001/media/orig/a.png"),
        ("https://example.org/media/a.png", "https://example.org/media/a.png"),
    ],
)
def test_the_embedded_server_may_have_moved_to_another_port(url: str, asked: str) -> None:
    assert moved(url, "http://127.0.0.1:9001") == asked


def test_a_redirect_to_signed_storage_is_followed_without_the_token(
    servers: tuple[Any, Any], platform: ClarifaiPlatform
) -> None:
    own, storage = servers
    own.moved["/media/a.png"] = at(storage, "/bucket/a.png?signed")
    content, kind = platform.fetch_media(at(own, "/media/a.png"), max_bytes=100)
    assert (content[:4], len(content), kind) == (b"\x89PNG", 100, "image/png")
    assert (own.seen, storage.seen) == ([f"Key {TOKEN}"], [None])
    assert platform.requests == 2
    with pytest.raises(AnswerTooLarge):
        platform.fetch_media(at(own, "/media/a.png"), max_bytes=99)


def test_a_redirect_on_the_platforms_own_origin_keeps_the_token_but_for_the_api(
    servers: tuple[Any, Any], platform: ClarifaiPlatform
) -> None:
    own, _ = servers
    own.moved = {"/media/a.png": "../orig/a.png", "/media/b.png": "/v2/users/me/keys"}
    assert platform.fetch_media(at(own, "/media/a.png"), max_bytes=1000)[1] == "image/png"
    assert own.seen == [f"Key {TOKEN}"] * 2
    with pytest.raises(Forbidden):
        platform.fetch_media(at(own, "/media/b.png"), max_bytes=1000)
    assert own.seen[2:] == [f"Key {TOKEN}", None]


def test_what_was_away_comes_home_without_the_token(
    servers: tuple[Any, Any], platform: ClarifaiPlatform
) -> None:
    own, stranger = servers
    own.moved["/media/a.png"] = at(stranger, "/away")
    stranger.moved["/away"] = at(own, "/media/b.png")
    with pytest.raises(Forbidden):
        platform.fetch_media(at(own, "/media/a.png"), max_bytes=1000)
    assert (own.seen, stranger.seen) == ([f"Key {TOKEN}", None], [None])


def test_three_redirects_are_followed_and_a_circle_ends(
    servers: tuple[Any, Any], platform: ClarifaiPlatform
) -> None:
    own, _ = servers
    own.moved = {"/media/0": "/media/1", "/media/1": "/media/2", "/media/2": "/media/3?signed"}
    assert platform.fetch_media(at(own, "/media/0"), max_bytes=1000)[1] == "image/png"
    own.moved["/media/2"] = "/media/0"
    own.seen.clear()
    with pytest.raises(UnsafeAddress, match="more than 3 times"):
        platform.fetch_media(at(own, "/media/0"), max_bytes=1000)
    assert len(own.seen) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.png",
        "http://storage.internal/a.png",
        "//user:password@example.com/a.png",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
def test_a_redirect_to_where_nobody_may_call_is_refused(
    servers: tuple[Any, Any], platform: ClarifaiPlatform, target: str
) -> None:
    own, _ = servers
    own.moved["/media/a.png"] = target
    with pytest.raises(UnsafeAddress) as refusal:
        platform.fetch_media(at(own, "/media/a.png"), max_bytes=1000)
    assert len(own.seen) == 1
    # Where it led may hold a signature: nothing of it stays with the error.
    assert not isinstance(refusal.value.__context__, Redirected)


def test_a_redirect_to_another_server_of_this_machine_reaches_nobody(servers: tuple[Any, Any]) -> None:
    """The guard of a connection trusts its own origin alone; also when a public name leads here."""
    own, other = servers
    port, away = (one.server_address[1] for one in servers)
    guard = AddressGuard(
        trusted=[Origin("http", "127.0.0.1", port)],
        extra_ports=[away],
        resolver=lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", away))],
    )
    http = HttpClient(f"http://127.0.0.1:{port}", guard=guard, tries=1)
    client = ClarifaiClient(http, user_id="acme", app_id="cells", token=TOKEN)
    for target in (at(other, "/a?signed"), f"http://storage.example.com:{away}/a?signed"):
        own.moved["/media/a.png"] = target
        with pytest.raises(UnsafeAddress, match="private or reserved"):
            client.fetch(at(own, "/media/a.png"), max_bytes=1000)
    http.close()
    assert other.seen == []


def test_a_redirect_never_leaves_tls() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": "http://storage.example.com/a.png"})

    http = HttpClient(PUBLIC, guard=AddressGuard(), transport=httpx.MockTransport(answer))
    client = ClarifaiClient(http, user_id="acme", app_id="cells", token=TOKEN)
    with pytest.raises(UnsafeAddress, match="from https to http"):
        client.fetch("https://data.clarifai.com/orig/a.png", max_bytes=1000)
    http.close()
    assert asked == ["https://data.clarifai.com/orig/a.png"]


def test_the_token_stays_at_its_first_host_also_among_clarifais_own() -> None:
    seen: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        seen[request.url.host] = request.headers.get("Authorization")
        there = {"Location": "https://api.clarifai.com/media/a.png"}
        away = request.url.host == "data.clarifai.com"
        return httpx.Response(302, headers=there) if away else httpx.Response(200, content=b"png")

    http = HttpClient(PUBLIC, guard=AddressGuard(), transport=httpx.MockTransport(answer))
    client = ClarifaiClient(http, user_id="acme", app_id="cells", token=TOKEN)
    assert client.fetch("https://data.clarifai.com/orig/a.png", max_bytes=1000).body == b"png"
    http.close()
    assert seen == {"data.clarifai.com": f"Key {TOKEN}", "api.clarifai.com": None}


def test_one_time_limit_holds_for_all_redirects(
    servers: tuple[Any, Any], platform: ClarifaiPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = servers
    own.moved = {"/media/0": "/media/1", "/media/1": "/media/2?signed"}
    clock = iter([0.0, 1.0, media.ANSWER_SECONDS + 1.0])
    monkeypatch.setattr(media, "time", SimpleNamespace(monotonic=clock.__next__))
    with pytest.raises(Ambiguous, match="too slowly"):
        platform.fetch_media(at(own, "/media/0"), max_bytes=1000)
    assert len(own.seen) == 1


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
