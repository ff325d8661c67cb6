"""Environment -> checked values. Every bad value is refused with one sentence that names it."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

REPO = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Config:
    """What the environment says; see `read` for names and ranges."""

    data_dir: Path
    secret_key: str
    operator_key: str
    public_url: str
    allowed_hosts: tuple[str, ...]
    fetch_allowed: frozenset[str]
    rate_limit: float
    source_dir: Path | None


def read(env: dict[str, str] | None = None) -> Config:
    """Read `EMBEDDED_*` variables; raises ImproperlyConfigured naming the variable and the rule."""
    source = dict(os.environ) if env is None else env
    public_url = _public_url(source.get("EMBEDDED_PUBLIC_URL", ""))
    hosts = ["127.0.0.1", "localhost", "[::1]"]
    hosts += [name.strip() for name in source.get("EMBEDDED_ALLOWED_HOSTS", "").split(",") if name.strip()]
    if public_url:
        hosts.append(urlsplit(public_url).hostname or "")
    fetch = {name.strip().lower() for name in source.get("EMBEDDED_FETCH_ALLOWED", "").split(",")}
    return Config(
        data_dir=_data_dir(source.get("EMBEDDED_DATA_DIR", "")),
        secret_key=_secret_key(source),
        operator_key=_operator_key(source.get("EMBEDDED_OPERATOR_KEY", "")),
        public_url=public_url,
        allowed_hosts=tuple(hosts),
        fetch_allowed=frozenset(_fetch_host(name) for name in fetch if name),
        rate_limit=_rate_limit(source.get("EMBEDDED_RATE_LIMIT", "")),
        source_dir=_source_dir(source.get("EMBEDDED_SOURCE_DIR", "")),
    )


def _refuse(name: str, rule: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {rule}")


def _data_dir(value: str) -> Path:
    path = Path(value) if value else REPO / "var"
    if not path.is_absolute():
        raise _refuse("EMBEDDED_DATA_DIR", "must be an absolute path")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _refuse("EMBEDDED_DATA_DIR", f"cannot be made ({error.strerror})") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise _refuse("EMBEDDED_DATA_DIR", "must be a folder that this user may write to")
    return path


def _secret_key(source: dict[str, str]) -> str:
    value, file = source.get("EMBEDDED_SECRET_KEY", ""), source.get("EMBEDDED_SECRET_KEY_FILE", "")
    if file:
        try:
            value = Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise _refuse("EMBEDDED_SECRET_KEY_FILE", "must name a readable text file") from None
    if value and len(value) < 32:
        raise _refuse("EMBEDDED_SECRET_KEY", "must have at least 32 characters")
    # Nothing that outlives the process is signed here, so a key per start is good enough.
    return value or secrets.token_urlsafe(48)


def _operator_key(value: str) -> str:
    if value and (len(value) < 16 or not value.isascii() or any(c.isspace() for c in value)):
        raise _refuse("EMBEDDED_OPERATOR_KEY", "must have at least 16 ASCII characters and no spaces")
    return value


def _public_url(value: str) -> str:
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.username
    except ValueError:
        good = False
    if not good:
        raise _refuse("EMBEDDED_PUBLIC_URL", "must be an http or https address such as http://127.0.0.1:8001")
    return value.rstrip("/")


def _fetch_host(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _refuse("EMBEDDED_FETCH_ALLOWED", "must be a comma-separated list of host:port")
    return value


def _rate_limit(value: str) -> float:
    try:
        limit = float(value or "0")
    except ValueError:
        limit = -1.0
    if not 0 <= limit <= 1_000_000:
        raise _refuse("EMBEDDED_RATE_LIMIT", "must be a number of requests per second, 0 (off) or more")
    return limit


def _source_dir(value: str) -> Path | None:
    if not value:
        return None
    path = Path(value)
    if not path.is_absolute() or ".." in path.parts:
        raise _refuse("EMBEDDED_SOURCE_DIR", "must be an absolute path without ..")
    if not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        raise _refuse("EMBEDDED_SOURCE_DIR", "must be a folder that this user may read")
    return path
