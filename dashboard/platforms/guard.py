"""The address guard: which addresses this server may be made to call.

Base URLs and media addresses come from people and from platforms, so each is checked twice: by its form
before use (:meth:`AddressGuard.check_url`), and by the numbers its name resolves to at the moment of connecting
(:meth:`AddressGuard.resolve`). The connection goes to exactly the numbers that were checked, so a name that
answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from .errors import NotSent, UnsafeAddress

MAX_URL_LENGTH = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}

_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_NAME_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# Names that never belong to the public internet, whatever a resolver says about them.
_LOCAL_SUFFIXES = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home.arpa",
    ".in-addr.arpa",
    ".ip6.arpa",
    ".onion",
)
_V6_GLOBAL = ipaddress.ip_network("2000::/3")
# Ranges inside the public space that only wrap or relay other addresses.
_V6_WRAPPERS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/23"))
_V4_REFUSED = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("168.63.129.16/32"))

Resolver = Callable[..., Sequence[tuple[Any, ...]]]


class Origin(msgspec.Struct, frozen=True):
    """Scheme, host (lower case, ASCII) and port."""

    scheme: str
    host: str
    port: int


def is_public(address: str) -> bool:
    """True when the IP address literal is an ordinary public unicast address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.is_multicast or ip.is_unspecified or ip.is_loopback or ip.is_link_local or not ip.is_global:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _V4_REFUSED)
    return ip in _V6_GLOBAL and not any(ip in network for network in _V6_WRAPPERS)


def split_url(url: str) -> tuple[Origin, str]:
    """Parse ``url`` strictly and answer its origin and the URL with a normalised host.

    Raises UnsafeAddress for anything but plain http(s): credentials, blanks, back-slashes, odd number
    notations, ports out of range. Does not look at where the host leads.
    """
    if not isinstance(url, str) or not url or len(url) > MAX_URL_LENGTH:
        raise UnsafeAddress("The address is empty or too long.")
    if any(unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp") or ch == "\\" for ch in url):
        raise UnsafeAddress("The address holds blanks, control characters or a back-slash.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise UnsafeAddress("The address cannot be read.") from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise UnsafeAddress("The address must start with http:// or https://.")
    if "@" in parts.netloc:
        raise UnsafeAddress("The address must not hold a user name or password.")
    if port == 0:
        raise UnsafeAddress("Port 0 cannot be called.")
    host = _normal_host(host)
    origin = Origin(scheme, host, port or DEFAULT_PORTS[scheme])
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    return origin, urlunsplit((scheme, netloc, parts.path, parts.query, ""))


def _normal_host(host: str) -> str:
    """Lower-case ASCII form of a host name or address literal."""
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().removesuffix(".")
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else _refuse_host()
        except ValueError:
            _refuse_host()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            _refuse_host()
    labels = host.split(".")
    if _NUMERIC_LABEL.match(labels[-1]):
        # A host that ends in a number is an IPv4 address to some parsers: only the plain form may pass.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise UnsafeAddress("Write an IP address as four plain decimal numbers.") from None
    if len(host) > 253 or not all(_NAME_LABEL.match(label) for label in labels):
        _refuse_host()
    return host


def _refuse_host() -> str:
    raise UnsafeAddress("The address has no valid host name.")


class AddressGuard:
    """Rules of one connection.

    ``trusted`` origins (the embedded server's) may lead anywhere, loopback included; everything else must be
    public. ``extra_ports`` may be used besides 80 and 443.
    """

    def __init__(
        self,
        *,
        trusted: Iterable[Origin] = (),
        extra_ports: Iterable[int] = (),
        resolver: Resolver = socket.getaddrinfo,
    ) -> None:
        self._trusted = frozenset(trusted)
        self._trusted_ends = frozenset((origin.host, origin.port) for origin in self._trusted)
        self._ports = frozenset(DEFAULT_PORTS.values()) | frozenset(extra_ports)
        self._resolver = resolver

    def check_url(self, url: str) -> str:
        """Answer ``url`` in its normal form. Raises UnsafeAddress."""
        origin, normal = split_url(url)
        if origin in self._trusted:
            return normal
        if origin.port not in self._ports:
            raise UnsafeAddress(f"Port {origin.port} is not allowed.")
        self._check_host(origin.host)
        return normal

    def _check_host(self, host: str) -> None:
        if _is_literal(host):
            if not is_public(host):
                raise UnsafeAddress("The address leads into a private or reserved network.")
        elif "." not in host or f".{host}".endswith(_LOCAL_SUFFIXES):
            raise UnsafeAddress("The address is a local name.")

    def resolve(self, host: str, port: int) -> list[str]:
        """IP addresses to connect to, all of them checked. Raises UnsafeAddress, or NotSent if unknown."""
        name = _normal_host(host.strip("[]"))
        trusted = (name, port) in self._trusted_ends
        if not trusted:
            if port not in self._ports:
                raise UnsafeAddress(f"Port {port} is not allowed.")
            self._check_host(name)
        try:
            answers = self._resolver(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers = ()
        found = list(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))
        if not found:
            raise NotSent("The platform's host name could not be found.")
        # One bad number among good ones is refused as a whole: nothing honest answers like that.
        if not trusted and not all(is_public(address) for address in found):
            raise UnsafeAddress("The address leads into a private or reserved network.")
        return found


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def base_guard(
    base_url: str, *, trusted: bool = False, resolver: Resolver = socket.getaddrinfo
) -> AddressGuard:
    """Guard of a connection with this base URL; ``trusted`` for the embedded server's own address."""
    origin, _ = split_url(base_url)
    return AddressGuard(
        trusted=(origin,) if trusted else (),
        extra_ports=(origin.port,) if _base_port_allowed(origin.port) else (),
        resolver=resolver,
    )


def _base_port_allowed(port: int) -> bool:
    """A base URL may use 80, 443 or an unprivileged port that is not a well-known service."""
    return port in DEFAULT_PORTS.values() or (port >= 1024 and port not in _SERVICE_PORTS)


# Ports of databases, brokers and the like that a browser-shaped request must never reach.
_SERVICE_PORTS = frozenset(
    {1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6000, 6379, 6443}
    | {9042, 9200, 9300, 10250, 11211, 15672, 27017, 27018, 50070}
)


def check_base_url(base_url: str, *, trusted: bool = False) -> str:
    """Normal form of a connection's base URL, without a trailing slash. Raises UnsafeAddress."""
    normal = base_guard(base_url, trusted=trusted).check_url(base_url)
    if urlsplit(normal).query:
        raise UnsafeAddress("A base URL must not hold a query.")
    return normal.rstrip("/")
