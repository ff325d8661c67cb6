"""A platform that answers from a script: every request is kept, every answer is written by the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from dashboard.platforms.clarifai.adapter import ClarifaiPlatform
from dashboard.platforms.clarifai.client import ClarifaiClient
from dashboard.platforms.embedded import EmbeddedPlatform
from dashboard.platforms.guard import AddressGuard, base_guard
from dashboard.platforms.http import HttpClient

BASE = "http://127.0.0.1:9"
TOKEN = "canary-4f1d2c3b5a69788796a5b4c3d2e1f001"

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests with the given steps in order; the last step repeats."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            # A response object is used up by reading: each request gets its own.
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step(request)

    def body(self, number: int = -1) -> Any:
        """The JSON that was sent."""
        return json.loads(self.requests[number].content)

    def http(self, *, guard: AddressGuard | None = None, **options: Any) -> HttpClient:
        return HttpClient(
            BASE,
            guard=guard or base_guard(BASE, trusted=True),
            transport=httpx.MockTransport(self),
            sleep=self.waits.append,
            jitter=lambda: 1.0,
            **options,
        )

    def _client(self) -> ClarifaiClient:
        return ClarifaiClient(self.http(), user_id="acme", app_id="cells", token=TOKEN)

    def clarifai(self) -> ClarifaiPlatform:
        return ClarifaiPlatform(self._client(), user_id="acme", app_id="cells")

    def embedded(self) -> EmbeddedPlatform:
        return EmbeddedPlatform(self._client(), user_id="acme", app_id="cells", operator_key="operator-key")


def answer(code: int = 10000, *, http: int = 200, details: str = "", **payload: Any) -> httpx.Response:
    """An answer with its envelope."""
    status = {"code": code, "description": "text"} | ({"details": details} if details else {})
    return httpx.Response(http, json={"status": status} | payload)
