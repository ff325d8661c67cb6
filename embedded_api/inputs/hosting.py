"""GET /media/<size>/<name>: hosted files. Names cannot be guessed, content never changes."""

import re
from collections.abc import Iterator
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from embedded_api import envelope, errors
from embedded_api.inputs.files import CHUNK, TYPES, path_of, size_of
from embedded_api.inputs.pictures import FORMATS, SIZES, restore

_NAME = re.compile(r"[0-9a-f]{40}\.([a-z0-9]{3,4})")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_PICTURES = frozenset(FORMATS.values())


def media(request: HttpRequest, size: str, name: str) -> HttpResponseBase:
    """A file with the type that we give it, whatever its bytes look like; whole, or one range of its bytes."""
    if request.method not in ("GET", "HEAD"):
        return envelope.failure(errors.ApiError(405, 11103, "only GET is allowed here"))
    found = _NAME.fullmatch(name)
    sizes = ("orig", *SIZES) if found and found[1] in _PICTURES else ("orig",)
    if found is None or found[1] not in TYPES or size not in sizes:
        return envelope.failure(errors.missing("no such file"))
    path = path_of(name, size)
    try:
        if size != "orig" and (not path.exists() or path.stat().st_size == 0):
            restore(name)
        file = path.open("rb")
    except FileNotFoundError:
        return envelope.failure(errors.missing("no such file"))
    kind = TYPES[found[1]] if size == "orig" else "image/jpeg"
    tag = f'"{name}.{size}"'
    response = _answer(request, file, kind, tag)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = tag
    return response


def _answer(request: HttpRequest, file: IO[bytes], kind: str, tag: str) -> HttpResponseBase:
    """The whole file (200), a part of it (206), or 416 when it has no such part."""
    length = size_of(file)
    wanted = asked_range(request.headers.get("Range", ""), length)
    if request.headers.get("If-Range", tag) != tag:  # the caller's first half is of another file
        wanted = None
    response: HttpResponseBase
    if wanted is None:
        response = FileResponse(file, content_type=kind)
    elif not wanted:
        file.close()
        response = HttpResponse(status=416, content_type=kind)
        response["Content-Range"] = f"bytes */{length}"
    else:
        response = StreamingHttpResponse(_part(file, wanted), status=206, content_type=kind)
        response["Content-Length"] = str(len(wanted))
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{length}"
    response["Content-Disposition"] = "inline"
    return response


def asked_range(header: str, length: int) -> range | None:
    """The bytes that a Range header asks for; empty when the file has none of them, None for the whole file.

    Several ranges, other units and broken headers count as no header, as RFC 9110 section 14.2 allows.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return range(max(0, length - int(last)), length)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, length) if last else length)


def _part(file: IO[bytes], wanted: range) -> Iterator[bytes]:
    with file:
        file.seek(wanted.start)
        left = len(wanted)
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
