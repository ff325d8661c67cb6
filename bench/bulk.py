"""Approving many assignments in one action: how many requests reach the platform, and how long it takes."""

from __future__ import annotations

import math
import time
import uuid

from bench.figures import Figure
from bench.ground import ask, desk_with_work, queue, signed_in
from dashboard.demo.plan import SLUG
from tests.support.stores import wait_for

ITEMS, BATCH = 1_000, 128


def run() -> list[Figure]:
    """The figures; takes about two minutes."""
    quiet = {"PROOFDESK_UNDO_SECONDS": "1", "PROOFDESK_SYNC_SECONDS": "3600"}
    with desk_with_work(ITEMS, 1, **quiet) as (desk, proxy, task):
        person = signed_in(desk, "reviewer")
        rows = queue(person, task)
        body = {
            "operation": str(uuid.uuid4()),
            "approve": [row["id"] for row in rows],
            "send_back": [],
            "bases": {
                str(row["id"]): {
                    one["id"]: one["base"].partition(":")[0] for one in row["body"]["annotations"]
                }
                for row in rows
            },
        }
        proxy.requests.clear()
        began = time.monotonic()
        answer = person.send(f"/c/{SLUG}/tasks/{task}/bulk/", body)
        assert answer.status_code == 202, answer.text[:500]
        saved = time.monotonic() - began
        left = "SELECT count(*) FROM sync_outboxentry WHERE state != 'confirmed'"
        wait_for(lambda: ask(desk, left)[0][0] == 0, "everything is confirmed", 300)
        took = time.monotonic() - began
        writes = (
            proxy.count("PUT", r"/assignments")
            + proxy.count("PATCH", "")
            + proxy.count("POST", "/annotations($|\\?)")
        )
        states = proxy.count("GET", r"/assignments/all")
        bodies = proxy.count("GET", r"/annotations") + proxy.count("POST", "searches")
        most = math.ceil(ITEMS / BATCH)
        return [
            Figure(
                "bulk",
                f"{ITEMS:,} approvals in one action: writes to the platform",
                str(writes),
                f"{most} (128 a write)",
                writes <= most,
            ),
            Figure("bulk", "The same: status reads", str(states), f"{most} (1 a batch)", states <= most),
            Figure(
                "bulk",
                "The same: reads of annotations, to see that nothing changed since it was shown",
                str(bodies),
            ),
            Figure("bulk", "The same: all requests to the platform", str(len(proxy.requests))),
            Figure(
                "bulk",
                "The same: stored here / confirmed by the platform (1 s of it held for undo)",
                f"{saved:.2f} s / {took:.1f} s",
            ),
        ]
