"""Inputs and annotations under any sequence of posts, patches and deletes, good and bad: every count is what a full
listing gives, a change makes `modified_at` later, and what is refused changes nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.support.embedded import EmbeddedServer

Json = dict[str, Any]
INPUTS = [f"in-{number}" for number in range(4)]
MARKS = [f"an-{number}" for number in range(5)]
CONCEPTS = st.lists(
    st.builds(
        lambda name, value: {"id": name, "value": value},
        # The last is none of the app's: whatever names it is refused.
        st.sampled_from(["rbc", "rbc", "wbc", "nobody-knows"]),
        st.sampled_from([0, 0.5, 1]),
    ),
    max_size=2,
    unique_by=lambda one: one["id"],
)
ACTIONS = st.sampled_from(["merge", "overwrite", "remove", "sideways"])
CODES = st.sampled_from([24150, 24151, 24157, 24158, 30000])


class Room(RuleBasedStateMachine):
    """One app, its inputs and its annotations by id, as the listings give them."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__()
        self.server = server

    @initialize()
    def begin(self) -> None:
        self.app = self.server.new_app(["l-1"], [], ["rbc", "wbc"])
        self.inputs: dict[str, Json] = {}
        self.marks: dict[str, Json] = {}
        self._put("POST", "inputs", {"inputs": [self._text(name) for name in INPUTS[:2]]})

    def _text(self, name: str, concepts: list[Json] | None = None) -> Json:
        return {"id": name, "data": {"text": {"raw": name}} | ({"concepts": concepts} if concepts else {})}

    def _listed(self, route: str, **more: str) -> dict[str, Json]:
        found = self.app.ok("GET", route, params={"per_page": 1000} | more)[route]
        return {row["id"]: row for row in found}

    def _put(self, method: str, route: str, body: Json) -> None:
        """One call with at most one item that matters, then the comparison of before and after."""
        status = self.app.call(method, route, body).json()["status"]["code"]
        inputs, marks = self._listed("inputs"), self._listed("annotations", list_all_annotations="true")
        if status == 10000:
            self._is_later(self.inputs, inputs)
            self._is_later(self.marks, marks)
        else:
            assert (inputs, marks) == (self.inputs, self.marks), f"{status} changed something"
        self.inputs, self.marks = inputs, marks

    @staticmethod
    def _is_later(before: dict[str, Json], after: dict[str, Json]) -> None:
        for name in before.keys() & after.keys():
            old, new = before[name], after[name]
            assert old["created_at"] == new["created_at"]
            assert old["modified_at"] <= new["modified_at"]
            # The time is the version: two states of a thing never share one.
            assert (old == new) or old["modified_at"] < new["modified_at"], (old, new)

    @rule(name=st.sampled_from(INPUTS), concepts=CONCEPTS)
    def post_an_input(self, name: str, concepts: list[Json]) -> None:
        self._put("POST", "inputs", {"inputs": [self._text(name, concepts)]})

    @rule(name=st.sampled_from(INPUTS), concepts=CONCEPTS, action=ACTIONS)
    def patch_an_input(self, name: str, concepts: list[Json], action: str) -> None:
        self._put(
            "PATCH", "inputs", {"inputs": [{"id": name, "data": {"concepts": concepts}}], "action": action}
        )

    @rule(name=st.sampled_from(INPUTS))
    def delete_an_input(self, name: str) -> None:
        self._put("DELETE", "inputs", {"ids": [name]})

    @rule(name=st.sampled_from(MARKS), where=st.sampled_from(INPUTS), concepts=CONCEPTS, code=CODES)
    def post_a_mark(self, name: str, where: str, concepts: list[Json], code: int) -> None:
        sent = {"id": name, "input_id": where, "data": {"concepts": concepts}, "status": {"code": code}}
        self._put("POST", "annotations", {"annotations": [sent]})

    @rule(name=st.sampled_from(MARKS), concepts=CONCEPTS, action=ACTIONS, code=CODES)
    def patch_a_mark(self, name: str, concepts: list[Json], action: str, code: int) -> None:
        where = self.marks[name]["input_id"] if name in self.marks else INPUTS[0]
        sent = {"id": name, "input_id": where, "data": {"concepts": concepts}, "status": {"code": code}}
        self._put("PATCH", "annotations", {"annotations": [sent], "action": action})

    @rule(names=st.lists(st.sampled_from(MARKS), min_size=1, max_size=1), where=st.sampled_from(INPUTS))
    def delete_marks(self, names: list[str], where: str) -> None:
        self._put("DELETE", "annotations", {"ids": names, "input_ids": [where] * len(names)})

    @rule(where=st.lists(st.sampled_from(INPUTS), min_size=1, max_size=2, unique=True))
    def delete_marks_of_inputs(self, where: list[str]) -> None:
        self._put("DELETE", "annotations", {"input_ids": where})
        left = [one for one in self.marks.values() if one["input_id"] in where]
        assert all(one["input_level"] for one in left)

    @invariant()
    def counts_are_what_the_listings_give(self) -> None:
        if not hasattr(self, "marks"):
            return
        counts = self.app.ok("GET", "inputs/status")["counts"]
        assert {name: number for name, number in counts.items() if number} == (
            {"processed": len(self.inputs)} if self.inputs else {}
        )
        resources = self.app.ok("GET", "resource_counts")
        assert int(resources["inputs"]) == len(self.inputs)
        # One level of an input for each, which dies with it.
        levels = Counter(one["input_id"] for one in self.marks.values() if one["input_level"])
        assert levels == Counter(list(self.inputs))
        for kind, rows in (("inputs", self.inputs), ("annotations", self.marks)):
            body = {"searches": [{"query": {}}], "only_count": True}
            counted = self.app.ok("POST", f"{kind}/searches", body)["hit_counts"]
            assert [int(one["estimated_total"]) for one in counted] == [len(rows)]


def test_random_sequences(embedded_server: EmbeddedServer) -> None:
    run_state_machine_as_test(
        lambda: Room(embedded_server),
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            database=None,
            # Shrinking over HTTP takes minutes; the printed steps are few enough to read.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
