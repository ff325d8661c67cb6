"""Archives (zip, tar, tar.gz) from people we do not know: listed and read within limits, never unpacked by name."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from embedded_api.inputs import files

MAX_MEMBERS = 50_000
MAX_READ = 8 * 1024 * 1024  # bytes at once: tables of contents, and headers whose length the archive claims
MAX_UNPACKED = 8 * 1024**3  # bytes
# An archive may unpack to this many times its size, and to this much in any case. Pictures and videos hardly shrink,
# texts to a fifth; a bomb to a thousandth.
RATIO, ALLOWANCE = 40, 64 * 1024**2
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
)


class BadArchive(Exception):
    """The archive as a whole is refused; the text says why."""


@dataclass(frozen=True)
class Member:
    """A file to be read: `why` is set when it must not be."""

    name: str
    open: Callable[[], IO[bytes]]
    why: str = ""


class Budget:
    """Bytes that an archive of `packed` bytes may still unpack to."""

    def __init__(self, packed: int) -> None:
        self._left = min(MAX_UNPACKED, ALLOWANCE + RATIO * packed)

    def spend(self, size: int) -> None:
        """Raises BadArchive when more comes out than any honest archive holds."""
        self._left -= size
        if self._left < 0:
            raise BadArchive("the archive unpacks to far more than its size")


class _Guarded(io.RawIOBase):
    """A file that refuses to be read in very large pieces, whatever an archive's headers claim."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = files.size_of(file)

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._file.tell())
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > MAX_READ:
            raise BadArchive("a header of the archive is too long")
        return self._file.read(wanted)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def looks_like_one(file: IO[bytes]) -> bool:
    """True when the first bytes are those of a zip, tar or gzip file."""
    file.seek(0)
    head = file.read(512)
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06") or head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar"


def members(file: IO[bytes], budget: Budget, close: Callable[[IO[bytes]], object]) -> list[Member]:
    """The files of an archive; `close` gets every file that must stay open until they are read.

    Raises BadArchive when the archive cannot be read or breaks a limit.
    """
    file.seek(0)
    try:
        if file.read(2) == b"PK":
            found = _zip_members(file)
        else:
            file.seek(0)
            plain = _unzipped(file, budget, close) if file.read(2) == b"\x1f\x8b" else file
            found = _tar_members(plain)
        listed = [member for member in found if not is_hidden(member.name)]
    except BROKEN:
        raise BadArchive("the archive is broken, or no zip, tar or tar.gz") from None
    return listed


def is_hidden(name: str) -> bool:
    """Files that desktops put into archives on their own."""
    parts = _path(name).parts
    return "__MACOSX" in parts[:1] or any(part.startswith(".") and part != ".." for part in parts)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _why(name: str) -> str:
    """The reason why a name is refused, if any. Names are never used as paths; such an archive means harm."""
    path = _path(name)
    return "its name leads out of the archive" if path.is_absolute() or ".." in path.parts else ""


def _enough(number: int) -> None:
    if number > MAX_MEMBERS:
        raise BadArchive(f"the archive has more than {MAX_MEMBERS} members")


def _zip_members(file: IO[bytes]) -> Iterator[Member]:
    archive = zipfile.ZipFile(_Guarded(file))
    infos = archive.infolist()
    _enough(len(infos))
    for info in infos:
        if info.is_dir():
            continue
        why = _why(info.filename)
        if info.flag_bits & 1:
            why = "is encrypted"
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            why = "is packed in an unusual way"
        elif stat.S_ISLNK(info.external_attr >> 16):
            why = "is a link"
        yield Member(info.filename, _opener(archive, info), why)


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _tar_members(file: IO[bytes]) -> Iterator[Member]:
    file.seek(0)
    archive = tarfile.TarFile(fileobj=_Guarded(file), mode="r")
    for number, info in enumerate(archive, 1):
        _enough(number)
        if info.isdir():
            continue
        why = _why(info.name)
        if not info.isreg() or info.issparse():
            why = "is a link or no plain file"
        yield Member(info.name, _tar_opener(archive, info), why)


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        found = archive.extractfile(info)
        if found is None:
            raise tarfile.TarError("no plain file")
        return found

    return opened


def _unzipped(file: IO[bytes], budget: Budget, close: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """The tar file inside a gzip file, in a nameless file: going back in a packed one would start it anew."""
    target = files.spool()
    close(target)
    file.seek(0)
    with gzip.GzipFile(fileobj=file, mode="rb") as packed:
        while chunk := packed.read(files.CHUNK):
            budget.spend(len(chunk))
            target.write(chunk)
    return target
