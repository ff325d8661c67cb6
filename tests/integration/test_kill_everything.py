"""kill -9 of worker, web server and store in the middle of 500 decisions; a store that hangs; a foreign edit.

Everything is real: `dev.py up`, its five processes, sessions over HTTP. What the platform did is read from the
platform itself: its answers, and a log of every change of state that triggers in its own database write.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboard.demo.plan import APP_ID, OWNER_ID, SLUG
from devtools.environment import ROOT
from embedded_api.tasks.transitions import State
from tests.support.desk import RunningDesk, clean_environment, running_desk
from tests.support.embedded import EmbeddedApp
from tests.support.signed_in import SignedIn
from tests.support.stores import short_folder, wait_for
from tests.support.voc import VocFolder, annotation_xml

pytestmark = pytest.mark.slow

ITEMS, SPARE, SINGLE, BULKS = 500, 12, 20, 10
SETTLED_SECONDS = 150.0
APPROVED, SENT_BACK = (54200, 24150), (54201, 24151)  # of the assignment and of its annotations
WORKER, WEB, STORE = "celery -A dashboard.celery", "gunicorn dashboard.wsgi", "valkey-server"
BOX = {"top": 0.1, "left": 0.2, "bottom": 0.5, "right": 0.6}
PEOPLE = """
from django.conf import settings
from dashboard.demo import people
people.make_people(people.make_connection(), settings.DATA_DIR / "credentials.txt")
"""
OBSERVE = """
CREATE TABLE observed (what TEXT, name TEXT, was INTEGER, now INTEGER);
CREATE TRIGGER observe_moves AFTER UPDATE OF state, modified_at ON embedded_api_assignment BEGIN
  INSERT INTO observed VALUES ('move', NEW.public_id, OLD.state, NEW.state); END;
CREATE TRIGGER observe_new AFTER INSERT ON embedded_api_annotation BEGIN
  INSERT INTO observed VALUES ('new', NEW.input_public_id, NULL, NEW.status_code); END;
"""


@pytest.fixture(scope="module")
def desk() -> Iterator[RunningDesk]:
    """A desk with the demo's people, without its pictures, which would take most of the time to draw."""
    with short_folder("kill") as folder:
        data = folder / "var"
        (data / "marks").mkdir(parents=True, mode=0o700)
        (data / "marks" / "seeded").touch()
        with running_desk(data, env={"PROOFDESK_UNDO_SECONDS": "2", "PROOFDESK_SYNC_SECONDS": "5"}) as desk:
            manage(desk, "shell", "--verbosity", "0", "--command", PEOPLE)
            people = ("--labeler", "labeler", "labeler2", "--reviewer", "reviewer")
            folder = str(pictures(folder / "tiles"))
            manage(desk, "import_dataset", folder, "--connection", SLUG, "--task-name", "Tiles", *people)
            yield desk


def manage(desk: RunningDesk, *arguments: str) -> None:
    env = clean_environment(
        PROOFDESK_DATA_DIR=str(desk.data),
        EMBEDDED_URL=desk.embedded_url,
        EMBEDDED_OPERATOR_KEY=(desk.data / "operator.key").read_text().strip(),
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, check=True, timeout=120)


def pictures(root: Path) -> Path:
    made = VocFolder(root)
    content = made.picture("0.jpg").read_bytes()
    for number in range(ITEMS + SPARE):
        (root / "JPEGImages" / f"{number}.jpg").write_bytes(content)
        boxes = [("chip", 5, 5, 30, 30)]
        made.xml(str(number), annotation_xml(f"{number}.jpg", (64, 48), boxes))
    return root


@pytest.fixture(scope="module")
def reviewer(desk: RunningDesk) -> Iterator[SignedIn]:
    with closing(SignedIn(desk.url, *desk.credentials()["reviewer"])) as someone:
        yield someone


@pytest.fixture(scope="module")
def platform(desk: RunningDesk) -> Iterator[EmbeddedApp]:
    """The platform as its owner meets it."""
    key = {"description": "test", "type": "personal_access_token", "scopes": ["All"]}
    operator = {"Authorization": f"Key {(desk.data / 'operator.key').read_text().strip()}"}
    with httpx.Client(base_url=desk.embedded_url, timeout=30, trust_env=False) as client:
        made = client.post(f"/v2/users/{OWNER_ID}/keys", json={"keys": [key]}, headers=operator).json()
        token = made["keys"][0]["id"]
        yield EmbeddedApp(desk.embedded_url, OWNER_ID, APP_ID, token, {OWNER_ID: token}, client)


@pytest.fixture(scope="module")
def task(desk: RunningDesk, reviewer: SignedIn) -> int:
    """The imported task's id at the desk, once all its items are there to be reviewed."""
    found: list[int] = []

    def mirrored() -> bool:
        rows = ask(desk, "SELECT task_id FROM sync_workitem WHERE state = 'awaiting_review'")
        found[:] = [row[0] for row in rows]
        return len(found) == ITEMS + SPARE

    wait_for(mirrored, "the imported task is in the mirror", 60)
    return found[0]


@pytest.fixture(scope="module")
def rows(task: int, reviewer: SignedIn) -> list[dict[str, Any]]:
    """Every item of the queue as the grid reads it, with its annotations; tests take theirs from the end."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = reviewer.json(f"/c/{SLUG}/tasks/{task}/review/queue/?bodies=1&limit=50{after}")
        found += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len({row["id"] for row in found}) == ITEMS + SPARE
    return found


def ask(desk: RunningDesk, question: str, *values: Any) -> list[Any]:
    """Read the desk's own database, without being able to write to it."""
    with closing(sqlite3.connect(f"file:{desk.data}/proofdesk.sqlite3?mode=ro", uri=True)) as database:
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


def kill(desk: RunningDesk, words: str) -> None:
    """SIGKILL to every process of a part."""
    for pid, args in desk.family().items():
        if words in args:
            os.kill(pid, signal.SIGKILL)


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


def on_platform(platform: EmbeddedApp, task_id: str) -> dict[str, tuple[int, list[int]]]:
    """{input id: (code of its assignment, codes of its annotations)} as the platform answers now."""
    work = list(pages(platform, f"tasks/{task_id}/assignments/all", "task_assignments"))
    codes: dict[str, list[int]] = {one["input"]["id"]: [] for one in work}
    assert len(codes) == len(work), "one assignment for each input"
    for one in pages(platform, "annotations", "annotations"):
        if one.get("task_id") == task_id:
            codes[one["input_id"]].append(one["status"]["code"])
    return {one["input"]["id"]: (one["status"]["code"], codes[one["input"]["id"]]) for one in work}


def test_decisions_survive_kill_9_of_everything(
    desk: RunningDesk, reviewer: SignedIn, platform: EmbeddedApp, task: int, rows: list[dict[str, Any]]
) -> None:
    with closing(sqlite3.connect(desk.data / "embedded.sqlite3", timeout=20)) as database:
        database.executescript(OBSERVE)
    taken = [rows.pop() for _ in range(ITEMS)]
    fixed, rest = taken[:SINGLE], taken[SINGLE:]
    size = len(rest) // BULKS
    parts = [rest[start : start + size] for start in range(0, len(rest), size)]
    bulks = [bulk_of(part) for part in parts]
    singles = [verdict_of(row, one_more()) for row in fixed]
    bulk_url = f"/c/{SLUG}/tasks/{task}/bulk/"
    numbers: list[int] = []

    def decide(body: dict[str, Any]) -> None:
        answer = reviewer.insist(bulk_url, body)
        assert answer.status_code == 202, answer.text
        assert answer.json()["total"] == size
        numbers.append(answer.json()["bulk"])

    def confirmed() -> int:
        return entries(desk)["confirmed"]

    def stored() -> int:
        return number(desk, "SELECT count(*) FROM review_bulkreview")

    def stored_after(before: int, waiting: Future[None]) -> bool:
        return stored() > before or waiting.done()

    def in_the_middle(before: int) -> bool:
        found = entries(desk)
        return bool(found["sent"] or found["confirmed"] > before)

    # The worker, while its first writes are on their way.
    for row, body in zip(fixed, singles, strict=True):
        assert reviewer.insist(decisions_url(row), body).status_code == 201
    for body in bulks[:3]:
        decide(body)
    wait_for(lambda: in_the_middle(0), "the first writes go out")
    kill(desk, WORKER)
    assert unfinished(desk) > 0

    # The web server, once as soon as a request is on its way and once as soon as its decisions are stored.
    with ThreadPoolExecutor(1) as other:
        for body, at_once in zip(bulks[3:5], (True, False), strict=True):
            before = stored()
            waiting = other.submit(decide, body)
            if not at_once:
                wait_for(partial(stored_after, before, waiting), "the decisions are stored")
            kill(desk, WEB)
            waiting.result(120)
    assert reviewer.lost >= 1, "no answer was lost: the web server died too late"

    # The worker that took its place.
    before = confirmed()
    decide(bulks[5])
    decide(bulks[6])
    wait_for(lambda: in_the_middle(before), "the second worker sends")
    kill(desk, WORKER)
    assert unfinished(desk) > 0

    # The store: decisions are taken while it is away.
    before, lost = confirmed(), reviewer.lost
    decide(bulks[7])
    wait_for(lambda: in_the_middle(before), "the third worker sends", 60)
    kill(desk, STORE)
    decide(bulks[8])
    decide(bulks[9])
    assert reviewer.lost == lost, "a decision waits for nobody"
    assert unfinished(desk) > 0
    settled(desk)

    # None lost, none doubled: here ...
    by_item = "SELECT item_id, count(*), min(verdict) FROM review_decision GROUP BY item_id"
    decided = {item: (count, verdict) for item, count, verdict in ask(desk, by_item)}
    back = {row["id"] for body in bulks for row in body["send_back"]}
    assert decided == {row["id"]: (1, "request_changes" if row["id"] in back else "approve") for row in taken}
    verdicts = "kind IN ('approve', 'request_changes')"
    ended = f"SELECT state, count(*) FROM sync_outboxentry WHERE {verdicts} GROUP BY state"
    assert dict(ask(desk, ended)) == {"confirmed": ITEMS}, "nobody else was there to conflict with"
    assert entries(desk) == {"confirmed": ITEMS + SINGLE}
    trail = (
        "SELECT count(*) FROM audit_auditentry WHERE action IN ('review.approve', 'review.request_changes')"
    )
    assert number(desk, trail) == ITEMS
    for bulk in numbers:
        state = reviewer.json(f"/c/{SLUG}/bulk/{bulk}/")
        assert (state["confirmed"], state["finished"]) == (size, True)

    # ... and there.
    task_id = ask(desk, "SELECT platform_id FROM sync_task WHERE id = ?", task)[0][0]
    found = on_platform(platform, task_id)
    drawn = {row["id"] for row in fixed}
    for row in taken:
        assignment, annotation = SENT_BACK if row["id"] in back else APPROVED
        expected = (assignment, [annotation] * (2 if row["id"] in drawn else 1))
        assert found[row["body"]["item"]["input_id"]] == expected
    with closing(sqlite3.connect(f"file:{desk.data}/embedded.sqlite3?mode=ro", uri=True)) as database:
        effects = database.execute("SELECT what, name, was, now FROM observed").fetchall()
    moves = Counter(name for what, name, _, _ in effects if what == "move")
    assert len(moves) == ITEMS
    assert set(moves.values()) == {1}, "an assignment moved more than once"
    assert Counter((was, now) for what, _, was, now in effects if what == "move") == {
        (State.AWAITING_REVIEW, State.SUCCESS): ITEMS - len(back),
        (State.AWAITING_REVIEW, State.SENT_BACK): len(back),
    }
    new = Counter(name for what, name, _, _ in effects if what == "new")
    assert new == {row["body"]["item"]["input_id"]: 1 for row in fixed}

    # A browser that lost every answer and sends all of it again changes nothing.
    known = list(numbers)
    numbers.clear()
    for body in bulks:
        decide(body)
    assert numbers == known
    for row, body in zip(fixed, singles, strict=True):
        assert reviewer.insist(decisions_url(row), body).status_code == 200
    assert number(desk, "SELECT count(*) FROM review_decision") == ITEMS
    assert unfinished(desk) == 0


def test_a_store_that_hangs_holds_up_nobody(
    desk: RunningDesk, reviewer: SignedIn, platform: EmbeddedApp, task: int, rows: list[dict[str, Any]]
) -> None:
    row = rows.pop()
    body = verdict_of(row)
    store = desk.part(STORE)
    os.kill(store, signal.SIGSTOP)
    try:
        answer = reviewer.send(decisions_url(row), body, timeout=5.0)
        assert answer.status_code == 201
        assert answer.json()["delivery"] == "held"
        assert number(desk, "SELECT count(*) FROM review_decision WHERE item_id = ?", row["id"]) == 1
        reviewer.page(f"/c/{SLUG}/light/")
        # Sign-ins are counted in the store.
        SignedIn(desk.url, *desk.credentials()["admin"], timeout=15.0).close()
        assert reviewer.client.get("/readyz", timeout=5.0).status_code == 503
    finally:
        os.kill(store, signal.SIGKILL)
    settled(desk)
    states = reviewer.json(f"/c/{SLUG}/decisions/?ids={body['operation']}")
    assert states == {body["operation"]: "confirmed"}
    task_id = ask(desk, "SELECT platform_id FROM sync_task WHERE id = ?", task)[0][0]
    assert on_platform(platform, task_id)[row["body"]["item"]["input_id"]] == (54200, [24150])


def region_of(platform: EmbeddedApp, input_id: str) -> dict[str, Any]:
    """The region of the only labeled annotation of an input, as the platform answers now."""
    found = platform.ok("GET", f"annotations?input_ids={input_id}")["annotations"]
    (region,) = [region for one in found for region in one["data"].get("regions", [])]
    return dict(region)


def box_of(platform: EmbeddedApp, input_id: str) -> dict[str, float]:
    return dict(region_of(platform, input_id)["region_info"]["bounding_box"])


THEIRS = {"top_row": 0.3, "left_col": 0.3, "bottom_row": 0.9, "right_col": 0.9}
MINE = {
    "top_row": BOX["top"],
    "left_col": BOX["left"],
    "bottom_row": BOX["bottom"],
    "right_col": BOX["right"],
}


@pytest.mark.parametrize(
    ("choice", "take", "box", "concept"),
    [
        ("theirs", {}, THEIRS, "shard"),
        ("mine", {}, MINE, "chip"),
        ("merge", {"shape": "mine", "concept": "theirs"}, MINE, "shard"),
    ],
)
def test_a_foreign_edit_is_a_conflict_that_a_person_settles(
    desk: RunningDesk,
    reviewer: SignedIn,
    platform: EmbeddedApp,
    task: int,
    rows: list[dict[str, Any]],
    choice: str,
    take: dict[str, str],
    box: dict[str, float],
    concept: str,
) -> None:
    platform.call("POST", "concepts", {"concepts": [{"id": "shard"}]})
    row = rows.pop()
    (seen,) = row["body"]["annotations"]
    input_id = row["body"]["item"]["input_id"]
    region = {
        "id": region_of(platform, input_id)["id"],
        "region_info": {"bounding_box": THEIRS},
        "data": {"concepts": [{"id": "shard", "value": 1}]},
    }
    edit = {"id": seen["id"], "input_id": input_id, "data": {"regions": [region]}}
    platform.ok("PATCH", "annotations", {"annotations": [edit], "action": "overwrite"})

    body = verdict_of(row, {"op": "shape", "id": seen["id"], "box": BOX})
    assert reviewer.insist(decisions_url(row), body).status_code == 201
    state = f"/c/{SLUG}/decisions/?ids={body['operation']}"
    wait_for(lambda: reviewer.json(state)[body["operation"]] == "conflict", "it is shown as a conflict", 60)

    listed = reviewer.page(f"/c/{SLUG}/outbox/")
    (entry,) = re.findall(rf"/c/{SLUG}/outbox/(\d+)/", listed)
    shown = reviewer.page(f"/c/{SLUG}/outbox/{entry}/")
    assert "On the platform now" in shown
    assert "shard" in shown
    assert box_of(platform, input_id) == pytest.approx(THEIRS), (
        "nothing is written before a person has chosen"
    )

    answer = reviewer.form(f"/c/{SLUG}/outbox/{entry}/", choice=choice, **take)
    assert answer.headers["location"] == f"/c/{SLUG}/outbox/"
    settled(desk)
    assert box_of(platform, input_id) == pytest.approx(box)
    assert [one["id"] for one in region_of(platform, input_id)["data"]["concepts"]] == [concept]
    task_id = ask(desk, "SELECT platform_id FROM sync_task WHERE id = ?", task)[0][0]
    assert on_platform(platform, task_id)[input_id] == (54200, [24150])
    assert "Nothing needs you" in reviewer.page(f"/c/{SLUG}/outbox/")
