"""Every call of the Clarifai adapter, as it stands on the wire, fits the vendor's request messages exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from dashboard.platforms.clarifai.client import ROUTES
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    AssignmentAction,
    Assist,
    AutoRule,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    LabelOrder,
    LabelOrderState,
    PatchAction,
    Region,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    Task,
    TaskDetails,
    TaskPriority,
    TaskState,
    WorkerPlan,
    WorkerStrategy,
)
from tests.support import wire
from tests.support.platform_scripts import Script, answer

# Our own server's additions, which a Clarifai connection never calls.
OWN = {"list_assignments", "post_users", "post_apps", "post_keys", "post_collaborators"}
ODD = "ä/ö?&=#%20 + \u4e2d"
WHEN = datetime(2026, 3, 1, 10, 0, 0, 7, UTC)


def respond(request: httpx.Request) -> httpx.Response:
    """Enough of an answer for every route."""
    task = {"id": ODD, "status": {"code": 54001}}
    order = {"id": ODD, "status": {"code": 55001}, "task": {"id": "t"}}
    sent = json.loads(request.content or b"{}")
    lists: dict[str, list[Any]] = {
        name: [] for name in ("annotations", "hits", "task_assignments", "concepts")
    }
    lists |= {name: [] for name in ("collaborators", "datasets", "searches", "models", "workflows")}
    inputs = [{"id": ODD, "data": {"image": {"url": "https://example.org/a.jpg"}}}]
    # What was written was taken.
    lists |= {name: [{"id": one.get("id", "")} for one in sent[name]] for name in lists if name in sent}
    predicted = [{"input": {"id": one.get("id")}, "data": {}} for one in sent.get("inputs", [])]
    return answer(
        **lists,
        inputs=inputs,
        tasks=[task],
        task=task,
        label_orders=[order],
        label_order=order,
        outputs=predicted,
        results=predicted,
        counts=[] if request.url.path.endswith("count") else {"processed": 1},
        user={"id": "acme"},
        scopes=["All"],
        app={"id": "cells"},
    )


def every_task() -> Iterable[Task]:
    people = WorkerPlan(WorkerStrategy.PARTITIONED, ("l-1", ODD), 2, {"l-1": 0.7, ODD: 0.3})
    rule = AutoRule("rbc", ("tag", "box", "mask"), 0.5, 0.9, False, True, AnnotationState.PENDING)
    for source in (SourceKind.ALL, SourceKind.DATASET, SourceKind.SAVED_SEARCH, SourceKind.INPUT):
        details = TaskDetails(
            source=source,
            source_id="" if source is SourceKind.ALL else ODD,
            priority=TaskPriority.HIGH,
            metadata={"a": [1, None, {"b": 2.5}]},
            sample_ms=40,
            label_order_id=ODD,
            delete_previous=True,
            assist=Assist(
                workflow_id=ODD, model_id=ODD, min_threshold=0.1, relation_ids=(ODD,), version_id="v"
            ),
            rules=(rule,),
        )
        review = ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1",), 2, -1)
        yield Task(
            ODD, "n", description="d", concept_ids=("rbc",), worker=people, review=review, details=details
        )
    for kind in ("worker_model_id", "worker_workflow_id"):
        worker: dict[str, Any] = {kind: ODD, "automatic": True}
        yield Task(ODD, "n", review=ReviewPlan(reviewer_threshold=1), details=TaskDetails(**worker))


def every_write() -> list[AnnotationWrite]:
    box, line = Box(0, 0.1, 1 / 3, 1), ((0.0, 0.0), (0.5, 0.1), (1.0, 1.0))
    concepts = (ConceptValue("rbc", 0.0), ConceptValue(ODD, 1.0))
    common: dict[str, Any] = {"user_id": ODD, "task_id": ODD, "state": AnnotationState.AWAITING_REVIEW}
    return [
        AnnotationWrite("a-1", ODD, Region("r", box, None, concepts), concepts, **common),
        AnnotationWrite("a-2", ODD, Region("r", None, line), base_raw=b'{"text": {"raw": "kept"}}'),
        AnnotationWrite("a-3", ODD, state=AnnotationState.REJECTED),
    ]


def walk(platform: Any) -> None:
    """Each call of the interface that sends a request, with everything that it can say."""
    calls: list[Callable[[], Any]] = [
        platform.check,
        platform.list_people,
        lambda: platform.create_concepts([Concept("rbc", "Red"), Concept(ODD, "")]),
        lambda: list(platform.iter_inputs(after=ODD)),
        lambda: platform.get_inputs([ODD, "b"]),
        lambda: platform.create_inputs(
            [
                InputWrite("i-1", content=b"png", name="a.png", metadata={"n": 1}, dataset_ids=("train",)),
                InputWrite("i-2", url="https://example.org/a.jpg"),
            ]
        ),
        lambda: platform.delete_inputs([ODD]),
        lambda: platform.list_annotations(input_ids=[ODD], ids=["a"], task_id=ODD, user_ids=[ODD, "l-1"]),
        lambda: list(platform.iter_annotations(task_id=ODD)),
        lambda: list(platform.iter_annotations(task_id=ODD, changed_since=WHEN)),
        lambda: list(platform.iter_changes(WHEN)),
        lambda: platform.create_annotations(every_write()),
        lambda: platform.patch_annotations(every_write(), PatchAction.MERGE),
        lambda: platform.patch_annotations(every_write(), PatchAction.OVERWRITE),
        lambda: platform.patch_annotations(every_write(), PatchAction.REMOVE),
        lambda: platform.delete_annotations([(ODD, "a-1"), ("i", "a-2")]),
        *(lambda state=state: platform.set_annotation_state([(ODD, "a")], state)
          for state in AnnotationState if state is not AnnotationState.UNKNOWN),
        platform.list_tasks,
        *(lambda task=task: platform.create_task(task) for task in every_task()),
        *(lambda task=task: platform.edit_task(task) for task in every_task()),
        *(lambda state=state: platform.set_task_state(ODD, state)
          for state in (TaskState.IN_PROGRESS, TaskState.DONE, TaskState.ABANDONED)),
        lambda: platform.delete_task(ODD),
        lambda: platform.annotation_counts(ODD),
        lambda: platform.input_counts(ODD),
        lambda: platform.start_work(ODD, AssignmentAction.LABEL_START),
        lambda: platform.start_work(ODD, AssignmentAction.REVIEW_START),
        *(lambda action=action: platform.act(ODD, action, ["as-1", ODD])
          for action in AssignmentAction if not action.name.endswith("_START")),
        platform.list_datasets,
        platform.list_saved_searches,
        platform.list_predictors,
        lambda: platform.suggest([ODD], model_id=ODD),
        lambda: platform.suggest([ODD], model_id=ODD, version_id=ODD),
        lambda: platform.suggest([ODD], workflow_id=ODD),
        platform.list_label_orders,
        lambda: platform.create_label_order(LabelOrder(ODD, "n", wanted_at=WHEN), next(iter(every_task()))),
        lambda: platform.edit_label_order(
            LabelOrder(ODD, "n", LabelOrderState.RELEASED, True, True, WHEN, WHEN)
        ),
        lambda: platform.delete_label_order(ODD),
    ]  # fmt: skip
    for call in calls:
        call()


def judge(request: httpx.Request) -> str:
    """Parse a request as it was sent; answers the rpc that it called."""
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    parameters = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    wire.strict_request(request.method, path, parameters, request.content)
    found = wire.find(request.method, path)
    assert found is not None
    return found.rpc


@pytest.mark.parametrize("make", [Script.clarifai, Script.embedded])
def test_every_call_fits_the_official_requests(make: Callable[[Script], Any]) -> None:
    script = Script(respond)
    walk(make(script))
    assert len(script.requests) > 60
    rpcs = {judge(request) for request in script.requests}
    called = {
        name
        for name, (method, template) in ROUTES.items()
        if any(_is(request, method, template) for request in script.requests)
    }
    # The app comes with the scopes; its own route is asked only where it does not.
    assert set(ROUTES) - called == OWN | {"get_app"}
    assert len(rpcs) == len(called) - 1  # two ways to ask a model are one rpc


def test_the_judge_sees_what_is_wrong() -> None:
    script = Script(respond)
    platform = script.clarifai()
    platform.list_tasks()
    request = script.requests[0]
    request.url = request.url.copy_merge_params({"moon": "full"})
    with pytest.raises(wire.Unlike):
        judge(request)


def test_the_app_is_asked_for_where_the_scopes_come_without_it() -> None:
    def bare(request: httpx.Request) -> httpx.Response:
        return answer(scopes=["All"]) if request.url.path.endswith("myscopes") else respond(request)

    script = Script(bare)
    assert script.clarifai().check().app_name == "cells"
    assert "GetApp" in {judge(request) for request in script.requests}


def test_refused_calls_are_judged_too() -> None:
    """Batches that are halved send parts of what fitted as a whole."""
    script = Script(answer(24155, http=400))
    for call in (
        lambda platform: platform.create_annotations(every_write()),
        lambda platform: platform.act("t", AssignmentAction.REVIEW_APPROVE, ["a", "b", "c"]),
        lambda platform: platform.create_task(next(iter(every_task()))),
    ):
        try:
            call(script.clarifai())
        except PlatformError:
            continue
    assert len(script.requests) > 8
    assert {judge(request) for request in script.requests} == {
        "PostAnnotations", "PutTaskAssignments", "PostTasks",
    }  # fmt: skip


def _is(request: httpx.Request, method: str, template: str) -> bool:
    """Whether a request went to a route of the table."""
    app = "/v2/users/acme/apps/cells"
    full = app + template[1:] if template.startswith("U") else template
    wanted, got = full.split("/"), request.url.raw_path.decode("ascii").partition("?")[0].split("/")
    return (
        request.method == method
        and len(wanted) == len(got)
        and all(part.startswith("{") or part == there for part, there in zip(wanted, got, strict=True))
    )
