"""The demo pictures and the demo labelers: deterministic, exact where truth is told, wrong as planned."""

from __future__ import annotations

import io
from random import Random

import pytest
from PIL import Image, ImageChops

from dashboard.demo import composition, fruits, layout
from dashboard.demo.layout import HEIGHT, WIDTH, Box, Place, Truth
from dashboard.demo.mistakes import HABITS, Mistake, label, label_with_mistakes
from dashboard.demo.scenes import CONCEPTS, IMAGE_CONCEPTS, SceneStudio


@pytest.fixture(scope="module")
def studio() -> SceneStudio:
    return SceneStudio(7)


@pytest.fixture(scope="module")
def truths(studio: SceneStudio) -> list[Truth]:
    return [studio.truth(number) for number in range(40)]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    high = min(a.bottom, b.bottom) - max(a.top, b.top)
    wide = min(a.right, b.right) - max(a.left, b.left)
    shared = max(0.0, high) * max(0.0, wide)
    return shared / (a.area + b.area - shared)


def test_a_seed_gives_the_same_picture_and_the_same_truth_again(
    studio: SceneStudio, truths: list[Truth]
) -> None:
    drawn = studio.scene(3)
    assert drawn.truth == truths[3]
    again = SceneStudio(7).scene(3)  # drawn first, and with nothing drawn before it
    assert again.image.tobytes() == drawn.image.tobytes()
    assert again.truth == drawn.truth
    assert SceneStudio(8).truth(3) != truths[3]


def test_each_picture_is_a_jpeg_of_the_promised_size(studio: SceneStudio) -> None:
    data = studio.scene(0).jpeg()
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (WIDTH, HEIGHT))
    assert len(data) < 300_000


def test_every_piece_has_a_known_concept_and_a_box_inside(truths: list[Truth]) -> None:
    known = {concept for concept, _ in CONCEPTS}
    for truth in truths:
        assert 3 <= len(truth.pieces) <= 14
        assert set(truth.facts) == {concept for concept, _ in IMAGE_CONCEPTS}
        for piece in truth.pieces:
            assert piece.concept in known
            assert 0 <= piece.box.top < piece.box.bottom <= 1
            assert 0 <= piece.box.left < piece.box.right <= 1
            assert 0.2 <= piece.visible <= 1
    assert {piece.concept for truth in truths for piece in truth.pieces} == known
    for concept, _ in IMAGE_CONCEPTS:
        assert {truth.facts[concept] for truth in truths} == {True, False}


def test_a_told_box_is_where_the_colour_is() -> None:
    """Two oranges on white, one cut by the frame: their boxes are found again from the pixels."""
    orange = fruits.orange(Random(3))
    canvas = Image.new("RGB", (WIDTH, HEIGHT), "white")
    places = [Place(orange, 40, 300, 160, 20), Place(orange, 700, 200, 170, 75)]
    masks = [place.mask() for place in places]
    for place, mask in zip(places, masks, strict=True):
        composition.put(canvas, place, mask, daylight=True)
    pieces, clutter = layout.tell(places, masks)
    assert clutter == ()
    # Shadows on white are grey; only the fruit has much more red than blue.
    red, _, blue = canvas.split()
    vivid = ImageChops.subtract(red, blue).point([255 if value > 40 else 0 for value in range(256)])
    for piece, half in zip(pieces, ((0, 0, 480, HEIGHT), (480, 0, WIDTH, HEIGHT)), strict=True):
        mask = Image.new("L", (WIDTH, HEIGHT), 0)
        mask.paste(vivid.crop(half), half[:2])
        found = mask.getbbox()
        box = piece.box
        told = (box.left * WIDTH, box.top * HEIGHT, box.right * WIDTH, box.bottom * HEIGHT)
        assert found is not None
        assert all(abs(a - b) <= 3 for a, b in zip(found, told, strict=True)), (found, told)
    assert pieces[0].box.left == 0
    assert pieces[0].visible < 0.9  # the frame cuts it
    assert pieces[1].visible == 1


def test_what_lies_below_is_told_by_its_visible_part() -> None:
    orange = fruits.orange(Random(3))
    places = [Place(orange, 400, 300, 160, 0), Place(orange, 480, 300, 160, 0)]
    (below, above), _ = layout.tell(places, [place.mask() for place in places])
    assert below.visible < 0.8
    assert above.visible == 1
    assert below.box.left * WIDTH == pytest.approx(400 - 71, abs=3)
    # Where the covering one begins at half height, the lower one still shows above and below it.
    assert below.box.right < above.box.right - 0.02


def test_labelers_err_in_all_four_ways_but_mostly_do_well(truths: list[Truth]) -> None:
    work = [label(truth, labeler) for truth in truths for labeler in range(len(HABITS))]
    drawn = [shape for labels in work for shape in labels.drawn]
    found = {shape.mistake for shape in drawn}
    assert found == {Mistake.NONE, Mistake.WRONG_CLASS, Mistake.LOOSE, Mistake.EXTRA}
    assert any(labels.missed for labels in work)
    good = sum(shape.mistake is Mistake.NONE for shape in drawn)
    assert good / len(drawn) > 0.8
    assert any(not labels.reasons for labels in work)


def test_a_shape_without_mistake_fits_its_piece(truths: list[Truth]) -> None:
    for truth in truths:
        for labeler in range(len(HABITS)):
            for shape in label(truth, labeler).drawn:
                if shape.mistake is Mistake.EXTRA:
                    assert shape.truth is None
                    continue
                assert shape.truth in truth.pieces
                if shape.mistake is Mistake.NONE:
                    assert overlap(shape.truth.box, shape.box) > 0.85
                    assert shape.truth.concept == shape.concept
                elif shape.mistake is Mistake.WRONG_CLASS:
                    assert shape.truth.concept != shape.concept
                else:
                    assert overlap(shape.truth.box, shape.box) < 0.95


def test_a_second_look_has_no_mistakes(truths: list[Truth]) -> None:
    for truth in truths:
        labels = label(truth, 1, careful=True)
        assert labels.reasons == ()
        assert labels.facts == truth.facts
        assert len(labels.drawn) == len(truth.pieces)


def test_work_to_send_back_has_a_mistake_to_name(truths: list[Truth]) -> None:
    for truth in truths:
        for labeler in range(len(HABITS)):
            assert label_with_mistakes(truth, labeler).reasons


def test_a_labeler_sees_the_same_picture_the_same_way(truths: list[Truth]) -> None:
    assert label(truths[0], 1) == label(truths[0], 1)
    assert label(truths[0], 0) != label(truths[0], 1)
