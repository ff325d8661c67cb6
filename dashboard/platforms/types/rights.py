"""Who somebody is on the platform, and what a token may do."""

from __future__ import annotations

import msgspec


class PlatformUser(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    owner: bool = False


class Feature(msgspec.Struct, frozen=True):
    """Whether a token is good for one of our features; ``reason`` is a sentence where it is not.

    ``name`` out of label, review, create_tasks, sync_inputs, add_inputs, concepts, people, datasets, label_orders,
    suggestions and media.
    """

    name: str
    ok: bool
    missing_scopes: tuple[str, ...] = ()
    reason: str = ""


class TokenReport(msgspec.Struct, frozen=True):
    """What a token may do, for the connection page. ``missing`` maps a feature to the reason it is off."""

    user_id: str
    app_name: str = ""
    owner: bool = False
    scopes: tuple[str, ...] = ()
    inputs: int | None = None
    tasks: int | None = None
    missing: dict[str, str] = {}
    features: tuple[Feature, ...] = ()
