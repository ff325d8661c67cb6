"""Every page of the window on one running desk with demo data: accessible, fitting, and quiet in the console.

A route that has no row in PAGES or NOT_PAGES fails the first test, so no page is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from annotations_ui.urls import urlpatterns
from tests.support import visiting
from tests.support.browser import Watch, watched
from tests.support.desk import RunningDesk, demo_desk
from tests.support.stores import wait_for
from tests.support.visiting import Places

pytestmark = pytest.mark.browser

# Route -> [(who, path)]; no sign-in for "nobody". Braces are filled from the demo's rows.
PAGES: dict[str, list[tuple[str, str]]] = {
    "sign_in": [("nobody", "/sign-in/")],
    "invitation": [("nobody", "{invitation}"), ("nobody", "/invite/no-such-token/")],
    "account": [("labeler", "/account/"), ("admin", "/account/")],
    "password_change": [("reviewer", "/account/password/")],
    "home": [("nobody-connected", "/")],
    "connection_home": [("labeler", "{c}/"), ("reviewer", "{c}/"), ("admin", "{c}/")],
    "people": [("admin", "{c}/people/")],
    "connection_list": [("admin", "/connections/")],
    "connection_create": [("admin", "/connections/new/")],
    "connection_settings": [("admin", "{c}/settings/")],
    "sync_runs": [("admin", "{c}/sync/")],
    "outbox": [("reviewer", "{c}/outbox/"), ("admin", "{c}/outbox/?show=confirmed")],
    "conflict": [("reviewer", "{c}/outbox/{entry}/")],
    "task_list": [
        ("reviewer", "{c}/tasks/"),
        ("admin", "{c}/tasks/?state=all"),
        ("labeler", "{c}/tasks/?q=no-task-has-this-name"),
    ],
    "task_create": [("admin", "{c}/tasks/new/")],
    "task_detail": [("reviewer", "{c}/tasks/{reviewed}/"), ("admin", "{c}/tasks/{reviewed}/?view=table")],
    "task_edit": [("admin", "{c}/tasks/{reviewed}/edit/")],
    "label_order_list": [("admin", "{c}/label-orders/")],
    "label_order_create": [("admin", "{c}/label-orders/new/")],
    "label_order_edit": [("admin", "{c}/label-orders/{order}/")],
    "input_list": [("labeler", "{c}/inputs/"), ("admin", "{c}/inputs/?state=approved&q=no-such-input")],
    "input_detail": [("reviewer", "{c}/inputs/{input}/")],
    "label": [("labeler", "{c}/tasks/{back_task}/label/?item={back_item}")],
    "review": [("reviewer", "{c}/tasks/{reviewed}/review/"), ("admin", "{c}/tasks/{reviewed}/review/")],
    "review_grid": [("reviewer", "{c}/tasks/{reviewed}/review/grid/")],
    "consensus": [
        ("reviewer", "{c}/tasks/{shared}/consensus/"),
        ("admin", "{c}/tasks/{reviewed}/consensus/"),
    ],
}
# Fragments, data, pictures, and routes that only take POST: nobody sees them as a page.
NOT_PAGES = {
    *("healthz", "readyz", "sign_out", "own_token", "own_token_delete", "light", "media", "queue"),
    *("people_roles", "people_platform", "people_provision", "people_remove", "invitation_revoke"),
    *("connection_test", "connection_pause", "task_preview", "task_state", "task_delete", "label_start"),
    *("item_body", "draft", "submission", "skip", "decisions", "decision_states", "decision_undo"),
    *("consensus_queue", "consensus_input"),
    *("label_order_delete", "bulk_review", "bulk_state", "item_suggestions", "task_suggestions"),
}
WORKBENCHES = {"label", "review", "review_grid", "consensus"}
VISITS = [(name, who, path) for name, rows in PAGES.items() for who, path in rows]
SIZES = [(1280, 720, ("light", "dark")), (390, 844, ("light",))]


def test_every_route_of_the_window_is_a_page_here_or_is_none() -> None:
    names = {pattern.name for pattern in urlpatterns}
    assert names == set(PAGES) | NOT_PAGES
    assert not set(PAGES) & NOT_PAGES


class Tour:
    """One desk, one browser page per person, and where the demo's rows are."""

    def __init__(self, desk: RunningDesk, browser: Browser) -> None:
        self._desk, self._browser = desk, browser
        self._pages: dict[str, Page] = {}
        self.watches: dict[str, Watch] = {}
        self.places = visiting.find_places(self.page("admin"), desk.url)
        self.places.returned = visiting.find_returned(self.page("labeler"), desk.url)
        self.invitation = self._invite()
        self.order = self._order()
        key = (desk.data / "operator.key").read_text().strip()
        self.places.entry = visiting.make_conflict(
            self.page("reviewer"), desk.url, desk.embedded_url, key, self.places.reviewed
        )

    def page(self, who: str) -> Page:
        """The person's page; the first call signs them in."""
        if who not in self._pages:
            context = self._browser.new_context(
                reduced_motion="reduce", viewport={"width": 1280, "height": 720}
            )
            context.set_default_timeout(30_000)
            page = self._pages[who] = context.new_page()
            self.watches[who] = watched(page)
            if who == "nobody-connected":
                self._join_and_leave(page)
            elif who != "nobody":
                visiting.sign_in(page, self._desk.url, *self._desk.credentials()[who])
        return self._pages[who]

    def address(self, path: str) -> str:
        places: Places = self.places
        task, item = places.returned or (0, 0)
        return self._desk.url + path.format(
            c=f"/c/{visiting.SLUG}",
            reviewed=places.reviewed,
            input=places.input,
            entry=places.entry,
            back_task=task,
            back_item=item,
            invitation=self.invitation,
            order=self.order,
            shared=places.shared,
        )

    def _invite(self) -> str:
        """The path of a fresh invitation link."""
        admin = self.page("admin")
        admin.goto(f"{self._desk.url}/c/{visiting.SLUG}/people/")
        admin.get_by_role("button", name="Make a link").click()
        link = admin.locator("#invitation-link")
        expect(link).to_be_visible()
        return link.input_value().removeprefix(self._desk.url)

    def _order(self) -> str:
        """The id of a fresh label order, made with its form."""
        admin, orders = self.page("admin"), f"{self._desk.url}/c/{visiting.SLUG}/label-orders/"
        admin.goto(f"{orders}new/")
        admin.get_by_label("Name", exact=True).fill("Ordered fruit")
        for group in ("Concepts", "Labelers", "Reviewers"):
            admin.get_by_role("group", name=group).get_by_role("checkbox").first.check()
        admin.get_by_role("button", name="Make the order").click()
        admin.wait_for_url("**/tasks/*/")
        admin.goto(orders)
        link = admin.get_by_role("link", name="Ordered fruit").first
        return (link.get_attribute("href") or "").rstrip("/").rsplit("/", 1)[1]

    def _join_and_leave(self, page: Page) -> None:
        """Somebody who has an account and belongs to no connection any more."""
        page.goto(self._desk.url + self._invite())
        page.get_by_label("Login name").fill("leaver")
        page.get_by_label("Name", exact=True).fill("Leaver")
        page.get_by_label("Password", exact=True).fill("quiet-harbour-lantern-42")
        page.get_by_label("Password again").fill("quiet-harbour-lantern-42")
        page.get_by_role("button", name="Make my account").click()
        expect(page.locator(".toast")).to_be_visible()
        admin = self.page("admin")
        admin.goto(f"{self._desk.url}/c/{visiting.SLUG}/people/")
        row = admin.locator(".people-row", has_text="Leaver")
        row.get_by_role("button", name="Remove").click()
        admin.locator("#confirm").get_by_role("button", name="Remove").click()
        expect(row).to_have_count(0)


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Tour]:
    data: Path = tmp_path_factory.mktemp("tour") / "data"
    with demo_desk(data) as desk:
        yield Tour(desk, chromium)


@pytest.mark.parametrize(("name", "who", "path"), VISITS, ids=[f"{who}-{path}" for _, who, path in VISITS])
def test_a_page_is_accessible_fits_and_complains_of_nothing(
    tour: Tour, name: str, who: str, path: str
) -> None:
    page = tour.page(who)
    watch = tour.watches[who]
    watch.complaints.clear()
    expected = 404 if "no-such-token" in path else 200
    if expected != 200:
        watch.expect(str(expected))
    for width, height, schemes in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        answer = page.goto(tour.address(path))
        assert answer is not None, page.url
        assert answer.status == expected, page.url
        settle(page)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            found = faults(page)
            assert not found, f"{page.url} at {width} px, {scheme}:\n" + "\n".join(found)
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], f"{page.url} is {wide[0]} px wide in a window of {wide[1]} px"
        if name in WORKBENCHES and width == 1280:
            high = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
            assert high[0] <= high[1], f"{page.url} is {high[0]} px high in a window of {high[1]} px"
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def settle(page: Page) -> None:
    """Fragments have come, and a workbench shows its item."""
    page.wait_for_load_state("networkidle")
    if page.locator("#workbench-config").count():
        shown = (
            "!!document.querySelector('[data-role=item-name]')?.textContent.trim()"
            " || !!document.querySelector('.wb-card:not(.is-skeleton)')"
            " || !!document.querySelector('.cs-row')"
            " || document.querySelector('[data-mode=consensus] .wb-message')?.textContent.includes('No input')"
        )
        wait_for(lambda: page.evaluate(shown), "an item in the workbench", visiting.SECONDS)


def faults(page: Page) -> list[str]:
    """What axe calls moderate, serious or critical, a line each."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[-160:]})"
        for one in violations
        if one["impact"] in ("moderate", "serious", "critical")
        for node in one["nodes"]
    ]


def test_what_three_labelers_drew_is_settled_by_keyboard_and_taken_back(tour: Tour) -> None:
    """Here because this desk has people who labeled the same pictures."""
    page = tour.page("reviewer")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(tour.address("{c}/tasks/{shared}/consensus/"))
    rows, name = page.locator(".cs-row"), page.locator("[data-role=input-name]")
    expect(rows.first).to_be_visible()
    first = name.inner_text()
    people = page.locator(".cs-person")
    expect(people).to_have_count(3)
    page.keyboard.press("s")
    expect(page.locator(".cs-pane")).to_have_count(3)
    page.keyboard.press("s")
    expect(page.locator(".cs-pane")).to_have_count(1)
    store = page.locator("[data-action=settle]")
    for _ in range(rows.count()):
        if store.get_attribute("aria-disabled") == "false":
            break
        page.keyboard.press("n")
        page.keyboard.press("0")
    expect(store).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("ArrowDown")
    taken = page.locator(".cs-row[aria-current=true] .cs-choice").first
    page.keyboard.press((taken.inner_text())[0].translate({65: "1", 66: "2", 67: "3"}))
    expect(taken).to_have_attribute("aria-pressed", "true")
    said = page.locator("[data-role=last]")

    def settled() -> bool:
        page.keyboard.press("Enter")  # refused while the input has only just come
        return bool(said.inner_text())

    wait_for(settled, "the input to be settled", 10)
    expect(said).to_contain_text(f"{first} settled")
    expect(name).not_to_have_text(first)
    page.keyboard.press("z")
    expect(said).to_contain_text(f"{first} taken back")
    expect(name).to_have_text(first)
    expect(rows.first).to_be_visible()
