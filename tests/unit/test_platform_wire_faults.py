"""Real sockets that misbehave: each fault after the request was sent must come out as Ambiguous, once."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from dashboard.platforms.clarifai.adapter import ClarifaiPlatform
from dashboard.platforms.clarifai.client import ClarifaiClient
from dashboard.platforms.errors import Ambiguous, NotSent, PlatformError
from dashboard.platforms.guard import base_guard
from dashboard.platforms.http import HttpClient
from dashboard.platforms.types import AnnotationState

Fault = Callable[[socket.socket], None]


def hang_up(peer: socket.socket) -> None:
    """Close without a word."""


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say(*parts: bytes) -> Fault:
    def fault(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)

    return fault


# Whole answers say that the connection ends, else the next request may go into one that is just being closed.
FAULTS: dict[str, Fault] = {
    "closed": hang_up,
    "reset": reset,
    "garbage": say(b"\x00\x01\x02 not HTTP at all\r\n\r\n"),
    "half a head": say(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b'{"status":{"code":10000'),
    "bad chunk": say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "bad gzip": say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
    "two lengths": say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "no JSON": say(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>"),
    "empty": say(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
    "deep JSON": say(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n", b"[" * 100_000
    ),
    "deep JSON inside": say(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100041\r\n\r\n",
        b'{"status":{"code":10000},"annotations":[' + b"[" * 100_001,
    ),
    "a fault": say(b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
}


class Misbehaving:
    """Reads each request whole, then does its fault and closes."""

    def __init__(self) -> None:
        self.fault: Fault = hang_up
        self.requests = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                head = b""
                while b"\r\n\r\n" not in head and (part := peer.recv(65536)):
                    head += part
                self.requests += 1
                try:
                    self.fault(peer)
                except OSError:
                    continue

    def stop(self) -> None:
        if self.listener.fileno() >= 0:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.thread.join(5)


@pytest.fixture
def misbehaving() -> Iterator[Misbehaving]:
    server = Misbehaving()
    yield server
    server.stop()


@pytest.fixture
def platform(misbehaving: Misbehaving) -> Iterator[ClarifaiPlatform]:
    base = f"http://127.0.0.1:{misbehaving.port}"
    http = HttpClient(base, guard=base_guard(base, trusted=True), sleep=lambda _: None)
    yield ClarifaiPlatform(
        ClarifaiClient(http, user_id="acme", app_id="cells", token="a-long-enough-token"),
        user_id="acme",
        app_id="cells",
    )
    http.close()


@pytest.mark.parametrize("name", FAULTS)
def test_a_write_whose_answer_is_lost_is_ambiguous_and_sent_once(
    misbehaving: Misbehaving, platform: ClarifaiPlatform, name: str
) -> None:
    misbehaving.fault = FAULTS[name]
    outcome = platform.set_annotation_state([("img-1", "an-1")], AnnotationState.APPROVED)[0]
    assert isinstance(outcome.error, Ambiguous)
    assert misbehaving.requests == 1


@pytest.mark.parametrize("name", FAULTS)
def test_a_read_is_tried_again_and_then_given_up(
    misbehaving: Misbehaving, platform: ClarifaiPlatform, name: str
) -> None:
    misbehaving.fault = FAULTS[name]
    with pytest.raises(PlatformError):
        platform.list_tasks()
    assert misbehaving.requests == 3


def test_after_the_fault_all_is_well(misbehaving: Misbehaving, platform: ClarifaiPlatform) -> None:
    good = b'{"status":{"code":10000},"tasks":[]}'
    answers = iter([hang_up, reset, say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(good), good)])
    misbehaving.fault = lambda peer: next(answers)(peer)
    assert platform.list_tasks() == []


def test_nobody_there_is_not_sent(misbehaving: Misbehaving, platform: ClarifaiPlatform) -> None:
    misbehaving.stop()
    outcome = platform.set_annotation_state([("img-1", "an-1")], AnnotationState.APPROVED)[0]
    assert isinstance(outcome.error, NotSent)
