"""kill -9 of worker, web server and store in the middle of 500 decisions; a store that hangs; a foreign edit.

Everything is real: `dev.py up`, its five processes, sessions over HTTP. What the platform did is read from the
platform itself: its answers, and a log of every change of state that triggers in its own database write.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from dashboard.demo.plan import SLUG
from embedded_api.tasks.transitions import State
from tests.support.desk import RunningDesk
from tests.support.embedded import EmbeddedApp
from tests.support.signed_in import SignedIn
from tests.support.stores import wait_for
from tests.support.tiles import (
    BOX,
    ask,
    awaiting,
    box_of,
    bulk_of,
    decisions_url,
    entries,
    kill,
    number,
    on_platform,
    one_more,
    parts_of,
    platform_of,
    region_of,
    settled,
    signal_all,
    task_id,
    tiles_desk,
    unfinished,
    verdict_of,
)

pytestmark = pytest.mark.slow

ITEMS, SPARE, SINGLE, BULKS = 500, 12, 20, 10
APPROVED, SENT_BACK = (54200, 24150), (54201, 24151)  # of the assignment and of its annotations
WORKER, WEB, STORE = "celery -A dashboard.celery", "gunicorn dashboard.wsgi", "valkey-server"
OBSERVE = """
CREATE TABLE observed (what TEXT, name TEXT, was INTEGER, now INTEGER);
CREATE TRIGGER observe_moves AFTER UPDATE OF state, modified_at ON embedded_api_assignment BEGIN
  INSERT INTO observed VALUES ('move', NEW.public_id, OLD.state, NEW.state); END;
CREATE TRIGGER observe_new AFTER INSERT ON embedded_api_annotation BEGIN
  INSERT INTO observed VALUES ('new', NEW.input_public_id, NULL, NEW.status_code); END;
"""


@pytest.fixture(scope="module")
def desk() -> Iterator[RunningDesk]:
    with tiles_desk(ITEMS + SPARE) as desk:
        yield desk


@pytest.fixture(scope="module")
def reviewer(desk: RunningDesk) -> Iterator[SignedIn]:
    with closing(SignedIn(desk.url, *desk.credentials()["reviewer"])) as someone:
        yield someone


@pytest.fixture(scope="module")
def platform(desk: RunningDesk) -> Iterator[EmbeddedApp]:
    with platform_of(desk) as platform:
        yield platform


@pytest.fixture(scope="module")
def rows(desk: RunningDesk, reviewer: SignedIn) -> list[dict[str, Any]]:
    """What awaits review; each test takes its items from the end."""
    return awaiting(desk, reviewer, ITEMS + SPARE)


def test_decisions_survive_kill_9_of_everything(
    desk: RunningDesk, reviewer: SignedIn, platform: EmbeddedApp, rows: list[dict[str, Any]]
) -> None:
    with closing(sqlite3.connect(desk.data / "embedded.sqlite3", timeout=20)) as database:
        database.executescript(OBSERVE)
    taken = [rows.pop() for _ in range(ITEMS)]
    fixed, rest = taken[:SINGLE], taken[SINGLE:]
    size = len(rest) // BULKS
    parts = [rest[start : start + size] for start in range(0, len(rest), size)]
    bulks = [bulk_of(part) for part in parts]
    singles = [verdict_of(row, one_more()) for row in fixed]
    bulk_url = f"/c/{SLUG}/tasks/{task_id(desk)}/bulk/"
    numbers: list[int] = []

    def decide(body: dict[str, Any]) -> None:
        answer = reviewer.insist(bulk_url, body)
        assert answer.status_code == 202, answer.text
        assert answer.json()["total"] == size
        numbers.append(answer.json()["bulk"])

    def sent() -> int:
        return number(desk, "SELECT count(*) FROM sync_outboxentry WHERE sent_at IS NOT NULL")

    def stored() -> int:
        return number(desk, "SELECT count(*) FROM review_bulkreview")

    def stored_after(before: int, waiting: Future[None]) -> bool:
        return stored() > before or waiting.done()

    def unheard() -> set[tuple[str, str]]:
        """What the platform has done and this desk does not know yet."""
        query = "SELECT what, name FROM observed"
        done = {(what, name) for what, name in ask(desk, query, base="embedded")}
        known = (
            "SELECT CASE o.kind WHEN 'create' THEN 'new' ELSE 'move' END, "
            "CASE o.kind WHEN 'create' THEN i.platform_id ELSE w.assignment_id END FROM sync_outboxentry o "
            "JOIN sync_workitem w ON w.id = o.item_id JOIN sync_input i ON i.id = w.input_id "
            "WHERE o.state = 'confirmed'"
        )
        return done - set(ask(desk, known))

    def kill_worker_before_it_hears() -> None:
        """Stop the worker once it has sent something, let the platform do it, and kill the worker."""
        pids = parts_of(desk, WORKER)
        before, told = unheard(), sent()

        def caught() -> bool:
            nonlocal told
            if sent() <= told:
                return False
            signal_all(pids, signal.SIGSTOP)
            told = sent()
            try:
                wait_for(lambda: unheard() - before, "the platform has done it", 0.5)
            except AssertionError:
                signal_all(pids, signal.SIGCONT)  # stopped before it could send, or after it had heard
                return False
            return True

        wait_for(caught, "the worker is stopped between sending and hearing", 60, every=0.002)
        signal_all(pids, signal.SIGKILL)
        assert unheard() - before

    # The worker, while its first writes are on their way.
    for row, body in zip(fixed, singles, strict=True):
        assert reviewer.insist(decisions_url(row), body).status_code == 201
    for body in bulks[:3]:
        decide(body)
    kill_worker_before_it_hears()

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
    wait_for(lambda: parts_of(desk, WORKER), "another worker is started")
    decide(bulks[5])
    decide(bulks[6])
    kill_worker_before_it_hears()

    # The store: decisions are taken while it is away.
    before, lost = sent(), reviewer.lost
    decide(bulks[7])
    wait_for(lambda: sent() > before, "the third worker sends", 60)
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
    found = on_platform(desk, platform)
    drawn = {row["id"] for row in fixed}
    for row in taken:
        assignment, annotation = SENT_BACK if row["id"] in back else APPROVED
        expected = (assignment, [annotation] * (2 if row["id"] in drawn else 1))
        assert found[row["body"]["item"]["input_id"]] == expected
    effects = ask(desk, "SELECT what, name, was, now FROM observed", base="embedded")
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
    desk: RunningDesk, reviewer: SignedIn, platform: EmbeddedApp, rows: list[dict[str, Any]]
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
    assert on_platform(desk, platform)[row["body"]["item"]["input_id"]] == (54200, [24150])


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
    assert on_platform(desk, platform)[input_id] == (54200, [24150])
    assert "Nothing needs you" in reviewer.page(f"/c/{SLUG}/outbox/")
