"""What a task can be made from, read live from the platform: it changes seldom, so an answer is kept for a minute.

Nothing of this is mirrored. All raise PlatformError; what the platform lacks raises Unsupported.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from dashboard.accounts.models import Connection
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import Dataset, LabelOrder, Predictor, SavedSearch

from ..gateway import platform_for

SECONDS = 60


def datasets(connection: Connection) -> list[Dataset]:
    """The app's datasets."""
    return _kept(connection, "datasets", lambda platform: platform.list_datasets())


def saved_searches(connection: Connection) -> list[SavedSearch]:
    """The app's saved searches."""
    return _kept(connection, "saved_searches", lambda platform: platform.list_saved_searches())


def predictors(connection: Connection) -> list[Predictor]:
    """Models and workflows that can suggest annotations."""
    return _kept(connection, "predictors", lambda platform: platform.list_predictors())


def label_orders(connection: Connection) -> list[LabelOrder]:
    """The app's label orders."""
    return _kept(connection, "label_orders", lambda platform: platform.list_label_orders())


def forget(connection: Connection, name: str) -> None:
    """Read ``name`` (one of the functions above) afresh next time: something was written."""
    with suppress(RedisError, OSError):  # what cannot be reached cannot answer either
        cache.delete(_key(connection, name))


def _kept(connection: Connection, name: str, ask: Callable[[Platform], list[Any]]) -> list[Any]:
    key = _key(connection, name)
    try:
        found = cache.get(key)
    except (RedisError, OSError):
        found = None
    if isinstance(found, list):
        return found
    told = ask(platform_for(connection))
    with suppress(RedisError, OSError):  # a store that is away costs a request, not the page
        cache.set(key, told, SECONDS)
    return told


def _key(connection: Connection, name: str) -> str:
    # With its age: an id is given again when a database is set up anew beside the same store.
    return f"choices:{connection.pk}:{connection.created_at.timestamp()}:{name}"
