"""Fetching a file from an address that somebody sent us, without being led into our own network.

Every address is resolved here, each answer is checked, and the connection is made to the checked address itself;
a redirect goes through the same door again.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

from embedded_api.errors import ApiError

MAX_REDIRECTS = 3
STEP_SECONDS = 5.0
PORTS = frozenset({80, 443, 8080, 8443})
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Socket(socket.socket):
    """Reads until a moment and no longer, however little comes at a time."""

    until = 0.0

    def recv_into(self, *args: Any, **more: Any) -> int:
        _hurry(self, self.until)
        return super().recv_into(*args, **more)


class _SecureSocket(ssl.SSLSocket):
    """The same with encryption."""

    until = 0.0

    def recv_into(self, *args: Any, **more: Any) -> int:
        _hurry(self, self.until)
        return super().recv_into(*args, **more)


def _hurry(sock: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    sock.settimeout(min(STEP_SECONDS, left))


def refused(details: str) -> ApiError:
    return ApiError(400, 30106, details)


def failed(details: str) -> ApiError:
    return ApiError(400, 39996, details)


def fetch(
    url: str, target: IO[bytes], max_bytes: int, until: float, beat: Callable[[], None] = lambda: None
) -> None:
    """Write the body behind `url` into `target`; raises ApiError 30106 (address refused), 39996 (failed), 30105
    (too large).

    Ends at `until` (monotonic seconds). `beat` is called again and again while bytes come in.
    """
    secure = False
    for _ in range(MAX_REDIRECTS + 1):
        parts = checked(url)
        if secure and parts.scheme != "https":
            raise refused("a redirect from https to http is not followed")
        secure = parts.scheme == "https"
        connection = _connect(parts, until)
        try:
            connection.request("GET", _target(parts), headers={"Accept": "*/*", "User-Agent": "embedded"})
            answer = connection.getresponse()
            if answer.status in _REDIRECTS:
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status != 200:
                raise failed(f"the other server answered {answer.status}")
            return _copy(answer, target, max_bytes, beat)
        except TimeoutError:
            raise failed("the other server is too slow") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise failed("the file could not be fetched") from None
        finally:
            connection.close()
    raise failed(f"more than {MAX_REDIRECTS} redirects")


def checked(url: str) -> SplitResult:
    """An http or https address of a form that is safe to try; raises ApiError 30106."""
    if len(url) > 2048 or not url.isascii() or any(c <= " " or c in "\\\x7f" for c in url):
        raise refused("must be plain ASCII without spaces, at most 2048 characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refused("is not an address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise refused("must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise refused("must not carry a name or password")
    if "%" in host or host.endswith("."):
        raise refused("this form of a host name is refused")
    if (port if port is not None else 443) not in PORTS and f"{host}:{port}" not in settings.FETCH_ALLOWED:
        raise refused("this port is refused")
    return parts


def is_public(address: str) -> bool:
    """True for an address of the open internet; also looks into IPv4 that is wrapped in IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None and not is_public(str(inner)):
            return False
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if int(ip) < 2**32:  # the old IPv4-compatible form
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _connect(parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
    """A connection to an address that was checked a moment ago, by number and not by name."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise failed("the host name cannot be resolved") from None
    allowed = f"{host}:{port}" in settings.FETCH_ALLOWED
    if not allowed and not all(is_public(str(entry[4][0])) for entry in found):
        raise refused("this address is refused")
    sock: _Socket | _SecureSocket | None = None
    for family, kind, protocol, _, address in found[:4]:
        sock = _Socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.1, min(STEP_SECONDS, deadline - time.monotonic())))
            sock.connect(address)
            break
        except OSError:
            sock.close()
            sock = None
    if sock is None:
        raise failed("no connection to the other server")
    connection = http.client.HTTPConnection(host, port)
    if parts.scheme == "https":
        try:
            sock = _encrypted(sock, host)
        except (OSError, ValueError):
            sock.close()
            raise failed("the other server's certificate was refused") from None
    sock.until = deadline
    connection.sock = sock
    return connection


def _encrypted(sock: socket.socket, host: str) -> _SecureSocket:
    context = ssl.create_default_context()
    context.sslsocket_class = _SecureSocket
    made: _SecureSocket = context.wrap_socket(sock, server_hostname=host)  # type: ignore[assignment]
    return made


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _copy(
    answer: http.client.HTTPResponse, target: IO[bytes], max_bytes: int, beat: Callable[[], None]
) -> None:
    """The body, at most `max_bytes`."""
    size = 0
    while piece := answer.read1(_CHUNK):
        size += len(piece)
        if size > max_bytes:
            raise ApiError(413, 30105, f"the file has more than {max_bytes} bytes")
        target.write(piece)
        beat()
