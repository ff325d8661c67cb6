"""Random merges, overwrites and removes against the small reference model."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from embedded_api.patching import apply_patch

from .patching_model import Body, Region, read

IDS = ("c1", "c2", "c3", "c4")
VALUES = st.sampled_from([0, 1, 0.5])
CONCEPTS = st.dictionaries(st.sampled_from(IDS), VALUES, max_size=3)
EDGE = st.sampled_from([0, 0.25, 0.5, 1])
BOXES = st.tuples(EDGE, EDGE, EDGE, EDGE)
NOTES = st.dictionaries(
    st.sampled_from(["site", "note", "run"]), st.integers(0, 9) | st.text(max_size=3), max_size=2
)


def _bodies(names: tuple[str, ...], boxes: Any) -> st.SearchStrategy[Body]:
    # A region with neither box nor concept says nothing to merge, so it is not sent.
    regions = st.builds(Region, boxes, CONCEPTS).filter(lambda region: region.box or region.concepts)
    return st.builds(Body, CONCEPTS, st.dictionaries(st.sampled_from(names), regions, max_size=2), NOTES)


SENT = _bodies(("r1", "r2"), st.none() | BOXES)
NAMED = st.builds(
    Body,
    CONCEPTS,
    st.dictionaries(st.sampled_from(["r1", "r2"]), st.builds(Region, st.none(), CONCEPTS), max_size=2),
    NOTES,
)


class Patches(RuleBasedStateMachine):
    """One annotation under patches: `data` by the code, `model` by the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, Any] = {}
        self.model = Body()

    def _apply(self, sent: dict[str, Any], action: str) -> None:
        before = copy.deepcopy(self.data)
        once = apply_patch(self.data, sent, action)
        assert self.data == before
        assert apply_patch(once, sent, action) == once, "twice is not once"
        self.data = once

    @rule(sent=SENT)
    def merge(self, sent: Body) -> None:
        self._apply(sent.wire(), "merge")
        self.model = self.model.merged(sent)

    @rule(sent=SENT)
    def overwrite(self, sent: Body) -> None:
        self._apply(sent.wire(), "overwrite")
        self.model = copy.deepcopy(sent)

    @rule(sent=NAMED, values=st.booleans())
    def remove(self, sent: Body, values: bool) -> None:
        self._apply(sent.wire(values=values), "remove")
        self.model = self.model.without(sent)

    @rule()
    def empty_by_merge(self) -> None:
        self._apply({"concepts": [], "metadata": {}}, "merge")
        self.model.tags.clear()
        self.model.notes.clear()

    @invariant()
    def same_as_the_model(self) -> None:
        assert read(self.data) == self.model


TestPatches = Patches.TestCase
TestPatches.settings = settings(max_examples=80, stateful_step_count=20, deadline=None)


@given(SENT, SENT, SENT)
@settings(deadline=None)
def test_merging_two_patches_of_different_ids_is_merging_both_at_once(
    start: Body, one: Body, two: Body
) -> None:
    # Rename the second patch's ids so that the two never meet.
    two = Body(
        {f"x{key}": value for key, value in two.tags.items()},
        {f"x{key}": value for key, value in two.regions.items()},
        {f"x{key}": value for key, value in two.notes.items()},
    )
    both = Body({**one.tags, **two.tags}, {**one.regions, **two.regions}, {**one.notes, **two.notes})
    data = start.wire()
    in_turn = apply_patch(apply_patch(data, one.wire(), "merge"), two.wire(), "merge")
    assert in_turn == apply_patch(data, both.wire(), "merge")


@given(SENT, SENT)
@settings(deadline=None)
def test_overwrite_loses_exactly_what_is_not_sent(start: Body, sent: Body) -> None:
    assert apply_patch(start.wire(), sent.wire(), "overwrite") == sent.wire()


@given(SENT)
@settings(deadline=None)
def test_removing_everything_leaves_nothing(start: Body) -> None:
    assert apply_patch(start.wire(), start.wire(), "remove") == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "a", "b", "concepts"]), inner, max_size=3)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "concepts", "regions"]), JSON, max_size=4)


@given(OBJECTS, OBJECTS, st.sampled_from(["overwrite", "remove"]))
@settings(max_examples=300, deadline=None)
def test_any_json_twice_is_once(current: dict[str, Any], sent: dict[str, Any], action: str) -> None:
    current = apply_patch({}, current, "overwrite")
    once = apply_patch(current, sent, action)
    assert apply_patch(once, sent, action) == once
