"""One way of reading a task's annotations, in a process of its own; run by the sync part as a program.

    python -m bench.reading adapter|official|pull    (the rest by JSON on standard input)

Prints JSON: `seconds`, `processor` (seconds of this process), `found`; for `pull` also `again`, the seconds of the
next pull, and `grown`, MB of memory. Imports are not timed.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

PAGE = 1_000  # the largest page that the API has; both sides ask for it


def adapter(where: dict[str, str]) -> dict[str, Any]:
    """Through the desk's own service layer: every annotation as one of its value objects."""
    import django

    django.setup()
    from dashboard.platforms.registry import open_platform

    platform = open_platform(
        "embedded", user_id=where["user_id"], app_id=where["app_id"], token=where["token"]
    )
    began, spent = time.perf_counter(), time.process_time()
    found = sum(1 for one in platform.iter_annotations(task_id=where["task_id"]) if one.id)
    return {"seconds": time.perf_counter() - began, "processor": time.process_time() - spent, "found": found}


def official(where: dict[str, str]) -> dict[str, Any]:
    """Through the vendor's JSON client: the same pages one by one, every annotation as a protobuf message."""
    from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
    from clarifai_grpc.grpc.api import resources_pb2, service_pb2, service_pb2_grpc
    from clarifai_grpc.grpc.api.status import status_code_pb2

    stub = service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(base_url=where["base_url"]))
    app = resources_pb2.UserAppIDSet(user_id=where["user_id"], app_id=where["app_id"])
    key = (("authorization", f"Key {where['token']}"),)
    began, spent = time.perf_counter(), time.process_time()
    found, page = 0, 1
    while True:
        asked = service_pb2.ListAnnotationsRequest(
            user_app_id=app, task_id=where["task_id"], page=page, per_page=PAGE
        )
        answer = stub.ListAnnotations(asked, metadata=key)
        assert answer.status.code == status_code_pb2.SUCCESS, answer.status
        found += sum(1 for one in answer.annotations if one.id)
        if len(answer.annotations) < PAGE:
            taken = time.perf_counter() - began
            return {"seconds": taken, "processor": time.process_time() - spent, "found": found}
        page += 1


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
    way = {"adapter": adapter, "official": official, "pull": pull}[sys.argv[1]]
    print(json.dumps(way(json.load(sys.stdin))))
