"""The form for a new task in a real browser: what belongs to a choice shows with it, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from dashboard.platforms.types import Dataset, Predictor
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import PASSWORD, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    desk = make_desk(monkeypatch)
    desk.app.datasets = [Dataset("train")]
    desk.app.predictors = [Predictor("model", "m", "Detector"), Predictor("workflow", "w", "Helper")]
    cache.clear()
    return desk


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def form(request: Any, desk: MemoryDesk, live_server: Any, chromium: Browser) -> Iterator[Page]:
    """The page of the form, with and without JavaScript."""
    admin = make_person(desk.connection, "admin")
    context = chromium.new_context(
        viewport={"width": 1280, "height": 720}, java_script_enabled=request.param, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/?next=/c/{desk.connection.slug}/tasks/new/")
    page.get_by_label("Login name").fill(admin.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tasks/new/")
    yield page
    context.close()


def test_what_a_choice_asks_for_shows_with_it(form: Page) -> None:
    expect(form.get_by_role("group", name="Labelers")).to_be_visible()
    expect(form.get_by_label("Model or workflow", exact=True)).to_be_hidden()
    form.get_by_label("A model or workflow").check()
    expect(form.get_by_label("Model or workflow", exact=True)).to_be_visible()
    expect(form.get_by_role("group", name="Labelers")).to_be_hidden()
    expect(form.get_by_label("Dataset", exact=True)).to_be_hidden()
    form.get_by_label("A dataset").check()
    expect(form.get_by_label("Dataset", exact=True)).to_be_visible()
    expect(form.get_by_label("Labelers who must agree")).to_be_hidden()
    form.get_by_label("Agreeing labelers pass").check()
    expect(form.get_by_label("Labelers who must agree")).to_be_visible()
    form.get_by_label("No review").check()
    expect(form.get_by_role("group", name="Reviewers")).to_be_hidden()


def test_another_rule_loses_nothing_and_enter_adds_none(form: Page) -> None:
    form.get_by_label("Name", exact=True).fill("By the model")
    form.get_by_label("A model or workflow").check()
    form.get_by_label("Lower value", exact=True).fill("0.85")
    form.get_by_role("button", name="Add a rule").click()
    rules = form.get_by_role("group", name="Rule ")
    expect(rules).to_have_count(2)
    expect(form.get_by_label("Name", exact=True)).to_have_value("By the model")
    expect(rules.first.get_by_label("Lower value", exact=True)).to_have_value("0.85")
    form.get_by_label("Name", exact=True).press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(rules).to_have_count(2)
    expect(rules.first.get_by_label("Lower value", exact=True)).to_have_value("0.85")


def test_a_wrong_field_in_a_folded_part_is_in_sight(form: Page) -> None:
    form.locator("summary", has_text="More").click()
    form.get_by_label("Metadata").fill('{"batch": 7,')
    form.get_by_role("button", name="Make the task").click()
    expect(form.get_by_role("alert")).to_contain_text("Metadata")
    expect(form.get_by_label("Metadata")).to_be_visible()
    expect(form.get_by_text("Line 1, column 13")).to_be_visible()
