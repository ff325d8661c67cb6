"""Two questions that a supervisor asks: is the process up, and can it work."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from annotations_ui.access import public

log = logging.getLogger(__name__)


@public
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


@public
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 unless the database and the broker's server answer. Says which, never why: it is public."""
    checks = {"database": _database(), "broker": _broker()}
    ready = all(checks.values())
    words = {name: "ok" if good else "down" for name, good in checks.items()}
    return JsonResponse({"status": "ok" if ready else "down", **words}, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        log.warning("readiness: the database does not answer", exc_info=True)
        return False
    return True


def _broker() -> bool:
    """The cache lives on the broker's server, so one look-up asks that server."""
    try:
        cache.get("ready")
    except (RedisError, OSError):
        log.warning("readiness: the broker does not answer", exc_info=True)
        return False
    return True
