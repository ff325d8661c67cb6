"""The workbench's pages driven by keyboard and mouse against a stub of the desk's JSON."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser


def open_page(page: Page, stub: Any, mode: str = "review") -> None:
    page.goto(f"{stub.url}/{mode}/")
    expect(page.locator(".wb-picture img")).to_be_visible()


def name(page: Page) -> Any:
    return page.locator("[data-role=item-name]")


def posted(stub: Any, what: str) -> list[dict[str, Any]]:
    return [body for path, body in stub.desk.posts if what in path]


def wait_until(page: Page, test: Any) -> None:
    """Waits, with a deadline, until a question is answered yes; the page goes on meanwhile."""
    deadline = time.monotonic() + 20
    while not test():
        assert time.monotonic() < deadline, "it never came true"
        page.wait_for_timeout(25)


def on_picture(page: Page, row: float, column: float) -> tuple[float, float]:
    """Page position of a place in the picture, as fractions."""
    box = page.locator(".wb-picture").bounding_box()
    assert box
    return box["x"] + column * box["width"], box["y"] + row * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*on_picture(page, *start))
    page.mouse.down()
    page.mouse.move(*on_picture(page, *end), steps=4)
    page.mouse.up()


class TestReview:
    def test_one_key_approves_and_the_next_item_is_there_at_once(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        expect(name(page)).to_have_text("cell-0001")
        expect(page.locator("[data-role=position]")).to_have_text("1 of 12")
        wait_until(page, lambda: page.evaluate("proofdesk.queue.ready(2) !== null"))
        shown = page.evaluate(
            """() => {
              const press = new KeyboardEvent("keydown", {key: "a", bubbles: true, cancelable: true});
              document.activeElement.dispatchEvent(press);
              const shown = document.querySelector("[data-role=item-name]").textContent;
              return [shown, document.querySelector(".wb-picture img").complete];
            }"""
        )
        assert shown == ["cell-0002", True]  # in the same turn of the event loop, before any answer
        wait_until(page, lambda: posted(stub, "/items/1/decisions/"))
        body = posted(stub, "/items/1/decisions/")[0]
        assert body["verdict"] == "approve"
        assert body["changes"] == []
        assert body["base"]["an-1-0"] == "b1-0"
        expect(page.locator("[data-role=last]")).to_contain_text("cell-0001 approved")
        expect(page.locator(".wb-delivery")).to_have_text("confirmed by the platform", timeout=15_000)
        expect(page.locator("[data-role=light]")).to_have_text("all saved")

    def test_polling_stops_when_all_is_confirmed(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("a")
        expect(page.locator(".wb-delivery")).to_have_text("confirmed by the platform", timeout=15_000)
        wait_until(page, lambda: page.evaluate("!proofdesk.delivery.polling"))

    def test_two_keys_ask_for_changes_after_the_first_time(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("r")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Choose a reason first")
        page.keyboard.press("1")
        page.keyboard.press("3")
        page.keyboard.press("Enter")
        expect(name(page)).to_have_text("cell-0002")
        page.keyboard.press("r")
        page.keyboard.press("Enter")  # the reasons of the last time stand there
        expect(name(page)).to_have_text("cell-0003")
        wait_until(page, lambda: len(posted(stub, "/decisions/")) == 2)
        assert [body["reasons"] for body in posted(stub, "/decisions/")] == [["missing", "loose"]] * 2

    def test_fix_and_approve_sends_each_change(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("Tab")
        page.keyboard.press("3")  # the first shape becomes the third concept
        expect(page.locator("[data-role=approve-words]")).to_have_text("Fix and approve")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        page.keyboard.press("b")
        drag(page, (0.02, 0.4), (0.12, 0.55))
        page.keyboard.press("a")
        wait_until(page, lambda: posted(stub, "/decisions/"))
        changes = posted(stub, "/decisions/")[0]["changes"]
        assert [(one["op"], one.get("concept")) for one in changes] == [
            ("concept", "platelets"),
            ("shape", None),
            ("delete", None),
            ("create", "platelets"),
        ]
        assert changes[1]["box"]["left"] == pytest.approx(
            stub.desk.body(1)["annotations"][0]["box"]["left"] + 10 / 640
        )
        drawn = changes[3]["box"]
        assert drawn["top"] == pytest.approx(0.02, abs=0.004)
        assert drawn["right"] == pytest.approx(0.55, abs=0.004)

    def test_z_takes_back_the_edit_first_and_then_the_decision(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        page.keyboard.press("Tab")
        page.keyboard.press("2")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("z")
        page.keyboard.press("z")
        page.keyboard.press("z")
        expect(name(page)).to_have_text("cell-0001")
        assert [path for path, _ in stub.desk.posts if path.endswith("/undo/")]
        page.keyboard.press("x")
        wait_until(page, lambda: len(posted(stub, "/items/1/decisions/")) == 2)
        first, second = posted(stub, "/items/1/decisions/")
        assert second["verdict"] == "reject"
        assert first["operation"] != second["operation"]

    def test_a_decision_taken_back_brings_its_edits_back(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        page.keyboard.press("z")
        expect(name(page)).to_have_text("cell-0001")
        expect(page.locator("[data-role=shape-count]")).to_have_text("10")
        expect(page.locator("[data-role=approve-words]")).to_have_text("Fix and approve")

    def test_a_broken_connection_loses_nothing_and_doubles_nothing(self, page: Page, stub: Any) -> None:
        page.watch.expect("ERR_")  # type: ignore[attr-defined]
        stub.desk.fresh_connections = True  # what comes twice shall be our doing
        stub.desk.fail["POST /items/1/decisions/"] = ["lost"]
        open_page(page, stub)
        wait_until(page, lambda: page.evaluate("proofdesk.queue.ready(2) !== null"))
        page.context.set_offline(True)
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        notice = page.locator("[data-notice=offline]")
        expect(notice).to_contain_text("kept in this browser")
        assert not stub.desk.posts
        # A closed page keeps it as well. Closed while still offline: else its own next try races the new page's.
        page.goto("about:blank")
        page.context.set_offline(False)
        open_page(page, stub)
        wait_until(page, lambda: page.evaluate("!proofdesk.outbox.waiting.length"))
        sent = posted(stub, "/items/1/decisions/")
        assert len({body["operation"] for body in sent}) == 1
        assert len(sent) == 2  # one answer was lost after it was saved; the same operation came again
        expect(name(page)).to_have_text("cell-0002")

    def test_a_refusal_is_told_in_words_and_the_item_stays(self, page: Page, stub: Any) -> None:
        page.watch.expect("409")  # type: ignore[attr-defined]
        stub.desk.fail["POST /items/1/decisions/"] = [
            (409, {"code": "conflict", "detail": "Labeler 2 took it back."})
        ]
        open_page(page, stub)
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        page.keyboard.press("a")
        expect(page.get_by_role("alert").filter(has_text="cell-0001")).to_contain_text(
            "Labeler 2 took it back."
        )
        expect(page.locator("[data-role=light]")).to_have_text("1 need you")
        page.get_by_role("button", name="Open it").click()
        expect(name(page)).to_have_text("cell-0001")
        expect(page.locator("[data-role=shape-count]")).to_have_text("10")  # the edit is still there

    def test_a_control_that_is_off_says_why(self, page: Page, stub: Any) -> None:
        stub.desk.bodies[1]["can"]["approve"] = {"ok": False, "why": "Nobody reviews their own labels."}
        open_page(page, stub)
        approve = page.get_by_role("button", name="Approve")
        expect(approve).to_have_attribute("aria-disabled", "true")
        expect(page.locator("[data-role=why]")).to_have_text("Nobody reviews their own labels.")
        page.keyboard.press("a")
        expect(page.locator("[data-role=live]")).to_have_text("Nobody reviews their own labels.")
        expect(name(page)).to_have_text("cell-0001")
        assert not stub.desk.posts

    def test_a_returned_item_shows_what_changed_before_and_after(self, page: Page, stub: Any) -> None:
        body = stub.desk.bodies[1]
        before = {one["id"]: copy.deepcopy(one) for one in body["annotations"][:-1]}
        before["an-1-3"]["concept"] = "wbc"
        before["an-1-2"]["box"]["right"] += 0.05
        body["before"] = before
        body["returned"] = {"reasons": ["wrong_class"], "note": "Look at the left.", "by": "Reviewer 1",
                            "at": "2026-01-02T09:00:00Z"}  # fmt: skip
        open_page(page, stub)
        expect(page.locator("[data-role=banner]")).to_contain_text("Wrong class: Look at the left.")
        rows = page.locator(".wb-row")
        expect(rows.nth(0)).to_have_attribute("data-since", "changed")
        expect(rows.nth(1)).to_contain_text("was WBC")
        expect(rows.nth(2)).to_have_attribute("data-since", "added")
        expect(page.locator(".wb-was")).to_have_count(2)

    def test_a_missing_picture_needs_an_explicit_step(self, page: Page, stub: Any) -> None:
        page.watch.expect("404")  # type: ignore[attr-defined]
        stub.desk.fail["GET /media/1/large/"] = [(404, {})] * 5
        page.goto(f"{stub.url}/review/")
        expect(page.get_by_text("The picture could not be loaded")).to_be_visible()
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0001")
        page.get_by_role("button", name="Decide without the picture").click()
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")

    def test_zoom_and_light_are_kept_for_the_next_item(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("+")
        page.keyboard.press("]")
        page.keyboard.press("}")
        zoom = page.locator("[data-role=zoom]").inner_text()
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        expect(page.locator("[data-role=zoom]")).to_have_text(zoom)
        assert "brightness(1.1) contrast(1.1)" in page.locator(".wb-picture img").evaluate(
            "(n) => getComputedStyle(n).filter"
        )
        page.keyboard.press("f")
        expect(page.locator("[data-role=zoom]")).not_to_have_text(zoom)

    def test_hidden_shapes_come_back(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        shape = page.locator(".wb-shape").first
        expect(shape).to_be_visible()
        page.keyboard.press("h")
        expect(shape).to_be_hidden()
        page.keyboard.press("h")
        expect(shape).to_be_visible()

    def test_a_drag_moves_and_a_handle_resizes(self, page: Page, stub: Any) -> None:
        stub.desk.bodies[1]["annotations"] = [
            {"id": "one", "kind": "box", "concept": "rbc", "value": 1, "base": "b", "author": "labeler-2",
             "locked": False, "points": None, "box": {"top": 0.4, "left": 0.4, "bottom": 0.6, "right": 0.6}}
        ]  # fmt: skip
        open_page(page, stub)
        drag(page, (0.5, 0.5), (0.6, 0.7))
        drag(page, (0.7, 0.8), (0.8, 0.9))  # its lower right corner
        page.keyboard.press("a")
        wait_until(page, lambda: posted(stub, "/decisions/"))
        (moved,) = posted(stub, "/decisions/")[0]["changes"]
        assert moved["op"] == "shape"
        for edge, value in {"top": 0.5, "left": 0.6, "bottom": 0.8, "right": 0.9}.items():
            assert moved["box"][edge] == pytest.approx(value, abs=0.005)

    def test_a_slip_of_the_hand_draws_nothing(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("b")
        drag(page, (0.5, 0.5), (0.502, 0.502))
        expect(page.locator("[data-role=shape-count]")).to_have_text("11")
        expect(page.locator("[data-role=approve-words]")).to_have_text("Approve")

    def test_a_polygon_is_drawn_point_by_point(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("p")
        for place in ((0.1, 0.4), (0.1, 0.5), (0.3, 0.45)):
            page.mouse.click(*on_picture(page, *place))
        page.keyboard.press("Enter")
        expect(page.locator("[data-role=shape-count]")).to_have_text("12")
        page.keyboard.press("a")
        wait_until(page, lambda: posted(stub, "/decisions/"))
        (made,) = posted(stub, "/decisions/")[0]["changes"]
        assert made["kind"] == "polygon"
        assert made["points"] == [[pytest.approx(r, abs=0.005), pytest.approx(c, abs=0.005)]
                                  for r, c in ((0.1, 0.4), (0.1, 0.5), (0.3, 0.45))]  # fmt: skip

    def test_an_image_level_answer_is_yes_no_or_nothing(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.get_by_text("Say what the whole image shows").click()
        page.get_by_role("button", name="Smear: no").click()
        expect(page.get_by_role("button", name="Smear: no")).to_have_attribute("aria-pressed", "true")
        page.locator(".wb-stage").focus()
        page.keyboard.press("a")
        wait_until(page, lambda: posted(stub, "/decisions/"))
        (made,) = posted(stub, "/decisions/")[0]["changes"]
        assert (made["op"], made["kind"], made["concept"], made["value"]) == ("create", "tag", "smear", 0)

    def test_the_queue_ends_on_a_calm_page(self, page: Page, stub: Any) -> None:
        for number in range(3, 13):
            del stub.desk.bodies[number]
        stub.desk.count = 2
        open_page(page, stub)
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0002")
        expect(page.locator(".wb-picture img")).to_be_visible()
        page.keyboard.press("x")
        expect(page.get_by_role("heading", name="Everything here is reviewed")).to_be_visible()
        expect(page.get_by_text("1 approved, 1 rejected")).to_be_visible()
        expect(page.locator("[data-role=finished] a")).to_have_attribute("href", "/task/")

    def test_keys_are_listed_and_can_be_changed(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("?")
        sheet = page.get_by_role("dialog", name="Keys")
        expect(sheet).to_be_visible()
        sheet.get_by_role("button", name=re.compile("^Approve")).click()
        page.keyboard.press("y")
        page.keyboard.press("Escape")
        page.reload()
        expect(page.locator(".wb-picture img")).to_be_visible()
        page.keyboard.press("a")
        expect(name(page)).to_have_text("cell-0001")
        page.keyboard.press("y")
        expect(name(page)).to_have_text("cell-0002")

    def test_edits_survive_a_closed_page(self, page: Page, stub: Any) -> None:
        open_page(page, stub)
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        page.reload()
        expect(page.locator("[data-role=shape-count]")).to_have_text("10")
        page.keyboard.press("z")
        expect(page.locator("[data-role=shape-count]")).to_have_text("11")

    @pytest.mark.parametrize("mode", ["review", "label"])
    def test_an_item_is_found_by_a_part_of_its_name(self, page: Page, stub: Any, mode: str) -> None:
        open_page(page, stub, mode)
        page.keyboard.press("/")
        search = page.get_by_label("Part of its name")
        expect(search).to_be_focused()
        search.fill("nothing")
        expect(page.get_by_text("None of the first 12 items is called so.")).to_be_visible()
        search.fill("0011")  # on a later page of the queue
        expect(page.locator(".wb-sheet .wb-reason")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(name(page)).to_have_text("cell-0011")
        page.keyboard.press("/")
        expect(search).to_be_focused()
        page.keyboard.press("Escape")
        expect(search).to_be_hidden()
        expect(page.locator("[data-role=stage]")).to_be_focused()

    @pytest.mark.parametrize("mode", ["review", "label"])
    def test_first_paint_is_within_its_budget(self, page: Page, stub: Any, mode: str) -> None:
        sizes: dict[str, int] = {}
        page.on(
            "response", lambda got: sizes.setdefault(got.url, len(got.body()) if got.status == 200 else 0)
        )
        open_page(page, stub, mode)
        asked = page.evaluate(
            """() => {
              const drawn = performance.getEntriesByName("proofdesk:drawn")[0].startTime;
              return performance.getEntriesByType("resource").filter((one) => one.startTime < drawn)
                .map((one) => one.name.split("#")[0]);
            }"""
        )
        assert 15 < len(set(asked)) + 1 < 25, asked  # and the page itself
        assert sum(size for url, size in sizes.items() if url.endswith((".js", ".css"))) < 150_000


class TestTouch:
    @pytest.fixture
    def tablet(self, chromium: Browser) -> Iterator[Page]:
        context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        context.set_default_timeout(10_000)
        yield context.new_page()
        context.close()

    def touch(self, page: Page, *ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Fingers that go from one place to another, all at once."""
        session = page.context.new_cdp_session(page)
        steps = 5
        for step in range(steps + 1):
            points = [
                {"x": x + (x2 - x) * step / steps, "y": y + (y2 - y) * step / steps, "id": finger}
                for finger, ((x, y), (x2, y2)) in enumerate(ways)
            ]
            kind = "touchMove" if step else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def test_two_fingers_zoom_and_one_draws(self, tablet: Page, stub: Any) -> None:
        open_page(tablet, stub)
        zoom = tablet.locator("[data-role=zoom]")
        before = int(zoom.inner_text().rstrip("%"))
        self.touch(tablet, ((150, 300), (100, 300)), ((250, 300), (300, 300)))
        assert int(zoom.inner_text().rstrip("%")) == pytest.approx(2 * before, abs=3)
        tablet.locator("[data-action=fit]").click()
        tablet.locator("[data-action=tool-box]").click()
        self.touch(tablet, ((100, 250), (180, 330)))
        expect(tablet.locator("[data-role=shape-count]")).to_have_text("12")


class TestLabel:
    def test_draws_keeps_a_draft_and_submits(self, page: Page, stub: Any) -> None:
        open_page(page, stub, "label")
        page.keyboard.press("2")
        drag(page, (0.02, 0.4), (0.12, 0.55))
        expect(page.locator("[data-role=shape-count]")).to_have_text("12")
        expect(page.locator("[data-role=light]")).to_have_text("draft saved")
        assert len(stub.desk.drafts[1]["shapes"]) == 12
        page.reload()
        expect(page.locator("[data-role=shape-count]")).to_have_text("12")
        expect(page.locator(".wb-picture img")).to_be_visible()
        page.keyboard.press("s")
        expect(name(page)).to_have_text("cell-0002")
        wait_until(page, lambda: posted(stub, "/submission/"))
        shapes = posted(stub, "/submission/")[0]["shapes"]
        assert (shapes[-1]["kind"], shapes[-1]["concept"]) == ("box", "wbc")

    def test_a_newer_draft_of_another_window_is_offered(self, page: Page, stub: Any) -> None:
        page.watch.expect("409")  # type: ignore[attr-defined]
        with page.expect_response("**/items/1/draft/"):
            open_page(page, stub, "label")
        theirs = stub.desk.body(1)["annotations"][:3]
        stub.desk.drafts[1] = {"revision": 4, "shapes": theirs, "saved_at": "2026-01-02T10:00:00Z"}
        page.keyboard.press("v")
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        expect(page.get_by_role("alert")).to_contain_text("another window")
        page.get_by_role("button", name="Use the newer one").click()
        expect(page.locator("[data-role=shape-count]")).to_have_text("3")

    def test_a_draft_that_comes_late_takes_nothing_away(self, page: Page, stub: Any) -> None:
        held: list[Route] = []
        page.route("**/items/1/draft/", lambda route: held.append(route), times=1)
        theirs = stub.desk.body(1)["annotations"][:3]
        stub.desk.drafts[1] = {"revision": 4, "shapes": theirs, "saved_at": "2026-01-02T10:00:00Z"}
        open_page(page, stub, "label")
        wait_until(page, lambda: held)
        page.keyboard.press("v")
        page.keyboard.press("Tab")
        page.keyboard.press("Delete")
        expect(page.locator("[data-role=shape-count]")).to_have_text("10")
        held[0].continue_()
        expect(page.get_by_role("alert")).to_contain_text("another window")
        page.get_by_role("button", name="Keep mine").click()
        wait_until(page, lambda: len(stub.desk.drafts[1]["shapes"]) == 10)

    def test_skips_with_a_reason(self, page: Page, stub: Any) -> None:
        open_page(page, stub, "label")
        page.keyboard.press("x")
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        expect(name(page)).to_have_text("cell-0002")
        wait_until(page, lambda: posted(stub, "/skip/"))
        assert posted(stub, "/skip/")[0]["reason"] == "blurry"

    def test_an_empty_submission_is_asked_about(self, page: Page, stub: Any) -> None:
        stub.desk.bodies[1]["annotations"] = []
        open_page(page, stub, "label")
        page.keyboard.press("s")
        expect(page.get_by_role("heading", name="No objects here?")).to_be_visible()
        page.keyboard.press("Escape")
        assert not stub.desk.posts
        page.keyboard.press("s")
        page.keyboard.press("Enter")
        expect(name(page)).to_have_text("cell-0002")

    def test_says_why_an_item_came_back(self, page: Page, stub: Any) -> None:
        stub.desk.bodies[1]["item"]["state"] = "changes_asked"
        stub.desk.bodies[1]["returned"] = {
            "reasons": ["missing"],
            "note": "",
            "by": "Reviewer 1",
            "at": "2026-01-02T09:00:00Z",
        }
        open_page(page, stub, "label")
        expect(page.locator("[data-role=banner]")).to_contain_text("Reviewer 1 asks for changes")
        expect(page.locator("[data-role=banner]")).to_contain_text("Something is missing")

    def test_a_box_can_be_made_and_sized_by_keyboard_alone(self, page: Page, stub: Any) -> None:
        stub.desk.bodies[1]["annotations"] = []
        open_page(page, stub, "label")
        page.keyboard.press("Enter")
        page.keyboard.press("Alt+Shift+ArrowRight")
        page.keyboard.press("ArrowDown")
        expect(page.locator("[data-role=shape-count]")).to_have_text("1")
        page.keyboard.press("s")
        wait_until(page, lambda: posted(stub, "/submission/"))
        box = posted(stub, "/submission/")[0]["shapes"][0]["box"]
        assert box["right"] - box["left"] > (box["bottom"] - box["top"]) * 480 / 640


class TestGrid:
    def open(self, page: Page, stub: Any) -> None:
        page.goto(f"{stub.url}/grid/")
        expect(page.locator(".wb-card[data-id]")).to_have_count(5)

    def test_marks_the_wrong_ones_and_approves_the_rest(self, page: Page, stub: Any) -> None:
        self.open(page, stub)
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        page.keyboard.press("3")
        expect(page.locator("[data-role=to-approve]")).to_have_text("4")
        expect(page.locator("[data-role=to-send-back]")).to_have_text("1")
        page.keyboard.press("a")
        expect(page.get_by_role("heading", name="Approve 4, send back 1?")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("[data-role=bulk]")).to_contain_text("5 of 5 confirmed", timeout=15_000)
        (sent,) = posted(stub, "/bulk/")
        assert sent["approve"] == [1, 3, 4, 5]
        assert sent["send_back"] == [{"id": 2, "reasons": ["loose"], "note": ""}]
        assert sent["bases"]["4"]["an-4-0"] == "b4-0"

    def test_enter_opens_the_item_and_the_way_back_leads_to_the_same_place(
        self, page: Page, stub: Any
    ) -> None:
        self.open(page, stub)
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        page.keyboard.press("Enter")
        expect(name(page)).to_have_text("cell-0003")
        page.keyboard.press("q")
        expect(page.locator(".wb-card[data-id='3']")).to_be_focused()
        expect(page.locator("[data-role=to-send-back]")).to_have_text("1")

    def test_columns_can_be_chosen(self, page: Page, stub: Any) -> None:
        self.open(page, stub)
        page.get_by_label("Columns").press("End")
        expect(page.get_by_text("8 columns")).to_be_visible()
        widths = page.locator(".wb-grid").evaluate(
            "(n) => getComputedStyle(n).gridTemplateColumns.split(' ').length"
        )
        assert widths == 8


@pytest.mark.parametrize("mode", ["review", "label", "grid"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, stub: Any, mode: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{stub.url}/{mode}/")
    expect(page.locator(".wb-picture img, .wb-card[data-id]").first).to_be_visible()
    found = Axe().run(page)
    serious = [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found.response["violations"]
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert not serious, "\n".join(serious)


@pytest.mark.parametrize("mode", ["review", "label", "grid"])
def test_a_narrow_window_scrolls_in_one_direction_and_has_large_targets(
    page: Page, stub: Any, mode: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{stub.url}/{mode}/")
    expect(page.locator(".wb-picture img, .wb-card[data-id]").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.locator(
        ".wb-foot button:visible, .wb-palette button:visible, .wb-pick:visible"
    ).evaluate_all(
        "(all) => all.filter((n) => Math.min(n.offsetHeight, n.offsetWidth) < 44).map((n) => n.outerHTML.slice(0, 80))"
    )
    assert not small
    foot = page.locator(".wb-foot").bounding_box()
    assert foot
    assert foot["y"] + foot["height"] <= 844


def test_no_page_scroll_at_1280_by_720(page: Page, stub: Any) -> None:
    open_page(page, stub)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        1280,
        720,
    ]
