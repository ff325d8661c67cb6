"""The only door to the network: a small HTTP client that speaks our own errors.

Answers are read as a stream with a size cap and a time cap, redirects are not followed (they come out as an error;
see :mod:`dashboard.platforms.media`), proxies and other settings of the environment are ignored, and connections
go to addresses that the guard checked. Everything that can go wrong comes out as one of
:mod:`dashboard.platforms.errors`; the httpx exception (which holds the request and with it the token) is dropped,
not chained.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpcore
import httpx
import msgspec

from .errors import (
    Ambiguous,
    AnswerTooLarge,
    Forbidden,
    NotFound,
    NotSent,
    PlatformError,
    Throttled,
    UnsafeAddress,
)
from .guard import AddressGuard, split_url
from .rate import RateLimit

T = TypeVar("T")
Query = Sequence[tuple[str, str]]

PAGE_BYTES = 10 * 1024 * 1024
TIMEOUT = httpx.Timeout(connect=3.0, read=15.0, write=15.0, pool=3.0)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=5.0)
# Whole answer, first byte to last: a body that drips is cut here.
ANSWER_SECONDS = 45.0
# Waits longer than this are the caller's to schedule.
LONGEST_WAIT = 5.0


class Answer(msgspec.Struct, frozen=True):
    """A complete answer. ``retry_after`` in seconds (1 to 900) if the header was there and readable."""

    status: int
    body: bytes
    content_type: str = ""
    retry_after: float | None = None
    request_id: str = ""


class Redirected(UnsafeAddress):
    """The answer was a redirect. ``location`` is where to, as the header says it, or "" where it says nothing."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(f"The address answered with a redirect (status {status}), which is not followed.")
        self.location = location


class _PinnedBackend(httpcore.NetworkBackend):
    """Connects to the numbers that the guard checked, never to a second resolution of the name.

    Host header and TLS server name stay those of the URL, because httpcore takes them from the origin.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._guard.resolve(host, port)[:3]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise UnsafeAddress("Sockets of this machine are not called.")

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over a pool whose connections are pinned by the guard."""

    def __init__(self, guard: AddressGuard) -> None:
        super().__init__(verify=_tls(), trust_env=False, limits=LIMITS)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=_PinnedBackend(guard),
        )


class HttpClient:
    """A pooled, thread-safe client of one platform address.

    ``transport`` replaces the network in tests. ``compress`` asks for gzip (worth it over the internet, a
    waste on loopback). ``tries`` counts all attempts of a repeatable call.
    """

    def __init__(
        self,
        base_url: str,
        *,
        guard: AddressGuard,
        limit: RateLimit | None = None,
        transport: httpx.BaseTransport | None = None,
        compress: bool = True,
        tries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.base_url = guard.check_url(base_url).rstrip("/")
        self._guard = guard
        self._limit = limit
        self._tries = max(1, tries)
        self._sleep = sleep
        self._jitter = jitter
        self._lock = threading.Lock()
        self._closed = False
        self._client = httpx.Client(
            transport=transport or GuardedTransport(guard),
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
            headers={
                "Accept-Encoding": "gzip" if compress else "identity",
                "User-Agent": "proofdesk",
                "Accept": "*/*",
            },
        )

    def __repr__(self) -> str:
        return f"<HttpClient {self.base_url}>"

    def close(self) -> None:
        """Give back the pooled connections; a second call does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._client.close()

    def call(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        query: Query = (),
        body: bytes | None = None,
        headers: Sequence[tuple[str, str]] = (),
        repeatable: bool = False,
        max_bytes: int = PAGE_BYTES,
        sending: Callable[[], None] = lambda: None,
    ) -> T:
        """Send one request below the base URL and give the answer to ``read``, which may raise our errors.

        ``sending`` is called before each try.

        Repeatable calls (GET always) are tried again after NotSent, Ambiguous and Throttled, with full jitter;
        other calls only after NotSent, because nothing has happened yet then.
        """
        url = self.base_url + path
        if query:
            url += "?" + urlencode(query, quote_via=quote)

        def once() -> T:
            sending()
            return read(self._send(method, url, body, headers, max_bytes))

        return self._repeat(once, repeatable or method == "GET")

    def fetch(
        self,
        url: str,
        *,
        max_bytes: int,
        headers: Sequence[tuple[str, str]] = (),
        sending: Callable[[], None] = lambda: None,
        seconds: float | None = None,
    ) -> Answer:
        """GET any guarded address; the answer has status 200. Nothing is sent along but ``headers``.

        The rate limit is the platform's: it counts only for addresses of its own origin. ``seconds`` is what is left
        of the time for the answer, when less than ANSWER_SECONDS.

        Raises Redirected, UnsafeAddress, AnswerTooLarge, NotFound, Forbidden or another PlatformError.
        """
        address = self._guard.check_url(url)
        limited = split_url(address)[0] == split_url(self.base_url)[0]

        def once() -> Answer:
            sending()
            sent = self._send("GET", address, None, headers, max_bytes, limited=limited, seconds=seconds)
            return _picture(sent)

        return self._repeat(once, True)

    def _repeat(self, once: Callable[[], T], repeatable: bool) -> T:
        attempt = 0
        while True:
            attempt += 1
            failure: PlatformError
            try:
                return once()
            except PlatformError as error:
                failure = error
            if not failure.retryable or attempt >= self._tries:
                raise failure
            if not repeatable and not isinstance(failure, NotSent):
                raise failure
            wait = self._wait(failure, attempt)
            if wait > LONGEST_WAIT:
                raise failure
            self._sleep(wait)

    def _wait(self, failure: PlatformError, attempt: int) -> float:
        if isinstance(failure, Throttled) and failure.retry_after is not None:
            return failure.retry_after
        return self._jitter() * min(LONGEST_WAIT, 0.25 * 2**attempt)

    def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Sequence[tuple[str, str]],
        max_bytes: int,
        *,
        limited: bool = True,
        seconds: float | None = None,
    ) -> Answer:
        if self._limit is not None and limited:
            self._limit.acquire()
        failure: PlatformError
        try:
            request = self._client.build_request(method, url, content=body, headers=list(headers))
            response = self._client.send(request, stream=True)
            try:
                return _read(response, max_bytes, ANSWER_SECONDS if seconds is None else seconds)
            finally:
                response.close()
        except PlatformError:
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = translate(error)
        except (OSError, ValueError, RuntimeError) as error:
            failure = Ambiguous(f"The connection broke ({type(error).__name__}).")
        # Raised here, outside the handler, so that the original with its request is not kept as context.
        raise failure


def _picture(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    if answer.status in (404, 410):
        raise NotFound("There is nothing at the picture's address.")
    if answer.status in (401, 403):
        raise Forbidden("The picture's address does not let us in.")
    if answer.status == 429:
        raise Throttled("The picture's server asks for fewer requests.", retry_after=answer.retry_after)
    raise Ambiguous(f"The picture's address answered with status {answer.status}.")


def translate(error: Exception) -> PlatformError:
    """Our error for one of httpx's. Only failures before the first byte was sent are NotSent."""
    if isinstance(error, (httpx.ConnectTimeout, httpx.PoolTimeout)):
        return NotSent("The platform did not accept a connection in time.")
    if isinstance(error, httpx.ConnectError):
        return NotSent(_why_not_connected(error))
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
        return UnsafeAddress("The platform's address cannot be called.")
    if isinstance(error, httpx.TimeoutException):
        return Ambiguous("The platform did not answer in time.")
    if isinstance(error, httpx.DecodingError):
        return Ambiguous("The platform's answer could not be unpacked.")
    return Ambiguous(f"The connection to the platform broke ({type(error).__name__}).")


def _why_not_connected(failure: BaseException | None) -> str:
    """What TLS or the operating system said, in words: it stands in the chain behind httpx's own exception."""
    while failure is not None:
        if isinstance(failure, ssl.SSLCertVerificationError):
            return f"The certificate of the platform's host is not valid: {failure.verify_message}."
        if isinstance(failure, ssl.SSLError):
            return "The platform's host does not speak TLS (https) at this port."
        if isinstance(failure, ConnectionRefusedError):
            return "The platform's host refused the connection: nothing listens at this port."
        failure = failure.__cause__ or failure.__context__
    return "The platform could not be reached."


def _read(response: httpx.Response, max_bytes: int, seconds: float) -> Answer:
    if response.is_redirect or 300 <= response.status_code < 400:
        location = response.headers.get("location", "") if response.has_redirect_location else ""
        raise Redirected(response.status_code, location)
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > max_bytes:
        raise AnswerTooLarge(f"The answer is larger than {max_bytes} bytes.")
    end = time.monotonic() + seconds
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > max_bytes:
            raise AnswerTooLarge(f"The answer is larger than {max_bytes} bytes.")
        if time.monotonic() > end:
            raise Ambiguous("The platform's answer came too slowly.")
        parts.append(part)
    headers = response.headers
    return Answer(
        status=response.status_code,
        body=parts[0] if len(parts) == 1 else b"".join(parts),
        content_type=headers.get("content-type", ""),
        retry_after=retry_after(headers),
        request_id=_short(headers.get("x-clarifai-request-id", "") or headers.get("x-request-id", "")),
    )


def _short(text: str) -> str:
    return "".join(ch for ch in text[:64] if ch.isalnum() or ch in "-_.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, clamped to 1..900; None if absent or unreadable.

    A date is measured against the answer's own Date header where there is one, so that a wrong clock here
    does not matter.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text).timestamp()
        except (TypeError, ValueError, OverflowError):
            return None
        try:
            now = parsedate_to_datetime(headers.get("date", "")).timestamp()
        except (TypeError, ValueError, OverflowError):
            now = time.time()
        seconds = until - now
    if seconds != seconds:
        return None
    return min(900.0, max(1.0, seconds))
