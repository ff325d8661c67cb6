"""The pure parts of an import: ids, batches, repetition, the progress line."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.assignments import import_ids
from dashboard.assignments.progress_bar import ProgressBar
from dashboard.assignments.uploads import MAX_BASE64, TRIES, Stopped, ask, batches, by_bytes, send
from dashboard.platforms.errors import AlreadyExists, Ambiguous, Forbidden, NotSent, Rejected, Throttled
from dashboard.platforms.types import Concept, Outcome

SAFE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@given(st.text(max_size=90), st.text(max_size=90))
def test_ids_are_safe_stable_and_apart(dataset: str, name: str) -> None:
    for made in (
        import_ids.input_id(dataset, name),
        import_ids.task_id(dataset, name),
        import_ids.annotation_id(dataset, name, 3),
    ):
        assert SAFE.fullmatch(made)
    assert import_ids.input_id(dataset, name) == import_ids.input_id(dataset, name)
    assert import_ids.input_id(dataset, name) != import_ids.input_id(dataset, name + "x")
    assert import_ids.annotation_id(dataset, name, 1) != import_ids.annotation_id(dataset, name, 2)


def test_parts_of_an_id_cannot_run_into_each_other() -> None:
    assert import_ids.input_id("a-b", "c") != import_ids.input_id("a", "b-c")


def test_concepts_are_taken_by_name_or_id_and_made_otherwise() -> None:
    existing = [Concept("x1", "RBC"), Concept("wbc", "White cell")]
    found = import_ids.concept_ids(["RBC", "wbc", "Big Platelets", "WBC"], existing)
    assert found["RBC"].id == "x1"
    assert found["wbc"].id == "wbc"
    assert found["Big Platelets"] == Concept("big-platelets", "Big Platelets")
    assert found["WBC"].id.startswith("wbc-")
    assert found["WBC"].name == "WBC"


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12), st.randoms())
def test_two_names_never_share_a_concept(names: list[str], order: object) -> None:
    found = import_ids.concept_ids(names, [])
    assert set(found) == set(names)
    assert len({concept.id for concept in found.values()}) == len(set(names))
    order.shuffle(names)  # type: ignore[attr-defined]
    assert import_ids.concept_ids(names, []) == found


def test_batches_keep_order_and_size() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches([])) == []


def test_batches_are_capped_by_bytes_too(tmp_path: Path) -> None:
    sizes = [MAX_BASE64 // 2, MAX_BASE64 // 2, 10, MAX_BASE64, 10]
    files = []
    for number, size in enumerate(sizes):
        file = tmp_path / str(number)
        with file.open("wb") as opened:
            opened.truncate(size)
        files.append(file)
    groups = [[file.name for file in group] for group in by_bytes(files, lambda file: file)]
    assert groups == [["0"], ["1", "2"], ["3"], ["4"]]


class Flaky:
    """A platform call that fails as told before it works. `fails` maps an item id to errors still to come."""

    def __init__(self, **fails: list[Exception]) -> None:
        self.fails = fails
        self.calls: list[list[str]] = []

    def __call__(self, writes: Sequence[Concept]) -> list[Outcome]:
        self.calls.append([write.id for write in writes])
        if self.fails.get("call"):
            raise self.fails["call"].pop(0)
        return [
            Outcome(id=write.id, error=self.fails[write.id].pop(0) if self.fails.get(write.id) else None)
            for write in writes
        ]


WRITES = [Concept("a", ""), Concept("b", ""), Concept("c", "")]


def test_only_what_may_pass_is_sent_again() -> None:
    flaky = Flaky(a=[Rejected("no")], b=[Ambiguous("?"), AlreadyExists("there")])
    waits: list[float] = []
    outcomes = send(flaky, WRITES, pause=waits.append)
    assert flaky.calls == [["a", "b", "c"], ["b"]]
    assert isinstance(outcomes["a"].error, Rejected)
    assert isinstance(outcomes["b"].error, AlreadyExists)
    assert outcomes["c"].error is None
    assert len(waits) == 1


def test_a_lost_call_is_repeated_and_the_asked_wait_is_kept() -> None:
    flaky = Flaky(call=[NotSent("down"), Throttled("slow", retry_after=7)])
    waits: list[float] = []
    assert len(send(flaky, WRITES, pause=waits.append)) == 3
    assert len(flaky.calls) == 3
    assert waits[1] == 7


def test_it_gives_up_after_its_tries_and_says_why() -> None:
    flaky = Flaky(call=[NotSent("down")] * 99)
    waits: list[float] = []
    with pytest.raises(Stopped, match="down"):
        send(flaky, WRITES, pause=waits.append)
    assert len(flaky.calls) == TRIES
    assert len(waits) == TRIES - 1


def test_a_refusal_of_the_whole_call_stops_at_once() -> None:
    flaky = Flaky(call=[Forbidden("not with this token")])
    with pytest.raises(Stopped, match="not with this token"):
        send(flaky, WRITES)
    assert len(flaky.calls) == 1


def test_already_exists_passes_through_a_question() -> None:
    def make() -> None:
        raise AlreadyExists("there")

    with pytest.raises(AlreadyExists):
        ask(make)


def test_the_bar_tells_count_rate_and_time_left() -> None:
    now = [0.0]
    out = io.StringIO()
    bar = ProgressBar(out, live=True, clock=lambda: now[0])
    bar("images", 0, 364)
    now[0] = 4.0
    bar("images", 128, 364)
    bar.close()
    last = out.getvalue().split("\r")[-1]
    assert "128 of 364" in last
    assert "32.0/s" in last
    assert "7 s left" in last
    assert out.getvalue().endswith("\n")


def test_without_a_terminal_there_are_few_plain_lines() -> None:
    out = io.StringIO()
    bar = ProgressBar(out, live=False)
    for done in range(1001):
        bar("boxes", done, 1000)
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert "\x1b" not in out.getvalue()
    assert "1000 of 1000" in lines[-1]
