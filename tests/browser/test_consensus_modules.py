"""Whose shape stands: the pure module of the consensus page, run inside real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

A, B, C = 1, 2, 3  # items of three labelers


@pytest.fixture
def run(page: Page, stub: Any) -> Any:
    """``run(expression, *arguments)``: evaluates an expression over ``m`` (the module) and ``a``."""
    page.goto(f"{stub.url}/blank/")

    def evaluate(expression: str, *arguments: Any) -> Any:
        load = "const m = await import('/static/js/consensus/picks.js');"
        return page.evaluate(f"async (a) => {{ {load} return ({expression}); }}", list(arguments))

    return evaluate


def group(concept: str, *items: int, line: str = "x") -> dict[str, Any]:
    marks = [{"key": f"{item}/{line}", "item": item, "line": line} for item in items]
    return {"kind": "box", "concept": concept, "value": 1, "medoid": marks[0]["key"], "marks": marks}


def row(name: str, stands: str | None, *groups: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "stands": stands, "groups": list(groups)}


AGREED = row("agreed", "1/x", group("apple", A, B, C))
DISPUTED = row("disputed", None, group("plum", B, line="y"), group("pear", C, line="y"))
LONELY = row("lonely", None, group("lemon", B, line="z"))
ROWS = [AGREED, DISPUTED, LONELY]


class TestPicks:
    def test_what_the_window_says_stands_is_picked_at_first_and_no_more(self, run: Any) -> None:
        assert run("[...m.firstPicks(a[0])]", ROWS) == [["agreed", "1/x"]]

    def test_own_picks_come_back_over_the_first_ones(self, run: Any) -> None:
        earlier = [["agreed", "2/x"], ["lonely", None]]
        again = run("[...m.picksAgain(a[0], new Map(a[1]))]", ROWS, earlier)
        assert again == [["agreed", "2/x"], ["lonely", None]]

    def test_a_pick_whose_shape_or_row_is_gone_does_not_come_back(self, run: Any) -> None:
        earlier = [["agreed", "9/x"], ["disputed", "2/z"], ["gone", "1/x"]]
        assert run("[...m.picksAgain(a[0], new Map(a[1]))]", ROWS, earlier) == [["agreed", "1/x"]]

    def test_a_mark_is_found_by_its_labeler_with_the_concept_of_its_group(self, run: Any) -> None:
        mark = run("m.markOf(a[0], a[1])", DISPUTED, C)
        assert (mark["key"], mark["concept"]) == ("3/y", "pear")
        assert run("m.markOf(a[0], a[1])", DISPUTED, A) is None


class TestNextOpen:
    @pytest.mark.parametrize(("at", "found"), [(-1, 1), (0, 1), (1, 2), (2, 1)])
    def test_goes_round_over_what_is_decided(self, run: Any, at: int, found: int) -> None:
        assert run("m.nextOpen(a[0], m.firstPicks(a[0]), a[1])", ROWS, at) == found

    def test_none_is_left_where_all_are_decided(self, run: Any) -> None:
        decided = [["agreed", "1/x"], ["disputed", None], ["lonely", "2/z"]]
        assert run("m.nextOpen(a[0], new Map(a[1]), 0)", ROWS, decided) == -1
        assert run("m.undecided(a[0], new Map(a[1]))", ROWS, decided) == []
        assert run("m.nextOpen([], new Map(), -1)") == -1


def outcomes(run: Any, *picks: tuple[str, str | None]) -> dict[int, tuple[int, int, int, str]]:
    """{item: (stand, merged, fall, verdict)} for three labelers of ROWS."""
    labelers = [{"item": item} for item in (A, B, C)]
    found = run("m.outcomes(a[0], a[1], new Map(a[2]))", labelers, ROWS, [list(pick) for pick in picks])
    return {one["item"]: (one["stand"], one["merged"], one["fall"], one["verdict"]) for one in found}


class TestOutcomes:
    def test_who_agrees_with_a_shape_that_stands_is_approved_without_the_rest(self, run: Any) -> None:
        assert outcomes(run, ("agreed", "1/x"), ("disputed", "3/y"), ("lonely", None)) == {
            A: (1, 0, 0, "approve"),
            B: (0, 1, 2, "approve"),
            C: (1, 1, 0, "approve"),
        }

    def test_who_agrees_with_nothing_that_stands_is_rejected(self, run: Any) -> None:
        found = outcomes(run, ("agreed", None), ("disputed", None), ("lonely", "2/z"))
        assert {item: verdict for item, (*_, verdict) in found.items()} == {
            A: "reject",
            B: "approve",
            C: "reject",
        }

    def test_where_nothing_stands_only_who_drew_nothing_is_right(self, run: Any) -> None:
        labelers = [{"item": item} for item in (A, B, C)]
        found = run("m.outcomes(a[0], a[1], new Map([['lonely', null]]))", labelers, [LONELY])
        assert [one["verdict"] for one in found] == ["approve", "reject", "approve"]
