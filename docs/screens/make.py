"""Screenshots of the main pages, made from the demo data: `python3 dev.py shots`.

Starts a desk of its own in a temporary folder, unless it is given one that runs:
`python3 dev.py shots --desk http://127.0.0.1:8000 --data var --platform http://127.0.0.1:8001`.
Names of shots as arguments make only those.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.support import visiting  # noqa: E402
from tests.support.browser import ARGUMENTS, find_chromium  # noqa: E402
from tests.support.desk import read_credentials, running_desk  # noqa: E402
from tests.support.stores import wait_for  # noqa: E402
from tests.support.visiting import Places  # noqa: E402

MOST_BYTES = 340_000  # of one picture
WHOLE_BYTES = 100_000  # up to here a picture keeps all its colours
COLOURS = (256, 128, 64)


@dataclass(frozen=True)
class Desk:
    """A desk that is ready: its address, its platform's address, and its data folder."""

    url: str
    platform: str
    data: Path


@dataclass(frozen=True)
class Shot:
    """One picture. `path` is below /c/demo/; `{reviewed}` and the like are filled from the demo's rows."""

    name: str
    role: str
    path: str
    scheme: str = "light"
    width: int = 1280
    height: int = 720
    before: Callable[[Page], None] | None = None


def fill_task(page: Page) -> None:
    """A half-filled task, so that its effect shows numbers."""
    page.get_by_label("Name", exact=True).fill("Ripe fruit, second batch")
    for group in ("Concepts", "Labelers", "Reviewers"):
        boxes = page.get_by_role("group", name=group).get_by_role("checkbox")
        for box in boxes.all()[:3]:
            box.check()
    page.locator("#effect .stat-number").first.wait_for()
    page.evaluate("window.scrollTo(0, 0)")


def mark_two(page: Page) -> None:
    """Two items of the grid marked as wrong."""
    cards = page.locator(".wb-card:not(.is-skeleton)")
    cards.nth(1).wait_for()
    for number in (1, 4):
        cards.nth(number).focus()
        page.keyboard.press("Space")
        page.keyboard.press("1")


def select_first(page: Page) -> None:
    """The first shape selected, as a reviewer would before fixing it."""
    page.locator(".wb-stage").focus()
    page.keyboard.press("Tab")


def ask_full_sync(page: Page) -> None:
    """A full sync on its way, or just done."""
    page.get_by_role("button", name="Full sync").click()
    page.locator("#confirm").get_by_role("button", name="Read everything").click()
    page.locator("#runs td", has_text="Everything").first.wait_for()


SHOTS = [
    Shot("home", "reviewer", ""),
    Shot("home-labeler", "labeler", ""),
    Shot("tasks", "admin", "tasks/"),
    Shot("task", "admin", "tasks/{reviewed}/"),
    Shot("new-task", "admin", "tasks/new/", before=fill_task),
    Shot("review", "reviewer", "tasks/{reviewed}/review/", before=select_first),
    Shot("review-dark", "reviewer", "tasks/{reviewed}/review/", scheme="dark", before=select_first),
    Shot("grid", "reviewer", "tasks/{reviewed}/review/grid/", before=mark_two),
    Shot("label", "labeler", "tasks/{back_task}/label/?item={back_item}"),
    Shot("inputs", "admin", "inputs/"),
    Shot("inputs-dark", "admin", "inputs/", scheme="dark"),
    Shot("sync", "admin", "sync/", before=ask_full_sync),
    Shot("conflict", "reviewer", "outbox/{entry}/"),
    Shot("people", "admin", "people/"),
    Shot("narrow", "reviewer", "tasks/{reviewed}/review/", width=390, height=844),
]


def settled(page: Page) -> None:
    """Wait until the pictures in sight are drawn and no fragment is on its way."""
    page.wait_for_load_state("networkidle")
    drawn = "[...document.images].every(i => i.complete || i.getBoundingClientRect().top > innerHeight)"
    wait_for(lambda: page.evaluate(drawn), "the pictures in sight", visiting.SECONDS)
    page.evaluate("document.fonts.ready")


def small_png(raw: bytes) -> bytes:
    """The same picture; with 256 colours or fewer where it would be large. Photographs lose little by it."""
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    data = _png(picture)
    for colours in COLOURS:
        if len(data) <= (WHOLE_BYTES if colours == COLOURS[0] else MOST_BYTES):
            break
        data = _png(picture.quantize(colours, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE))
    return data


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def take(browser: Browser, desk: Desk, names: list[str], folder: Path) -> None:
    people = read_credentials(desk.data)
    pages: dict[str, Page] = {}

    def page_of(role: str) -> Page:
        if role not in pages:
            context = browser.new_context(
                viewport={"width": 1280, "height": 720}, reduced_motion="reduce", locale="en-GB"
            )
            pages[role] = context.new_page()
            visiting.sign_in(pages[role], desk.url, *people[role])
        return pages[role]

    wanted = [shot for shot in SHOTS if not names or shot.name in names]
    places = visiting.find_places(page_of("admin"), desk.url)
    places.returned = visiting.find_returned(page_of("labeler"), desk.url)
    if any("{entry}" in shot.path for shot in wanted):
        key = (desk.data / "operator.key").read_text().strip()
        places.entry = visiting.make_conflict(
            page_of("reviewer"), desk.url, desk.platform, key, places.reviewed
        )
    for shot in wanted:
        page = page_of(shot.role)
        page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": shot.width, "height": shot.height})
        page.goto(f"{desk.url}/c/{visiting.SLUG}/{filled(shot.path, places)}")
        settled(page)
        if shot.before:
            shot.before(page)
            settled(page)
        data = small_png(page.screenshot())
        (folder / f"{shot.name}.png").write_bytes(data)
        print(f"{shot.name}.png  {len(data) // 1000} kB")


def filled(path: str, places: Places) -> str:
    """A shot's path with the demo's row ids. Raises ValueError when the demo lacks such a row."""
    task, item = places.returned or (None, None)
    values = {"reviewed": places.reviewed, "back_task": task, "back_item": item, "entry": places.entry}
    if any(f"{{{name}}}" in path and not value for name, value in values.items()):
        raise ValueError(f"the demo has no row for {path}")
    return path.format(**values)


@contextmanager
def some_desk(given: argparse.Namespace) -> Iterator[Desk]:
    """The desk that was named, or one of our own that is gone afterwards."""
    if given.desk:
        yield Desk(given.desk.rstrip("/"), given.platform.rstrip("/"), Path(given.data))
        return
    with tempfile.TemporaryDirectory(prefix="proofdesk-shots-") as scratch:
        print("starting a desk with demo data; this takes a minute")
        with running_desk(Path(scratch) / "data") as desk:
            yield Desk(desk.url, desk.embedded_url, desk.data)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py shots", description="Screenshots from the demo data.")
    parser.add_argument("names", nargs="*", help="only these: " + ", ".join(shot.name for shot in SHOTS))
    parser.add_argument("--desk", help="address of a running desk with demo data")
    parser.add_argument("--platform", default="http://127.0.0.1:8001", help="its embedded platform")
    parser.add_argument("--data", default="var", help="its data folder")
    parser.add_argument("--into", default=str(FOLDER), help="folder of the pictures")
    given = parser.parse_args()
    unknown = set(given.names) - {shot.name for shot in SHOTS}
    chromium = find_chromium()
    if unknown or chromium is None:
        print(f"no such shot: {', '.join(sorted(unknown))}" if unknown else "screenshots need Chromium")
        return 2
    with some_desk(given) as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        take(browser, desk, given.names, Path(given.into))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
