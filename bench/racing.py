"""One way of reading or writing annotations, in a process of its own; run by the wire part as a program.

    python -m bench.racing adapter|official list|changes|post [ROUND]    (the rest by JSON on standard input)
    python -m bench.racing official post_singly

Prints JSON: `seconds`, `processor` (seconds of this process), `found` (annotations read or written). Imports are
not timed, and neither is making what is posted: both sides start from a list of plain facts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

PAGE = 1_000  # the largest page that the API has; both sides ask for it
BATCH = 128  # the largest write that the API takes; both sides send it
POSTED = 10_000
SINGLY = 1_000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # a first sync: everything has changed since
Fact = tuple[str, str, tuple[float, float, float, float]]


def facts(prefix: str) -> list[Fact]:
    """What is posted: annotation id, input id, box."""
    return [
        (f"{prefix}-{place}", f"in-{place % 1_000:06}", (edge, edge / 3, edge + 0.4, edge / 3 + 0.3))
        for place in range(POSTED)
        for edge in [(place % 997) / 2000]
    ]


class Adapter:
    """The desk's own service layer: every annotation as one of its value objects."""

    def __init__(self, where: dict[str, str]) -> None:
        import django

        django.setup()
        from dashboard.platforms import types
        from dashboard.platforms.registry import open_platform

        self._types = types
        self._task = where["task_id"]
        names = {name: where[name] for name in ("user_id", "app_id", "token")}
        self._platform = open_platform("embedded", **names)
        self._platform.list_people()  # the capabilities of both sides are known, the connection stands

    def list(self, _: list[Fact]) -> int:
        return sum(1 for one in self._platform.iter_annotations(task_id=self._task) if one.id)

    def changes(self, _: list[Fact]) -> int:
        found = self._platform.iter_annotations(task_id=self._task, changed_since=LONG_AGO)
        return sum(1 for one in found if one.id)

    def post(self, sent: list[Fact]) -> int:
        types = self._types
        rbc = (types.ConceptValue("rbc", 1.0),)
        writes = [
            types.AnnotationWrite(
                one,
                input_id,
                region=types.Region("", types.Box(*box), None, rbc),
                state=types.AnnotationState.AWAITING_REVIEW,
                user_id="l-1",
                task_id=self._task,
            )
            for one, input_id, box in sent
        ]
        return sum(1 for one in self._platform.create_annotations(writes) if one.annotation)


class Official:
    """The vendor's JSON client: the same pages and batches one by one, every annotation as a protobuf message."""

    def __init__(self, where: dict[str, str]) -> None:
        from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
        from clarifai_grpc.grpc.api import resources_pb2, service_pb2, service_pb2_grpc

        self._stub = service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(base_url=where["base_url"]))
        self._key = (("authorization", f"Key {where['token']}"),)
        self._task = where["task_id"]
        self._r, self._s = resources_pb2, service_pb2
        self._app = resources_pb2.UserAppIDSet(user_id=where["user_id"], app_id=where["app_id"])
        self._call("ListCollaborators", service_pb2.ListCollaboratorsRequest(user_app_id=self._app))

    def _call(self, rpc: str, asked: Any) -> Any:
        answer = getattr(self._stub, rpc)(asked, metadata=self._key)
        assert answer.status.code == 10000, answer.status
        return answer

    def list(self, _: list[Fact]) -> int:
        def page(number: int) -> Any:
            asked = self._s.ListAnnotationsRequest(
                user_app_id=self._app, task_id=self._task, page=number, per_page=PAGE
            )
            return self._call("ListAnnotations", asked).annotations

        return sum(1 for one in _every(page) if one.id)

    def changes(self, _: list[Fact]) -> int:
        query = self._r.Query()
        query.filters.add().annotation.task_id = self._task
        query.filters.add().last_updated_time_range.start_time.FromDatetime(LONG_AGO)

        def page(number: int) -> Any:
            asked = self._s.PostAnnotationsSearchesRequest(
                user_app_id=self._app,
                searches=[self._r.Search(query=query)],
                pagination=self._s.Pagination(page=number, per_page=PAGE),
            )
            return self._call("PostAnnotationsSearches", asked).hits

        return sum(1 for one in _every(page) if one.annotation.id)

    def post(self, sent: list[Fact]) -> int:
        made = [self._annotation(*one) for one in sent]
        found = 0
        for start in range(0, len(made), BATCH):
            asked = self._s.PostAnnotationsRequest(
                user_app_id=self._app, annotations=made[start : start + BATCH]
            )
            found += sum(1 for one in self._call("PostAnnotations", asked).annotations if one.id)
        return found

    def post_singly(self, sent: list[Fact]) -> int:
        """One a call, as every example of the API's guide does; only some, for the time that it takes."""
        for one in sent[:SINGLY]:
            asked = self._s.PostAnnotationsRequest(
                user_app_id=self._app, annotations=[self._annotation(*one)]
            )
            self._call("PostAnnotations", asked)
        return SINGLY

    def _annotation(self, one: str, input_id: str, box: tuple[float, float, float, float]) -> Any:
        made = self._r.Annotation(id=one, input_id=input_id, user_id="l-1", task_id=self._task)
        made.status.code = 24157
        region = made.data.regions.add()
        edges = region.region_info.bounding_box
        edges.top_row, edges.left_col, edges.bottom_row, edges.right_col = box
        region.data.concepts.add(id="rbc", value=1)
        return made


def _every(page: Callable[[int], Any]) -> Iterator[Any]:
    number = 1
    while True:
        found = page(number)
        yield from found
        if len(found) < PAGE:
            return
        number += 1


def main(side: str, what: str, turn: str = "0") -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    who = {"adapter": Adapter, "official": Official}[side](json.load(sys.stdin))
    sent = facts(f"{side}-{what}-{turn}")
    began, spent = time.perf_counter(), time.process_time()
    found = getattr(who, what)(sent)
    told = {"seconds": time.perf_counter() - began, "processor": time.process_time() - spent, "found": found}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
