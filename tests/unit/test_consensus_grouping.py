"""Which shapes of several labelers mean the same object, and whose stands by itself."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.review.consensus.grouping import SAME, Row, rows_of, standing
from dashboard.review.consensus.overlap import overlap


def box(
    name: str, top: float = 0.1, left: float = 0.1, size: float = 0.4, concept: str = "pear"
) -> dict[str, Any]:
    edges = {"top": top, "left": left, "bottom": top + size, "right": left + size}
    return {"id": name, "kind": "box", "concept": concept, "value": 1, "box": edges, "points": None}


def polygon(name: str, points: list[tuple[float, float]], concept: str = "pear") -> dict[str, Any]:
    return {"id": name, "kind": "polygon", "concept": concept, "value": 1, "box": None, "points": points}


def tag(name: str, concept: str = "ripe", value: float = 1) -> dict[str, Any]:
    return {"id": name, "kind": "tag", "concept": concept, "value": value, "box": None, "points": None}


def shared(rows: list[Row]) -> list[list[list[str]]]:
    """Rows of groups of mark keys."""
    return [[[mark.key for mark in group.marks] for group in row.groups] for row in rows]


def test_three_labelers_agree_on_one_object() -> None:
    drawn = {1: [box("a")], 2: [box("b", 0.11)], 3: [box("c", 0.12)]}
    [row] = rows_of(drawn)
    assert shared([row]) == [[["1/a", "2/b", "3/c"]]]
    # The one in the middle overlaps most with both others.
    assert row.groups[0].medoid.key == "2/b"
    assert standing(row, 3) == "2/b"


def test_what_one_of_three_saw_has_to_be_decided() -> None:
    drawn = {1: [box("a")], 2: [], 3: []}
    [row] = rows_of(drawn)
    assert standing(row, 3) is None


def test_half_of_the_labelers_are_not_more_than_half() -> None:
    [row] = rows_of({1: [box("a")], 2: [box("b")], 3: [], 4: []})
    assert standing(row, 4) is None


def test_two_concepts_at_one_place_are_one_disagreement() -> None:
    drawn = {1: [box("a")], 2: [box("b")], 3: [box("c", concept="apple")]}
    [row] = rows_of(drawn)
    assert shared([row]) == [[["1/a", "2/b"], ["3/c"]]]
    assert standing(row, 3) == "1/a"


def test_one_labeler_who_drew_both_means_two_objects() -> None:
    drawn = {1: [box("a"), box("b", concept="apple")]}
    assert shared(rows_of(drawn)) == [[["1/a"]], [["1/b"]]]


def test_a_labeler_is_in_a_group_once() -> None:
    drawn = {1: [box("a"), box("b", 0.12)], 2: [box("c", 0.1)]}
    assert shared(rows_of(drawn)) == [[["1/a", "2/c"]], [["1/b"]]]


def test_a_chain_is_not_a_group() -> None:
    # a overlaps b, b overlaps c, a does not overlap c by half: c stays apart.
    drawn = {1: [box("a", 0.10)], 2: [box("b", 0.21)], 3: [box("c", 0.33)]}
    assert overlap(drawn[1][0], drawn[3][0]) < SAME <= overlap(drawn[2][0], drawn[3][0])
    assert max(len(group.marks) for row in rows_of(drawn) for group in row.groups) == 2


def test_tags_agree_by_concept_and_value() -> None:
    drawn = {1: [tag("a")], 2: [tag("b")], 3: [tag("c", value=0)], 4: [tag("d", concept="large")]}
    assert shared(rows_of(drawn)) == [[["1/a", "2/b"], ["3/c"]], [["4/d"]]]


def test_boxes_and_polygons_are_different_things() -> None:
    square = [(0.1, 0.1), (0.1, 0.5), (0.5, 0.5), (0.5, 0.1)]
    assert len(rows_of({1: [box("a")], 2: [polygon("b", square)]})) == 2


def circle(row: float, col: float, radius: float, corners: int = 64) -> list[tuple[float, float]]:
    turns = [2 * math.pi * place / corners for place in range(corners)]
    return [(row + radius * math.sin(turn), col + radius * math.cos(turn)) for turn in turns]


@pytest.mark.parametrize(("shift", "expected"), [(0.0, 1.0), (0.2, 0.2433), (0.1, 0.5208), (0.5, 0.0)])
def test_polygon_overlap_is_the_overlap_of_two_circles(shift: float, expected: float) -> None:
    """Two circles of radius r whose centres lie d apart share 2 r² acos(d/2r) - d/2 √(4r² - d²)."""
    radius = 0.2
    inside = 2 * radius**2 * math.acos(min(1.0, shift / (2 * radius))) - shift / 2 * math.sqrt(
        max(0.0, 4 * radius**2 - shift**2)
    )
    assert inside / (2 * math.pi * radius**2 - inside) == pytest.approx(expected, abs=0.001)
    first, second = polygon("a", circle(0.4, 0.3, radius)), polygon("b", circle(0.4, 0.3 + shift, radius))
    assert overlap(first, second) == pytest.approx(expected, abs=0.01)


def comb(corners: int, left: float) -> list[tuple[float, float]]:
    """Up and down over the whole picture, `corners` times."""
    return [(float(place % 2), left + place / corners / 2) for place in range(corners)]


def test_polygons_of_ten_thousand_corners_do_not_hold_up_a_page() -> None:
    round_ones = {
        item: [polygon(f"r{n}", circle(0.4, 0.4, 0.3, 10_000)) for n in range(5)] for item in (1, 2)
    }
    jagged = {item: [polygon("j", comb(10_000, item / 10), "apple")] for item in (1, 2)}
    began = time.process_time()
    rows_of({item: round_ones[item] + jagged[item] for item in (1, 2)})
    assert time.process_time() - began < 10


def test_numbers_that_no_picture_has() -> None:
    """A platform may answer anything that is a JSON number."""
    tiny, huge = box("a", 0, 0, 1e-200), box("b", -1e308, -1e308, 1.7e308)
    wide = [(-1e308, 0.0), (1e308, 1e308), (1e308, -1e308)]
    flat = [(0.5, 0.0), (0.5, 0.5), (0.5, 1.0)]
    for line in (tiny, huge, polygon("c", wide), polygon("d", flat)):
        assert not overlap(line, line) >= SAME
        rows_of({1: [line], 2: [line]})


places = st.floats(0, 0.5, allow_nan=False).map(lambda number: round(number, 2))
boxes = st.builds(box, st.just("x"), places, places, st.just(0.3), st.sampled_from(["pear", "apple"]))
people = st.dictionaries(st.integers(1, 5), st.lists(boxes, max_size=4), max_size=5)


def named(drawn: dict[int, list[dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
    return {
        item: [line | {"id": f"s{place}"} for place, line in enumerate(lines)]
        for item, lines in drawn.items()
    }


@given(people.map(named))
def test_every_shape_is_in_one_group_and_every_group_agrees(drawn: dict[int, list[dict[str, Any]]]) -> None:
    rows = rows_of(drawn)
    found = [mark for row in rows for group in row.groups for mark in group.marks]
    assert sorted(mark.key for mark in found) == sorted(
        f"{item}/{line['id']}" for item, lines in drawn.items() for line in lines
    )
    for row in rows:
        for group in row.groups:
            assert len({mark.item for mark in group.marks}) == len(group.marks)
            assert len({mark.meaning for mark in group.marks}) == 1
            assert all(overlap(a.line, b.line) >= SAME for a in group.marks for b in group.marks)
            assert group.medoid in group.marks


@given(people.map(named), st.randoms())
def test_the_order_of_labelers_and_shapes_does_not_matter(
    drawn: dict[int, list[dict[str, Any]]], random: Any
) -> None:
    items = list(drawn.items())
    random.shuffle(items)
    mixed = {item: random.sample(lines, len(lines)) for item, lines in items}
    assert rows_of(mixed) == rows_of(drawn)


@given(people.map(named))
def test_what_stands_by_itself_is_shared_by_more_than_half(drawn: dict[int, list[dict[str, Any]]]) -> None:
    for row in rows_of(drawn):
        key = standing(row, len(drawn))
        if key is not None:
            [group] = [group for group in row.groups if group.medoid.key == key]
            assert 2 * len(group.marks) > len(drawn)
