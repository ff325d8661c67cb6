"""AI assistance from end to end: the embedded platform's demo workflow suggests, people judge in a real browser.

What is asserted of the platform is read from its own HTTP answers, never from our tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.demo.plan import APP_ID, OWNER_ID, SLUG
from tests.support import visiting
from tests.support.browser import watched
from tests.support.desk import RunningDesk, demo_desk
from tests.support.stores import short_folder, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.browser]

APPROVED, AWAITING = 24150, 24157
ROWS = "[data-role=ghosts] > li"
PATIENCE = 30_000  # milliseconds; the whole desk runs beside the browser on a machine that may be busy


@pytest.fixture(scope="module")
def desk() -> Iterator[RunningDesk]:
    env = {"PROOFDESK_UNDO_SECONDS": "1", "PROOFDESK_SYNC_SECONDS": "2"}
    with short_folder("ghosts") as folder, demo_desk(folder / "var", env=env) as desk:
        yield desk


@pytest.fixture(scope="module")
def platform(desk: RunningDesk) -> Iterator[httpx.Client]:
    """The demo's app, with a token of its owner."""
    operator = (desk.data / "operator.key").read_text().strip()
    key = {"description": "test", "type": "personal_access_token", "scopes": ["All"]}
    made = httpx.post(
        f"{desk.embedded_url}/v2/users/{OWNER_ID}/keys",
        headers={"Authorization": f"Key {operator}"},
        json={"keys": [key]},
    )
    made.raise_for_status()
    with httpx.Client(
        base_url=f"{desk.embedded_url}/v2/users/{OWNER_ID}/apps/{APP_ID}",
        headers={"Authorization": f"Key {made.json()['keys'][0]['id']}"},
    ) as client:
        yield client


@contextmanager
def someone(desk: RunningDesk, chromium: Browser, role: str) -> Iterator[Page]:
    """A signed-in page that must complain of nothing."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch = watched(page)
    visiting.sign_in(page, desk.url, *desk.credentials()[role])
    yield page
    context.close()
    assert not watch.unexpected(), watch.unexpected()


def help_tasks(platform: httpx.Client) -> None:
    """Give every task of the demo the built-in workflow as its assistant."""
    listed = platform.get("/tasks").json()["tasks"]
    helped = {"ai_assistant": {"workflow_id": "demo-assist"}, "ai_assist_params": {"min_threshold": 0.3}}
    answer = platform.patch(
        "/tasks", json={"action": "merge", "tasks": [{"id": task["id"], **helped} for task in listed]}
    )
    assert answer.status_code == 200, answer.text


def open_helped(page: Page, address: str) -> None:
    """Open a workbench once its task is known to be helped, on an item with open suggestions."""

    def is_helped() -> bool:
        page.goto(address)
        return page.locator("[data-role=ghosts]").count() == 1

    wait_for(is_helped, "the task's assistant in the mirror", 60)
    expect(page.locator(".wb-picture img")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(ROWS).first).to_be_visible(timeout=PATIENCE)


def rows_of(page: Page) -> list[str]:
    return [row.get_attribute("data-id") or "" for row in page.locator(ROWS).all()]


def annotation(platform: httpx.Client, name: str) -> dict[str, Any] | None:
    listed = platform.get("/annotations", params={"per_page": "1000"}).json()["annotations"]
    return next((one for one in listed if one["id"] == name), None)


def has_status(platform: httpx.Client, name: str, code: int) -> bool:
    found = annotation(platform, name)
    return found is not None and found["status"]["code"] == code


def test_a_suggestion_becomes_an_annotation_that_a_reviewer_approves(
    desk: RunningDesk, platform: httpx.Client, chromium: Browser
) -> None:
    help_tasks(platform)
    home = f"{desk.url}/c/{SLUG}"
    with someone(desk, chromium, "labeler") as labeler, someone(desk, chromium, "reviewer") as reviewer:
        places = visiting.find_places(reviewer, desk.url)
        task = places.reviewed

        # --- a labeler accepts one, refuses one, and submits -------------------------------------------
        open_helped(labeler, f"{home}/tasks/{task}/label/")
        item = labeler.locator("[data-role=item-name]")
        name = item.inner_text()
        ids = rows_of(labeler)
        assert len(ids) >= 3
        labeler.keyboard.press(".")
        labeler.keyboard.press("Enter")
        labeler.keyboard.press("Delete")
        expect(labeler.locator("[data-role=ghost-status]")).to_contain_text("1 accepted · 1 refused")
        labeler.keyboard.press("s")
        expect(item).not_to_have_text(name, timeout=PATIENCE)
        accepted, refused = ids[:2]
        wait_for(lambda: has_status(platform, accepted, AWAITING), "the accepted one on the platform", 60)
        made = annotation(platform, accepted)
        assert made is not None
        (region,) = made["data"]["regions"]
        assert [concept["value"] for concept in region["data"]["concepts"]] == [1]
        assert annotation(platform, refused) is None

        # --- a reviewer sees it as a shape, and neither of the two as a suggestion ---------------------
        queue = visiting.queue(reviewer.context, desk.url, task)["items"]
        number = next(row["id"] for row in queue if row["name"] == name)
        open_helped(reviewer, f"{home}/tasks/{task}/review/?item={number}")
        expect(reviewer.locator("[data-role=item-name]")).to_have_text(name)
        expect(reviewer.locator(f"[data-role=shapes] [data-id='{accepted}']")).to_have_count(1)
        assert not {accepted, refused} & set(rows_of(reviewer))
        answer = reviewer.context.request.get(f"{home}/items/{number}/suggestions/").json()
        assert (answer["source"], answer["judged"]) == ({"kind": "workflow", "id": "demo-assist"}, 2)

        # --- and accepts another one with the approval ---------------------------------------------------
        extra = rows_of(reviewer)[0]
        reviewer.keyboard.press(".")
        reviewer.keyboard.press("Enter")
        expect(reviewer.locator("[data-role=approve-words]")).to_have_text("Fix and approve")
        reviewer.keyboard.press("a")
        for one in (accepted, extra):
            wait_for(
                lambda one=one: has_status(platform, one, APPROVED), f"{one} approved on the platform", 60
            )
