"""The product's main job in a real browser: an admin makes a task, a labeler labels, a reviewer decides.

What is asserted of the platform is read from its own HTTP answers, never from our tables.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.environment import ROOT
from tests.support.browser import watched
from tests.support.desk import RunningDesk, clean_environment, demo_desk
from tests.support.stores import short_folder, wait_for
from tests.support.voc import VocFolder

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BCCD = ROOT.parent / "shared" / "data" / "bccd"
TASK = "Cells of the blood"
PENDING, APPROVED, AWAITING = 24151, 24150, 24157


@pytest.fixture(scope="module")
def desk() -> Iterator[RunningDesk]:
    with (
        short_folder("loop") as folder,
        demo_desk(folder / "var", env={"PROOFDESK_UNDO_SECONDS": "1", "PROOFDESK_SYNC_SECONDS": "2"}) as desk,
    ):
        yield desk


@pytest.fixture(scope="module")
def pictures(desk: RunningDesk, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Six pictures of the reference data, imported by the command; generated ones where it is not at hand."""
    folder = BCCD
    if not folder.is_dir():
        folder = tmp_path_factory.mktemp("voc")
        made = VocFolder(folder)
        for number in range(6):
            made.add(
                f"BloodImage_{number:05}",
                [("RBC", 10, 10, 200, 200), ("WBC", 300, 200, 400, 300)],
                size=(640, 480),
            )
    subprocess.run(
        [
            *(sys.executable, str(ROOT / "manage.py"), "import_dataset", str(folder)),
            *("--connection", "demo", "--limit", "6"),
        ],
        cwd=ROOT,
        env=clean_environment(PROOFDESK_DATA_DIR=str(desk.data), EMBEDDED_URL=desk.embedded_url),
        check=True,
        capture_output=True,
        timeout=120,
    )
    return [path.stem for path in sorted((folder / "Annotations").glob("*.xml"))[:6]]


class Platform:
    """The platform's own answers about one task, over HTTP, with a token of the app's owner."""

    def __init__(self, desk: RunningDesk, owner: str, app: str) -> None:
        operator = (desk.data / "operator.key").read_text().strip()
        made = httpx.post(
            f"{desk.embedded_url}/v2/users/{owner}/keys",
            headers={"Authorization": f"Key {operator}"},
            json={"keys": [{"description": "test", "type": "personal_access_token", "scopes": ["All"]}]},
        )
        made.raise_for_status()
        self._client = httpx.Client(
            base_url=f"{desk.embedded_url}/v2/users/{owner}/apps/{app}",
            headers={"Authorization": f"Key {made.json()['keys'][0]['id']}"},
        )

    def get(self, path: str, **query: str) -> dict:
        answer = self._client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def task_id(self) -> str:
        return next(task["id"] for task in self.get("/tasks")["tasks"] if task["name"] == TASK)

    def annotations(self) -> dict[str, list[dict]]:
        """{input id: annotations of the task}"""
        found: dict[str, list[dict]] = {}
        for row in self.get("/annotations", task_id=self.task_id(), per_page="500")["annotations"]:
            found.setdefault(row["input_id"], []).append(row)
        return found

    def statuses(self) -> dict[str, set[int]]:
        return {name: {row["status"]["code"] for row in rows} for name, rows in self.annotations().items()}


@pytest.fixture(scope="module")
def someone(desk: RunningDesk, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a signed-in page for a role; every page fails the test on console errors."""
    opened: dict[str, Page] = {}

    def sign_in(role: str) -> Page:
        if role not in opened:
            context = chromium.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
            context.set_default_timeout(15_000)
            page = context.new_page()
            page.watch = watched(page)  # type: ignore[attr-defined]
            login, password = desk.credentials()[role]
            page.goto(desk.url + "/sign-in/")
            page.get_by_label("Login name").fill(login)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/c/demo/")
            opened[role] = page
        return opened[role]

    yield sign_in
    complaints = [line for page in opened.values() for line in page.watch.unexpected()]  # type: ignore[attr-defined]
    for page in opened.values():
        page.context.close()
    assert not complaints, complaints


def draw_box(page: Page) -> None:
    """Draw one box with the mouse in the middle of the picture."""
    page.keyboard.press("b")
    frame = page.locator("[data-role='picture']").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] * 0.4, frame["y"] + frame["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 50, steps=4)
    page.mouse.up()


def words(page: Page) -> str:
    """The filter chips of a task page: each state with its count."""
    return " ".join(page.locator(".filter-chips").inner_text().split())


def test_the_whole_loop(desk: RunningDesk, pictures: list[str], someone: Callable[[str], Page]) -> None:
    # --- an admin makes a task over the imported pictures -------------------------------------------
    admin = someone("admin")
    admin.goto(desk.url + "/c/demo/sync/")
    admin.get_by_role("button", name="Sync now").click()
    admin.goto(desk.url + "/c/demo/settings/")
    owner, app = admin.locator("code", has_text="/").first.inner_text().split("/")
    platform = Platform(desk, owner, app)

    def imported() -> bool:
        admin.goto(desk.url + "/c/demo/inputs/?q=BloodImage")
        return admin.locator(".tile").count() == len(pictures)

    wait_for(imported, "the imported inputs in the list", 60)
    admin.goto(desk.url + "/c/demo/tasks/new/")
    admin.get_by_label("Name", exact=True).fill(TASK)
    admin.get_by_label("RBC").check()
    admin.get_by_label("WBC").check()
    admin.get_by_label("Inputs whose name contains").check()
    admin.get_by_role("textbox", name="Name contains").fill("BloodImage")
    admin.get_by_role("checkbox", name="Labeler 1").check()
    admin.get_by_role("checkbox", name="Reviewer 1").check()
    effect = admin.locator("#effect")
    expect(effect.locator(".stat-number").first).to_have_text("6")
    expect(effect).to_contain_text("Labeler 1")
    admin.get_by_role("button", name="Make the task").click()
    admin.wait_for_url("**/c/demo/tasks/*/")
    task_page = admin.url
    assert platform.task_id()

    # --- a labeler takes the work, draws, and submits three -------------------------------------------
    labeler = someone("labeler")

    def offered() -> bool:
        labeler.goto(desk.url + "/c/demo/")
        return labeler.locator(".work-card", has_text=TASK).count() == 1

    wait_for(offered, "the task on the labeler's home", 30)
    labeler.locator(".work-card", has_text=TASK).get_by_role("button", name="Label").click()
    labeler.wait_for_url("**/label/")
    submitted = []
    for _ in range(3):
        name = labeler.locator("[data-role='item-name']")
        expect(name).not_to_be_empty()
        expect(labeler.locator("[data-role='shapes'] [data-id]")).to_have_count(0)
        submitted.append(name.inner_text())
        draw_box(labeler)
        expect(labeler.locator("[data-role='shapes'] [data-id]")).to_have_count(1)
        expect(labeler.locator("[data-action=submit]")).to_have_attribute("aria-disabled", "false")
        labeler.keyboard.press("s")
        expect(name).not_to_have_text(submitted[-1])
    wait_for(
        lambda: list(platform.statuses().values()) == [{AWAITING}] * 3,
        "three inputs awaiting review on the platform",
        30,
    )

    # --- a reviewer approves one, fixes and approves one, sends one back ------------------------------
    reviewer = someone("reviewer")
    task_id = task_page.rstrip("/").rsplit("/", 1)[1]

    def waiting() -> bool:
        reviewer.goto(f"{desk.url}/c/demo/tasks/{task_id}/")
        return "Awaiting review 3" in words(reviewer)

    wait_for(waiting, "three items awaiting review on the task page", 30)
    reviewer.goto(f"{desk.url}/c/demo/tasks/{task_id}/review/")
    name = reviewer.locator("[data-role='item-name']")
    shapes = reviewer.locator("[data-role='shapes'] [data-id]")
    approve = reviewer.locator("[data-action=approve]")  # cannot be pressed before the picture is there

    expect(shapes).to_have_count(1)
    expect(approve).to_have_attribute("aria-disabled", "false")
    approved = name.inner_text()
    reviewer.keyboard.press("a")
    expect(name).not_to_have_text(approved)

    expect(shapes).to_have_count(1)
    expect(approve).to_have_attribute("aria-disabled", "false")
    fixed = name.inner_text()
    reviewer.keyboard.press("Tab")
    reviewer.locator("[data-role='shapes'] [data-id] button").first.click()
    reviewer.keyboard.press("2")  # the concept with the second key
    expect(reviewer.locator("[data-role='approve-words']")).to_have_text("Fix and approve")
    reviewer.keyboard.press("a")
    expect(name).not_to_have_text(fixed)

    expect(shapes).to_have_count(1)
    expect(approve).to_have_attribute("aria-disabled", "false")
    sent_back = name.inner_text()
    reviewer.keyboard.press("r")
    reviewer.keyboard.press("3")
    reviewer.keyboard.press("Enter")
    assert {approved, fixed, sent_back} == set(submitted)

    by_name = {row["data"]["metadata"]["filename"]: row["id"] for row in _inputs(platform)}
    wait_for(
        lambda: (
            platform.statuses()
            == {
                by_name[approved]: {APPROVED},
                by_name[fixed]: {APPROVED},
                by_name[sent_back]: {PENDING},
            }
        ),
        "approved, approved and pending on the platform",
        30,
    )
    [region] = platform.annotations()[by_name[fixed]][0]["data"]["regions"]
    values = {concept["id"]: concept["value"] for concept in region["data"]["concepts"]}
    assert sorted(values.values()) == [0, 1], "the former concept is explicitly absent, the new one present"

    # --- the labeler sees it come back with its reason, and submits it again --------------------------
    def came_back() -> bool:
        labeler.goto(desk.url + "/c/demo/")
        return labeler.locator(".returned", has_text=sent_back).count() == 1

    wait_for(came_back, "the item on the labeler's home", 30)
    labeler.locator(".returned").get_by_role("link", name=sent_back).click()
    expect(labeler.locator("[data-role='item-name']")).to_have_text(sent_back)
    expect(labeler.locator("[data-role='banner']")).to_contain_text("Loose shape")
    labeler.locator("[data-role='shapes'] [data-id] button").first.click()
    labeler.keyboard.press("ArrowRight")
    labeler.keyboard.press("s")
    wait_for(lambda: platform.statuses()[by_name[sent_back]] == {AWAITING}, "awaiting review again", 30)

    # --- the counts on the task page follow ------------------------------------------------------------
    def counted() -> bool:
        admin.goto(task_page)
        shown = words(admin)
        return "Approved 2" in shown and "Awaiting review 1" in shown and "To do 3" in shown

    wait_for(counted, "approved 2, awaiting review 1, to do 3 on the task page", 30)


def _inputs(platform: Platform) -> list[dict]:
    rows = platform.get("/inputs", per_page="500")["inputs"]
    return [row for row in rows if Path(row["data"].get("metadata", {}).get("filename", "")).name]
