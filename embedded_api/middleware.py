"""The outermost layer: request ids, security headers, and an envelope for what never reaches a view."""

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from embedded_api import envelope, errors

_PREFIX = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class EnvelopeMiddleware:
    """Gives every request an id and makes sure that nothing but JSON (or hosted media) leaves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        prefix = request.headers.get("X-Clarifai-Request-ID-Prefix", "")
        made = secrets.token_hex(16)
        envelope.request_id.set(f"{prefix}-{made}" if _PREFIX.fullmatch(prefix) else made)
        try:
            request.get_host()  # refuses a Host header that is not ours
            if request.headers.get("Transfer-Encoding"):
                raise errors.ApiError(411, 11100, "send the body with a Content-Length header")
            response = self.get_response(request)
        except Exception as error:  # a view answers its own errors; this is the last net
            response = envelope.failure(error)
        if not response.streaming and not response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))  # else the answer goes out in chunks
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "no-referrer"
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        if not response.has_header("Content-Security-Policy"):
            response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Errors of plain Django views."""
        return envelope.failure(error)
