"""The frame and the account pages in a real browser: keyboard, menus, dialogs, narrow windows, no script."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboard.accounts.models import Connection, Membership
from dashboard.sync.models import Input, Task, WorkItem
from tests.support.people import PASSWORD, make_connection, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ["/account/", "/account/password/", "/c/demo/people/"]


@pytest.fixture
def desk(live_server: Any) -> str:
    """Address of a desk with an admin and a labeler on one connection."""
    demo = make_connection("demo")
    make_person(demo, "admin", username="the-admin")
    make_person(demo, "labeler", username="the-labeler")
    return str(live_server.url)


def sign_in(page: Page, desk: str, target: str = "/account/") -> None:
    page.goto(f"{desk}/sign-in/?next={target}")
    page.keyboard.type("the-admin")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk}{target}")


def test_signing_in_needs_no_mouse_and_menus_close_with_escape(page: Page, desk: str) -> None:
    sign_in(page, desk)
    menu = page.locator(".user-menu")
    page.locator(".user-menu summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="Sign out")).to_be_hidden()
    page.keyboard.press("Enter")
    menu.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{desk}/sign-in/")


def test_slash_goes_to_the_search_unless_somebody_is_typing(page: Page, desk: str) -> None:
    sign_in(page, desk)
    page.locator("#id_display_name").focus()
    page.keyboard.type("/")
    expect(page.locator("#id_display_name")).to_be_focused()
    page.locator("#id_display_name").blur()
    page.keyboard.press("/")
    expect(page.locator("#site-search")).to_be_focused()
    expect(page.locator("#site-search")).to_have_value("")


def test_removing_a_person_asks_first(page: Page, desk: str) -> None:
    sign_in(page, desk, "/c/demo/people/")
    member = Membership.objects.get(user__username="the-labeler")
    remove = page.locator(f"#member-{member.pk}").get_by_role("button", name="Remove")
    remove.click()
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text("Their work and decisions stay")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_be_hidden()
    assert Membership.objects.filter(pk=member.pk).exists()
    remove.click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator(".toast")).to_contain_text("is no longer part of Demo")
    assert not Membership.objects.filter(pk=member.pk).exists()


def test_save_appears_when_a_role_changed_and_saves_it(page: Page, desk: str) -> None:
    sign_in(page, desk, "/c/demo/people/")
    member = Membership.objects.get(user__username="the-labeler")
    row = page.locator(f"#member-{member.pk}")
    save = row.get_by_role("button", name="Save roles")
    expect(save).to_be_hidden()
    row.get_by_label("Reviewer").check()
    save.click()
    expect(page.locator(".toast")).to_contain_text("is now labeler and reviewer")
    member.refresh_from_db()
    assert member.roles == ("labeler", "reviewer")


def test_an_invitation_link_can_be_copied_and_opened_by_somebody_else(
    page: Page, desk: str, chromium: Browser
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=desk)
    sign_in(page, desk, "/c/demo/people/")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.locator("#invitation-link").input_value()
    other = chromium.new_context()
    guest = other.new_page()
    guest.goto(link)
    guest.get_by_label("Login name").fill("fresh")
    guest.get_by_label("Name", exact=True).fill("Fresh")
    guest.get_by_label("Password", exact=True).fill(PASSWORD)
    guest.get_by_label("Password again").fill(PASSWORD)
    guest.get_by_role("button", name="Make my account").click()
    expect(guest.locator(".toast")).to_contain_text("Welcome to Demo")
    other.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_own_pages_have_no_accessibility_faults_and_fit(
    page: Page, desk: str, scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{desk}/sign-in/")
    check(page)
    sign_in(page, desk)
    for address in PAGES:
        page.goto(desk + address)
        check(page)
    page.watch.expect("404")  # type: ignore[attr-defined]
    page.goto(f"{desk}/c/unknown/people/")
    check(page)


@pytest.mark.parametrize(
    "address",
    [
        "/c/demo/",
        "/c/demo/tasks/",
        "/c/demo/tasks/{task}/",
        "/c/demo/tasks/{task}/edit/",
        "/c/demo/inputs/{input}/",
    ],
)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_long_word_as_a_name_widens_no_page(page: Page, desk: str, address: str, width: int) -> None:
    counts = {"to_do": 1, "awaiting_review": 2}
    task = Task.objects.create(
        connection=Connection.objects.get(),
        platform_id="t-1",
        name="X" * 120,
        type="boxes",
        state="in_progress",
        counts=counts,
    )
    picture = Input.objects.create(connection=task.connection, platform_id="in-1", width=40, height=30)
    WorkItem.objects.create(connection=task.connection, task=task, input=picture, labeler_id="l-1")
    page.watch.expect("502")  # type: ignore[attr-defined]  # nobody serves the picture
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, desk, address.format(task=task.pk, input=picture.pk))
    assert page.evaluate("document.documentElement.scrollWidth") == width


def check(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_script_one_can_still_sign_in_change_roles_and_sign_out(chromium: Browser, desk: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk}/sign-in/?next=/c/demo/people/")
    page.get_by_label("Login name").fill("the-admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    member = Membership.objects.get(user__username="the-labeler")
    row = page.locator(f"#member-{member.pk}")
    row.get_by_label("Reviewer").check()
    row.get_by_role("button", name="Save roles").click()
    expect(page.locator(".toast")).to_contain_text("is now labeler and reviewer")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{desk}/sign-in/")
    context.close()


def test_the_account_page_offers_the_connection_last_looked_at(page: Page, desk: str) -> None:
    admin = Membership.objects.get(user__username="the-admin").user
    Membership.objects.create(user=admin, connection=make_connection("zebra"), is_admin=True)
    sign_in(page, desk)
    expect(page.locator(".switcher summary")).to_contain_text("Demo")
    page.goto(f"{desk}/c/zebra/people/")
    page.goto(f"{desk}/account/")
    expect(page.locator(".switcher summary")).to_contain_text("Zebra")
