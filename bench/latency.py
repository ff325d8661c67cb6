"""From the key press of a decision to the next item on the screen; saving a decision; the first paint."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench.delay import DelayProxy
from bench.figures import Figure, milliseconds, p50, p95
from bench.ground import approval, desk_with_work, queue, signed_in
from dashboard.demo.plan import SLUG
from tests.support.browser import ARGUMENTS, find_chromium
from tests.support.desk import RunningDesk
from tests.support.signed_in import SignedIn
from tests.support.visiting import sign_in

ITEMS, BOXES = 170, 12
DECISIONS, SAVES = 40, 30
SECONDS = 0.6  # from one decision to the next: a fast reviewer
LATENCY = 0.2

# From the browser's own time of the key event to the end of the first frame in which another item stands on the
# canvas: its picture decoded, its shapes in place. The frame after the change is drawn when the message arrives.
WATCH = """() => {
  window.bench = { all: [], marks: [] };
  const channel = new MessageChannel();
  const drawn = (old) => {
    const image = document.querySelector("[data-role='picture'] img");
    const shapes = document.querySelectorAll("[data-role='shapes'] [data-id]").length;
    return proofdesk.item !== null && proofdesk.item !== old && image && image.complete
      && image.naturalWidth > 0 && shapes === proofdesk.store.state.shapes.filter((one) => one.kind !== "tag").length;
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "a") return;
    const old = proofdesk.item;
    const look = () => {
      if (!drawn(old)) { requestAnimationFrame(look); return; }
      channel.port1.onmessage = () => {
        bench.all.push(performance.now() - event.timeStamp);
        const marks = performance.getEntriesByName("proofdesk:drawn");
        bench.marks.push(marks[marks.length - 1].startTime - event.timeStamp);
      };
      channel.port2.postMessage(0);
    };
    requestAnimationFrame(look);
  }, true);
}"""

# Promises, because the page's policy forbids the evaluation that waiting for an expression needs.
DRAWN = """() => new Promise((done) => {
  const look = () => (performance.getEntriesByName("proofdesk:drawn").length ? done() : setTimeout(look, 20));
  look();
})"""
COUNTED = """(number) => new Promise((done, failed) => {
  const end = performance.now() + 60000;
  const look = () => {
    if (bench.all.length >= number) done();
    else if (performance.now() > end) failed(new Error("no next item within a minute"));
    else setTimeout(look, 20);
  };
  look();
})"""


def run() -> list[Figure]:
    """The figures; takes about two minutes."""
    with desk_with_work(ITEMS, BOXES) as (desk, proxy, task), sync_playwright() as playwright:
        path = find_chromium()
        if path is None:
            raise SystemExit("The latency benchmark needs Chromium at /usr/bin/chromium or on PATH.")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        found = _first_paint(browser, desk, task)
        near = _decide(browser, desk, task)
        proxy.seconds = LATENCY
        far = _decide(browser, desk, task)
        browser.close()
        found += _decision_figures(near, far)
        found += _saving(desk, proxy, task)
        return found


def _page(browser: Browser, desk: RunningDesk) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, desk.url, *desk.credentials()["reviewer"])
    return page


def _open(page: Page, desk: RunningDesk, task: int) -> None:
    page.goto(f"{desk.url}/c/{SLUG}/tasks/{task}/review/")
    page.evaluate(DRAWN)


def _first_paint(browser: Browser, desk: RunningDesk, task: int) -> list[Figure]:
    """What an empty cache loads until the first item is drawn."""
    page = _page(browser, desk)
    fresh = browser.new_context(
        viewport={"width": 1280, "height": 720}, storage_state=page.context.storage_state()
    )
    page.context.close()
    page = fresh.new_page()
    seen: list[Response] = []
    page.on("response", lambda one: seen.append(one))
    _open(page, desk, task)
    until = list(seen)
    own = [one for one in until if "/static/" in one.url and one.url.endswith((".js", ".css"))]
    sent = sum(one.request.sizes()["responseBodySize"] for one in own)
    plain = sum(len(one.body()) for one in own)
    drawn = page.evaluate("performance.getEntriesByName('proofdesk:drawn')[0].startTime")
    fresh.close()
    return [
        Figure(
            "latency",
            "First paint of the workbench, empty cache: our JS + CSS (htmx included)",
            f"{sent / 1000:.0f} KB sent, {plain / 1000:.0f} KB unpacked, {len(own)} files",
            "150 KB",
            sent < 150_000,
        ),
        Figure(
            "latency",
            "The same: requests until the first item is drawn",
            f"{len(until)} requests, {drawn:.0f} ms",
            "25 requests",
            len(until) < 25,
        ),
    ]


def _decide(browser: Browser, desk: RunningDesk, task: int) -> dict[str, list[float]]:
    """Approve item after item with the key, one each SECONDS; milliseconds of each."""
    page = _page(browser, desk)
    _open(page, desk, task)
    page.evaluate(WATCH)
    page.wait_for_timeout(2_000)  # a reviewer looks at the first picture; the next ones are read meanwhile
    for number in range(1, DECISIONS + 1):
        began = time.monotonic()
        page.keyboard.press("a")
        page.evaluate(COUNTED, number)
        page.wait_for_timeout(max(0.0, SECONDS - (time.monotonic() - began)) * 1000)
    found: dict[str, list[float]] = page.evaluate("({ frame: bench.all, mark: bench.marks })")
    page.context.close()
    return found


def _decision_figures(near: dict[str, list[float]], far: dict[str, list[float]]) -> list[Figure]:
    name = "Decision key press to next item drawn in Chromium"
    rows = [
        (f"{name}, embedded platform", near),
        (f"{name}, {LATENCY * 1000:.0f} ms added to the platform", far),
    ]
    found = [
        Figure("latency", what, milliseconds(each["frame"]), "p95 50 ms", p95(each["frame"]) <= 50)
        for what, each in rows
    ]
    ratio = p50(far["frame"]) / p50(near["frame"])
    found.append(Figure("latency", "The same, with latency : without, p50", f"{ratio:.2f}", "about 1"))
    for what, each in rows:
        what = what.replace("next item drawn in Chromium", "next item in the page (before the frame)")
        found.append(Figure("latency", what, milliseconds(each["mark"])))
    return found


def _saving(desk: RunningDesk, proxy: DelayProxy, task: int) -> list[Figure]:
    """A decision's request to its committed answer, one after the other, over one connection."""
    proxy.seconds = 0.0
    person = signed_in(desk, "reviewer")
    rows = queue(person, task)[-2 * SAVES :]
    near = [_save(person, row) for row in rows[:SAVES]]
    proxy.seconds = LATENCY
    far = [_save(person, row) for row in rows[SAVES:]]
    what = "Save one decision with 12 shapes: request to committed answer"
    return [
        Figure("latency", what, milliseconds(near), "p50 5 ms", p50(near) <= 5),
        Figure(
            "latency",
            f"{what}, {LATENCY * 1000:.0f} ms added to the platform",
            milliseconds(far),
            "p50 5 ms",
            p50(far) <= 5,
        ),
    ]


def _save(person: SignedIn, row: dict[str, Any]) -> float:
    body = approval(row)
    began = time.perf_counter()
    answer = person.send(f"/c/{SLUG}/items/{row['id']}/decisions/", body)
    spent = (time.perf_counter() - began) * 1000
    assert answer.status_code == 201, answer.text[:500]
    return spent
