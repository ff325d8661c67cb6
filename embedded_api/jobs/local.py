"""Files inside the one folder that data sources may name (EMBEDDED_SOURCE_DIR), and nothing outside of it.

Every folder on the way is opened by its name in the folder before, and no link is followed, so that neither `..` nor
a link nor a folder that is exchanged meanwhile leads out.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from django.conf import settings

Parts = tuple[str, ...]
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe would block for ever


class Refused(Exception):
    """The path is not open to data sources; the text says why."""


def parts_of(url: str) -> Parts:
    """`file:///...` inside the allowed folder, or a path relative to it -> names below the folder.

    Raises Refused when the path leads out, or when no folder is allowed.
    """
    root: Path | None = settings.SOURCE_DIR
    if root is None:
        raise Refused("this server reads no folders (EMBEDDED_SOURCE_DIR is not set)")
    path = url
    if url.startswith("file:"):
        address = urlsplit(url)
        if address.netloc not in ("", "localhost") or address.query or address.fragment:
            raise Refused("must be file:///path")
        path = unquote(address.path)
    if "\x00" in path:
        raise Refused("must not have NUL characters")
    pure = PurePosixPath(path)
    if ".." in pure.parts:
        raise Refused("must not lead upwards")
    if not pure.is_absolute():
        return pure.parts
    try:
        return pure.relative_to(root).parts
    except ValueError:
        raise Refused("lies outside of the folder that is open to data sources") from None


@contextmanager
def _folder(parts: Parts) -> Iterator[int]:
    """Descriptor of a folder below the root."""
    if settings.SOURCE_DIR is None:
        raise Refused("this server reads no folders (EMBEDDED_SOURCE_DIR is not set)")
    here = os.open(settings.SOURCE_DIR, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in parts:
            below = os.open(name, _FOLDER, dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def is_folder(parts: Parts) -> bool:
    """True for a folder, False for a plain file; raises Refused for anything else, and for what is not there."""
    if not parts:
        return True
    try:
        with _folder(parts[:-1]) as here:
            mode = os.stat(parts[-1], dir_fd=here, follow_symlinks=False).st_mode
    except OSError:
        raise Refused("no such file or folder is open to data sources") from None
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise Refused("no such file or folder is open to data sources")
    return stat.S_ISDIR(mode)


def open_file(parts: Parts) -> IO[bytes]:
    """A plain file for reading; raises Refused."""
    try:
        with _folder(parts[:-1]) as here:
            found = os.open(parts[-1], _FILE, dir_fd=here)
    except OSError:
        raise Refused("is a link, or cannot be read") from None
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise Refused("is no plain file")
    return os.fdopen(found, "rb")


def walk(parts: Parts, limit: int) -> list[Parts]:
    """All files below a folder, in order of their names, relative to it; hidden ones are left out.

    Links are listed (opening them is refused). Raises Refused beyond `limit` files.
    """
    found: list[Parts] = []
    try:
        with _folder(parts) as here:
            for place, folders, names, _ in os.fwalk(".", follow_symlinks=False, dir_fd=here):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                above = PurePosixPath(place).parts
                found += [(*above, name) for name in sorted(names) if not name.startswith(".")]
                if len(found) > limit:
                    raise Refused(f"has more than {limit} files")
    except OSError:
        raise Refused("the folder cannot be read") from None
    return found
