"""Suggestions of a model in the workbench, driven by keyboard and mouse against a stub of the desk's JSON."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.stub_desk import cells
from tests.browser.test_workbench_page import drag, name, on_picture, open_page, posted, wait_until

pytestmark = pytest.mark.browser

ASSIST = {"kind": "model", "id": "demo-cells", "name": "demo-cells", "min": 0.3, "max": 1}
FREE = {"top": 0.8, "left": 0.8, "bottom": 0.95, "right": 0.95}  # no shape of item 1 comes near
OTHER = {"top": 0.02, "left": 0.35, "bottom": 0.2, "right": 0.5}
GHOSTS = ".wb-ghost"
ROWS = "[data-role=ghosts] > li"


def ghost(number: int, kind: str, concept: str, value: float, **outline: Any) -> dict[str, Any]:
    return {"id": f"00000000-0000-4000-8000-{number:012}", "kind": kind, "concept": concept, "value": value,
            "box": None, "points": None, "base": f"seal-{number}", **outline}  # fmt: skip


@pytest.fixture
def helped(stub: Any) -> Any:
    """The stub with a model: item 1 has four suggestions, of which one says what a shape says already."""
    stub.desk.assist = ASSIST
    stub.desk.suggestions[1] = {
        "suggestions": [
            ghost(1, "box", "wbc", 0.97, box=cells(1)[0]["box"]),
            ghost(2, "box", "rbc", 0.879, box=FREE),
            ghost(3, "box", "platelets", 0.6, box=OTHER),
            ghost(4, "tag", "smear", 0.4),
        ],
        "dropped": 2,
    }
    stub.desk.suggestions[2] = {"suggestions": [ghost(5, "box", "rbc", 0.5, box=FREE)]}
    return stub


def open_helped(page: Page, stub: Any, mode: str = "review") -> None:
    open_page(page, stub, mode)
    expect(page.locator(ROWS)).to_have_count(3)


def status(page: Page) -> Any:
    return page.locator("[data-role=ghost-status]")


def shapes(page: Page) -> int:
    return int(page.locator("[data-role=shape-count]").inner_text())


def current(page: Page) -> Any:
    return page.locator(f"{ROWS}.is-selected")


def said(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["base"], one["verdict"]) for one in body.get("suggestions", [])]


class TestShown:
    def test_what_no_shape_says_is_drawn_hollow_dashed_and_with_its_value(
        self, page: Page, helped: Any
    ) -> None:
        open_helped(page, helped)
        expect(page.locator(GHOSTS)).to_have_count(2)  # not what a shape says, not the one of the whole image
        expect(page.locator(".wb-ghost-tag")).to_have_text(["RBC 0.87", "Platelets 0.60"])
        line = page.locator(f"{GHOSTS} .wb-line").first
        look = line.evaluate("(n) => [getComputedStyle(n).strokeDasharray, getComputedStyle(n).fill]")
        assert look == ["9px, 5px", "none"]
        expect(status(page)).to_have_text("3 open")
        expect(status(page)).to_have_attribute("role", "status")
        expect(page.locator("[data-role=ghost-note]")).to_have_text("2 more have no place in this task.")

    def test_the_next_items_are_read_ahead_in_one_call(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        wait_until(page, lambda: any(path.startswith("/suggestions/") for path in helped.desk.gets))
        page.keyboard.press("a")
        expect(page.locator(ROWS)).to_have_count(1)
        asked = [path for path in helped.desk.gets if "suggestions" in path]
        assert len(asked) == 2, asked
        assert asked[0] == "/items/1/suggestions/"
        assert asked[1].startswith("/suggestions/?ids=2%2C3%2C4%2C5")

    def test_a_failure_is_told_and_can_be_tried_again(self, page: Page, helped: Any) -> None:
        page.watch.expect("502")  # type: ignore[attr-defined]
        helped.desk.fail["GET /items/1/suggestions/"] = [
            (502, {"code": "platform", "detail": "The platform is away."})
        ]
        open_page(page, helped)
        expect(page.locator("[data-role=ghost-note]")).to_contain_text("The platform is away.")
        page.keyboard.press("Tab")  # the rest of the page works
        expect(page.locator(".wb-shape.is-selected")).to_have_count(1)
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(ROWS)).to_have_count(3)

    def test_what_the_platform_cannot_do_is_said(self, page: Page, helped: Any) -> None:
        helped.desk.suggestions[1] = {"suggestions": [], "why": "This platform has no models."}
        open_page(page, helped)
        expect(page.locator("[data-role=ghost-note]")).to_have_text("This platform has no models.")

    def test_an_item_that_is_closed_shows_none(self, page: Page, helped: Any) -> None:
        helped.desk.bodies[1]["can"]["edit"] = {"ok": False, "why": "Nobody reviews their own labels."}
        open_page(page, helped)
        expect(page.locator("[data-role=ghost-note]")).to_contain_text("not open for changes")
        expect(page.locator(GHOSTS)).to_have_count(0)
        page.keyboard.press(".")
        expect(page.locator("[data-role=live]")).to_have_text("No suggestion is open.")

    def test_a_task_without_a_model_loads_nothing_of_it(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        assert not [path for path in stub.desk.gets if "ghost" in path or "suggestion" in path]
        expect(page.locator("[data-role=ghosts]")).to_have_count(0)


class TestKeys:
    def test_accept_and_refuse_by_key_go_with_the_decision(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        before = shapes(page)
        page.keyboard.press(".")
        expect(current(page)).to_contain_text("0.87")
        expect(page.locator("[data-role=live]")).to_have_text("RBC 0.87, box, suggestion 1 of 3")
        page.keyboard.press("Enter")
        expect(current(page)).to_contain_text("Platelets")  # the next one is in hand
        page.keyboard.press("Delete")
        expect(current(page)).to_contain_text("Smear")
        expect(status(page)).to_have_text("1 open · 1 accepted · 1 refused")
        assert shapes(page) == before + 1
        expect(page.locator("[data-role=approve-words]")).to_have_text("Fix and approve")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        (made,) = body["changes"]
        assert (made["op"], made["id"], made["kind"]) == ("create", ghost(2, "", "", 0)["id"], "box")
        assert (made["concept"], made["value"], made["box"]) == ("rbc", 1, FREE)
        assert said(body) == [("seal-2", "accepted"), ("seal-3", "refused")]

    def test_undo_takes_back_one_after_the_other(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        before = shapes(page)
        for key in (".", "Enter", "Delete", "Enter"):
            page.keyboard.press(key)
        expect(page.locator(ROWS)).to_have_count(0)
        for left in ("1 open · 1 accepted · 1 refused", "2 open · 1 accepted", "3 open"):
            page.keyboard.press("z")
            expect(status(page)).to_have_text(left)
        assert shapes(page) == before
        page.keyboard.press("Shift+z")
        expect(status(page)).to_have_text("2 open · 1 accepted")

    def test_e_accepts_for_a_change_and_is_told_as_edited(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.keyboard.press(".")
        page.keyboard.press("e")
        expect(page.locator(".wb-shape.is-selected")).to_have_count(1)
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        assert body["changes"][0]["box"]["left"] == pytest.approx(FREE["left"] - 10 / 640)
        assert said(body) == [("seal-2", "edited")]

    def test_a_concept_that_is_changed_after_e_is_an_edit_too(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        for key in (".", "e", "2", "a"):
            page.keyboard.press(key)
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        assert body["changes"][0]["concept"] == "wbc"
        assert said(body) == [("seal-2", "edited")]

    def test_all_that_are_shown_are_accepted_in_one_step(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.get_by_label("Show suggestions from this value on").fill("0.5")
        expect(page.locator(ROWS)).to_have_count(2)
        page.locator(".wb-stage").focus()
        page.keyboard.press("Shift+Enter")
        expect(status(page)).to_have_text("0 open · 2 accepted")
        page.keyboard.press("z")
        expect(status(page)).to_have_text("2 open")
        page.keyboard.press("Shift+z")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        assert said(posted(helped, "/decisions/")[0]) == [("seal-2", "accepted"), ("seal-3", "accepted")]

    def test_another_class_over_a_shape_renames_it_and_adds_none(self, page: Page, helped: Any) -> None:
        wrong = cells(1)[1]  # a red cell, as the labeler said
        helped.desk.suggestions[1]["suggestions"] = [ghost(6, "box", "wbc", 0.9, box=wrong["box"])]
        open_page(page, helped)
        expect(status(page)).to_have_text("1 open")
        before = shapes(page)
        page.keyboard.press("Shift+Enter")  # all at once leaves what a person said
        expect(page.locator("[data-role=live]")).to_contain_text("contradict a shape")
        expect(status(page)).to_have_text("1 open")
        page.keyboard.press(".")
        page.keyboard.press("Enter")
        expect(page.locator("[data-role=live]")).to_contain_text("Rename RBC: WBC 0.90")
        expect(page.locator(ROWS)).to_have_count(0)
        expect(status(page)).to_have_text("0 open · 1 accepted")
        assert shapes(page) == before
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        assert body["changes"] == [{"op": "concept", "id": wrong["id"], "concept": "wbc"}]
        # The outline is the labeler's: the suggestion was right in its class alone.
        assert said(body) == [("seal-6", "edited")]

    def test_a_renaming_that_is_taken_back_says_nothing(self, page: Page, helped: Any) -> None:
        helped.desk.suggestions[1]["suggestions"] = [ghost(6, "box", "wbc", 0.9, box=cells(1)[1]["box"])]
        open_page(page, helped)
        expect(status(page)).to_have_text("1 open")
        for key in (".", "Enter"):
            page.keyboard.press(key)
        expect(status(page)).to_have_text("0 open · 1 accepted")
        page.reload()
        expect(status(page)).to_have_text("0 open · 1 accepted")
        page.keyboard.press("z")
        expect(status(page)).to_have_text("1 open")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        assert (body["changes"], said(body)) == ([], [])

    def test_hidden_ones_come_back_by_the_same_key(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.keyboard.press("u")
        expect(page.locator(GHOSTS)).to_have_count(0)
        expect(page.locator(ROWS)).to_have_count(0)
        expect(page.locator("[data-action=ghosts-toggle]")).to_have_attribute("aria-pressed", "true")
        expect(page.locator("[data-role=ghost-note]")).to_have_text("Hidden. U shows them.")
        page.keyboard.press("Shift+Enter")  # what is not seen is not accepted
        expect(status(page)).to_have_text("3 open")
        page.keyboard.press("u")
        expect(page.locator(GHOSTS)).to_have_count(2)

    def test_escape_leaves_it_and_delete_then_means_the_shape(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        before = shapes(page)
        page.keyboard.press(",")
        expect(current(page)).to_contain_text("Smear")  # backwards from the end
        page.keyboard.press("Escape")
        expect(current(page)).to_have_count(0)
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        assert shapes(page) == before - 1

    def test_another_verdict_carries_no_accepted_ones(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        for key in (".", "Enter", "Delete", "r", "1", "Enter"):
            page.keyboard.press(key)
        wait_until(page, lambda: posted(helped, "/decisions/"))
        assert said(posted(helped, "/decisions/")[0]) == [("seal-3", "refused")]

    def test_a_decision_taken_back_brings_all_back(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        for key in (".", "Enter", "Delete", "a"):
            page.keyboard.press(key)
        expect(name(page)).to_have_text("cell-0002")
        page.keyboard.press("z")
        expect(name(page)).to_have_text("cell-0001")
        expect(status(page)).to_have_text("1 open · 1 accepted · 1 refused")

    def test_a_closed_page_keeps_what_was_said(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        for key in (".", "Enter", "Delete"):
            page.keyboard.press(key)
        page.reload()
        expect(status(page)).to_have_text("1 open · 1 accepted · 1 refused")

    def test_the_keys_are_listed(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.keyboard.press("?")
        sheet = page.get_by_role("dialog", name="Keys")
        expect(sheet.get_by_role("heading", name="Suggestions")).to_be_visible()
        expect(
            sheet.get_by_role("button", name="Accept all that are shown: Shift Enter. Change.")
        ).to_be_visible()


class TestPointer:
    def test_a_click_takes_it_in_hand_and_a_grip_changes_it(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.mouse.click(*on_picture(page, 0.9, 0.9))
        expect(current(page)).to_contain_text("RBC")
        expect(page.locator(".wb-ghost-grip")).to_have_count(8)
        drag(page, (0.95, 0.95), (0.9, 0.9))
        expect(status(page)).to_have_text("2 open · 1 accepted")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        (body,) = posted(helped, "/decisions/")
        assert body["changes"][0]["box"]["right"] == pytest.approx(0.9, abs=0.005)
        assert said(body) == [("seal-2", "edited")]

    def test_a_click_beside_leaves_it(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.keyboard.press(".")
        page.mouse.click(*on_picture(page, 0.97, 0.02))
        expect(current(page)).to_have_count(0)

    def test_the_buttons_of_the_list_do_the_same_and_keep_the_focus(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.get_by_role("button", name="Refuse RBC 0.87").click()
        expect(page.get_by_role("button", name="Refuse Platelets 0.60")).to_be_focused()
        page.get_by_role("button", name="Accept Smear 0.40").click()
        expect(page.get_by_role("button", name="Smear: yes")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Edit Platelets 0.60").click()
        expect(page.locator(".wb-stage")).to_be_focused()
        expect(status(page)).to_have_text("0 open · 2 accepted · 1 refused")

    def test_a_shape_drawn_over_it_makes_it_needless(self, page: Page, helped: Any) -> None:
        open_helped(page, helped)
        page.keyboard.press("b")
        page.keyboard.press("1")
        drag(page, (0.81, 0.81), (0.95, 0.95))
        expect(page.locator(GHOSTS)).to_have_count(1)
        page.keyboard.press("a")
        wait_until(page, lambda: posted(helped, "/decisions/"))
        assert said(posted(helped, "/decisions/")[0]) == []  # nobody said anything of it


class TestLabel:
    def test_accepted_ones_are_drafted_and_submitted_with_the_verdicts(self, page: Page, helped: Any) -> None:
        open_helped(page, helped, "label")
        for key in (".", "Enter", "Delete"):
            page.keyboard.press(key)
        expect(page.locator("[data-role=light]")).to_have_text("draft saved")
        assert [one["id"] for one in helped.desk.drafts[1]["shapes"]][-1] == ghost(2, "", "", 0)["id"]
        page.reload()
        expect(status(page)).to_have_text("1 open · 1 accepted · 1 refused")
        expect(page.locator(".wb-picture img")).to_be_visible()
        page.keyboard.press("s")
        wait_until(page, lambda: posted(helped, "/submission/"))
        (body,) = posted(helped, "/submission/")
        assert (body["shapes"][-1]["concept"], body["shapes"][-1]["value"]) == ("rbc", 1)
        assert said(body) == [("seal-2", "accepted"), ("seal-3", "refused")]

    def test_one_enter_too_many_draws_no_box(self, page: Page, helped: Any) -> None:
        open_helped(page, helped, "label")
        for key in (".", "Enter", "Enter", "Enter", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("[data-role=live]")).to_have_text("No suggestion is left.")
        expect(status(page)).to_have_text("0 open · 3 accepted")
        count = shapes(page)
        page.keyboard.press("Enter")  # meant this time
        assert shapes(page) == count + 1

    def test_a_key_means_the_shape_again_once_one_is_drawn(self, page: Page, helped: Any) -> None:
        open_helped(page, helped, "label")
        for key in (".", "Delete", "Delete", "Delete"):
            page.keyboard.press(key)
        expect(status(page)).to_have_text("0 open · 3 refused")
        count = shapes(page)
        drag(page, (0.81, 0.3), (0.95, 0.4))
        assert shapes(page) == count + 1
        page.keyboard.press("Delete")
        assert shapes(page) == count

    def test_a_skip_says_nothing_of_suggestions(self, page: Page, helped: Any) -> None:
        open_helped(page, helped, "label")
        for key in (".", "Delete", "x", "1", "Enter"):
            page.keyboard.press(key)
        wait_until(page, lambda: posted(helped, "/skip/"))
        assert "suggestions" not in posted(helped, "/skip/")[0]

    def test_whole_images_are_answered_by_key(self, page: Page, helped: Any) -> None:
        helped.desk.type = "classes"
        helped.desk.bodies[1]["annotations"] = []
        helped.desk.suggestions[1] = {
            "suggestions": [ghost(1, "tag", "wbc", 0.9), ghost(2, "tag", "smear", 0.4)]
        }
        open_page(page, helped, "label")
        expect(page.locator(ROWS)).to_have_count(2)
        for key in (".", "Enter", "Delete", "s"):
            page.keyboard.press(key)
        wait_until(page, lambda: posted(helped, "/submission/"))
        (body,) = posted(helped, "/submission/")
        assert [(one["kind"], one["concept"], one["value"]) for one in body["shapes"]] == [("tag", "wbc", 1)]
        assert said(body) == [("seal-1", "accepted"), ("seal-2", "refused")]


class TestRules:
    @pytest.fixture
    def run(self, page: Page, stub: Any) -> Any:
        page.goto(f"{stub.url}/blank/")
        load = "const m = await import('/static/js/workbench/ghostrules.js');"
        return lambda expression, a=None: page.evaluate(
            f"async (a) => {{ {load} return ({expression}); }}", a
        )

    def test_overlap_of_boxes_is_exact(self, run: Any) -> None:
        one = {"box": {"top": 0, "left": 0, "bottom": 0.5, "right": 0.5}}
        half = {"box": {"top": 0, "left": 0.25, "bottom": 0.5, "right": 0.75}}
        apart = {"box": {"top": 0.6, "left": 0.6, "bottom": 0.7, "right": 0.7}}
        found = run("a.map((other) => m.overlap(a[0], other))", [one, half, apart])
        assert found == [1, pytest.approx(1 / 3), 0]

    def test_overlap_of_polygons_follows_their_outlines(self, run: Any) -> None:
        lower = {"points": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]}
        upper = {"points": [[0.1, 0.1], [0.1, 0.9], [0.9, 0.9]]}
        whole = {"box": {"top": 0.1, "left": 0.1, "bottom": 0.9, "right": 0.9}}
        found = run(
            "[m.overlap(a[0], a[0]), m.overlap(a[0], a[1]), m.overlap(a[0], a[2])]", [lower, upper, whole]
        )
        assert found == [1, pytest.approx(0, abs=0.05), pytest.approx(0.5, abs=0.05)]

    def test_another_concept_at_the_same_place_says_something_else(self, run: Any) -> None:
        shape = {"id": "s", "kind": "box", "concept": "rbc", "box": FREE}
        same, other = ghost(1, "box", "rbc", 0.5, box=FREE), ghost(2, "box", "wbc", 0.5, box=FREE)
        assert run(
            "m.openOnes(a[0], [a[1]], new Map(), 0).map((g) => g.concept)", [[same, other], shape]
        ) == ["wbc"]

    def test_what_became_of_a_renamed_shape_decides(self, run: Any) -> None:
        one, judged = ghost(1, "box", "wbc", 0.5, box=FREE), [[ghost(1, "box", "wbc", 0.5)["id"], "s"]]
        sent = [
            [{"op": "concept", "id": "s", "concept": "wbc"}, {"op": "shape", "id": "s", "box": OTHER}],
            [{"op": "concept", "id": "s", "concept": "platelets"}],
            [{"op": "delete", "id": "s"}],
            [],
        ]
        found = run("a[1].map((sent) => m.verdictOf(a[0], sent, new Map(a[2])))", [one, sent, judged])
        assert found == ["edited", None, None, None]

    def test_a_value_never_looks_surer_than_it_is(self, run: Any) -> None:
        assert run("[0.999, 0.29, 0.5, 1].map(m.worth)") == ["0.99", "0.29", "0.50", "1.00"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, helped: Any, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    open_helped(page, helped)
    page.keyboard.press(".")
    found = Axe().run(page)
    serious = [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found.response["violations"]
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert not serious, "\n".join(serious)


@pytest.mark.parametrize("mode", ["review", "label"])
def test_a_narrow_window_has_large_targets(page: Page, helped: Any, mode: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_helped(page, helped, mode)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.locator(".wb-ghost-section button:visible").evaluate_all(
        "(all) => all.filter((n) => Math.min(n.offsetHeight, n.offsetWidth) < 44).map((n) => n.outerHTML.slice(0, 80))"
    )
    assert not small


def test_nothing_moves_from_item_to_item(page: Page, helped: Any) -> None:
    open_page(page, helped)
    heights = [page.locator(".wb-shapes-section").bounding_box()]
    expect(page.locator(ROWS)).to_have_count(3)
    heights.append(page.locator(".wb-shapes-section").bounding_box())
    page.keyboard.press("j")
    expect(page.locator(ROWS)).to_have_count(1)
    heights.append(page.locator(".wb-shapes-section").bounding_box())
    assert heights[0] == heights[1] == heights[2]
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        1280,
        720,
    ]
