"""Clarifai routes: one table, long path form only. Source: Clarifai API guide, the route tables.

``U`` stands for ``/v2/users/{user}/apps/{app}`` of the connection. Path values are percent-encoded here; what
comes back is given to the caller's reader as it came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec

from .. import media
from ..errors import Rejected
from ..guard import DEFAULT_PORTS, split_url
from ..http import Answer, HttpClient, Query

T = TypeVar("T")

# Clarifai hosts its media on hosts of this domain (Clarifai API, HostedURL).
MEDIA_DOMAIN = ".clarifai.com"
ROUTES: dict[str, tuple[str, str]] = {
    "get_user": ("GET", "/v2/users/{user_id}"),
    "get_app": ("GET", "U"),
    "my_scopes": ("GET", "U/myscopes"),
    "list_collaborators": ("GET", "U/collaborators"),
    "list_concepts": ("GET", "U/concepts"),
    "post_concepts": ("POST", "U/concepts"),
    "list_inputs": ("GET", "U/inputs"),
    "stream_inputs": ("GET", "U/inputs/stream"),
    "post_inputs": ("POST", "U/inputs"),
    "delete_inputs": ("DELETE", "U/inputs"),
    "count_inputs": ("GET", "U/inputs/status"),
    "list_annotations": ("GET", "U/annotations"),
    "post_annotations": ("POST", "U/annotations"),
    "patch_annotations": ("PATCH", "U/annotations"),
    "delete_annotations": ("DELETE", "U/annotations"),
    "search_annotations": ("POST", "U/annotations/searches"),
    "list_tasks": ("GET", "U/tasks"),
    "get_task": ("GET", "U/tasks/{task_id}"),
    "post_tasks": ("POST", "U/tasks"),
    "patch_tasks": ("PATCH", "U/tasks"),
    "delete_tasks": ("DELETE", "U/tasks"),
    "count_task_annotations": ("GET", "U/tasks/{task_id}/annotations/count"),
    "count_task_inputs": ("GET", "U/tasks/{task_id}/inputs/count"),
    "put_assignments": ("PUT", "U/tasks/{task_id}/assignments"),
    "list_datasets": ("GET", "U/datasets"),
    "list_searches": ("GET", "U/searches"),
    "list_models": ("GET", "U/models"),
    "list_workflows": ("GET", "U/workflows"),
    "model_outputs": ("POST", "U/models/{model_id}/outputs"),
    "model_version_outputs": ("POST", "U/models/{model_id}/versions/{version_id}/outputs"),
    "workflow_results": ("POST", "U/workflows/{workflow_id}/results"),
    "list_label_orders": ("GET", "U/label_orders"),
    "get_label_order": ("GET", "U/label_orders/{label_order_id}"),
    "post_label_orders": ("POST", "U/label_orders"),
    "patch_label_orders": ("PATCH", "U/label_orders"),
    "delete_label_orders": ("DELETE", "U/label_orders"),
    # Our own server's additions (see embedded_api); Clarifai answers 404 to them.
    "list_assignments": ("GET", "U/tasks/{task_id}/assignments/all"),
    "post_users": ("POST", "/v2/users"),
    "post_apps": ("POST", "/v2/users/{user_id}/apps"),
    "post_keys": ("POST", "/v2/users/{user_id}/keys"),
    "post_collaborators": ("POST", "U/collaborators"),
}


class ClarifaiClient:
    """Calls routes of one app with one token. The token shows in no repr and no error.

    ``requests`` counts what was sent, each try of a repeated call by itself.
    """

    def __init__(self, http: HttpClient, *, user_id: str, app_id: str, token: str) -> None:
        self._http = http
        self._app = f"/v2/users/{quote(user_id, safe='')}/apps/{quote(app_id, safe='')}"
        self._token = token
        self._lock = threading.Lock()
        self.requests = 0

    def __repr__(self) -> str:
        return f"<ClarifaiClient {self._http.base_url}{self._app}>"

    @property
    def http(self) -> HttpClient:
        return self._http

    def call(
        self,
        route: str,
        read: Callable[[Answer], T],
        *,
        query: Query = (),
        body: bytes | None = None,
        headers: Sequence[tuple[str, str]] = (),
        repeatable: bool = False,
        token: str = "",
        path: Mapping[str, str] = MappingProxyType({}),
    ) -> T:
        """Call a route of :data:`ROUTES`. ``token`` acts instead of the connection's own."""
        if not all(_sendable(value) for _, value in (*query, *path.items())):
            raise Rejected("An id or filter holds characters that cannot be sent.")
        method, template = ROUTES[route]
        url = template.format(**{key: quote(value, safe="") for key, value in path.items()})
        if url.startswith("U"):
            url = self._app + url[1:]
        sent = [("Authorization", f"Key {token or self._token}"), *headers]
        if body is not None:
            sent.append(("Content-Type", "application/json"))
        secrets = [one.encode() for one in {token, self._token} if len(one) >= 8]
        return self._http.call(
            method,
            url,
            lambda answer: read(_scrubbed(answer, secrets)),
            query=query,
            body=body,
            headers=sent,
            repeatable=repeatable,
            sending=self._count,
        )

    @property
    def base_url(self) -> str:
        """The platform's address, without a slash at its end."""
        return self._http.base_url

    def fetch(self, url: str, *, max_bytes: int) -> Answer:
        """A hosted picture; the token goes along where :func:`is_own_media` allows it, and nowhere else."""

        def headers(address: str) -> list[tuple[str, str]]:
            own = is_own_media(self._http.base_url, address)
            return [("Authorization", f"Key {self._token}")] if own else []

        return media.fetch(self._http, url, max_bytes=max_bytes, headers=headers, sending=self._count)

    def _count(self) -> None:
        with self._lock:
            self.requests += 1


def is_own_media(base_url: str, url: str) -> bool:
    """Whether the token may go along to this address of a picture.

    On the connection's own origin; and, for Clarifai itself, on its hosts of hosted media, over TLS. Never to a path
    of the API: an input's address is data of whoever made it, and must not make us call the API in our own name.
    On a redirect it never travels to another origin (see :mod:`..media`). Raises UnsafeAddress for what is no address.
    """
    own, _ = split_url(base_url)
    there, normal = split_url(url)
    if {"v2", ".."} & set(unquote(urlsplit(normal).path).split("/")):
        return False
    if there == own:
        return True
    hosted = f".{own.host}".endswith(MEDIA_DOMAIN) and f".{there.host}".endswith(MEDIA_DOMAIN)
    return hosted and own.scheme == there.scheme == "https" and there.port == DEFAULT_PORTS["https"]


def _sendable(text: str) -> bool:
    """Half a surrogate pair has no UTF-8 form."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _scrubbed(answer: Answer, secrets: Sequence[bytes]) -> Answer:
    """The answer without our own token, should the other side repeat it in a message."""
    for secret in secrets:
        if secret in answer.body:
            answer = msgspec.structs.replace(answer, body=answer.body.replace(secret, b"[token]"))
        if secret.decode() in answer.request_id:
            answer = msgspec.structs.replace(answer, request_id="")
    return answer
