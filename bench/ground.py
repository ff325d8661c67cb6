"""What several benchmarks stand on: a desk of its own with work to review, and a person's session."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from bench.delay import DelayProxy
from dashboard.demo.plan import SLUG
from devtools.environment import ROOT
from tests.support.desk import RunningDesk, clean_environment
from tests.support.signed_in import SignedIn
from tests.support.stores import short_folder, wait_for
from tests.support.voc import VocFolder, annotation_xml

SIZE = (640, 480)
PEOPLE = """
from django.conf import settings
from dashboard.demo import people
people.make_people(people.make_connection(), settings.DATA_DIR / "credentials.txt")
"""


def pictures(root: Path, number: int, boxes: int) -> Path:
    """A Pascal VOC folder: pictures of discs on a noisy ground, each disc with its box."""
    rng = Random(5)
    folder = VocFolder(root)
    ground = Image.effect_noise(SIZE, 40).convert("RGB")
    for place in range(number):
        image = ground.copy()
        draw = ImageDraw.Draw(image)
        found: list[tuple[str, object, object, object, object]] = []
        for _ in range(boxes):
            side, left, top = rng.randint(30, 90), rng.randint(1, 540), rng.randint(1, 380)
            draw.ellipse((left, top, left + side, top + side), (rng.randint(90, 220), 60, 70))
            found.append((rng.choice(("disc", "ring")), left, top, left + side, top + side))
        image.save(folder.root / "JPEGImages" / f"{place:05}.jpg", quality=80)
        folder.xml(f"{place:05}", annotation_xml(f"{place:05}.jpg", SIZE, found))
    return root


@contextmanager
def desk_with_work(number: int, boxes: int, **env: str) -> Iterator[tuple[RunningDesk, DelayProxy, int]]:
    """A running desk, the proxy to its platform, and the id of a task with `number` items to review."""
    with short_folder("bench") as folder:
        data = folder / "var"
        (data / "marks").mkdir(parents=True, mode=0o700)
        (data / "marks" / "seeded").touch()  # its people are made below, its pictures are not needed
        proxy = DelayProxy()
        desk = RunningDesk(data, env={"EMBEDDED_URL": proxy.url, **env})
        proxy.upstream = desk.embedded_port
        try:
            desk.wait_until_ready()
            manage(desk, proxy.url, "shell", "--verbosity", "0", "--command", PEOPLE)
            made = str(pictures(folder / "voc", number, boxes))
            people = ("--labeler", "labeler", "--reviewer", "reviewer")
            manage(
                desk, proxy.url, "import_dataset", made, "--connection", SLUG, "--task-name", "Bench", *people
            )
            signed_in(desk, "admin").form(f"/c/{SLUG}/sync/")
            wanted = "SELECT task_id FROM sync_workitem WHERE state = 'awaiting_review'"
            wait_for(lambda: len(ask(desk, wanted)) == number, "the imported task is mirrored", 300)
            yield desk, proxy, int(ask(desk, wanted)[0][0])
        finally:
            try:
                desk.terminate()
            except subprocess.TimeoutExpired:
                desk.kill()
            proxy.close()


def manage(desk: RunningDesk, embedded_url: str, *arguments: str) -> None:
    """Run manage.py on a desk's data; raises with its words when it fails."""
    env = clean_environment(
        PROOFDESK_DATA_DIR=str(desk.data),
        EMBEDDED_URL=embedded_url,
        EMBEDDED_OPERATOR_KEY=(desk.data / "operator.key").read_text().strip(),
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")


def ask(desk: RunningDesk, question: str) -> list[Any]:
    """Read the desk's own database."""
    with closing(sqlite3.connect(f"file:{desk.data}/proofdesk.sqlite3?mode=ro", uri=True)) as database:
        return database.execute(question).fetchall()


def signed_in(desk: RunningDesk, role: str) -> SignedIn:
    """The first of the demo's people with this role."""
    return SignedIn(desk.url, *desk.credentials()[role], timeout=120)


def queue(person: SignedIn, task: int) -> list[dict[str, Any]]:
    """Every item of a review queue with its body, as the grid reads them."""
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        page = person.json(f"/c/{SLUG}/tasks/{task}/review/queue/?bodies=1&limit=50{after}")
        rows += page["items"]
        if page["next"] is None:
            return rows
        after = f"&after={page['next']}"


def approval(row: dict[str, Any]) -> dict[str, Any]:
    """The body that approves an item of a queue as it was shown."""
    base = {one["id"]: one["base"] for one in row["body"]["annotations"]}
    return {"operation": str(uuid.uuid4()), "verdict": "approve", "base": base, "changes": []}
