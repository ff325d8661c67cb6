"""Fingerprints: what counts as the same annotation, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.platforms.types import Annotation, AnnotationState, Box, ConceptValue, Region
from dashboard.sync.fingerprint import fingerprint

BOX = Annotation(
    id="an-1",
    input_id="in-1",
    region=Region(
        id="rg-1", box=Box(0.1, 0.2, 0.3, 0.4), concepts=(ConceptValue("rbc"), ConceptValue("wbc", 0))
    ),
)
fractions = st.floats(0, 1, allow_nan=False)


def test_it_is_sixteen_hexadecimal_digits():
    assert len(fingerprint(BOX)) == 16
    int(fingerprint(BOX), 16)


def test_ids_times_status_names_and_author_do_not_count():
    other = msgspec.structs.replace(
        BOX,
        id="an-2",
        user_id="l-9",
        state=AnnotationState.APPROVED,
        modified_at=datetime(2026, 1, 1, tzinfo=UTC),
        tag='"x"',
        region=msgspec.structs.replace(
            BOX.region, id="rg-9", concepts=(ConceptValue("wbc", 0, "White"), ConceptValue("rbc", 1, "Red"))
        ),
    )
    assert fingerprint(other) == fingerprint(BOX)


@pytest.mark.parametrize(
    "region",
    [
        Region(box=Box(0.1, 0.2, 0.3, 0.400002), concepts=BOX.region.concepts),
        Region(box=Box(0.1, 0.2, 0.3, 0.4), concepts=(ConceptValue("rbc"),)),
        Region(box=Box(0.1, 0.2, 0.3, 0.4), concepts=(ConceptValue("rbc", 0), ConceptValue("wbc", 0))),
        Region(points=((0.1, 0.2), (0.3, 0.4), (0.1, 0.4)), concepts=BOX.region.concepts),
        Region(concepts=BOX.region.concepts),
        None,
    ],
)
def test_shape_and_concepts_count(region):
    assert fingerprint(msgspec.structs.replace(BOX, region=region)) != fingerprint(BOX)


def test_a_concept_of_the_image_is_not_one_of_the_region():
    inside = Annotation("a", "i", region=Region(concepts=(ConceptValue("rbc"),)))
    whole = Annotation("a", "i", region=Region(), concepts=(ConceptValue("rbc"),))
    assert fingerprint(inside) != fingerprint(whole)


@given(fractions, fractions, fractions, fractions)
def test_single_precision_does_not_change_it(top, left, bottom, right):
    """A platform that stores 32-bit floats answers almost what was sent; far from a rounding edge it is equal."""
    edges = [round(edge, 4) for edge in (top, left, bottom, right)]
    stored = [msgspec.msgpack.decode(msgspec.msgpack.encode(_single(edge))) for edge in edges]
    one, other = (Annotation("a", "i", region=Region(box=Box(*some))) for some in (edges, stored))
    assert fingerprint(one) == fingerprint(other)


@given(st.permutations([ConceptValue("a"), ConceptValue("b", 0.5), ConceptValue("c", 0)]))
def test_the_order_of_concepts_does_not_change_it(concepts):
    ordered = tuple(sorted(concepts, key=lambda concept: concept.id))
    one, other = (Annotation("a", "i", concepts=tuple(some)) for some in (concepts, ordered))
    assert fingerprint(one) == fingerprint(other)


def test_minus_zero_is_zero():
    one, other = (Annotation("a", "i", region=Region(box=Box(edge, 0, 1, 1))) for edge in (0.0, -0.0))
    assert fingerprint(one) == fingerprint(other)


def _single(value: float) -> float:
    import struct

    return float(struct.unpack("f", struct.pack("f", value))[0])
