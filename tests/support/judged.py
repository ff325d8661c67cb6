"""Every exchange of the suite with an embedded server is judged by the vendor's schema, and counted.

A client made here reads each answer strictly (see `tests.support.wire`) before the test sees it. At the end of the
run the counts are printed, so that a suite that judges nothing would show.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from typing import Any

import httpx
import pytest
from clarifai_grpc.grpc.api import service_pb2

from tests.support import wire

# Routes of our own server, which the official schema lacks, and the official message that fits their answer.
OWN_ROUTES = {
    ("GET", "/assignments/all"): service_pb2.MultiTaskAssignmentResponse,
    ("POST", "/v2/users"): None,  # users as a list: no official message has one
}
SUCCESS = 10000
SERVERS: set[str] = (
    set()
)  # addresses of embedded servers that this process has started, and talks to directly
answers: Counter[str] = Counter()
requests: Counter[str] = Counter()
# What our adapter was answered by these servers: (route of its table, whether it was a full success).
routes: Counter[tuple[str, bool]] = Counter()


def judge_answer(verb: str, path: str, body: bytes) -> None:
    """Parse one answer strictly and count it under its rpc; raises Unlike."""
    if verb == "HEAD":
        return
    own = [kind for (word, end), kind in OWN_ROUTES.items() if word == verb and path.endswith(end)]
    if own == [None]:
        return
    wire.strict_answer(verb, path, body, own[0] if own else None)
    known = wire.find(verb, path)
    answers[known.rpc if known else "other"] += 1


def judge_request(verb: str, path: str, query: list[tuple[str, str]], body: bytes | None) -> None:
    """Parse one request strictly and count it under its rpc; raises Unlike."""
    if any(word == verb and path.endswith(end) for word, end in OWN_ROUTES):
        return
    wire.strict_request(verb, path, query, body)
    known = wire.find(verb, path)
    assert known is not None
    requests[known.rpc] += 1


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    """Judge what our own adapter sends in this process, just before it goes out, and what it is answered."""
    from dashboard.platforms.clarifai.client import ClarifaiClient
    from dashboard.platforms.http import HttpClient

    ours = threading.local()
    call, send = ClarifaiClient.call, HttpClient.call

    @functools.wraps(call)
    def marked(self: Any, route: str, *arguments: Any, **options: Any) -> Any:
        ours.route = route
        try:
            return call(self, route, *arguments, **options)
        finally:
            ours.route = ""

    @functools.wraps(send)
    def judged(self: Any, method: str, path: str, read: Any, **options: Any) -> Any:
        route = getattr(ours, "route", "")
        if not route:
            return send(self, method, path, read, **options)
        judge_request(method, path, list(options.get("query", ())), options.get("body"))

        def understood(answer: Any) -> Any:
            if self.base_url in SERVERS:
                judge_answer(method, path, answer.body)
                routes[route, wire.code_of(answer.body) == SUCCESS] += 1
            return read(answer)

        return send(self, method, path, understood, **options)

    ClarifaiClient.call, HttpClient.call = marked, judged  # type: ignore[method-assign]


def client(base_url: str) -> httpx.Client:
    """An HTTP client whose answers below /v2 are judged."""
    return httpx.Client(base_url=base_url, timeout=60, event_hooks={"response": [_judge]})


def _judge(response: httpx.Response) -> None:
    path = response.request.url.raw_path.partition(b"?")[0].decode("ascii")
    if path.startswith("/v2/"):
        judge_answer(response.request.method, path, response.read())


@pytest.hookimpl
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a parallel run hands its counts to the one that prints."""
    handed = getattr(session.config, "workeroutput", None)
    if handed is not None:
        handed["wire"] = (dict(answers), dict(requests))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    told, asked = getattr(node, "workeroutput", {}).get("wire", ({}, {}))
    answers.update(told)
    requests.update(asked)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if answers or requests:
        terminalreporter.write_line(
            f"wire: {answers.total():,} answers of {len(answers)} rpcs and {requests.total():,} requests of "
            f"{len(requests)} rpcs fitted the vendor's messages exactly"
        )
