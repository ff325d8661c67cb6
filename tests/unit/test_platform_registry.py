"""The registry: which adapter, which address, which pool."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.platforms import registry
from dashboard.platforms.errors import UnsafeAddress, Unsupported


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    registry.close_all()
    yield
    registry.close_all()


def embedded(**changes: Any) -> Any:
    facts = {"user_id": "acme", "app_id": "cells", "token": "t-1"} | changes
    return registry.open_platform("embedded", **facts)


def test_capabilities_differ_by_kind() -> None:
    assert registry.capabilities("embedded").preconditions
    assert not registry.capabilities("clarifai").preconditions
    with pytest.raises(Unsupported):
        registry.capabilities("other")


def test_pools_are_shared_and_quarantines_are_not() -> None:
    assert embedded().client.http is embedded().client.http
    assert embedded().quarantine is not embedded().quarantine
    assert embedded().client.http is embedded(token="t-2").client.http
    first, second = (
        registry.open_platform("clarifai", user_id="acme", app_id="cells", token=token)
        for token in ("a", "b")
    )
    assert first.client.http is not second.client.http  # type: ignore[attr-defined] # limits count per token


def test_only_the_configured_address_may_be_local(settings: Any) -> None:
    settings.EMBEDDED_URL = "http://127.0.0.1:8001"
    assert embedded(base_url="http://127.0.0.1:8001/").client.http.base_url == "http://127.0.0.1:8001"
    assert embedded(base_url="").client.http.base_url == "http://127.0.0.1:8001"
    for other in ("http://127.0.0.1:8000", "http://localhost:8001", "https://example.com"):
        with pytest.raises(UnsafeAddress):
            embedded(base_url=other)
    for local in ("http://127.0.0.1:8001", "http://10.0.0.1", "http://localhost"):
        with pytest.raises(UnsafeAddress):
            registry.open_platform("clarifai", base_url=local, user_id="u", app_id="a", token="t")


def test_no_token_is_kept_readable_in_the_registry() -> None:
    token = "canary-token-123456789"
    platform = embedded(token=token)
    assert token not in repr(registry._clients) + repr(platform)


def test_many_tokens_do_not_grow_without_end() -> None:
    for number in range(registry.KEPT + 20):
        registry.open_platform("clarifai", user_id="u", app_id="a", token=f"t-{number}")
    assert len(registry._clients) == registry.KEPT


def test_threads_get_the_same_pool() -> None:
    found: list[Any] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait(10)
        found.append(embedded().client.http)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len({id(one) for one in found}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_starts_with_no_connections() -> None:
    embedded()
    child = os.fork()
    if child == 0:
        os._exit(0 if not registry._clients else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert registry._clients
