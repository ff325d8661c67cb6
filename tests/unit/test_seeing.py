"""The demo model's eyes: drawn things are found, named by learned colours, and parted where they touch."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw

from embedded_api.predictors import learning, seeing

RED, BLUE, GREEN, TABLE = (200, 30, 30), (30, 40, 200), (30, 170, 40), (190, 185, 180)
Round = tuple[tuple[int, int, int], tuple[int, int, int, int]]
"""(colour, left top right bottom in pixels)"""


def _picture(*things: Round, size: tuple[int, int] = (256, 192)) -> Image.Image:
    image = Image.new("RGB", size, TABLE)
    draw = ImageDraw.Draw(image)
    for color, edges in things:
        draw.ellipse(edges, fill=color)
    return image


def _box(edges: tuple[int, int, int, int], size: tuple[int, int] = (256, 192)) -> seeing.Box:
    left, top, right, bottom = edges
    return (top / size[1], left / size[0], bottom / size[1], right / size[0])


def _palette() -> seeing.Palette:
    examples = []
    for place in (20, 90, 160):
        red, blue = (place, 20, place + 50, 70), (place, 110, place + 60, 170)
        view = seeing.look(_picture((RED, red), (BLUE, blue)))
        examples.append((view, [("cherry", _box(red)), ("berry", _box(blue))]))
    found = learning.learned(examples)
    assert found is not None
    return found


def _near(found: seeing.Box, wanted: seeing.Box, tolerance: float = 0.03) -> bool:
    return all(abs(one - other) <= tolerance for one, other in zip(found, wanted, strict=True))


def test_things_are_found_and_named_by_learned_colours() -> None:
    red, blue, green = (30, 30, 90, 90), (150, 100, 220, 160), (120, 20, 160, 60)
    view = seeing.look(_picture((RED, red), (BLUE, blue), (GREEN, green)))
    things = {thing.values[0][0]: thing for thing in seeing.find(view, _palette())}
    assert set(things) == {"cherry", "berry"}  # green was never named
    assert _near(things["cherry"].box, _box(red))
    assert _near(things["berry"].box, _box(blue))
    assert all(0.5 < thing.values[0][1] <= 1 for thing in things.values())


def test_two_things_that_touch_are_two() -> None:
    left, right = (30, 60, 110, 140), (106, 60, 186, 140)
    things = seeing.find(seeing.look(_picture((RED, left), (RED, right))), _palette())
    assert len(things) == 2
    boxes = sorted((thing.box for thing in things), key=lambda box: box[1])
    assert _near(boxes[0], _box(left), 0.05)
    assert _near(boxes[1], _box(right), 0.05)


def test_an_empty_table_and_dust_are_nothing() -> None:
    palette = _palette()
    assert seeing.find(seeing.look(_picture()), palette) == []
    assert seeing.find(seeing.look(_picture((RED, (50, 50, 54, 54)))), palette) == []
    assert seeing.find(seeing.look(Image.new("RGB", (1, 1), RED)), palette)[0].box == (0, 0, 1, 1)


def test_noise_of_any_shape_is_survived() -> None:
    draw = random.Random(5)
    for size in ((1, 300), (300, 1), (2, 2), (7, 90), (128, 128), (400, 300)):
        noise = Image.frombytes("RGB", size, draw.randbytes(3 * size[0] * size[1]))
        for palette in (_palette(), learning.guessed(["cherry", "berry"])):
            for thing in seeing.find(seeing.look(noise), palette):
                top, left, bottom, right = thing.box
                assert 0 <= top < bottom <= 1
                assert 0 <= left < right <= 1
                assert all(0 <= value <= 1 for _, value in thing.values)


def test_too_few_examples_teach_nothing() -> None:
    edges = (30, 30, 90, 90)
    view = seeing.look(_picture((RED, edges)))
    assert learning.learned([(view, [("cherry", _box(edges))])] * 2) is None
    assert learning.learned([]) is None
    assert learning.learned([(view, [("cherry", _box(edges))])] * 3) is not None


def test_without_examples_strong_colours_are_found_and_named_somehow() -> None:
    palette = learning.guessed(["cherry", "berry"])
    edges = (30, 30, 90, 90)
    (thing,) = seeing.find(seeing.look(_picture((RED, edges))), palette)
    assert _near(thing.box, _box(edges))
    assert thing.values[0][0] in ("cherry", "berry")
    assert thing.values[0][1] <= 0.6
    assert learning.guessed([]).weights == {}


def test_the_same_picture_gives_the_same_answer() -> None:
    view = seeing.look(_picture((RED, (30, 30, 90, 90)), (BLUE, (150, 100, 220, 160))))
    assert seeing.find(view, _palette()) == seeing.find(view, _palette())
