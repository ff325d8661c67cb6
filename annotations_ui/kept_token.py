"""A token that was typed for a test, kept for the next try or the save that follows.

It waits in the person's session on the server, encrypted, for ten minutes, for one use, and only for the address
and app that it was typed for. It never goes into a page: a form that shows a secret would hand it to every
extension and every screen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.http import HttpRequest

from dashboard.accounts.encryption import seal, unseal

SECONDS = 600
_KEY = "kept_token"


def keep(request: HttpRequest, token: str, place: Sequence[str]) -> None:
    """Keep it for ``place``: the texts that say where it belongs."""
    request.session[_KEY] = seal(json.dumps([*place, token]))


def waits(request: HttpRequest) -> bool:
    """Whether one is there, for whichever place."""
    return _read(request) is not None


def take(request: HttpRequest, place: Sequence[str]) -> str:
    """The token kept for this place, or an empty text; either way nothing is kept any more."""
    found = _read(request)
    forget(request)
    return found[-1] if found is not None and found[:-1] == list(place) else ""


def forget(request: HttpRequest) -> None:
    """Keep nothing any more."""
    request.session.pop(_KEY, None)


def _read(request: HttpRequest) -> list[str] | None:
    sealed = request.session.get(_KEY)
    text = unseal(sealed, seconds=SECONDS) if isinstance(sealed, str) else None
    return None if text is None else json.loads(text)
