"""`dev.py up`, the real command: first start, refusals, a crash of a part, stop, second start, a crash of all."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devtools.environment import ROOT
from tests.support.desk import RunningDesk, alive, clean_environment, command, free_port, running_desk
from tests.support.stores import Valkey, short_folder, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with short_folder("up") as folder:
        yield folder / "var"


@pytest.fixture(scope="module")
def desk(data: Path) -> Iterator[RunningDesk]:
    """A desk after its first start."""
    with running_desk(data) as desk:
        yield desk


def refused(data: Path, port: int, embedded_port: int) -> str:
    """What a second `up` says that must not start."""
    result = subprocess.run(
        command(port, embedded_port),
        cwd=ROOT,
        env=clean_environment(PROOFDESK_DATA_DIR=str(data)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr == ""
    return result.stdout


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_serves_pages_and_prints_three_sign_ins(desk: RunningDesk) -> None:
    page = httpx.get(desk.url + "/", follow_redirects=True)
    assert page.status_code == 200
    assert "Proofdesk" in page.text
    assert httpx.get(desk.embedded_url + "/healthz").status_code == 200
    people = desk.credentials()
    assert {"labeler", "reviewer", "admin"} <= set(people)
    for role in ("labeler", "reviewer", "admin"):
        login, password = people[role]
        assert login in desk.said()
        assert password in desk.said()


def test_a_printed_sign_in_opens_the_desk(desk: RunningDesk) -> None:
    login, password = desk.credentials()["reviewer"]
    with httpx.Client(base_url=desk.url, follow_redirects=True) as browser:
        browser.get("/sign-in/")
        form = {"username": login, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post("/sign-in/", data=form)
        assert "sessionid" in browser.cookies
        assert browser.get("/account/").status_code == 200


def test_everything_lies_in_one_private_folder(desk: RunningDesk) -> None:
    assert mode(desk.data) == 0o700
    for name in ("secret.key", "operator.key", "credentials.txt", "proofdesk.sqlite3", "embedded.sqlite3"):
        assert mode(desk.data / name) == 0o600, name
    assert len((desk.data / "secret.key").read_text()) >= 50


def test_a_second_start_on_the_folder_is_refused_in_one_sentence(desk: RunningDesk) -> None:
    said = refused(desk.data, free_port(), free_port())
    assert "already runs" in said
    assert str(desk.process.pid) in said
    assert len(said.splitlines()) == 1


def test_a_taken_port_is_refused_with_the_option_that_helps(desk: RunningDesk, tmp_path: Path) -> None:
    said = refused(tmp_path / "other", desk.port, free_port())
    assert str(desk.port) in said
    assert "--port" in said
    assert len(said.splitlines()) == 1
    said = refused(tmp_path / "other", free_port(), desk.embedded_port)
    assert "--embedded-port" in said


@pytest.mark.parametrize("words", ["dashboard.celery", "gunicorn dashboard.wsgi", "valkey-server"])
def test_a_part_that_dies_is_started_again(desk: RunningDesk, words: str) -> None:
    victim = desk.part(words)
    before = desk.data / "worker.alive"
    before.unlink(missing_ok=True)
    os.kill(victim, signal.SIGKILL)
    wait_for(
        lambda: any(words in args and pid != victim for pid, args in desk.family().items()), "started again"
    )
    wait_for(lambda: ready(desk), "the pages answer again")
    wait_for(before.exists, "the worker works again")
    assert "stopped (signal SIGKILL)" in desk.said()


def ready(desk: RunningDesk) -> bool:
    try:
        return httpx.get(desk.url + "/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_term_stops_everything_and_a_second_start_keeps_the_data(
    desk: RunningDesk, data: Path, valkey: Valkey
) -> None:
    people, secret = desk.credentials(), (data / "secret.key").read_text()
    family = desk.family()
    assert len(family) >= 6
    assert desk.terminate() == 0
    assert [pid for pid in family if alive(pid)] == []
    for port in (desk.port, desk.embedded_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0

    valkey.flush()
    with running_desk(data, env={"REDIS_URL": valkey.url}) as again:
        assert again.credentials() == people
        assert (data / "secret.key").read_text() == secret
        assert people["admin"][1] not in again.said(), "a password is printed once"
        assert str(data / "credentials.txt") in again.said()
        assert not any("valkey-server" in args for args in again.family().values()), (
            "REDIS_URL is used instead"
        )

        family = again.family()
        again.kill()
        wait_for(lambda: not any(map(alive, family)), f"all are gone: {family}", 15)


def test_a_failed_install_is_one_sentence_without_a_traceback(tmp_path: Path) -> None:
    for name in ("dev.py", "devtools"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "requirements.txt").write_text("proofdesk-does-not-exist==0 --hash=sha256:" + "0" * 64 + "\n")
    result = subprocess.run(
        ["python3", "dev.py", "up"],
        cwd=tmp_path,
        env=clean_environment(PIP_NO_INDEX="1", PROOFDESK_DATA_DIR=str(tmp_path / "var")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 1
    assert "pip could not install requirements.txt" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
