"""Settings for gunicorn: `gunicorn --config python:embedded_api.gunicorn_conf embedded_api.wsgi:application`.

gunicorn's defaults cut addresses and headers at 8 KB and answer broken HTTP with an HTML page. A list call with
128 ids is longer than that, and this server answers with its envelope only.
"""

import gc
import json
import secrets
import socket
from typing import Any

from gunicorn import util
from gunicorn.http import message

LONGEST_ADDRESS = 128 * 1024  # characters; 1,000 ids of 36 characters, twice

worker_class = "gthread"
workers = 1
threads = 8
limit_request_line = LONGEST_ADDRESS
limit_request_field_size = 64 * 1024  # an If-Match with 128 tags
keepalive = 15
graceful_timeout = 4
timeout = 60


def _write_error(client: socket.socket, status: int, reason: str, details: str) -> None:
    """The envelope in place of gunicorn's HTML page, for requests that are no HTTP."""
    code = 11100 if status < 500 else 99009
    body = json.dumps(
        {
            "status": {
                "code": code,
                "description": "Bad request format" if status < 500 else "Internal error",
                "details": reason,
                "req_id": secrets.token_hex(16),
                "http_status_code": status,
            }
        }
    )
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, (head + body).encode("ascii", "replace"))


def post_fork(server: Any, worker: Any) -> None:
    """In each worker: our own limits and error answers."""
    message.MAX_REQUEST_LINE = LONGEST_ADDRESS + 1
    util.write_error = _write_error


def post_worker_init(worker: Any) -> None:
    """Jobs and automatic tasks that a former process left unfinished go on."""
    from embedded_api.jobs import worker as jobs
    from embedded_api.tasks import automation

    jobs.wake()
    automation.wake()
    _collect_less()


def _collect_less() -> None:
    """Python looks for lost cycles among all objects that are new; a call with 128 items makes thousands."""
    import embedded_api.urls  # noqa: F401 (else loaded by the first request)

    gc.collect()
    gc.freeze()  # what is loaded by now stays
    gc.set_threshold(20_000, 10, 10)
