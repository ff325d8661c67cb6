"""Each call of the adapter through the registry against a live server: it succeeds, finds nothing, is refused.

What is sent and answered is judged as everywhere in the suite (`tests.support.judged`). The floor is the adapter's own
table: a route that was not answered with a success and with a refusal here fails, and so does a call of the
interface that was not made.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.platforms import registry
from dashboard.platforms.clarifai.answers import envelope
from dashboard.platforms.clarifai.client import ROUTES
from dashboard.platforms.errors import Forbidden, NotFound, PlatformError, Unauthorized
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    AssignmentAction,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    LabelOrder,
    Outcome,
    PatchAction,
    Predictor,
    Region,
    ReviewPlan,
    ReviewStrategy,
    Task,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)
from embedded_api import rpcs
from tests.contract.test_platform_contract import png
from tests.support import judged
from tests.support.embedded import EmbeddedApp, EmbeddedServer

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
BOX = Region("rg", Box(0.1, 0.2, 0.5, 0.6), None, (ConceptValue("rbc", 1.0),))
REVIEWED = ReviewPlan(ReviewStrategy.MANUAL, ("r-1",))
ACTIONS = AssignmentAction
# Our own server's additions, which are not called when the first of them, making the user, was refused.
AFTER_USERS = {"post_apps", "post_keys", "post_collaborators"}
NO_CALLS = {"drift", "requests", "close"}


class Noted:
    """A platform that notes the names of its calls."""

    def __init__(self, platform: Platform, called: set[str]) -> None:
        self._platform, self._called = platform, called

    def __getattr__(self, name: str) -> Any:
        self._called.add(name)
        return getattr(self._platform, name)


def task(task_id: str) -> Task:
    people = WorkerPlan(WorkerStrategy.FULL, ("l-1",))
    return Task(task_id, "Cells", type=TaskType.BOXES, concept_ids=("rbc",), worker=people, review=REVIEWED)


def write(annotation_id: str, input_id: str = "a", **more: Any) -> AnnotationWrite:
    return AnnotationWrite(annotation_id, input_id, region=BOX, **more)


def calls(
    owner: Any, newcomer: Any, labeler: Any, reviewer: Any, model: Predictor, workflow: Predictor
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every call in an order in which each can succeed; what it needs was made by those before it."""
    work = ["none"]  # until work is handed out
    state = AnnotationState.AWAITING_REVIEW

    def started(platform: Any, action: AssignmentAction) -> list[Any]:
        found: list[Any] = platform.start_work("t", action)
        work[:] = [one.id for one in found]
        return found

    yield "person", lambda: owner.provision_person(f"l-{uuid.uuid4().hex}", "Labeler 3")
    yield "owner", lambda: newcomer.provision_owner("Owner 1")
    yield "check", owner.check
    # Asked by the check where the scopes come without their app.
    yield "app", lambda: owner.client.call("get_app", envelope)
    yield "people", owner.list_people
    yield "new concepts", lambda: owner.create_concepts([Concept(uuid.uuid4().hex, "Platelet")])
    yield "concepts", owner.list_concepts
    yield "new inputs", lambda: owner.create_inputs([InputWrite(one, png()) for one in "abc"])
    yield "inputs", lambda: list(owner.iter_inputs())
    yield "inputs after", lambda: list(owner.iter_inputs(after="a"))
    yield "some inputs", lambda: owner.get_inputs(["a", "b"])
    yield "count", owner.count_inputs
    yield "picture", lambda: owner.fetch_media(owner.get_inputs(["a"])[0].url, max_bytes=1_000_000)
    yield "new task", lambda: owner.create_task(task("t"))
    yield "tasks", owner.list_tasks
    yield "task", lambda: owner.get_task("t")
    yield "changed task", lambda: owner.edit_task(task("t"))
    yield (
        "new annotations",
        lambda: owner.create_annotations([write("x", task_id="t", user_id="l-1"), write("y", "b")]),
    )
    for action in (PatchAction.MERGE, PatchAction.OVERWRITE, PatchAction.REMOVE):
        # Taken away is what it does not have: all of it would leave nothing.
        change = AnnotationWrite("y", "b", concepts=(ConceptValue("wbc", 1.0),))
        yield (
            f"annotations {action.value}",
            lambda change=change, action=action: owner.patch_annotations([change], action),
        )
    yield "annotation states", lambda: owner.set_annotation_state([("a", "x")], state)
    yield "annotations of inputs", lambda: owner.list_annotations(input_ids=["a", "b"])
    yield "annotations of a task", lambda: list(owner.iter_annotations(task_id="t"))
    yield "changes of a task", lambda: list(owner.iter_annotations(task_id="t", changed_since=WHEN))
    yield "changes", lambda: list(owner.iter_changes(WHEN))
    yield "counts of annotations", lambda: owner.annotation_counts("t")
    yield "counts of inputs", lambda: owner.input_counts("t")
    yield "labeling", lambda: started(labeler, ACTIONS.LABEL_START)
    yield "submitting", lambda: labeler.act("t", ACTIONS.LABEL_SUBMIT, work)
    yield "reviewing", lambda: started(reviewer, ACTIONS.REVIEW_START)
    yield "approving", lambda: reviewer.act("t", ACTIONS.REVIEW_APPROVE, work[:1])
    yield "sending back", lambda: reviewer.act("t", ACTIONS.REVIEW_REQUEST_CHANGES, work[1:2] or work)
    yield "rejecting", lambda: reviewer.act("t", ACTIONS.REVIEW_REJECT, work[2:] or work)
    yield "assignments", lambda: list(owner.iter_assignments("t"))
    yield "datasets", owner.list_datasets
    yield "searches", owner.list_saved_searches
    yield "predictors", owner.list_predictors
    yield "suggestions of a model", lambda: owner.suggest(["a"], model_id=model.id)
    yield (
        "of a version",
        lambda: owner.suggest(["a"], model_id=model.id, version_id=model.version_id or "none"),
    )
    yield "of a workflow", lambda: owner.suggest(["a"], workflow_id=workflow.id)
    yield "new order", lambda: owner.create_label_order(LabelOrder("o", "Order"), task("ordered"))
    yield "orders", owner.list_label_orders
    yield "changed order", lambda: owner.edit_label_order(LabelOrder("o", "Another name"))
    yield "deleted order", lambda: owner.delete_label_order("o")
    yield "closed task", lambda: owner.set_task_state("t", TaskState.DONE)
    yield "deleted annotations", lambda: owner.delete_annotations([("b", "y")])
    yield "deleted task", lambda: owner.delete_task("t")
    yield "deleted inputs", lambda: owner.delete_inputs(["c"])


Opener = Callable[..., Platform]


@pytest.fixture
def opened(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer, settings: Any) -> Iterator[Opener]:
    settings.EMBEDDED_URL = embedded_server.base_url

    def opened_as(
        token: str, operator_key: str = embedded_server.operator_key, user_id: str = embedded_app.user_id
    ) -> Platform:
        names = {"user_id": user_id, "app_id": embedded_app.app_id}
        return registry.open_platform("embedded", **names, token=token, operator_key=operator_key)

    yield opened_as
    registry.close_all()


def failures(outcomes: Any) -> list[PlatformError]:
    """What did not work in the answer of a call that tells its items apart."""
    rows = outcomes if isinstance(outcomes, list) else []
    return [one.error for one in rows if isinstance(one, Outcome) and one.error is not None]


def refused(call: Callable[[], Any]) -> bool:
    """Whether a call, or each of its items, is refused as a thing that the token may not do."""
    try:
        found = failures(call())
    except (Unauthorized, Forbidden):
        return True
    return bool(found) and all(isinstance(one, Unauthorized | Forbidden) for one in found)


def test_every_call_succeeds_and_every_call_is_refused(opened: Opener, embedded_app: EmbeddedApp) -> None:
    called: set[str] = set()
    before = Counter(judged.routes)
    owner = opened(embedded_app.token)
    labeler, reviewer = opened(embedded_app.tokens["l-1"]), opened(embedded_app.tokens["r-1"])
    newcomer = opened("", user_id=f"owner-{uuid.uuid4().hex}")
    predictors = {one.kind: one for one in owner.list_predictors()}
    chosen = predictors["model"], predictors["workflow"]
    mine = (Noted(one, called) for one in (owner, newcomer, labeler, reviewer))
    for name, call in calls(*mine, *chosen):
        assert failures(call()) == [], name
    assert owner.drift.rows() == []
    assert {name for name in vars(Platform) if not name.startswith("_")} - called == NO_CALLS

    stranger = opened("no-such-token", "no-such-key")
    free = [name for name, call in calls(*[stranger] * 4, *chosen) if not refused(call)]
    assert free == []
    # These read first: only who may read gets as far as being refused the write.
    reader = opened(reading_token(embedded_app))
    owner.create_label_order(LabelOrder("o", "Order"), task("again"))
    assert refused(lambda: reader.edit_label_order(LabelOrder("o", "Another name")))
    assert refused(lambda: reader.create_concepts([Concept("new", "New")]))
    seen = judged.routes - before
    assert {route for route, ok in seen if ok} == set(ROUTES)
    assert {route for route, ok in seen if not ok} == set(ROUTES) - AFTER_USERS


def reading_token(app: EmbeddedApp) -> str:
    """A token of the owner that may read everything and write nothing."""
    scopes = [one for one in rpcs.SCOPES if one.endswith("_Get")]
    key = {"description": "reader", "type": "personal_access_token", "scopes": scopes}
    answer = app.client.post(
        f"/v2/users/{app.user_id}/keys",
        json={"keys": [key]},
        headers={"Authorization": f"Key {app.token}"},
    )
    made: str = answer.json()["keys"][0]["id"]
    return made


def test_an_empty_app_has_nothing_to_tell(opened: Opener, embedded_app: EmbeddedApp) -> None:
    owner = opened(embedded_app.token)
    lists: list[Callable[[], Any]] = [
        owner.list_tasks,
        owner.list_datasets,
        owner.list_saved_searches,
        owner.list_label_orders,
        lambda: list(owner.iter_inputs()),
        lambda: list(owner.iter_changes(WHEN)),
        lambda: owner.get_inputs(["none"]),
        lambda: owner.list_annotations(input_ids=["none"]),
        lambda: list(owner.iter_annotations(task_id="none")),
        lambda: list(owner.iter_annotations(task_id="none", changed_since=WHEN)),
    ]
    assert [call() for call in lists] == [[]] * len(lists)
    assert owner.count_inputs() == 0
    unknown: list[Callable[[], Any]] = [
        lambda: owner.get_task("none"),
        lambda: owner.edit_task(task("none")),
        lambda: owner.annotation_counts("none"),
        lambda: owner.input_counts("none"),
        lambda: list(owner.iter_assignments("none")),
        lambda: owner.start_work("none", ACTIONS.LABEL_START),
        lambda: owner.edit_label_order(LabelOrder("none", "Order")),
    ]
    for call in unknown:
        with pytest.raises(NotFound):
            call()
    owner.delete_task("none")
    owner.delete_label_order("none")
    owner.delete_inputs(["none"])
    owner.delete_annotations([("none", "none")])
    assert owner.drift.rows() == []
