"""Merge, overwrite and remove on a live server, against the reference model of the pure tests."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.embedded import EmbeddedServer
from tests.unit.patching_model import Body, Region, read

IDS = ["c1", "c2", "c3"]
CONCEPTS = st.dictionaries(st.sampled_from(IDS), st.sampled_from([0, 1, 0.5]), max_size=3)
BOXES = st.sampled_from([(0, 0, 1, 1), (0.25, 0, 0.5, 0.75), (0.1, 0.2, 0.3, 0.4)])
NOTES = st.dictionaries(
    st.sampled_from(["site", "run"]), st.integers(0, 9) | st.text("ab0", max_size=3), max_size=2
)


def _bodies(boxes: Any) -> st.SearchStrategy[Body]:
    regions = st.builds(Region, boxes, CONCEPTS).filter(lambda region: region.box or region.concepts)
    return st.builds(
        Body, CONCEPTS, st.dictionaries(st.sampled_from(["r1", "r2"]), regions, max_size=1), NOTES
    )


SENT = _bodies(st.none() | BOXES)
NAMED = st.builds(
    Body,
    CONCEPTS,
    st.dictionaries(st.sampled_from(["r1", "r2"]), st.builds(Region, st.none(), CONCEPTS), max_size=2),
    NOTES,
)


class LivePatches(RuleBasedStateMachine):
    """One annotation on the server, and what the model says of it."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__()
        self.server = server
        self.model = Body()

    @initialize(start=_bodies(BOXES))
    def begin(self, start: Body) -> None:
        self.app = self.server.new_app(concepts=IDS)
        self.app.ok("POST", "inputs", {"inputs": [{"id": "in-0", "data": {"text": {"raw": "x"}}}]})
        sent = {"id": "an-0", "input_id": "in-0", "data": start.wire()}
        self.app.ok("POST", "annotations", {"annotations": [sent]})
        self.model = copy.deepcopy(start)
        self._compare()

    def _compare(self) -> None:
        found = self.app.ok("GET", "inputs/in-0/annotations/an-0")["annotation"]
        assert read(found["data"]) == self.model

    def _patch(self, action: str, data: dict[str, Any], after: Body) -> None:
        """Twice is once. A patch that would leave two regions is refused and changes nothing."""
        body = {"action": action, "annotations": [{"id": "an-0", "input_id": "in-0", "data": data}]}
        for _ in range(2):
            response = self.app.call("PATCH", "annotations", body)
            if len(after.regions) > 1:
                assert response.status_code == 400, response.text
                assert "at most one region" in response.json()["status"]["details"]
            else:
                assert response.status_code == 200, response.text
                assert read(response.json()["annotations"][0]["data"]) == after
                self.model = copy.deepcopy(after)
            self._compare()

    @rule(sent=SENT)
    def merge(self, sent: Body) -> None:
        self._patch("merge", sent.wire(), self.model.merged(sent))

    @rule(sent=SENT)
    def overwrite(self, sent: Body) -> None:
        self._patch("overwrite", sent.wire(), sent)

    @rule(sent=NAMED, values=st.booleans())
    def remove(self, sent: Body, values: bool) -> None:
        self._patch("remove", sent.wire(values=values), self.model.without(sent))


def test_live_patches(embedded_server: EmbeddedServer) -> None:
    run_state_machine_as_test(
        lambda: LivePatches(embedded_server),
        settings=settings(
            max_examples=15,
            stateful_step_count=10,
            deadline=None,
            database=None,
            # Shrinking over HTTP takes minutes; the printed steps are few enough to read.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
