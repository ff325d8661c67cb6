"""Fixtures: the system's Chromium, and a page that fails its test on a console error or a policy violation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

# A deadline, not a budget: a machine that does other work as well is slow, not wrong.
expect.set_options(timeout=15_000)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Path of the system's Chromium, or None."""
    if Path("/usr/bin/chromium").exists():
        return "/usr/bin/chromium"
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Watch:
    """What a page complained of. A test that provokes an error on purpose names it with ``expect``."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[str] = []

    def expect(self, words: str) -> None:
        """Console errors with these words are part of the test."""
        self._expected.append(words)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def on_error(self, error: object) -> None:
        self.complaints.append(f"uncaught: {error}")

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(words in line for words in self._expected)]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the session; every test gets a context of its own from it."""
    path = find_chromium()
    if path is None:
        pytest.skip("BROWSER TESTS NOT RUN: no chromium at /usr/bin/chromium or on PATH")
    # Playwright's synchronous interface runs an event loop in this thread, which makes Django refuse queries.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def watched(page: Page) -> Watch:
    """Starts to collect a page's console errors (policy violations are among them) and uncaught exceptions."""
    watch = Watch()
    page.on("console", watch.on_console)
    page.on("pageerror", watch.on_error)
    return watch


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh page of 1280x720 in its own context; ``page.watch.expect(words)`` allows a provoked error."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    new = context.new_page()
    new.watch = watched(new)  # type: ignore[attr-defined]
    yield new
    context.close()
    complaints = new.watch.unexpected()  # type: ignore[attr-defined]
    assert not complaints, "the page complained:\n" + "\n".join(complaints)
