"""A small HTTP server that speaks the workbench's JSON, to drive the pages in isolation.

It holds items in memory and does what a test tells it: refuse, drop a request, lose an answer. The true end to
end tests run against the real desk.
"""

from __future__ import annotations

import io
import json
import random
import re
import threading
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.template import Context, Engine
from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parents[2]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
CONCEPTS = [
    {"id": "rbc", "name": "RBC", "color": 0},
    {"id": "wbc", "name": "WBC", "color": 1},
    {"id": "platelets", "name": "Platelets", "color": 2},
    {"id": "smear", "name": "Smear", "color": 3},
]
REASONS = ["missing", "wrong_class", "loose", "extra", "other"]
WORDS = ["Something is missing", "Wrong class", "Box too loose", "Something extra", "Other"]
SKIP_REASONS = ["blurry", "unclear", "duplicate", "other"]
OPEN = ("awaiting_review", "to_do", "changes_asked")
BLANK = "<!doctype html><html lang=en><title>Blank</title><link rel=icon href=data:,><p data-role=live></p></html>"
WIDTH, HEIGHT = 640, 480
LIBRARIES = {"static": "tests.browser.plain_static", "workbench": "annotations_ui.templatetags.workbench"}


def cells(seed: int) -> list[dict[str, Any]]:
    """Boxes of one picture: mostly red cells, a white one, a few platelets."""
    chance = random.Random(seed)
    found = []
    for number in range(11):
        concept, size = ("wbc", 0.34) if number == 0 else ("platelets", 0.06) if number > 8 else ("rbc", 0.19)
        left, top = chance.uniform(0.01, 0.98 - size * 0.75), chance.uniform(0.01, 0.98 - size)
        box = {"top": top, "left": left, "bottom": top + size, "right": left + size * 0.75}
        found.append({"id": f"an-{seed}-{number}", "kind": "box", "concept": concept, "value": 1, "box": box,
                      "points": None, "base": f"b{seed}-{number}", "author": "labeler-1", "locked": False})  # fmt: skip
    return found


@lru_cache(maxsize=64)
def picture(seed: int) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), (231, 221, 224))
    draw = ImageDraw.Draw(image)
    fills = {"rbc": (214, 160, 165), "wbc": (150, 120, 190), "platelets": (128, 90, 170)}
    for cell in cells(seed):
        box = cell["box"]
        edges = [
            box["left"] * WIDTH + 4,
            box["top"] * HEIGHT + 4,
            box["right"] * WIDTH - 4,
            box["bottom"] * HEIGHT - 4,
        ]
        draw.ellipse(edges, fill=fills[cell["concept"]], outline=(180, 120, 130), width=2)
    out = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=85)
    return out.getvalue()


class Desk:
    """The stub's state. ``fail`` maps a path's regular expression to a list of answers, used up one by one:
    (status, body), "drop" (the connection breaks before anything is done) or "lost" (after it was done)."""

    def __init__(self, count: int = 12) -> None:
        self.count = count
        self.bodies = {number: self.body(number) for number in range(1, count + 1)}
        self.states: dict[str, str] = {}
        self.next_state = "confirmed"
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.drafts: dict[int, dict[str, Any]] = {}
        self.fail: dict[str, list[tuple[int, dict[str, Any]] | str]] = {}
        self.gets: list[str] = []
        self.bulk: dict[str, Any] | None = None
        self.asked_bulk = 0
        self.type = "boxes"
        self.assist: dict[str, Any] | None = None
        self.suggestions: dict[int, dict[str, Any]] = {}
        self.lock = threading.Lock()
        # Ends each connection with its answer: on a kept one Chromium sends a lost request again by itself.
        self.fresh_connections = False

    def body(self, number: int) -> dict[str, Any]:
        allowed = {"ok": True, "why": ""}
        return {
            "item": {
                "id": number, "name": f"cell-{number:04}", "input_id": f"in-{number}", "state": "awaiting_review",
                "delivery": None, "labeler": {"id": "labeler-2", "name": "Labeler 2"},
                "submitted_at": "2026-01-02T09:30:00Z", "age": "2 h ago",
                "image": {"url": f"/media/{number}/large/", "thumb": f"/media/{number}/small/",
                          "width": WIDTH, "height": HEIGHT},
            },
            "annotations": cells(number), "before": {}, "returned": None, "history": [],
            "can": {name: dict(allowed) for name in ("approve", "request_changes", "reject", "edit", "submit")},
        }  # fmt: skip

    def config(self, mode: str) -> dict[str, Any]:
        item = "/items/{id}/"
        return {
            "mode": mode, "connection": "demo", "task": {"id": 1, "name": "Blood cells", "type": self.type},
            "concepts": CONCEPTS, "start": None, "undo_seconds": 8,
            "reasons": [{"id": one, "label": words} for one, words in zip(REASONS, WORDS, strict=True)],
            "skip_reasons": [{"id": one, "label": one.capitalize()} for one in SKIP_REASONS],
            "can": {"review": {"ok": True, "why": ""}, "label": {"ok": True, "why": ""}},
            "urls": {
                "queue": "/queue/", "item": item, "decisions": item + "decisions/", "draft": item + "draft/",
                "submission": item + "submission/", "skip": item + "skip/", "undo": "/decisions/{operation}/undo/",
                "states": "/decisions/", "bulk": "/bulk/", "bulk_state": "/bulk/{id}/", "home": "/task/",
                "grid": "/grid/", "review": "/review/", "label": "/label/",
                "suggestions": item + "suggestions/", "suggestions_ahead": "/suggestions/",
            },
            "assist": self.assist,
        }  # fmt: skip

    def render(self, mode: str) -> str:
        engine = Engine(dirs=[str(ROOT / "templates")], libraries=LIBRARIES)
        context = {"config": self.config(mode), "task": {"name": "Blood cells"}, "connection": {"slug": "demo"},
                   "csrf_token": "stub-token"}  # fmt: skip
        return engine.get_template(f"workbench/{mode}.html").render(Context(context))

    # Answers: (status, body)

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == "/queue/":
            after = int(query.get("after", ["0"])[0])
            left = [
                one
                for one in self.bodies.values()
                if one["item"]["id"] > after and one["item"]["state"] in OPEN
            ]
            page = left[:5]
            rows = [
                {name: one["item"][name] for name in ("id", "name", "state", "labeler")}
                | {"thumb": one["item"]["image"]["thumb"], "body": one}
                for one in page
            ]
            done = self.count - sum(one["item"]["state"] == "awaiting_review" for one in self.bodies.values())
            return 200, {"items": rows, "next": str(page[-1]["item"]["id"]) if len(left) > 5 else None,
                         "total": self.count, "done": done}  # fmt: skip
        if path == "/decisions/":
            asked = query.get("ids", [""])[0].split(",")
            answer = {one: self.states[one] for one in asked if one in self.states}
            for one in asked:
                self.states[one] = self.next_state
            return 200, answer
        if found := re.fullmatch(r"/items/(\d+)/", path):
            return 200, self.bodies[int(found[1])]
        if found := re.fullmatch(r"/items/(\d+)/draft/", path):
            draft = self.drafts.get(int(found[1]))
            return (200, draft) if draft else (204, None)
        if found := re.fullmatch(r"/items/(\d+)/suggestions/", path):
            return 200, self.suggested(int(found[1]))
        if path == "/suggestions/":
            return 200, {"items": {one: self.suggested(int(one)) for one in query["ids"][0].split(",")}}
        if re.fullmatch(r"/bulk/\d+/", path) and self.bulk:
            self.asked_bulk += 1
            total = self.bulk["total"]
            done = min(total, self.asked_bulk * 3)
            return 200, {"total": total, "saved": total, "sent": done, "confirmed": done, "conflict": 0, "failed": 0,
                         "finished": done == total}  # fmt: skip
        return 404, {"code": "gone", "detail": "This does not exist."}

    def suggested(self, number: int) -> dict[str, Any]:
        source = {"kind": "model", "id": "demo-cells"}
        return {"source": source, "bounds": [0.3, 1], "suggestions": [], "judged": 0, "dropped": 0} | (
            self.suggestions.get(number, {})
        )

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.posts.append((path, body))
        if found := re.fullmatch(r"/items/(\d+)/decisions/", path):
            state = {"approve": "approved", "request_changes": "changes_asked", "reject": "rejected"}[
                body["verdict"]
            ]
            self.bodies[int(found[1])]["item"]["state"] = state
            known = body["operation"] in self.states
            self.states.setdefault(body["operation"], "held")
            answer = {"operation": body["operation"], "decision": 1, "delivery": "held", "undo_seconds": 8}
            return (200 if known else 201), answer | {"item": {"id": int(found[1]), "state": state}}
        if found := re.fullmatch(r"/decisions/([0-9a-f-]+)/undo/", path):
            decided = [(p, b) for p, b in self.posts if b.get("operation") == found[1]]
            number = int(decided[-1][0].split("/")[2])
            self.bodies[number]["item"]["state"] = "awaiting_review"
            self.states[found[1]] = "withdrawn"
            return 200, {"operation": found[1], "delivery": "withdrawn"}
        if found := re.fullmatch(r"/items/(\d+)/submission/", path):
            self.bodies[int(found[1])]["item"]["state"] = "awaiting_review"
            self.drafts.pop(int(found[1]), None)
            return 201, {"operation": body["operation"], "delivery": "pending", "next": None}
        if re.fullmatch(r"/items/(\d+)/skip/", path):
            return 201, {"skipped": True}
        if path == "/bulk/":
            self.bulk = {"total": len(body["approve"]) + len(body["send_back"])}
            return 202, {"bulk": 7, "total": self.bulk["total"]}
        return 404, {"code": "gone", "detail": "This does not exist."}

    def put(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        number = int(path.split("/")[2])
        now = self.drafts.get(number, {"revision": 0})["revision"]
        if body["revision"] != now:
            return 409, {"code": "conflict", "detail": "A newer draft is here."}
        self.drafts[number] = {
            "revision": now + 1,
            "shapes": body["shapes"],
            "saved_at": "2026-01-02T10:00:00Z",
        }
        return 200, {"revision": now + 1}

    def planned(self, method: str, path: str) -> tuple[int, dict[str, Any]] | str | None:
        for pattern, answers in self.fail.items():
            if answers and re.fullmatch(pattern, f"{method} {path}"):
                return answers.pop(0)
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: Desk

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        if self.desk.fresh_connections:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def json(self, status: int, data: Any) -> None:
        self.answer(status, b"" if data is None else json.dumps(data).encode(), "application/json")

    def handle_json(self, method: str) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        with self.desk.lock:
            plan = self.desk.planned(method, url.path)
            if plan == "drop":
                self.close_connection = True
                self.connection.close()
                return
            if plan is not None and plan != "lost":
                self.json(*plan)  # type: ignore[misc]
                return
            if method != "GET" and self.headers.get("X-CSRFToken") != "stub-token":
                self.json(403, {"code": "denied", "detail": "No token."})
                return
            if method == "GET":
                status, data = self.desk.get(url.path, parse_qs(url.query))
            else:
                status, data = getattr(self.desk, method.lower())(url.path, body)
            data = json.loads(json.dumps(data))
            if plan == "lost":
                self.close_connection = True
                self.connection.close()
                return
        self.json(status, data)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.desk.gets.append(self.path)
        if url.path in ("/review/", "/label/", "/grid/"):
            self.answer(200, self.desk.render(url.path.strip("/")).encode(), "text/html; charset=utf-8")
        elif url.path in ("/blank/", "/task/"):
            self.answer(200, BLANK.encode(), "text/html; charset=utf-8")
        elif url.path.startswith("/static/"):
            file = (ROOT / url.path.lstrip("/")).resolve()
            if file.is_file() and file.is_relative_to(ROOT / "static"):
                self.answer(200, file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))
            else:
                self.answer(404, b"", "text/plain")
        elif found := re.fullmatch(r"/media/(\d+)/\w+/", url.path):
            if self.desk.planned("GET", url.path):
                self.answer(404, b"", "text/plain")
            else:
                self.answer(200, picture(int(found[1])), "image/jpeg")
        else:
            self.handle_json("GET")

    def do_POST(self) -> None:
        self.handle_json("POST")

    def do_PUT(self) -> None:
        self.handle_json("PUT")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that is left closes its connections; that is no news."""


def serve(desk: Desk) -> tuple[ThreadingHTTPServer, str]:
    """Starts the stub on a free port of the loopback; the caller shuts it down."""
    handler = type("DeskHandler", (Handler,), {"desk": desk})
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"
