"""Visiting a running desk with its demo data in a browser: signing in, and where its rows are."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page

from dashboard.demo.plan import APP_ID, OWNER_ID, SLUG
from tests.support.stores import wait_for

SECONDS = 60.0  # for what needs a push or a sync; nothing here waits longer than it must


@dataclass
class Places:
    """Row ids of the demo, as its pages link them. `reviewed` has items awaiting review of one labeler each,
    `shared` inputs that three labelers labeled, `returned` is an
    item (and its task) that came back to the labeler; `entry` is a write that met a conflict."""

    tasks: dict[str, int] = field(default_factory=dict)
    reviewed: int = 0
    shared: int = 0
    input: int = 0
    returned: tuple[int, int] | None = None
    entry: int = 0


def sign_in(page: Page, desk: str, login: str, password: str) -> None:
    """Sign in by the form; ends on the person's home."""
    page.goto(f"{desk}/sign-in/")
    page.get_by_label("Login name").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk}/c/{SLUG}/")


def find_places(page: Page, desk: str) -> Places:
    """Look the rows up as an admin or a reviewer."""
    found = Places()
    page.goto(f"{desk}/c/{SLUG}/tasks/?state=all")
    for link in page.locator("a.cell-title").all():
        found.tasks[link.inner_text()] = _last_number(link.get_attribute("href") or "")
    found.shared = next(task for name, task in found.tasks.items() if "labeled by three" in name)
    alone = [task for task in found.tasks.values() if task != found.shared]
    waiting = {task: len(queue(page.context, desk, task)["items"]) for task in alone}
    found.reviewed = max(waiting, key=lambda task: waiting[task])
    page.goto(f"{desk}/c/{SLUG}/inputs/")
    found.input = _last_number(page.locator(".tile a").first.get_attribute("href") or "")
    return found


def find_returned(page: Page, desk: str) -> tuple[int, int] | None:
    """(task, item) of the first piece that came back to the signed-in labeler; None when there is none."""
    page.goto(f"{desk}/c/{SLUG}/")
    links = page.locator(".returned a")
    if not links.count():
        return None
    found = re.search(r"/tasks/(\d+)/label/\?item=(\d+)", links.first.get_attribute("href") or "")
    assert found, "a returned item links to its place in the label workbench"
    return int(found[1]), int(found[2])


def queue(context: BrowserContext, desk: str, task: int) -> Any:
    """The review queue of a task, as the workbench reads it."""
    return context.request.get(f"{desk}/c/{SLUG}/tasks/{task}/review/queue/?state=awaiting_review").json()


def make_conflict(page: Page, desk: str, embedded: str, operator_key: str, task: int) -> int:
    """Let a reviewer rename a box that somebody else moves on the platform before the decision is sent.

    `page` is signed in as a reviewer. Returns the id of the write that met the conflict.
    """
    request, home = page.context.request, f"{desk}/c/{SLUG}"
    items = queue(page.context, desk, task)["items"]
    for row in reversed(items):
        body = request.get(f"{home}/items/{row['id']}/").json()
        boxes = [shape for shape in body["annotations"] if shape["kind"] == "box" and not shape["locked"]]
        if boxes and body["can"]["approve"]["ok"] and body["can"]["edit"]["ok"]:
            break
    else:
        raise AssertionError("no item with a box awaits review")
    box = boxes[0]
    page.goto(f"{home}/tasks/{task}/review/")
    config = json.loads(page.locator("#workbench-config").text_content() or "{}")
    other = next(one["id"] for one in config["concepts"] if one["id"] != box["concept"])
    decision = {
        "operation": str(uuid4()),
        "verdict": "approve",
        "reasons": [],
        "note": "",
        "base": {shape["id"]: shape["base"] for shape in body["annotations"]},
        "changes": [{"op": "concept", "id": box["id"], "concept": other}],
    }
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = request.post(
        f"{home}/items/{row['id']}/decisions/",
        data=decision,
        headers={"X-CSRFToken": token, "Referer": f"{desk}/"},
    )
    assert answer.ok, answer.text()
    _move_on_platform(embedded, operator_key, body["item"]["input_id"], box)
    page.goto(f"{home}/outbox/")

    settle = page.get_by_role("link", name="Settle")

    def met() -> bool:
        page.reload()
        return settle.count() > 0

    wait_for(met, "a write that met a conflict", SECONDS)
    return _last_number(settle.first.get_attribute("href") or "")


def _move_on_platform(embedded: str, operator_key: str, input_id: str, box: dict[str, Any]) -> None:
    """Move a box a little, as the owner of the app, by the platform's own API."""
    app = f"/v2/users/{OWNER_ID}/apps/{APP_ID}"
    keys = {"keys": [{"description": "visit", "type": "personal_access_token", "scopes": ["All"]}]}
    key = _call(embedded, operator_key, "POST", f"/v2/users/{OWNER_ID}/keys", keys)["keys"][0]["id"]
    edges = {side: box["box"][side] for side in ("top", "left", "bottom", "right")}
    room = min(edges["left"], 0.04)
    moved = {
        "top_row": edges["top"],
        "left_col": round(edges["left"] - room, 6),
        "bottom_row": edges["bottom"],
        "right_col": round(edges["right"] - room / 2, 6),
    }
    old = _call(embedded, key, "GET", f"{app}/inputs/{input_id}/annotations/{box['id']}")["annotation"]
    region = old["data"]["regions"][0]
    region["region_info"]["bounding_box"] = moved
    change = {"id": box["id"], "input_id": old["input_id"], "data": {"regions": [region]}}
    _call(embedded, key, "PATCH", f"{app}/annotations", {"annotations": [change], "action": "overwrite"})


def _call(embedded: str, key: str, method: str, path: str, body: object = None) -> Any:
    asked = urllib.request.Request(
        embedded + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Key {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)


def _last_number(address: str) -> int:
    numbers = re.findall(r"/(\d+)/", address)
    assert numbers, f"no row id in {address!r}"
    return int(numbers[-1])
