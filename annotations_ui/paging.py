"""Keyset paging of lists: the cursor is the id of the last row shown; there are no page numbers."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

#: How many former cursors the address carries, so that "Previous" works without a second query.
TRAIL = 12


def cursor(request: HttpRequest) -> str | None:
    """``?after=`` when it is a cursor of ours; anything else starts at the beginning."""
    after = request.GET.get("after", "")
    return after if _id(after) else None


def page_links(request: HttpRequest, following_cursor: str | None) -> dict[str, str]:
    """Addresses of the previous and next page (empty where there is none)."""
    trail = [part for part in request.GET.get("back", "").split(".") if _id(part) or part == "0"][-TRAIL:]
    after = cursor(request)
    following = previous = ""
    if following_cursor:
        following = _address(request, after=following_cursor, back=[*trail, after or "0"])
    if after:
        previous = _address(request, after=trail[-1] if trail else "", back=trail[:-1])
    return {"next_page": following, "previous_page": previous}


def _address(request: HttpRequest, *, after: str, back: Sequence[str]) -> str:
    query = request.GET.copy()
    for name in ("after", "back"):
        query.pop(name, None)
    if _id(after):
        query["after"] = after
    if _id(after) and back:
        query["back"] = ".".join(back[-TRAIL:])
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else request.path


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
