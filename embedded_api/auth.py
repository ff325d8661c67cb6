"""`Authorization: Key <token>`: who is calling. Tokens are stored as SHA-256 only."""

import hashlib
import hmac
import math
import secrets
import threading
import time
from dataclasses import dataclass

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from embedded_api import clock, lookups
from embedded_api.errors import ApiError
from embedded_api.models import Key
from embedded_api.rights import EVERYTHING, Rights


@dataclass(frozen=True)
class Caller:
    """The owner of the token. The operator is no user: `user_id` is empty and `key` is None."""

    user_id: str
    key: Key | None
    is_operator: bool = False

    @property
    def app_bound(self) -> bool:
        """Whether the token is the key of one app."""
        return self.key is not None and self.key.app_id is not None

    @property
    def rights(self) -> Rights:
        """What the token allows; where the operator may go is said by each view."""
        return EVERYTHING if self.key is None else Rights.of(self.key.scopes, self.key.endpoints)


def hash_token(token: str) -> str:
    """SHA-256 of a token in hexadecimal; tokens have 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """A fresh token of 256 random bits."""
    return secrets.token_hex(32)


class KeyAuthentication(BaseAuthentication):
    """Answers 401 with 11008 (no key, or an expired one), 11002 (another scheme), 11009 (unknown key)."""

    def authenticate(self, request: Request) -> tuple[Caller, None]:
        header = request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if not header:
            raise _refused(11008, "send the header: Authorization: Key <token>")
        if scheme.lower() != "key":
            raise _refused(11002, "only the scheme Key is accepted: Authorization: Key <token>")
        if not token or not token.isascii() or not token.isprintable() or " " in token or len(token) > 512:
            raise _refused(11008, "the key must be one word")
        operator = settings.OPERATOR_KEY
        if operator and hmac.compare_digest(token.encode(), operator.encode()):
            return Caller("", None, is_operator=True), None
        key = lookups.first(Key, token_hash=hash_token(token))
        if key is None:
            raise _refused(11009, "no such key")
        if key.expires_at and key.expires_at <= clock.now():
            raise _refused(11008, f"this key expired at {key.expires_at}")
        if settings.RATE_LIMIT:
            _limits.take(key.user_id, settings.RATE_LIMIT)
        return Caller(key.user_id, key), None


def _refused(code: int, details: str) -> ApiError:
    return ApiError(401, code, details, {"WWW-Authenticate": "Key"})


class _Limits:
    """A token bucket per user, in this process: exact with the one process of `embedded_api.gunicorn_conf`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, user_id: str, rate: float) -> None:
        """Count one request; raises 429 when the user has spent `rate` requests within a second."""
        present = time.monotonic()
        burst = max(rate, 1.0)
        with self._lock:
            left, since = self._buckets.get(user_id, (burst, present))
            left = min(burst, left + (present - since) * rate)
            allowed = left >= 1
            self._buckets[user_id] = (left - 1 if allowed else left, present)
        if not allowed:
            wait = math.ceil((1 - left) / rate)  # whole seconds, as the header wants it
            raise ApiError(429, 11005, f"more than {rate:g} requests a second", {"Retry-After": str(wait)})


_limits = _Limits()
