"""Somebody at a running desk: signed in over HTTP like a browser, with its cookies and its CSRF token."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.stores import wait_for

PATIENCE = 60.0  # how long a desk that was killed may take until it answers again


class SignedIn:
    """One session. `lost` counts the requests whose answer never came."""

    def __init__(self, url: str, login: str, password: str, *, timeout: float = 20.0) -> None:
        self.client = httpx.Client(base_url=url, timeout=timeout, trust_env=False)
        self.lost = 0
        self.client.get("/sign-in/").raise_for_status()
        answer = self.form("/sign-in/", username=login, password=password)
        assert answer.status_code == 302, answer.text[:500]
        assert "sessionid" in self.client.cookies

    def close(self) -> None:
        self.client.close()

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def json(self, path: str) -> Any:
        answer = self.client.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def form(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of a page; redirects are not followed."""
        return self.client.post(path, data={**fields, "csrfmiddlewaretoken": self._token()})

    def send(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST JSON as the workbench does. Raises httpx.TransportError when no answer comes."""
        return self.client.post(path, json=body, headers={"X-CSRFToken": self._token()}, **more)

    def insist(self, path: str, body: Any) -> httpx.Response:
        """The same, sent again, unchanged, until an answer comes."""
        while True:
            try:
                return self.send(path, body)
            except httpx.TransportError:
                self.lost += 1
                wait_for(self._answered, "the desk answers again", PATIENCE)

    def _answered(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def _token(self) -> str:
        return self.client.cookies["csrftoken"]
