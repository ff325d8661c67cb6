"""What a start stands on: the data folder, its keys, free ports, and servers that answer."""

from __future__ import annotations

import http.client
import os
import secrets
import socket
from pathlib import Path

from devtools.environment import ROOT
from devtools.words import Refusal


def private_key(path: Path) -> str:
    """The secret in `path`, made on first use: 50 random characters, readable by the owner alone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        secret = path.read_text().strip()
        if not secret:
            raise Refusal(f"{path} is empty; remove it to have a new key made, or restore it.") from None
        return secret
    with os.fdopen(handle, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret


def check_port(host: str, port: int, option: str) -> None:
    """Raises Refusal when the port cannot be served: taken, or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                f"port {port} on {host} cannot be used ({error.strerror}); pass a free one: "
                f"python3 dev.py up {option}"
            ) from None


def reachable(host: str) -> str:
    """The address at which this machine meets a server bound to `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def shown(host: str) -> str:
    """`host` as it stands in an address."""
    return f"[{reachable(host)}]" if ":" in host else reachable(host)


def get_ok(host: str, port: int, path: str) -> bool:
    """Whether a GET is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def data_folder() -> Path:
    """The folder that holds everything: PROOFDESK_DATA_DIR, or var/ in the checkout."""
    return Path(os.environ.get("PROOFDESK_DATA_DIR") or ROOT / "var").expanduser().resolve()


def first_of_each_role(credentials: str) -> list[tuple[str, str, str]]:
    """(role, login, password) of the first line of each role; lines are `role login password`."""
    found: dict[str, tuple[str, str, str]] = {}
    for line in credentials.splitlines():
        words = line.split()
        if len(words) == 3 and not line.startswith("#"):
            found.setdefault(words[0], (words[0], words[1], words[2]))
    return list(found.values())
