"""Pictures by address: fetched when the address is safe, refused before any connection when it is not."""

import base64
import http.server
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from embedded_api.errors import ApiError
from embedded_api.inputs.fetching import fetch
from tests.support import media
from tests.support.embedded import EmbeddedApp, EmbeddedServer, free_port, picture, start_embedded

PNG = base64.b64decode(picture((64, 48)))
FILES = {
    "/a.png": PNG,
    "/b.png": PNG,
    "/page": b"<html><body>secret inside</body></html>",
    "/clip": media.mp4(),
    "/sound": media.wav(),
    "/text": "\ufeffzwei Rotkehlchen \N{BIRD}".encode(),
    "/latin": "K\xf6nig".encode("latin-1"),
    "/nul": b"a\0b",
    "/blank": b" \n",
}


@dataclass
class Site:
    """A small web site on loopback that counts what it was asked for."""

    port: int
    seen: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site(free_port())

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.seen.append(self.path)
            if self.path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", base64.urlsafe_b64decode(self.path[4:]).decode())
                self.end_headers()
                return
            if self.path == "/drops":
                with suppress(OSError):
                    for _ in range(100):
                        self.wfile.write(b"H")
                        time.sleep(0.1)  # the slowness that is tested
                return
            if self.path == "/endless":
                self.send_response(200)
                self.end_headers()
                try:
                    for _ in range(64):
                        self.wfile.write(b"\x89" * 1024 * 1024)
                except OSError:
                    return
                return
            body = FILES.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(body or b"nothing")

        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", found.port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[EmbeddedServer]:
    """A server that may fetch from our site, and from nowhere else inside."""
    made = start_embedded(
        tmp_path_factory.mktemp("fetch"),
        EMBEDDED_FETCH_ALLOWED=f"127.0.0.1:{site.port}, localhost:{site.port}",
    )
    yield made
    made.stop()


@pytest.fixture
def app(server: EmbeddedServer) -> EmbeddedApp:
    return server.new_app()


def post(app: EmbeddedApp, url: str, **image: object) -> dict:
    sent = {"inputs": [{"data": {"image": {"url": url} | image}}]}
    return app.call("POST", "inputs", sent).json()["inputs"][0]


def to(url: str) -> str:
    return "/to/" + base64.urlsafe_b64encode(url.encode()).decode()


def test_a_picture_by_address(app: EmbeddedApp, site: Site) -> None:
    made = post(app, f"{site.url}/a.png")
    assert made["status"]["code"] == 30000, made
    assert made["data"]["image"]["image_info"]["width"] == 64
    assert app.client.get(made["data"]["image"]["url"]).content == PNG
    again = post(app, f"{site.url}/a.png")
    assert again["status"]["code"] == 30100
    assert post(app, f"{site.url}/a.png", allow_duplicate_url=True)["status"]["code"] == 30000


def test_a_server_that_sends_byte_by_byte_ends_in_time(site: Site, settings: Any) -> None:
    settings.FETCH_ALLOWED = frozenset({f"127.0.0.1:{site.port}"})
    began = time.monotonic()
    with pytest.raises(ApiError, match="too slow"):
        fetch(f"{site.url}/drops", io.BytesIO(), 1000, began + 1)
    assert time.monotonic() - began < 5


def post_as(app: EmbeddedApp, kind: str, url: str) -> dict:
    sent = {"inputs": [{"data": {kind: {"url": url}}}]}
    return app.call("POST", "inputs", sent).json()["inputs"][0]


@pytest.mark.parametrize(("kind", "path"), [("video", "/clip"), ("audio", "/sound")])
def test_a_video_and_a_sound_by_address(app: EmbeddedApp, site: Site, kind: str, path: str) -> None:
    made = post_as(app, kind, site.url + path)
    assert made["status"]["code"] == 30000, made
    assert app.client.get(made["data"][kind]["url"]).content == FILES[path]
    again = post_as(app, kind, site.url + path)
    assert again["status"]["code"] == 30100
    assert f"data.{kind}.url" in again["status"]["details"]
    assert post_as(app, kind, f"{site.url}/page")["status"]["code"] == 30101


def test_a_text_by_address(app: EmbeddedApp, site: Site) -> None:
    text = post_as(app, "text", f"{site.url}/text")["data"]["text"]
    assert text["raw"] == "zwei Rotkehlchen \N{BIRD}"
    assert text["text_info"]["char_count"] == 18
    hosted = app.client.get(text["url"])
    assert (hosted.content, hosted.headers["content-type"]) == (FILES["/text"], "text/plain; charset=utf-8")
    page = post_as(app, "text", f"{site.url}/page")["data"]["text"]
    assert app.client.get(page["url"]).headers["content-type"] == "text/plain; charset=utf-8"
    codes = {"/latin": 30300, "/nul": 30300, "/blank": 30104, "/none": 39996, "/endless": 30105}
    for path, code in codes.items():
        assert post_as(app, "text", site.url + path)["status"]["code"] == code, path
    both = {"inputs": [{"data": {"text": {"raw": "a", "url": f"{site.url}/text"}}}]}
    assert app.call("POST", "inputs", both).json()["inputs"][0]["status"]["code"] == 30104


def test_what_is_no_picture(app: EmbeddedApp, site: Site) -> None:
    page = post(app, f"{site.url}/page")
    assert page["status"]["code"] == 30101
    assert "secret" not in str(page)
    assert post(app, f"{site.url}/none")["status"]["code"] == 39996
    assert post(app, f"{site.url}/endless")["status"]["code"] == 30105


def test_redirects(app: EmbeddedApp, site: Site) -> None:
    assert post(app, site.url + to(f"{site.url}/b.png"))["status"]["code"] == 30000
    assert post(app, site.url + to("/a.png"))["status"]["code"] == 30000
    loop = "/a.png"
    for _ in range(5):
        loop = to(site.url + loop)
    assert post(app, site.url + loop)["status"]["code"] == 39996
    assert post(app, site.url + to("file:///etc/passwd"))["status"]["code"] == 30106


def test_a_redirect_into_our_own_network(app: EmbeddedApp, site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        port = inside.getsockname()[1]
        for target in (f"http://127.0.0.1:{port}/", "http://169.254.169.254/latest", "http://[::1]:8080/"):
            made = post(app, site.url + to(target))
            assert made["status"]["code"] == 30106, target
        with pytest.raises(BlockingIOError):
            inside.accept()


REFUSED = [
    "file:///etc/passwd",
    "ftp://example.org/a.png",
    "gopher://example.org/",
    "data:image/png;base64,AAAA",
    "blob:http://x/1",
    "jar:http://x!/a",
    "unix:/tmp/x",
    "//example.org/a.png",
    "/a.png",
    "http://",
    "http:///a.png",
    "http://127.0.0.1/a.png",
    "http://127.1/a.png",
    "http://0.0.0.0/a.png",
    "http://2130706433/a.png",
    "http://0x7f000001/a.png",
    "http://017700000001/a.png",
    "http://localhost/a.png",
    "http://localhost./a.png",
    "http://[::1]/a.png",
    "http://[::]/a.png",
    "http://[::ffff:127.0.0.1]/a.png",
    "http://[::ffff:7f00:1]/a.png",
    "http://[::127.0.0.1]/a.png",
    "http://[64:ff9b::7f00:1]/a.png",
    "http://[2002:7f00:1::]/a.png",
    "http://[fc00::1]/a.png",
    "http://[fe80::1]/a.png",
    "http://[fe80::1%25eth0]/a.png",
    "http://[ff02::1]/a.png",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/latest/meta-data",
    "http://10.0.0.1/a.png",
    "http://172.16.0.1/a.png",
    "http://192.168.1.1/a.png",
    "http://100.64.0.1/a.png",
    "http://224.0.0.1/a.png",
    "http://255.255.255.255/a.png",
    "http://192.0.2.1/a.png",
    "http://198.18.0.1/a.png",
    "http://240.0.0.1/a.png",
    "http://8.8.8.8:22/a.png",
    "http://8.8.8.8:25/a.png",
    "http://8.8.8.8:6379/a.png",
    "http://8.8.8.8:0/a.png",
    "http://8.8.8.8:65536/a.png",
    "http://8.8.8.8:x/a.png",
    "http://user:word@8.8.8.8/a.png",
    "http://8.8.8.8\\@127.0.0.1/",
    "http://8.8.8.8/a b.png",
    "http://１２７.0.0.1/a.png",
    "http://127。0。0。1/a.png",
    "https://127.0.0.1/a.png",
    "http://" + "a" * 3000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_refused_addresses(app: EmbeddedApp, url: str) -> None:
    made = post(app, url)
    assert made["status"]["code"] in (30106, 30104), made
    assert "data.image" in made["status"]["details"]


def test_line_ends_in_an_address(app: EmbeddedApp, site: Site) -> None:
    before = len(site.seen)
    assert post(app, f"{site.url}/a.png\r\nX: y")["status"]["code"] == 30104
    assert len(site.seen) == before


def test_neither_and_both(app: EmbeddedApp) -> None:
    for image in ({}, {"url": "http://8.8.8.8/a", "base64": picture()}):
        answer = app.call("POST", "inputs", {"inputs": [{"data": {"image": image}}]})
        assert answer.json()["inputs"][0]["status"]["code"] == 30104
