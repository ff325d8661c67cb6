"""Any sequence of posts, patches and assignment actions, over HTTP: states move along the table alone, annotations
have the status of the state that their assignment entered, and counts are what the full listing gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import add_inputs, annotate, done, listing, put, task_body

WORKERS = ["l-1", "l-2"]
CONCEPTS = [{"id": "rbc", "value": 1}, {"id": "rbc", "value": 0}, {"id": "wbc", "value": 1}]
PENDING, AWAITING, CONSENSUS, SUCCESS, REJECTED = 54201, 54202, 54203, 54200, 54204
# What the platform's guide says, written down a second time: action -> state before -> state after.
SUBMITTED = {"NONE": SUCCESS, "MANUAL": AWAITING, "CONSENSUS": CONSENSUS}
REVIEWS = {
    "REVIEW_APPROVE": {AWAITING: SUCCESS, SUCCESS: SUCCESS},
    "REVIEW_REQUEST_CHANGES": {AWAITING: PENDING},
    "REVIEW_REJECT": {AWAITING: REJECTED, REJECTED: REJECTED},
}
ANNOTATION = {PENDING: 24151, AWAITING: 24157, CONSENSUS: 24159, SUCCESS: 24150, REJECTED: 24158}
BY_ASSIGNMENT = {
    PENDING: "pending",
    AWAITING: "awaiting_review",
    SUCCESS: "success",
    REJECTED: "review_denied",
    CONSENSUS: "awaiting_consensus_review",
}
BY_ANNOTATION = {ANNOTATION[code]: name for code, name in BY_ASSIGNMENT.items()}
PICKS = st.lists(st.integers(0, 8), min_size=1, max_size=4)
USERS = st.sampled_from(["l-1", "l-2", "r-1", "owner"])


class Work(RuleBasedStateMachine):
    """One task of three inputs, two workers and one reviewer, played with at random."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__()
        self.server = server

    @initialize(
        review=st.sampled_from(["NONE", "MANUAL", "CONSENSUS"]),
        strategy=st.sampled_from(["PARTITIONED", "FULL", "DYNAMIC"]),
        per_input=st.integers(1, 2),
    )
    def begin(self, review: str, strategy: str, per_input: int) -> None:
        self.app: EmbeddedApp = self.server.new_app(WORKERS, ["r-1"], ["rbc", "wbc"])
        self.names = add_inputs(self.app, 3)
        copies = 2 if strategy == "FULL" else per_input
        rule = {"approval_threshold_labelers": copies} if review == "CONSENSUS" else None
        self.body = task_body(strategy=strategy, per_input=per_input, review=review, rule=rule)
        self.review = review
        self.task: str = self.app.ok("POST", "tasks", {"tasks": [self.body]})["tasks"][0]["id"]
        self.sent_back: set[str] = set()
        self.workers = WORKERS
        self.rows = self._assignments()
        self.marks = self._annotations()

    def _assignments(self) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in listing(self.app, self.task)}

    def _annotations(self) -> dict[str, dict[str, Any]]:
        found = self.app.ok("GET", "annotations", params={"task_id": self.task, "per_page": 1000})
        return {row["id"]: row for row in found["annotations"]}

    def _user(self, name: str) -> str:
        return self.app.user_id if name == "owner" else name

    def _pick(self, picks: list[int]) -> list[str]:
        names = sorted(self.rows)
        return list(dict.fromkeys(names[pick % len(names)] for pick in picks)) if names else []

    def _compare(self, expected: dict[str, int]) -> None:
        """After an action: the listing is as expected (by id; the rest unchanged), annotations have followed."""
        before, marks = self.rows, self.marks
        self.rows, self.marks = self._assignments(), self._annotations()
        assert self.rows.keys() == before.keys()
        moved: dict[tuple[str, str], int] = {}
        for public_id, row in self.rows.items():
            old, new = before[public_id]["status"]["code"], row["status"]["code"]
            if self.review == "CONSENSUS" and new != expected.get(public_id, old):
                # The agreement of others may take an assignment on from where it waits, and from nowhere else.
                assert CONSENSUS in (old, expected.get(public_id)), (old, new)
                assert new in (SUCCESS, AWAITING)
            else:
                assert new == expected.get(public_id, old)
            if new != old or public_id in expected:
                moved[row["input"]["id"], row["worker"]["user"]["id"]] = new
            if old != new:
                assert row["modified_at"] > before[public_id]["modified_at"]
        holders = Counter(row["input"]["id"] for row in self.rows.values())
        assert self.marks.keys() == marks.keys()
        for public_id, mark in self.marks.items():
            old = marks[public_id]["status"]["code"]
            place, author = mark["input_id"], mark["user_id"]
            wanted = old
            for (where, worker), code in moved.items():
                if where == place and (worker == author or holders[place] == 1):
                    wanted = ANNOTATION[code]
            assert mark["status"]["code"] == wanted
            if wanted != old:
                assert mark["modified_at"] > marks[public_id]["modified_at"]

    @rule(
        user=USERS,
        place=st.integers(0, 2),
        concept=st.sampled_from(CONCEPTS),
        code=st.sampled_from([24151, 24150]),
    )
    def annotate(self, user: str, place: int, concept: dict[str, Any], code: int) -> None:
        more = {"data": {"concepts": [concept]}, "status": {"code": code}}
        annotate(self.app, self.task, self._user(user), self.names[place], **more)
        self.marks = self._annotations()

    @rule(pick=st.integers(0, 9), code=st.sampled_from([24150, 24151, 24152, 24157, 24158]))
    def patch_a_status(self, pick: int, code: int) -> None:
        if self.marks:
            mark = self.marks[sorted(self.marks)[pick % len(self.marks)]]
            sent = {"id": mark["id"], "input_id": mark["input_id"], "status": {"code": code}}
            self.app.ok("PATCH", "annotations", {"action": "merge", "annotations": [sent]})
            self.marks = self._annotations()

    @rule(worker=st.sampled_from(WORKERS))
    def start(self, worker: str) -> None:
        if worker not in self.workers and worker not in {
            row["worker"]["user"]["id"] for row in self.rows.values()
        }:
            assert put(self.app, self.task, worker, "LABEL_START").status_code == 403
            return
        rows = done(self.app, self.task, worker, "LABEL_START")
        assert {row["worker"]["user"]["id"] for row in rows} <= {worker}
        assert {row["status"]["code"] for row in rows} <= {PENDING}
        again = done(self.app, self.task, worker, "LABEL_START")
        assert [row["id"] for row in again] == [row["id"] for row in rows]
        self.rows = self._assignments()

    @rule(user=USERS, picks=PICKS)
    def submit(self, user: str, picks: list[int]) -> None:
        ids = self._pick(picks)
        if not ids:
            return
        answer = put(self.app, self.task, self._user(user), "LABEL_SUBMIT", ids=ids).json()
        expected: dict[str, int] = {}
        for item, public_id in zip(answer["task_assignments"], ids, strict=True):
            row = self.rows[public_id]
            before = row["status"]["code"]
            if user not in ("owner", row["worker"]["user"]["id"]):
                assert item["status"]["code"] == 54103
            elif before == REJECTED:
                assert item["status"]["code"] == 54100
            elif before == PENDING:
                expected[public_id] = SUBMITTED[self.review]
                self.sent_back.discard(public_id)
        self._compare(expected)

    @rule(user=USERS, action=st.sampled_from(sorted(REVIEWS)), picks=PICKS)
    def judge(self, user: str, action: str, picks: list[int]) -> None:
        ids = self._pick(picks)
        if not ids:
            return
        response = put(self.app, self.task, self._user(user), action, ids=ids)
        if user not in ("owner", "r-1"):
            assert (response.status_code, response.json()["status"]["code"]) == (403, 54103)
            self._compare({})
            return
        expected: dict[str, int] = {}
        for item, public_id in zip(response.json()["task_assignments"], ids, strict=True):
            before = self.rows[public_id]["status"]["code"]
            after = REVIEWS[action].get(before)
            if action == "REVIEW_REQUEST_CHANGES" and public_id in self.sent_back:
                after = PENDING
            assert item["status"]["code"] == (after or 54100)
            if after and after != before:
                expected[public_id] = after
                if action == "REVIEW_REQUEST_CHANGES":
                    self.sent_back.add(public_id)
        self._compare(expected)

    @rule(action=st.sampled_from(sorted(REVIEWS)), worker=st.sampled_from(WORKERS))
    def judge_all_of_one(self, action: str, worker: str) -> None:
        response = put(self.app, self.task, "r-1", action, workers=[worker])
        assert response.status_code == 200 or "not a worker" in response.text
        expected = {
            public_id: REVIEWS[action][AWAITING]
            for public_id, row in self.rows.items()
            if row["worker"]["user"]["id"] == worker and row["status"]["code"] == AWAITING
        }
        if action == "REVIEW_REQUEST_CHANGES":
            self.sent_back |= expected.keys()
        self._compare(expected)

    @rule(review_start=st.just("r-1"))
    def take_for_review(self, review_start: str) -> None:
        rows = done(self.app, self.task, review_start, "REVIEW_START")
        wanted = {public_id for public_id, row in self.rows.items() if row["status"]["code"] == AWAITING}
        assert {row["id"] for row in rows} == wanted
        self._compare({})

    @rule(workers=st.sampled_from([["l-1"], ["l-2"], ["l-1", "l-2"]]))
    def change_the_workers(self, workers: list[str]) -> None:
        if self.body["worker"]["partitioned_strategy_info"]["workers_per_input"] > len(workers):
            return
        if self.review == "CONSENSUS" and len(workers) == 1:
            return
        worker = self.body["worker"] | {"workers": [{"user": {"id": user}} for user in workers]}
        self.app.ok("PATCH", "tasks", {"action": "merge", "tasks": [{"id": self.task, "worker": worker}]})
        self.workers = workers
        before, self.rows = self.rows, self._assignments()
        for public_id, row in before.items():
            if row["status"]["code"] != PENDING or public_id in self.sent_back:
                assert self.rows[public_id] == row, "work that was begun stays where it is"
        pairs = Counter((row["input"]["id"], row["worker"]["user"]["id"]) for row in self.rows.values())
        assert not pairs or max(pairs.values()) == 1

    @invariant()
    def counts_are_what_the_listing_gives(self) -> None:
        if not hasattr(self, "app"):
            return
        listed = Counter(
            (row["worker"]["user"]["id"], BY_ASSIGNMENT[row["status"]["code"]])
            for row in self._assignments().values()
        )
        marks = Counter(
            (mark["user_id"], BY_ANNOTATION[mark["status"]["code"]])
            for mark in self._annotations().values()
            if mark["status"]["code"] in BY_ANNOTATION
        )
        for route, wanted in (("inputs/count", listed), ("annotations/count", marks)):
            counted = {
                (row["user_id"], name): row[name]
                for row in self.app.ok("GET", f"tasks/{self.task}/{route}")["counts"]
                for name in BY_ASSIGNMENT.values()
            }
            assert {key: number for key, number in counted.items() if number} == dict(wanted)


def test_random_sequences(embedded_server: EmbeddedServer) -> None:
    run_state_machine_as_test(
        lambda: Work(embedded_server),
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            database=None,
            # Shrinking over HTTP takes minutes; the printed steps are few enough to read.
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
