"""Clarifai's limit: 15 requests a second for every user, over all of the user's tokens and all threads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.embedded import EmbeddedServer, start_embedded

RATE = 15


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = start_embedded(tmp_path_factory.mktemp("limited"), EMBEDDED_RATE_LIMIT=str(RATE))
    yield server
    server.stop()


def ask(server: EmbeddedServer, token: str) -> httpx.Response:
    return server.client.get("/v2/users/me", headers={"Authorization": f"Key {token}"})


def test_fifteen_a_second_over_all_tokens_and_threads(limited: EmbeddedServer) -> None:
    tokens = [limited.new_user("busy"), limited.new_user("busy")]
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ask(limited, tokens[n % 2]), range(120)))
    took = time.monotonic() - began
    allowed = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(allowed) + len(refused) == 120
    assert RATE <= len(allowed) <= RATE + RATE * took + 1
    assert refused
    for answer in refused:
        assert answer.json()["status"]["code"] == 11005
        assert answer.json()["status"]["http_status_code"] == 429
        assert answer.headers["retry-after"] == "1"


def test_who_waits_gets_in_again_and_others_never_wait(limited: EmbeddedServer) -> None:
    hasty, calm = limited.new_user("hasty"), limited.new_user("calm")
    deadline = time.monotonic() + 20
    while ask(limited, hasty).status_code == 200:
        assert time.monotonic() < deadline, "never throttled"
    assert ask(limited, calm).status_code == 200
    while ask(limited, hasty).status_code != 200:
        assert time.monotonic() < deadline, "never let in again"


def test_a_wrong_key_is_told_before_the_limit(limited: EmbeddedServer) -> None:
    answers = [ask(limited, "nobody-has-this") for _ in range(RATE * 3)]
    assert {(one.status_code, one.json()["status"]["code"]) for one in answers} == {(401, 11009)}
