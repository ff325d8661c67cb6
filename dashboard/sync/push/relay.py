from __future__ import annotations

from typing import Any

Summary = dict[str, Any]


def push(connection_id: int) -> Summary:
    raise NotImplementedError


def sweep() -> None:
    raise NotImplementedError
