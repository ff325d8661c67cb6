"""Where an adapter is picked: the one door of the service layer.

Clients are kept per process and shared, so that their connections are reused; the key is a digest, because the
token is part of it. A forked process starts with none.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict

from django.conf import settings

from .clarifai.adapter import ClarifaiPlatform
from .clarifai.client import ClarifaiClient
from .embedded import EmbeddedPlatform
from .errors import UnsafeAddress, Unsupported
from .guard import base_guard, check_base_url, split_url
from .http import HttpClient
from .interface import Platform
from .rate import RateLimit
from .types import Capabilities

CLARIFAI_URL = "https://api.clarifai.com"
# Pools kept; the one used longest ago goes first.
KEPT = 128

_ADAPTERS: dict[str, type[ClarifaiPlatform]] = {"clarifai": ClarifaiPlatform, "embedded": EmbeddedPlatform}
_clients: OrderedDict[str, HttpClient] = OrderedDict()
_lock = threading.Lock()


def kinds() -> tuple[str, ...]:
    """Platforms that can be connected."""
    return tuple(_ADAPTERS)


def capabilities(kind: str) -> Capabilities:
    """What a platform of this kind can do. Raises Unsupported for an unknown kind."""
    return _adapter(kind).capabilities


def _adapter(kind: str) -> type[ClarifaiPlatform]:
    if kind not in _ADAPTERS:
        raise Unsupported(f"There is no platform of the kind {kind!r}.")
    return _ADAPTERS[kind]


def open_platform(
    kind: str, *, base_url: str = "", user_id: str, app_id: str, token: str, operator_key: str = ""
) -> Platform:
    """The adapter of one connection and token. No request is made.

    ``base_url`` empty means the kind's own address. An embedded connection may only name the address in
    ``settings.EMBEDDED_URL``: it is the one address that may be on this machine. Raises UnsafeAddress.
    The adapter is new and cheap, with a quarantine count of its own; the connections below it are shared.
    """
    adapter = _adapter(kind)
    base = base_address(kind, base_url)
    client = ClarifaiClient(_client(kind, base, token), user_id=user_id, app_id=app_id, token=token)
    if adapter is EmbeddedPlatform:
        return EmbeddedPlatform(client, user_id=user_id, app_id=app_id, operator_key=operator_key)
    return adapter(client, user_id=user_id, app_id=app_id)


def base_address(kind: str, base_url: str) -> str:
    """The checked base URL of a connection of this kind. Raises UnsafeAddress."""
    if kind != "embedded":
        return check_base_url(base_url or CLARIFAI_URL)
    own = check_base_url(settings.EMBEDDED_URL, trusted=True)
    if base_url and split_url(base_url)[0] != split_url(own)[0]:
        raise UnsafeAddress("The embedded platform's address is not the one in EMBEDDED_URL.")
    return own


def _client(kind: str, base: str, token: str) -> HttpClient:
    """One pool per platform address and token: the rate limit counts per token."""
    embedded = kind == "embedded"
    key = _digest(kind, base) if embedded else _digest(kind, base, token)
    with _lock:
        if key not in _clients:
            limit = None if embedded else RateLimit()
            _clients[key] = HttpClient(
                base, guard=base_guard(base, trusted=embedded), limit=limit, compress=not embedded
            )
        _clients.move_to_end(key)
        # Dropped, not closed: a thread may be using it; the last user's end closes the sockets.
        while len(_clients) > KEPT:
            _clients.popitem(last=False)
        return _clients[key]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def close_all() -> None:
    """Close every pooled connection of this process, at its end or between tests."""
    with _lock:
        for client in _clients.values():
            client.close()
        _clients.clear()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_after_fork)
