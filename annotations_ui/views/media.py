"""Pictures of inputs, fetched for the browser through the guarded service layer."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from annotations_ui.access import DeskRequest
from annotations_ui.json_routes import here
from dashboard.platforms.errors import PlatformError
from dashboard.sync.models import Input
from dashboard.sync.services import work

SIZES = ("small", "large", "orig")


@require_GET
def media(request: DeskRequest, slug: str, input: int, size: str) -> HttpResponseBase:
    """The picture in one of three sizes: small (320 px), large (1,600 px), orig."""
    connection, _ = here(request)
    if size not in SIZES:
        raise Http404
    found = get_object_or_404(Input, pk=input, connection=connection)
    try:
        content, content_type = work.media(connection=connection, input=found, size=size)
    except PlatformError as problem:
        return HttpResponse(
            f"The picture cannot be fetched: {problem.message}", status=502, content_type="text/plain"
        )
    response = HttpResponse(content, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # The content of an input's picture never changes under its id; private, because it needs a sign-in.
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response
