"""Hosted files: where they lie, and how they get there, whole or not at all."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import IO

from django.conf import settings

# The ending of a file name decides the type under which the file is served, whatever its bytes look like.
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "ogv": "video/ogg",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "oga": "audio/ogg",
    "flac": "audio/flac",
    "txt": "text/plain; charset=utf-8",
}
CHUNK = 256 * 1024
_IN_MEMORY = 8 * 1024 * 1024


def new_name(ending: str) -> str:
    """A fresh unguessable file name such as `3f..e1.png`."""
    return f"{secrets.token_hex(20)}.{ending}"


def path_of(name: str, size: str) -> Path:
    """Where a file lies; the first two digits of the name spread the files over 256 folders."""
    root: Path = settings.MEDIA_DIR
    return root / name[:2] / f"{name}.{size}"


def spool() -> IO[bytes]:
    """A nameless file for bytes that are not checked yet: in memory when small, gone when closed."""
    # Beside the media and not in /tmp, which is small or in memory on many machines.
    settings.MEDIA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(settings.MEDIA_DIR))


def write(target: Path, content: IO[bytes], *, durable: bool) -> None:
    """Copy `content` from its start to `target`; `durable`: on the disk when this returns."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    content.seek(0)
    try:
        with draft.open("wb") as file:
            shutil.copyfileobj(content, file, CHUNK)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def size_of(content: IO[bytes]) -> int:
    """Number of bytes; leaves the position at the start."""
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    return size
