"""Configuration from the environment, read once and checked as a whole.

Every problem is collected, so that a start with three wrong values says three sentences instead of one.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

ROOT = Path(__file__).resolve().parent.parent
CACHE_SECONDS = 0.5  # how long one question to the cache may take


class BadConfiguration(SystemExit):
    """Raised with one sentence per problem; ends the process with that text and no traceback."""


@dataclass(frozen=True)
class Configuration:
    """Typed settings; see the table in the README for each variable's meaning."""

    data_dir: Path
    secret_key: str
    encryption_keys: list[str]
    debug: bool
    allowed_hosts: list[str]
    trusted_origins: list[str]
    databases: dict[str, object]
    redis_url: str
    undo_seconds: float
    sync_seconds: float
    embedded_url: str
    embedded_operator_key: str
    behind_tls: bool


@dataclass
class _Reader:
    env: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The value, or the content of the file that ``NAME_FILE`` points to."""
        if self.env.get(name):
            return self.env[name]
        path = self.env.get(f"{name}_FILE")
        if not path:
            return default
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            self.problems.append(f"{name}_FILE: {path} cannot be read ({error.strerror}).")
            return default

    def flag(self, name: str) -> bool:
        value = self.env.get(name, "0").lower()
        if value not in {"0", "1", "true", "false", "yes", "no", ""}:
            self.problems.append(f"{name} must be 0 or 1, not {value!r}.")
        return value in {"1", "true", "yes"}

    def number(self, name: str, default: float, low: float, high: float) -> float:
        text = self.env.get(name)
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.problems.append(f"{name} must be a number from {low:g} to {high:g}, not {text!r}.")
            return default
        return value

    def words(self, name: str, default: str) -> list[str]:
        return [word.strip() for word in self.env.get(name, default).split(",") if word.strip()]

    def address(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value and urlsplit(value).scheme not in schemes:
            self.problems.append(f"{name} must start with {' or '.join(s + '://' for s in schemes)}.")
        return value.rstrip("/") if value.startswith("http") else value


def read(env: Mapping[str, str] | None = None) -> Configuration:
    """Read and check; raises :class:`BadConfiguration` naming every wrong variable and its rule."""
    source = _Reader(os.environ if env is None else env)
    data_dir = Path(source.text("PROOFDESK_DATA_DIR", str(ROOT / "var"))).expanduser().resolve()
    secret = source.text("PROOFDESK_SECRET_KEY")
    if not secret and (data_dir / "secret.key").is_file():
        secret = (data_dir / "secret.key").read_text().strip()
    if len(secret) < 32:
        source.problems.append(
            "PROOFDESK_SECRET_KEY (or PROOFDESK_SECRET_KEY_FILE) must hold at least 32 characters; "
            "`python3 dev.py up` makes one by itself."
        )
    former = [key for key in source.text("PROOFDESK_FORMER_SECRET_KEYS").split(",") if key]
    redis_url = source.address("REDIS_URL", "", ("redis", "rediss", "redis+socket", "unix"))
    configuration = Configuration(
        data_dir=data_dir,
        secret_key=secret,
        encryption_keys=[_derive(key) for key in (secret, *former)],
        debug=source.flag("PROOFDESK_DEBUG"),
        allowed_hosts=source.words("PROOFDESK_ALLOWED_HOSTS", "127.0.0.1,localhost"),
        trusted_origins=source.words("PROOFDESK_TRUSTED_ORIGINS", ""),
        databases={"default": _database(source, data_dir)},
        redis_url=redis_url,
        undo_seconds=source.number("PROOFDESK_UNDO_SECONDS", 8, 0, 600),
        sync_seconds=source.number("PROOFDESK_SYNC_SECONDS", 20, 1, 86_400),
        embedded_url=source.address("EMBEDDED_URL", "http://127.0.0.1:8001", ("http", "https")),
        embedded_operator_key=source.text("EMBEDDED_OPERATOR_KEY"),
        behind_tls=source.flag("PROOFDESK_BEHIND_TLS"),
    )
    if source.problems:
        raise BadConfiguration("Proofdesk cannot start:\n" + "\n".join(f"- {p}" for p in source.problems))
    return configuration


def broker_url(redis_url: str) -> str:
    """Celery's form of ``REDIS_URL``; without one an in-process broker: pages work, nothing is sent."""
    if not redis_url:
        return "memory://"
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url


def cache(redis_url: str) -> dict[str, object]:
    """Django's cache: never the broker's database, so that clearing one cannot empty the other."""
    if not redis_url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    parts = urlsplit(redis_url)
    if parts.scheme in {"redis+socket", "unix"}:
        location = f"unix://{parts.path}?db=1"
    else:
        number = int(parts.path.strip("/") or 0)
        location = parts._replace(path=f"/{number + 1}").geturl()
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": location,
        # A server that hangs must not hold up a sign-in: whoever asks the cache can do without it. One more
        # try, because the first one after a restart of the server finds a closed connection.
        "OPTIONS": {
            "socket_timeout": CACHE_SECONDS,
            "socket_connect_timeout": CACHE_SECONDS,
            "retry": Retry(NoBackoff(), 1),
        },
    }


def _derive(secret: str) -> str:
    """A Fernet key that is not the signing key itself, though one secret is all there is to keep."""
    digest = hashlib.sha256(b"proofdesk platform tokens\0" + secret.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def _database(source: _Reader, data_dir: Path) -> dict[str, object]:
    url = source.text("DATABASE_URL")
    if not url:
        return _sqlite(str(data_dir / "proofdesk.sqlite3"))
    try:
        parsed = dict[str, Any](dj_database_url.parse(url))
    except (ValueError, dj_database_url.UnknownSchemeError, dj_database_url.ParseError):
        source.problems.append("DATABASE_URL must look like postgres://user:password@host:5432/name.")
        return {}
    if parsed["ENGINE"] == "django.db.backends.sqlite3":
        return _sqlite(str(parsed["NAME"]))
    if parsed["ENGINE"] != "django.db.backends.postgresql":
        source.problems.append("DATABASE_URL must name PostgreSQL (postgres://) or SQLite (sqlite:///).")
        return {}
    options: dict[str, object] = {**(parsed.get("OPTIONS") or {})}
    options.setdefault(
        "options", "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
    )
    return {**parsed, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _sqlite(name: str) -> dict[str, object]:
    # Measured: without IMMEDIATE and WAL together, concurrent writers meet "database is locked".
    # FULL, because a decision that was answered must survive a power cut.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
    }
