"""What every template knows beside its view's context."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, Any]:
    """``desk``: the person, connection and roles of this request (see ``access.Desk``)."""
    return {"desk": getattr(request, "desk", None)}
