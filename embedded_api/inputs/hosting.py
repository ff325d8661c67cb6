"""GET /media/<size>/<name>: hosted pictures. Names cannot be guessed, content never changes."""

import re

from django.http import FileResponse, HttpRequest, HttpResponseBase

from embedded_api import envelope, errors
from embedded_api.inputs.pictures import SIZES, TYPES, path_of, restore

_NAME = re.compile(r"[0-9a-f]{40}\.([a-z]{3,4})")


def media(request: HttpRequest, size: str, name: str) -> HttpResponseBase:
    """A file with the type that we give it, whatever its bytes look like."""
    if request.method not in ("GET", "HEAD"):
        return envelope.failure(errors.ApiError(405, 11103, "only GET is allowed here"))
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in TYPES or size not in ("orig", *SIZES):
        return envelope.failure(errors.missing("no such file"))
    tag = f'"{name}.{size}"'
    path = path_of(name, size)
    try:
        if size != "orig" and (not path.exists() or path.stat().st_size == 0):
            restore(name)
        file = path.open("rb")
    except FileNotFoundError:
        return envelope.failure(errors.missing("no such file"))
    kind = TYPES[found[1]] if size == "orig" else "image/jpeg"
    response = FileResponse(file, content_type=kind)
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = tag
    return response
