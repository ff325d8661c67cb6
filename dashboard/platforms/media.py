"""Pictures, wherever they are kept: the one place where redirects are followed.

A platform may answer for hosted media with a redirect to signed storage. Each hop is an address that somebody else
wrote, so it is checked like the first one, and what was sent along with the first is not carried elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from urllib.parse import urljoin

from .errors import Ambiguous, UnsafeAddress
from .guard import Origin, split_url
from .http import ANSWER_SECONDS, Answer, HttpClient, Redirected

HOPS = 3


def fetch(
    http: HttpClient,
    url: str,
    *,
    max_bytes: int,
    headers: Callable[[str], Sequence[tuple[str, str]]],
    sending: Callable[[], None] = lambda: None,
) -> Answer:
    """GET a picture over at most HOPS redirects; the answer has status 200. One time limit holds for all of it.

    ``headers`` says for an address what is sent along. It is asked only while every address so far was of the first
    one's origin; after that nothing is sent along any more. ``sending`` is called before each request.

    Raises what :meth:`HttpClient.fetch` raises, UnsafeAddress also for what is not followed.
    """
    end = time.monotonic() + ANSWER_SECONDS
    at_home, first = True, split_url(url)[0]
    for _ in range(HOPS + 1):
        left = end - time.monotonic()
        if left <= 0:
            raise Ambiguous("The picture's address redirects too slowly.")
        sent = headers(url) if at_home else ()
        try:
            return http.fetch(url, max_bytes=max_bytes, headers=sent, sending=sending, seconds=left)
        except Redirected as redirect:
            location = redirect.location
        # Outside the handler: where a redirect leads may hold a signature, and is no error's context.
        origin, url = _next(url, location)
        at_home = at_home and origin == first
    raise UnsafeAddress(f"The picture's address redirects more than {HOPS} times.")


def _next(url: str, location: str) -> tuple[Origin, str]:
    """Origin and address that a redirect leads to."""
    if not location:
        raise UnsafeAddress("The picture's address redirects to nowhere.")
    try:
        target = urljoin(url, location)
    except ValueError:
        raise UnsafeAddress("The picture's address redirects to what is no address.") from None
    origin, normal = split_url(target)
    if split_url(url)[0].scheme == "https" and origin.scheme != "https":
        raise UnsafeAddress("The picture's address redirects from https to http.")
    return origin, normal
