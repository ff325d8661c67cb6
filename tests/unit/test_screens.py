"""The screenshots: every one the script makes is there, small enough, and what the README shows exists."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from devtools.environment import ROOT
from docs.screens.make import FOLDER, SHOTS, small_png

MOST_BYTES, MOST_TOGETHER = 350_000, 2_500_000


@pytest.mark.parametrize("shot", SHOTS, ids=lambda shot: shot.name)
def test_a_shot_is_there_in_its_size(shot: object) -> None:
    file = FOLDER / f"{shot.name}.png"  # type: ignore[attr-defined]
    assert file.stat().st_size < MOST_BYTES
    with Image.open(file) as picture:
        assert picture.size == (shot.width, shot.height)  # type: ignore[attr-defined]


def test_together_they_are_small_and_none_is_left_over() -> None:
    files = list(FOLDER.glob("*.png"))
    assert {file.stem for file in files} == {shot.name for shot in SHOTS}
    assert sum(file.stat().st_size for file in files) < MOST_TOGETHER


def test_the_readme_shows_pictures_that_exist_and_says_what_is_on_them() -> None:
    shown = re.findall(r"!\[(.*?)\]\((docs/screens/[^)]+)\)", (ROOT / "README.md").read_text())
    assert len(shown) >= 6
    for words, path in shown:
        assert (ROOT / path).exists(), path
        assert len(words) > 20, path


def test_a_large_picture_is_reduced_and_keeps_its_size() -> None:
    import io
    import random

    noise = Image.frombytes("RGB", (600, 400), random.Random(1).randbytes(600 * 400 * 3))
    raw = io.BytesIO()
    noise.save(raw, "PNG")
    small = small_png(raw.getvalue())
    assert len(small) < len(raw.getvalue()) / 2
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.size == (600, 400)
