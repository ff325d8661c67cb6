"""Pictures for the window, fetched with the connection's token and kept in a private folder.

The browser never needs a token, and never gets anything but a picture: what comes is judged by its first bytes,
not by what its server calls it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings

from dashboard.accounts.models import Connection
from dashboard.platforms.errors import NotFound, Rejected

from ..gateway import platform_for
from ..models import Input

SIZES = ("small", "large", "orig")
#: Longest side in pixels of what is made here, where the platform has no picture of that size.
SIDES = {"small": 320, "large": 1600}
MAX_BYTES = 25 * 1024 * 1024
CACHE_BYTES = 2 * 1024**3
#: Looking at every file's size is slow; once in this many new files is enough.
PRUNE_EVERY = 200

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/bmp"),
)
_stored = 0


def media(*, connection: Connection, input: Input, size: str) -> tuple[bytes, str]:
    """(bytes, content type) of an input's picture. ``size`` is small, large or orig.

    Raises NotFound when there is none, Rejected when it is not a picture that browsers show, PlatformError.
    """
    url = address(input, size)
    if size == "orig" or url != input.url:
        return _fetched(connection, url)
    path = _folder() / _name(connection, f"{url}\0{size}")
    body = _kept(path)
    if body is None:
        whole, kind = _fetched(connection, url)
        body = _made(whole, input, size)
        if body is None:
            return whole, kind
        _store(path, body)
    return body, kind_of(body)


def _fetched(connection: Connection, url: str) -> tuple[bytes, str]:
    path = _folder() / _name(connection, url)
    body = _kept(path)
    if body is None:
        body, _told = platform_for(connection).fetch_media(url, max_bytes=MAX_BYTES)
        kind_of(body)
        _store(path, body)
    return body, kind_of(body)


def _kept(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _made(whole: bytes, input: Input, size: str) -> bytes | None:
    """A smaller picture where the platform has none; None where the whole one serves as it is."""
    from .thumbnails import TooLarge, smaller  # late: the pictures' library is large, and often not needed

    try:
        return smaller(whole, SIDES[size], (input.width, input.height))
    except TooLarge:
        if size == "small":  # a page of these would end a browser
            raise Rejected("The picture has too many pixels to be shown small.") from None
        return None


def address(input: Input, size: str) -> str:
    """Where the picture lies on the platform. Raises NotFound."""
    if size not in SIZES:
        raise NotFound("There is no such size of a picture.")
    url = {"small": input.thumb_url, "large": input.large_url}.get(size) or input.url
    if not url or input.kind != "image":
        raise NotFound("The platform has no picture for this input.")
    return url


def kind_of(body: bytes) -> str:
    """The picture's media type by its first bytes. Raises Rejected for anything else."""
    for signature, offset, kind in _SIGNATURES:
        if body[offset : offset + len(signature)] == signature:
            return kind
    raise Rejected("What the platform answered is not a picture that can be shown.")


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "media_cache"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _name(connection: Connection, url: str) -> str:
    return hashlib.sha256(f"{connection.pk}\0{url}".encode()).hexdigest()


def _store(path: Path, body: bytes) -> None:
    """Write beside, then move into place: a reader never sees half a picture."""
    global _stored
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
        draft.replace(path)
    except OSError:  # a full disk must not cost the page its picture
        draft.unlink(missing_ok=True)
        return
    _stored += 1
    if _stored % PRUNE_EVERY == 1:
        prune(path.parent)


def prune(folder: Path, limit: int = CACHE_BYTES) -> int:
    """Remove the oldest files until the folder is below ``limit`` bytes; answers how many were removed."""
    files = []
    for path in folder.iterdir():
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        files.append((facts.st_mtime, facts.st_size, path))
    size = sum(file[1] for file in files)
    removed = 0
    for _, length, path in sorted(files):
        if size <= limit:
            break
        path.unlink(missing_ok=True)
        size -= length
        removed += 1
    return removed
