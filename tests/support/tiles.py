"""A running desk with one large task awaiting review: made quickly, decided on over HTTP, read from outside."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from dashboard.demo.plan import APP_ID, OWNER_ID, SLUG
from devtools.environment import ROOT
from tests.support.desk import RunningDesk, clean_environment, running_desk
from tests.support.embedded import EmbeddedApp
from tests.support.signed_in import SignedIn
from tests.support.stores import short_folder, wait_for
from tests.support.voc import VocFolder, annotation_xml

SETTLED_SECONDS = 150.0
BOX = {"top": 0.1, "left": 0.2, "bottom": 0.5, "right": 0.6}  # where a reviewer puts a box
PEOPLE = """
from django.conf import settings
from dashboard.demo import people
people.make_people(people.make_connection(), settings.DATA_DIR / "credentials.txt")
"""


@contextmanager
def tiles_desk(items: int) -> Iterator[RunningDesk]:
    """A ready desk with the demo's people, without its pictures, which would take most of the time to draw.

    Its task "Tiles" has `items` small pictures with one box each, labeled by two and awaiting review.
    """
    with short_folder("tiles") as folder:
        data = folder / "var"
        (data / "marks").mkdir(parents=True, mode=0o700)
        (data / "marks" / "seeded").touch()
        with running_desk(data, env={"PROOFDESK_UNDO_SECONDS": "2", "PROOFDESK_SYNC_SECONDS": "5"}) as desk:
            manage(desk, "shell", "--verbosity", "0", "--command", PEOPLE)
            people = ("--labeler", "labeler", "labeler2", "--reviewer", "reviewer")
            tiles = str(pictures(folder / "tiles", items))
            manage(desk, "import_dataset", tiles, "--connection", SLUG, "--task-name", "Tiles", *people)
            yield desk


def manage(desk: RunningDesk, *arguments: str) -> None:
    env = clean_environment(
        PROOFDESK_DATA_DIR=str(desk.data),
        EMBEDDED_URL=desk.embedded_url,
        EMBEDDED_OPERATOR_KEY=(desk.data / "operator.key").read_text().strip(),
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, timeout=120)


def pictures(root: Path, items: int) -> Path:
    made = VocFolder(root)
    content = made.picture("0.jpg").read_bytes()
    for number in range(items):
        (root / "JPEGImages" / f"{number}.jpg").write_bytes(content)
        boxes = [("chip", 5, 5, 30, 30)]
        made.xml(str(number), annotation_xml(f"{number}.jpg", (64, 48), boxes))
    return root


@contextmanager
def platform_of(desk: RunningDesk) -> Iterator[EmbeddedApp]:
    """The platform as its owner meets it."""
    key = {"description": "test", "type": "personal_access_token", "scopes": ["All"]}
    operator = {"Authorization": f"Key {(desk.data / 'operator.key').read_text().strip()}"}
    with httpx.Client(base_url=desk.embedded_url, timeout=30, trust_env=False) as client:
        made = client.post(f"/v2/users/{OWNER_ID}/keys", json={"keys": [key]}, headers=operator).json()
        token = made["keys"][0]["id"]
        yield EmbeddedApp(desk.embedded_url, OWNER_ID, APP_ID, token, {OWNER_ID: token}, client)


def awaiting(desk: RunningDesk, reviewer: SignedIn, items: int) -> list[dict[str, Any]]:
    """Every item of the queue as the grid reads it, with its annotations, once the mirror has all of them."""
    waiting = "SELECT count(*) FROM sync_workitem WHERE state = 'awaiting_review'"
    wait_for(lambda: number(desk, waiting) == items, "the imported task is in the mirror", 60)
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = reviewer.json(f"/c/{SLUG}/tasks/{task_id(desk)}/review/queue/?bodies=1&limit=50{after}")
        found += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len({row["id"] for row in found}) == items
    return found


def task_id(desk: RunningDesk) -> int:
    """The id of the only task at the desk."""
    return number(desk, "SELECT id FROM sync_task")


def ask(desk: RunningDesk, question: str, *values: Any, base: str = "proofdesk") -> list[Any]:
    """Read the desk's own database, or the platform's, without being able to write to it."""
    with closing(sqlite3.connect(f"file:{desk.data}/{base}.sqlite3?mode=ro", uri=True)) as database:
        return database.execute(question, values).fetchall()


def number(desk: RunningDesk, question: str, *values: Any) -> int:
    return int(ask(desk, question, *values)[0][0])


def entries(desk: RunningDesk) -> Counter[str]:
    """How many writes are in each state."""
    return Counter(dict(ask(desk, "SELECT state, count(*) FROM sync_outboxentry GROUP BY state")))


def unfinished(desk: RunningDesk) -> int:
    found = entries(desk)
    return found["held"] + found["pending"] + found["sent"]


def settled(desk: RunningDesk) -> None:
    wait_for(lambda: unfinished(desk) == 0, f"everything is delivered: {entries(desk)}", SETTLED_SECONDS)


def parts_of(desk: RunningDesk, words: str) -> list[int]:
    """Ids of every process of a part."""
    return [pid for pid, args in desk.family().items() if words in args]


def signal_all(pids: list[int], word: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, word)


def kill(desk: RunningDesk, words: str) -> None:
    """SIGKILL to every process of a part."""
    signal_all(parts_of(desk, words), signal.SIGKILL)


def prints(row: dict[str, Any]) -> dict[str, str]:
    """What was seen of an item's annotations, shortened as the grid does it."""
    return {one["id"]: one["base"].partition(":")[0] for one in row["body"]["annotations"]}


def bulk_of(part: list[dict[str, Any]]) -> dict[str, Any]:
    """A bulk that approves seven of eight and sends the eighth back."""
    back = part[::8]
    return {
        "operation": str(uuid.uuid4()),
        "approve": [row["id"] for row in part if row not in back],
        "send_back": [{"id": row["id"], "reasons": ["loose"], "note": ""} for row in back],
        "bases": {str(row["id"]): prints(row) for row in part},
    }


def verdict_of(row: dict[str, Any], *changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "operation": str(uuid.uuid4()),
        "verdict": "approve",
        "base": {one["id"]: one["base"] for one in row["body"]["annotations"]},
        "changes": list(changes),
    }


def one_more() -> dict[str, Any]:
    return {"op": "create", "id": str(uuid.uuid4()), "kind": "box", "concept": "chip", "value": 1, "box": BOX}


def decisions_url(row: dict[str, Any]) -> str:
    return f"/c/{SLUG}/items/{row['id']}/decisions/"


def pages(platform: EmbeddedApp, route: str, name: str) -> Iterator[dict[str, Any]]:
    for page in itertools.count(1):
        found = platform.ok("GET", f"{route}?per_page=1000&page={page}").get(name, [])
        yield from found
        if len(found) < 1000:
            return


def on_platform(desk: RunningDesk, platform: EmbeddedApp) -> dict[str, tuple[int, list[int]]]:
    """{input id: (code of its assignment, codes of its annotations)} as the platform answers now."""
    task = ask(desk, "SELECT platform_id FROM sync_task")[0][0]
    work = list(pages(platform, f"tasks/{task}/assignments/all", "task_assignments"))
    codes: dict[str, list[int]] = {one["input"]["id"]: [] for one in work}
    assert len(codes) == len(work), "one assignment for each input"
    for one in pages(platform, "annotations", "annotations"):
        if one.get("task_id") == task:
            codes[one["input_id"]].append(one["status"]["code"])
    return {one["input"]["id"]: (one["status"]["code"], codes[one["input"]["id"]]) for one in work}


def region_of(platform: EmbeddedApp, input_id: str) -> dict[str, Any]:
    """The region of the only labeled annotation of an input, as the platform answers now."""
    found = platform.ok("GET", f"annotations?input_ids={input_id}")["annotations"]
    (region,) = [region for one in found for region in one["data"].get("regions", [])]
    return dict(region)


def box_of(platform: EmbeddedApp, input_id: str) -> dict[str, float]:
    return dict(region_of(platform, input_id)["region_info"]["bounding_box"])
