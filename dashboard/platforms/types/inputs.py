"""Inputs, and the named choices of them that a task may work on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Input(msgspec.Struct, frozen=True):
    """One input. ``width`` and ``height`` in pixels, 0 where the platform does not say."""

    id: str
    kind: str = "image"  # image | text | video | audio | other
    name: str = ""
    url: str = ""
    large_url: str = ""
    thumb_url: str = ""
    width: int = 0
    height: int = 0
    ready: bool = True
    status_text: str = ""
    created_at: datetime | None = None
    modified_at: datetime | None = None
    metadata: dict[str, Any] = {}


class InputWrite(msgspec.Struct, frozen=True):
    """A new input: picture bytes or an address, with an id that we choose."""

    id: str
    content: bytes = b""
    url: str = ""
    name: str = ""
    metadata: dict[str, Any] = {}
    dataset_ids: tuple[str, ...] = ()


class Dataset(msgspec.Struct, frozen=True):
    id: str
    description: str = ""


class SavedSearch(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
