"""The demo pictures and the demo labelers: deterministic, exact where truth is told, wrong as planned."""

from __future__ import annotations

import io
from random import Random

import pytest
from PIL import Image, ImageChops

from dashboard.demo import fruits
from dashboard.demo import scenes as scenes_module
from dashboard.demo.mistakes import HABITS, Mistake, label, label_with_mistakes
from dashboard.demo.scenes import CONCEPTS, HEIGHT, IMAGE_CONCEPTS, WIDTH, Box, Scene, SceneStudio


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    studio = SceneStudio(7)
    return [studio.scene(number) for number in range(16)]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    high = min(a.bottom, b.bottom) - max(a.top, b.top)
    wide = min(a.right, b.right) - max(a.left, b.left)
    shared = max(0.0, high) * max(0.0, wide)
    return shared / (a.area + b.area - shared)


def test_a_seed_gives_the_same_picture_and_the_same_truth_again(scenes: list[Scene]) -> None:
    again = SceneStudio(7).scene(3)
    assert again.image.tobytes() == scenes[3].image.tobytes()
    assert (again.pieces, again.clutter, again.facts) == (
        scenes[3].pieces,
        scenes[3].clutter,
        scenes[3].facts,
    )
    assert SceneStudio(8).scene(3).image.tobytes() != scenes[3].image.tobytes()


def test_pictures_do_not_depend_on_the_order_of_drawing(scenes: list[Scene]) -> None:
    studio = SceneStudio(7)
    assert studio.scene(9).pieces == scenes[9].pieces
    assert studio.scene(2).pieces == scenes[2].pieces


def test_each_picture_is_a_jpeg_of_the_promised_size(scenes: list[Scene]) -> None:
    data = scenes[0].jpeg()
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
    assert len(data) < 300_000


def test_every_piece_has_a_known_concept_and_a_box_inside(scenes: list[Scene]) -> None:
    known = {concept for concept, _ in CONCEPTS}
    for scene in scenes:
        assert 3 <= len(scene.pieces) <= 14
        assert set(scene.facts) == {concept for concept, _ in IMAGE_CONCEPTS}
        for piece in scene.pieces:
            assert piece.concept in known
            assert 0 <= piece.box.top < piece.box.bottom <= 1
            assert 0 <= piece.box.left < piece.box.right <= 1
            assert 0.2 <= piece.visible <= 1
    assert {piece.concept for scene in scenes for piece in scene.pieces} == known


def test_a_told_box_is_where_the_colour_is() -> None:
    """Two oranges on white, one cut by the frame: their boxes are found again from the pixels."""
    orange = fruits.orange(Random(3))
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    owner = Image.new("L", (WIDTH, HEIGHT), 0)
    places = [scenes_module._Place(orange, 40, 300, 160, 20), scenes_module._Place(orange, 700, 200, 170, 75)]
    light = (-0.62, -0.78)
    full = [
        scenes_module._put(canvas, owner, place, index, light, (255, 250, 240), (58, 58, 78))
        for index, place in enumerate(places, start=1)
    ]
    pieces, clutter = scenes_module._truth(owner, places, full)
    assert clutter == ()
    # Shadows on white are grey; only the fruit has much more red than blue.
    red, _, blue = canvas.split()
    vivid = ImageChops.subtract(red, blue).point([255 if value > 40 else 0 for value in range(256)])
    for piece, half in zip(pieces, ((0, 0, 480, HEIGHT), (480, 0, WIDTH, HEIGHT)), strict=True):
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        mask.paste(vivid.crop(half), half[:2])
        found = mask.getbbox()
        told = (
            piece.box.left * WIDTH,
            piece.box.top * HEIGHT,
            piece.box.right * WIDTH,
            piece.box.bottom * HEIGHT,
        )
        assert found is not None
        assert all(abs(a - b) <= 3 for a, b in zip(found, told, strict=True)), (found, told)
    assert pieces[0].box.left == 0


def test_labelers_err_in_all_four_ways_but_mostly_do_well(scenes: list[Scene]) -> None:
    work = [label(scene, labeler) for scene in scenes for labeler in range(len(HABITS))]
    drawn = [shape for labels in work for shape in labels.drawn]
    found = {shape.mistake for shape in drawn}
    assert found == {Mistake.NONE, Mistake.WRONG_CLASS, Mistake.LOOSE, Mistake.EXTRA}
    assert any(labels.missed for labels in work)
    good = sum(shape.mistake is Mistake.NONE for shape in drawn)
    assert good / len(drawn) > 0.8
    assert any(not labels.reasons for labels in work)


def test_a_shape_without_mistake_fits_its_piece(scenes: list[Scene]) -> None:
    for scene in scenes:
        for labeler in range(len(HABITS)):
            for shape in label(scene, labeler).drawn:
                best = max(scene.pieces, key=lambda piece: overlap(piece.box, shape.box))
                if shape.mistake is Mistake.NONE:
                    assert overlap(best.box, shape.box) > 0.85
                    assert best.concept == shape.concept
                elif shape.mistake is Mistake.WRONG_CLASS:
                    assert best.concept != shape.concept


def test_a_second_look_has_no_mistakes(scenes: list[Scene]) -> None:
    for scene in scenes:
        labels = label(scene, 1, careful=True)
        assert labels.reasons == ()
        assert labels.facts == scene.facts
        assert len(labels.drawn) == len(scene.pieces)


def test_work_to_send_back_has_a_mistake_to_name(scenes: list[Scene]) -> None:
    for scene in scenes:
        for labeler in range(len(HABITS)):
            labels = label_with_mistakes(scene, labeler)
            assert labels.reasons
            assert all(shape.truth is not None or shape.mistake is Mistake.EXTRA for shape in labels.drawn)


def test_a_labeler_sees_the_same_picture_the_same_way(scenes: list[Scene]) -> None:
    assert label(scenes[0], 1) == label(scenes[0], 1)
    assert label(scenes[0], 0) != label(scenes[0], 1)
