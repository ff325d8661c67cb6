"""The stub desk for tests of the workbench's pages alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.stub_desk import Desk, serve


@dataclass
class Stub:
    """A stub desk and the address that it is served at."""

    desk: Desk
    url: str


@pytest.fixture
def stub() -> Iterator[Stub]:
    desk = Desk()
    server, url = serve(desk)
    yield Stub(desk, url)
    server.shutdown()
    server.server_close()
