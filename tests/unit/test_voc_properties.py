"""Properties of the Pascal VOC reader over generated files."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.interchange.loss import LossReport
from dashboard.interchange.voc import PixelBox, Pixels, check_box, fractions_of, read_voc
from dashboard.interchange.voc_xml import RawAnnotation, VocXmlError, parse_annotation
from tests.support.voc import VocFolder, annotation_xml

sizes = st.tuples(st.integers(1, 5000), st.integers(1, 5000))
names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12
)
numbers = st.one_of(
    st.integers(-20, 120),
    st.floats(-20, 120).map(repr),
    st.sampled_from(["", "nan", "-inf", "1e400", "abc", "0x10", "９"]),
)
objects = st.lists(st.tuples(names, numbers, numbers, numbers, numbers), max_size=6)


@pytest.fixture(scope="module")
def folder() -> Iterator[VocFolder]:
    with tempfile.TemporaryDirectory() as place:
        made = VocFolder(Path(place) / "set")
        made.picture("a.jpg", (96, 64))
        yield made


@given(objects=objects)
@settings(max_examples=150, deadline=None)
def test_every_object_is_either_a_usable_box_or_a_named_loss(
    folder: VocFolder, objects: list[tuple[str, object, object, object, object]]
) -> None:
    folder.xml("a", annotation_xml("a.jpg", (96, 64), objects))
    report = LossReport()
    (image,) = read_voc(folder.root, report=report)
    lost = [problem.index for problem in report.problems()]
    assert sorted([box.index for box in image.boxes] + lost) == list(range(len(objects)))
    for box in image.boxes:
        name, *written = objects[box.index]
        assert box.concept == name.strip()
        assert [box.pixels.xmin, box.pixels.ymin, box.pixels.xmax, box.pixels.ymax] == [
            float(str(number)) for number in written
        ]
        edges = box.fractions
        assert 0 <= edges.left < edges.right <= 1
        assert 0 <= edges.top < edges.bottom <= 1


@given(size=sizes, data=st.data(), pixels=st.sampled_from(Pixels))
def test_whole_pixels_come_back_exactly(size: tuple[int, int], data: st.DataObject, pixels: Pixels) -> None:
    width, height = size
    first = 1 if pixels is Pixels.ONE_BASED else 0
    left, right = sorted(data.draw(st.tuples(st.integers(first, width), st.integers(first, width))))
    top, bottom = sorted(data.draw(st.tuples(st.integers(first, height), st.integers(first, height))))
    box = PixelBox(left, top, right, bottom)
    if left == right or top == bottom:
        trouble = check_box(box, width, height, pixels)
        assert trouble is not None
        assert trouble[0] == "box_zero_size"
        return
    assert check_box(box, width, height, pixels) is None
    edges = fractions_of(box, width, height, pixels)
    assert round(edges.left * width) + first == left
    assert round(edges.top * height) + first == top
    assert round(edges.right * width) == right
    assert round(edges.bottom * height) == bottom


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=300)
def test_any_bytes_give_an_annotation_or_one_clear_error(data: bytes) -> None:
    with contextlib.suppress(VocXmlError):
        assert isinstance(parse_annotation(data), RawAnnotation)


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_file_never_breaks_the_reader(data: st.DataObject) -> None:
    good = bytearray(annotation_xml("a.jpg", (96, 64), [("cell", 1, 1, 9, 9)]).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(VocXmlError):
        parse_annotation(bytes(good))
