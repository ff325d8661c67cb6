"""Server time of the list pages at growing sizes, in a process and a database of its own.

    python -m bench.list_pages 1000 10000 100000

Prints JSON: [{"size", "page", "queries", "wall": [...], "processor": [...]}, ...], times in milliseconds.
Through Django's test client, so with every middleware, the session and the template, without a socket.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection as database  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.list_rows import RARE, Rows  # noqa: E402
from dashboard.sync.models import Input, WorkItem  # noqa: E402

REPEATS = 15


def pages(rows: Rows) -> dict[str, str]:
    """{what is measured: its address}"""
    home = "/c/bench"
    big = rows.tasks[0]
    items = WorkItem.objects.filter(task=big).order_by("id").values_list("id", flat=True)
    deep_item = items[int(items.count() * 0.9)]
    deep_input = Input.objects.order_by("id").values_list("id", flat=True)[int(rows.items * 0.9)]
    return {
        "home": f"{home}/",
        "task list": f"{home}/tasks/",
        "task list, most awaiting review first": f"{home}/tasks/?order=-waiting",
        "task page, half of all items": f"{home}/tasks/{big.pk}/",
        "task page, deep": f"{home}/tasks/{big.pk}/?after={deep_item}",
        "task page, by state and labeler": f"{home}/tasks/{big.pk}/?state=awaiting_review&labeler=l-2",
        "inputs, first": f"{home}/inputs/",
        "inputs, deep": f"{home}/inputs/?after={deep_input}",
        "inputs, by state": f"{home}/inputs/?state=changes_asked",
        "inputs, by a rare concept": f"{home}/inputs/?concept={RARE}",
        "inputs, by task, labeler, state, concept": (
            f"{home}/inputs/?task={big.pk}&labeler=l-3&state=awaiting_review&concept={RARE}"
        ),
        "inputs, a name that one has": f"{home}/inputs/?q=picture-0000777",
        "review queue, first": f"{home}/tasks/{big.pk}/review/queue/",
        "review queue, deep": f"{home}/tasks/{big.pk}/review/queue/?after={deep_item}",
        "outbox": f"{home}/outbox/",
    }


def main(sizes: list[int]) -> list[dict[str, Any]]:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    rows = Rows()
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(rows.person)
    found: list[dict[str, Any]] = []
    for size in sizes:
        rows.grow(size)
        for name, address in pages(rows).items():
            with CaptureQueriesContext(database) as captured:
                answer = client.get(address)
                queries = len(captured)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            found.append({"size": size, "page": name, "queries": queries, **measure(client, address)})
    return found


def measure(client: Client, address: str) -> dict[str, list[float]]:
    """Milliseconds of each repeat: on the clock, and of the processors (ours and the database's)."""
    wall, processor = [], []
    for _ in range(REPEATS):
        began, spent = time.perf_counter(), processor_seconds()
        client.get(address)
        processor.append((processor_seconds() - spent) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return {"wall": wall, "processor": processor}


def processor_seconds() -> float:
    """What this process has spent, and with PostgreSQL on Linux the process that serves it."""
    backend = 0.0
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            path = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        backend = int(path.read_text().split()[0]) / 1e9 if path.exists() else 0.0
    return time.process_time() + backend


if __name__ == "__main__":
    print(json.dumps(main([int(one) for one in sys.argv[1:]])))
