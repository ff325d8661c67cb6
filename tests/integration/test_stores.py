"""The real servers that tests and `dev.py up` start."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from devtools import store
from devtools.words import Refusal
from tests.support.stores import Valkey, running_valkey, wait_for


def test_the_wheel_holds_a_server_program() -> None:
    binary = store.binary_in_wheel(Path(sys.prefix))
    assert binary is not None
    assert binary.name == "valkey-server"
    assert binary.stat().st_mode & stat.S_IXUSR


def test_without_any_server_program_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match="REDIS_URL") as caught:
        store.find_server(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_server_on_path_is_preferred_to_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert store.find_server(Path(sys.prefix)) == own


def test_a_long_path_gets_a_short_private_socket_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    path = store.socket_path(deep)
    assert len(str(path)) <= store.LONGEST_SOCKET_PATH
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == store.socket_path(deep), "the same folder gets the same socket after a restart"
    path.parent.rmdir()


def test_the_store_is_private_and_never_evicts(valkey: Valkey) -> None:
    assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
    with redis.Redis(unix_socket_path=str(valkey.socket), decode_responses=True) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}


def test_what_was_written_survives_a_crash_of_the_store() -> None:
    with running_valkey() as server:
        with redis.Redis(unix_socket_path=str(server.socket), decode_responses=True) as client:
            client.set("kept", "yes")
            client.execute_command("WAITAOF", 1, 0, 5000)
        server.kill()
        assert not store.answers(server.socket)
        server.start()
        with redis.Redis(unix_socket_path=str(server.socket), decode_responses=True) as client:
            wait_for(lambda: client.get("kept") == "yes", "the value is there again")


def test_postgres_answers_and_is_modern(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int, current_user").fetchone()
    assert row is not None
    assert row[0] >= 160000
    assert row[1] == "proofdesk"
