"""A pull of the whole app, in a process of its own; run by the sync part as a program.

    python -m bench.reading    (the connection by JSON on standard input)

Prints JSON: `seconds`, `again` (seconds of the next pull), `found` (annotations), `grown` (MB of memory). Imports
are not timed.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any


def pull(where: dict[str, str]) -> dict[str, Any]:
    """Everything into an empty mirror, then once more when nothing has changed."""
    import django

    django.setup()
    from django.core.management import call_command

    from dashboard.accounts.models import Connection
    from dashboard.sync import duties
    from dashboard.sync.models import WorkItem
    from dashboard.sync.pull import pull as pull_run

    call_command("migrate", verbosity=0)
    connection = Connection.objects.create(
        slug="bench",
        name="Bench",
        kind="embedded",
        base_url="",
        platform_user_id=where["user_id"],
        platform_app_id=where["app_id"],
        token=where["token"],
    )
    before = _peak()
    times = []
    for mode in ("full", "incremental"):
        began = time.perf_counter()
        run = pull_run(duties.queue(connection.pk, mode).pk)
        assert run is not None
        assert run.state == "done", run.error
        times.append(time.perf_counter() - began)
    shapes = sum(WorkItem.objects.values_list("shape_count", flat=True))
    return {"seconds": times[0], "again": times[1], "found": shapes, "grown": _peak() - before}


def _peak() -> float:
    """The largest resident size of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    print(json.dumps(pull(json.load(sys.stdin))))
