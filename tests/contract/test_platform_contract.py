"""One suite over every platform adapter, against live servers.

What a platform lacks by its capabilities must raise Unsupported, which is tested too.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from PIL import Image

from dashboard.platforms import registry
from dashboard.platforms.errors import (
    AlreadyExists,
    AnswerTooLarge,
    Forbidden,
    IllegalMove,
    NotFound,
    PlatformError,
    PreconditionFailed,
    Rejected,
    Unauthorized,
    UnsafeAddress,
    Unsupported,
)
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    AssignmentAction,
    AssignmentState,
    Assist,
    AutoRule,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    LabelOrder,
    LabelOrderState,
    Outcome,
    PatchAction,
    Region,
    ReviewPlan,
    ReviewStrategy,
    SourceKind,
    StatusCounts,
    Task,
    TaskDetails,
    TaskPriority,
    TaskState,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)
from tests.support.embedded import EmbeddedApp, EmbeddedServer

# Numbers that a careless float or a 32-bit field would change.
BOX = Box(0.1, 1 / 3, 0.30000000000000004, 0.9999999999999999)


def png(width: int = 64, height: int = 48) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (180, 40, 60)).save(out, "PNG")
    return out.getvalue()


@dataclass
class Desk:
    """A fresh app on one platform: its owner's adapter, and those of its people by id."""

    kind: str
    owner: Platform
    user_id: str
    open_as: Callable[[str], Platform]
    labelers: tuple[str, ...] = ("l-1", "l-2")
    reviewers: tuple[str, ...] = ("r-1", "r-2")
    made: list[str] = field(default_factory=list)

    def inputs(self, number: int) -> list[str]:
        """New pictures, ready for work."""
        ids = [f"img-{uuid.uuid4().hex[:8]}-{n}" for n in range(number)]
        done(self.owner.create_inputs([InputWrite(one, png(), name=f"{one}.png") for one in ids]))
        return ids

    def annotate(self, input_id: str, **more: Any) -> Annotation:
        """A new box with one concept."""
        region = Region("", BOX, None, (ConceptValue("rbc", 1.0),))
        write = AnnotationWrite(uuid.uuid4().hex, input_id, region=region, **more)
        made = done(self.owner.create_annotations([write]))[0].annotation
        assert made is not None
        return made

    def read(self, one: Annotation) -> Annotation:
        return self.owner.list_annotations(input_ids=[one.input_id], ids=[one.id])[0]

    def task(self, input_ids: list[str] | None = None, **changes: Any) -> Task:
        facts: dict[str, Any] = {
            "type": TaskType.BOXES,
            "concept_ids": ("rbc", "wbc"),
            "worker": WorkerPlan(WorkerStrategy.PARTITIONED, self.labelers),
            "review": ReviewPlan(ReviewStrategy.MANUAL, self.reviewers[:1]),
            "input_ids": None if input_ids is None else tuple(input_ids),
        } | changes
        return self.owner.create_task(Task(uuid.uuid4().hex, "Cells", **facts))


def done(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, all of which must be successes."""
    assert [one.error for one in outcomes] == [None] * len(outcomes)
    return outcomes


def _embedded(app: EmbeddedApp, server: EmbeddedServer, settings: Any, opened: list[Platform]) -> Desk:
    settings.EMBEDDED_URL = server.base_url

    def open_as(user_id: str) -> Platform:
        platform = registry.open_platform(
            "embedded",
            base_url=app.base_url,
            user_id=app.user_id,
            app_id=app.app_id,
            token=app.tokens.get(user_id, user_id),
            operator_key=server.operator_key,
        )
        opened.append(platform)
        return platform

    return Desk("embedded", open_as(app.user_id), app.user_id, open_as)


@pytest.fixture(params=["embedded"])
def desk(request: pytest.FixtureRequest, settings: Any) -> Iterator[Desk]:
    app = request.getfixturevalue("embedded_app")
    server = request.getfixturevalue("embedded_server")
    opened: list[Platform] = []
    yield _embedded(app, server, settings, opened)
    registry.close_all()
    # Whatever a test did: the server never said a thing that the schema does not know.
    assert [row for platform in opened for row in platform.drift.rows()] == []


# --- who and what ---------------------------------------------------------------------------------------


def test_check(desk: Desk) -> None:
    report = desk.owner.check()
    assert (report.user_id, report.owner, report.inputs, report.tasks) == (desk.user_id, True, 0, 0)
    assert report.missing == {}
    assert [one for one in report.features if not one.ok] == []
    assert report.app_name
    mine = desk.open_as("l-1").check()
    assert (mine.user_id, mine.owner) == ("l-1", False)


def test_a_wrong_token_is_unauthorized_everywhere(desk: Desk) -> None:
    stranger = desk.open_as("no-such-token-0123456789")
    calls: list[Callable[[], Any]] = [
        stranger.check,
        stranger.list_people,
        stranger.list_tasks,
        lambda: list(stranger.iter_inputs()),
        lambda: stranger.list_annotations(input_ids=["x"]),
    ]
    for call in calls:
        with pytest.raises(Unauthorized):
            call()
    outcome = stranger.create_annotations([AnnotationWrite("a", "i", concepts=(ConceptValue("rbc"),))])[0]
    assert isinstance(outcome.error, Unauthorized)


def test_people(desk: Desk) -> None:
    people = {one.id: one for one in desk.owner.list_people()}
    assert set(people) == {desk.user_id, *desk.labelers, *desk.reviewers}
    assert [one.id for one in people.values() if one.owner] == [desk.user_id]


def test_concepts(desk: Desk) -> None:
    new = Concept(f"c-{uuid.uuid4().hex[:6]}", "Thrombozyt ä")
    desk.owner.create_concepts([new, Concept("rbc", "another name")])
    desk.owner.create_concepts([new])
    found = desk.owner.list_concepts()
    assert new in found
    assert sorted(one.id for one in found).count("rbc") == 1


def test_provisioned_people_can_work(desk: Desk) -> None:
    if not desk.owner.capabilities.provision_people:
        with pytest.raises(Unsupported):
            desk.owner.provision_person("l-9", "Labeler 9")
        return
    name = f"l-{uuid.uuid4().hex[:8]}"
    token = desk.owner.provision_person(name, "Labeler 9")
    again = desk.owner.provision_person(name, "Labeler 9")
    assert token != again
    assert desk.open_as(token).check().user_id == name
    assert {one.id: one.name for one in desk.owner.list_people()}[name] == "Labeler 9"


# --- inputs -----------------------------------------------------------------------------------------------


def test_inputs_come_back(desk: Desk) -> None:
    ids = [f"img-{uuid.uuid4().hex}" for _ in range(5)]
    sent = [
        InputWrite(one, png(64 + n, 48), name=f"cell {n}.png", metadata={"site": "north", "n": n})
        for n, one in enumerate(ids)
    ]
    assert [one.id for one in done(desk.owner.create_inputs(sent))] == ids
    assert [one.id for one in desk.owner.iter_inputs()] == ids
    assert [one.id for one in desk.owner.iter_inputs(after=ids[2])] == ids[3:]
    assert desk.owner.count_inputs() == 5
    first, second = desk.owner.get_inputs([ids[1], "unknown", ids[0], ids[1]])[:2]
    found = {first.id: first, second.id: second}[ids[1]]
    assert (found.kind, found.name, found.ready) == ("image", "cell 1.png", True)
    assert (found.width, found.height) == (65, 48)
    assert found.metadata["site"] == "north"
    assert found.created_at is not None
    assert len(desk.owner.get_inputs(["unknown"])) == 0


def test_pictures_can_be_fetched_in_sizes(desk: Desk) -> None:
    one = f"img-{uuid.uuid4().hex}"
    done(desk.owner.create_inputs([InputWrite(one, png(2000, 1000))]))
    found = desk.owner.get_inputs([one])[0]
    for url, widest in ((found.url, 2000), (found.large_url, 1600), (found.thumb_url, 320)):
        content, kind = desk.owner.fetch_media(url, max_bytes=5_000_000)
        assert kind.startswith("image/")
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.width <= widest
    with pytest.raises(AnswerTooLarge):
        desk.owner.fetch_media(found.url, max_bytes=10)
    with pytest.raises(UnsafeAddress):
        desk.owner.fetch_media("http://127.0.0.1:1/", max_bytes=10)


def test_an_input_id_is_taken_once(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    outcomes = desk.owner.create_inputs([InputWrite(one, png()), InputWrite(one + "-b", png())])
    assert isinstance(outcomes[0].error, AlreadyExists)
    assert outcomes[1].error is None


def test_a_picture_that_is_none_costs_only_itself(desk: Desk) -> None:
    outcomes = desk.owner.create_inputs(
        [InputWrite("good", png()), InputWrite("bad", b"not a picture"), InputWrite("good-2", png())]
    )
    assert [type(one.error) if one.error else None for one in outcomes] == [None, Rejected, None]


def test_deleted_inputs_are_gone_and_may_be_deleted_again(desk: Desk) -> None:
    first, second = desk.inputs(2)
    desk.owner.delete_inputs([first])
    desk.owner.delete_inputs([first, "unknown"])
    assert [one.id for one in desk.owner.get_inputs([first, second])] == [second]


# --- annotations --------------------------------------------------------------------------------------------


def test_a_box_comes_back_bit_for_bit(desk: Desk) -> None:
    made = desk.annotate(desk.inputs(1)[0])
    found = desk.read(made)
    assert found.region is not None
    assert found.region.box == BOX
    assert found.region.id
    assert [(one.id, one.value) for one in found.region.concepts] == [("rbc", 1.0)]
    assert (found.user_id, found.state, found.input_level) == (desk.user_id, AnnotationState.APPROVED, False)
    assert found.modified_at is not None
    assert bool(found.tag) is desk.owner.capabilities.preconditions
    assert (made.region, made.tag, made.modified_at) == (found.region, found.tag, found.modified_at)


def test_polygons_and_negative_concepts_come_back(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    points = ((0.0, 0.0), (0.1, 1 / 3), (1.0, 0.2))
    writes = [
        AnnotationWrite(uuid.uuid4().hex, one, region=Region("", None, points, (ConceptValue("wbc", 1.0),))),
        AnnotationWrite(uuid.uuid4().hex, one, concepts=(ConceptValue("rbc", 0.0), ConceptValue("wbc", 1.0))),
    ]
    done(desk.owner.create_annotations(writes))
    found = {a.id: a for a in desk.owner.list_annotations(input_ids=[one])}
    shape = found[writes[0].id].region
    assert shape is not None
    assert shape.points == points
    assert {c.id: c.value for c in found[writes[1].id].concepts} == {"rbc": 0.0, "wbc": 1.0}
    assert [a.input_level for a in found.values()].count(True) == 1


def test_the_owner_writes_in_another_persons_name_and_others_do_not(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    made = desk.annotate(one, user_id="l-1", state=AnnotationState.PENDING)
    assert (made.user_id, made.state) == ("l-1", AnnotationState.PENDING)
    write = AnnotationWrite(uuid.uuid4().hex, one, concepts=(ConceptValue("rbc"),), user_id="l-2")
    assert isinstance(desk.open_as("l-1").create_annotations([write])[0].error, Forbidden)
    change = AnnotationWrite(made.id, one, state=AnnotationState.APPROVED)
    assert isinstance(desk.open_as("l-2").patch_annotations([change], PatchAction.MERGE)[0].error, Forbidden)
    assert desk.read(made).state is AnnotationState.PENDING
    found = desk.owner.list_annotations(input_ids=[one], user_ids=["l-1"])
    assert [a.id for a in found] == [made.id]


def test_an_annotation_id_is_taken_once(desk: Desk) -> None:
    made = desk.annotate(desk.inputs(1)[0])
    again = AnnotationWrite(made.id, made.input_id, concepts=(ConceptValue("rbc"),))
    fresh = AnnotationWrite(uuid.uuid4().hex, made.input_id, concepts=(ConceptValue("rbc"),))
    outcomes = desk.owner.create_annotations([fresh, again])
    assert outcomes[0].error is None
    assert isinstance(outcomes[1].error, AlreadyExists)


def test_three_hundred_at_once(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    writes = [
        AnnotationWrite(
            uuid.uuid4().hex,
            one,
            region=Region("", Box(0.1, 0.1, 0.2 + n / 1000, 0.9), None, (ConceptValue("rbc"),)),
        )
        for n in range(300)
    ]
    outcomes = done(desk.owner.create_annotations(writes))
    assert [o.id for o in outcomes] == [w.id for w in writes]
    found = {a.id: a for a in desk.owner.list_annotations(input_ids=[one])}
    for write in writes:
        shape, asked = found[write.id].region, write.region
        assert shape is not None
        assert asked is not None
        assert shape.box == asked.box
    states = done(desk.owner.set_annotation_state([(one, w.id) for w in writes], AnnotationState.PENDING))
    assert {o.annotation.state for o in states if o.annotation} == {AnnotationState.PENDING}
    desk.owner.delete_annotations([(one, w.id) for w in writes])
    assert [a.input_level for a in desk.owner.list_annotations(input_ids=[one])] == [True]


def test_a_move_keeps_concepts_and_unknown_keys(desk: Desk) -> None:
    before = desk.read(desk.annotate(desk.inputs(1)[0], user_id="l-1", state=AnnotationState.AWAITING_REVIEW))
    assert before.region is not None
    moved = Box(0.25, 0.125, 0.75, 0.5)
    write = AnnotationWrite(
        before.id,
        before.input_id,
        region=Region(before.region.id, moved),
        base_raw=before.raw,
        if_match=before.tag,
    )
    after = done(desk.owner.patch_annotations([write], PatchAction.OVERWRITE))[0].annotation
    assert after is not None
    assert after.region is not None
    assert after.region.box == moved
    assert [c.id for c in after.region.concepts] == ["rbc"]
    assert (after.state, after.user_id, after.region.id) == (before.state, "l-1", before.region.id)
    assert desk.read(before) == after


def test_merge_changes_concepts_inside_the_region_and_remove_takes_them_out(desk: Desk) -> None:
    made = desk.read(desk.annotate(desk.inputs(1)[0]))
    assert made.region is not None
    region = Region(made.region.id, concepts=(ConceptValue("rbc", 0.0), ConceptValue("wbc", 1.0)))
    done(
        desk.owner.patch_annotations(
            [AnnotationWrite(made.id, made.input_id, region=region)], PatchAction.MERGE
        )
    )
    found = desk.read(made).region
    assert found is not None
    assert found.box == BOX
    assert {c.id: c.value for c in found.concepts} == {"rbc": 0.0, "wbc": 1.0}
    region = Region(made.region.id, concepts=(ConceptValue("rbc"),))
    done(
        desk.owner.patch_annotations(
            [AnnotationWrite(made.id, made.input_id, region=region)], PatchAction.REMOVE
        )
    )
    found = desk.read(made).region
    assert found is not None
    assert [c.id for c in found.concepts] == ["wbc"]
    assert found.box == BOX


def test_renaming_by_overwrite(desk: Desk) -> None:
    made = desk.read(desk.annotate(desk.inputs(1)[0]))
    assert made.region is not None
    region = Region(made.region.id, concepts=(ConceptValue("wbc", 1.0),))
    write = AnnotationWrite(made.id, made.input_id, region=region, base_raw=made.raw)
    done(desk.owner.patch_annotations([write], PatchAction.OVERWRITE))
    found = desk.read(made).region
    assert found is not None
    assert (found.box, [c.id for c in found.concepts]) == (BOX, ["wbc"])


def test_a_changed_annotation_is_not_overwritten(desk: Desk) -> None:
    if not desk.owner.capabilities.preconditions:
        pytest.skip("no preconditions on this platform")
    one = desk.inputs(1)[0]
    seen = [desk.read(desk.annotate(one)) for _ in range(3)]
    done(desk.owner.set_annotation_state([(one, seen[1].id)], AnnotationState.PENDING))
    changes = [
        AnnotationWrite(a.id, one, state=AnnotationState.AWAITING_REVIEW, if_match=a.tag) for a in seen
    ]
    outcomes = desk.owner.patch_annotations(changes, PatchAction.MERGE)
    assert [type(o.error) if o.error else None for o in outcomes] == [None, PreconditionFailed, None]
    assert desk.read(seen[1]).state is AnnotationState.PENDING
    alone = desk.owner.patch_annotations([changes[1]], PatchAction.MERGE)[0]
    assert isinstance(alone.error, PreconditionFailed)
    with pytest.raises(PreconditionFailed):
        desk.owner.delete_annotations([(one, seen[1].id)], if_match=[seen[1].tag])
    assert desk.read(seen[1]).id == seen[1].id
    fresh = desk.read(seen[1])
    desk.owner.delete_annotations([(one, fresh.id)], if_match=[fresh.tag])
    assert fresh.id not in [a.id for a in desk.owner.list_annotations(input_ids=[one])]


def test_two_hundred_tags_in_one_go(desk: Desk) -> None:
    if not desk.owner.capabilities.preconditions:
        pytest.skip("no preconditions on this platform")
    one = desk.inputs(1)[0]
    writes = [AnnotationWrite(uuid.uuid4().hex, one, concepts=(ConceptValue("rbc"),)) for _ in range(200)]
    made = [o.annotation for o in done(desk.owner.create_annotations(writes))]
    changes = [
        AnnotationWrite(a.id, one, state=AnnotationState.PENDING, if_match=a.tag)
        for a in made
        if a is not None
    ]
    assert len(changes) == 200
    done(desk.owner.patch_annotations(changes, PatchAction.MERGE))


def test_the_inputs_own_annotation_keeps_its_picture(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    own = next(a for a in desk.owner.list_annotations(input_ids=[one]) if a.input_level)
    write = AnnotationWrite(own.id, one, concepts=(ConceptValue("rbc", 1.0),), base_raw=own.raw)
    done(desk.owner.patch_annotations([write], PatchAction.OVERWRITE))
    after = desk.read(own)
    assert [(c.id, c.value) for c in after.concepts] == [("rbc", 1.0)]
    assert desk.owner.get_inputs([one])[0].url
    desk.owner.delete_annotations([(one, desk.annotate(one).id)])
    assert desk.read(own).input_level


def test_bad_writes_name_their_rule_and_cost_only_themselves(desk: Desk) -> None:
    one = desk.inputs(1)[0]
    concept = (ConceptValue("rbc"),)
    writes = [
        AnnotationWrite(uuid.uuid4().hex, one, region=Region("", Box(0.5, 0.1, 0.2, 0.4), None, concept)),
        AnnotationWrite(uuid.uuid4().hex, one, region=Region("", Box(0.1, 0.1, 0.2, 1.4), None, concept)),
        AnnotationWrite(uuid.uuid4().hex, one, concepts=(ConceptValue("no-such-concept"),)),
        AnnotationWrite(uuid.uuid4().hex, one, region=Region("", None, ((0.1, 0.1), (0.2, 0.2)), concept)),
        AnnotationWrite(uuid.uuid4().hex, "no-such-input", concepts=concept),
        AnnotationWrite(uuid.uuid4().hex, one, concepts=concept),
    ]
    outcomes = desk.owner.create_annotations(writes)
    assert all(isinstance(o.error, Rejected | NotFound) for o in outcomes[:5])
    assert outcomes[5].error is None
    assert {a.id for a in desk.owner.list_annotations(input_ids=[one]) if not a.input_level} == {writes[5].id}


def test_deleting_twice_is_fine(desk: Desk) -> None:
    made = desk.annotate(desk.inputs(1)[0])
    kept = desk.annotate(made.input_id)
    desk.owner.delete_annotations([(made.input_id, made.id)])
    desk.owner.delete_annotations([(made.input_id, made.id), (made.input_id, uuid.uuid4().hex)])
    found = [a.id for a in desk.owner.list_annotations(input_ids=[made.input_id]) if not a.input_level]
    assert found == [kept.id]


def test_pairs_of_ids(desk: Desk) -> None:
    inputs = desk.inputs(2)
    made = [desk.annotate(one) for one in inputs for _ in range(60)]
    asked = made[5:115]
    found = desk.owner.list_annotations(input_ids=[a.input_id for a in asked], ids=[a.id for a in asked])
    assert {a.id for a in found} == {a.id for a in asked}


def test_changes_of_a_task_since_a_time(desk: Desk) -> None:
    ids = desk.inputs(2)
    task = desk.task(ids)
    made = [desk.annotate(one, task_id=task.id, user_id="l-1") for one in ids for _ in range(3)]
    desk.annotate(ids[0])
    everything = list(desk.owner.iter_annotations(task_id=task.id))
    assert {a.id for a in everything} == {a.id for a in made}
    assert {a.task_id for a in everything} == {task.id}
    last = max(a.modified_at for a in everything if a.modified_at)
    assert (
        list(desk.owner.iter_annotations(task_id=task.id, changed_since=last + timedelta(microseconds=1)))
        == []
    )
    done(desk.owner.set_annotation_state([(made[0].input_id, made[0].id)], AnnotationState.PENDING))
    changed = desk.owner.iter_annotations(task_id=task.id, changed_since=last + timedelta(microseconds=1))
    assert [a.id for a in changed] == [made[0].id]


# --- tasks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("worker", "review"),
    [
        (
            WorkerPlan(WorkerStrategy.PARTITIONED, ("l-1", "l-2"), 2),
            ReviewPlan(ReviewStrategy.MANUAL, ("r-1",)),
        ),
        (
            WorkerPlan(WorkerStrategy.PARTITIONED, ("l-1", "l-2"), 1, {"l-1": 70.0, "l-2": 30.0}),
            ReviewPlan(ReviewStrategy.NONE),
        ),
        (
            WorkerPlan(WorkerStrategy.FULL, ("l-1", "l-2")),
            ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1", "r-2"), 2, -1),
        ),
        (
            WorkerPlan(WorkerStrategy.FULL, ("l-1", "l-2")),
            ReviewPlan(ReviewStrategy.CONSENSUS, ("r-1",), 2, 0),
        ),
    ],
)
def test_tasks_come_back(desk: Desk, worker: WorkerPlan, review: ReviewPlan) -> None:
    ids = desk.inputs(4)
    asked = Task(
        uuid.uuid4().hex, "Cells ä", TaskType.POLYGONS, "Draw them all.", concept_ids=("rbc", "wbc"),
        worker=worker, review=review, input_ids=tuple(ids[:3]),
    )  # fmt: skip
    made = desk.owner.create_task(asked)
    found = desk.owner.get_task(asked.id)
    assert found == made
    assert found in desk.owner.list_tasks()
    named = ("id", "name", "type", "description", "concept_ids", "worker", "review", "state")
    for name in named:
        assert getattr(found, name) == getattr(asked, name), name
    assert set(found.input_ids or ()) == set(ids[:3])
    if desk.owner.capabilities.assignment_listing:
        covered = {one.input_id for one in desk.owner.iter_assignments(asked.id)}
        assert covered == set(ids[:3])
    with pytest.raises(AlreadyExists):
        desk.owner.create_task(asked)


def test_tasks_are_edited_closed_and_deleted(desk: Desk) -> None:
    task = desk.task(desk.inputs(2))
    new = msgspec.structs.replace(
        task,
        name="New name",
        description="New words",
        review=ReviewPlan(ReviewStrategy.MANUAL, ("r-1", "r-2")),
    )
    edited = desk.owner.edit_task(new)
    assert (edited.name, edited.description, edited.review.user_ids) == (
        "New name",
        "New words",
        ("r-1", "r-2"),
    )
    assert edited.worker == task.worker
    assert edited.concept_ids == task.concept_ids
    for state in (TaskState.DONE, TaskState.IN_PROGRESS, TaskState.ABANDONED):
        desk.owner.set_task_state(task.id, state)
        assert desk.owner.get_task(task.id).state is state
    desk.owner.delete_task(task.id)
    desk.owner.delete_task(task.id)
    with pytest.raises(NotFound):
        desk.owner.get_task(task.id)


def test_a_task_comes_back_with_everything_it_says(desk: Desk) -> None:
    details = TaskDetails(
        priority=TaskPriority.HIGH,
        metadata={"site": "north", "time": {"of": "day", "hours": [1, 2.5, None]}},
        sample_ms=400,
        assist=Assist(
            model_id="demo-detector", version_id="demo-detector-1", min_threshold=0.25, max_threshold=0.75
        ),
        delete_previous=True,
        rules=(
            AutoRule("rbc", ("tag", "box"), 0.5, 1.0, False, True, AnnotationState.PENDING),
            AutoRule("wbc", ("polygon",), 0.0, 0.5, True, False, AnnotationState.AWAITING_REVIEW),
        ),
    )
    made = desk.task(details=details, review=ReviewPlan(ReviewStrategy.MANUAL, ("r-1", "r-2"), 0, 1))
    assert made.details == details
    assert desk.owner.get_task(made.id) == made
    changed = msgspec.structs.replace(
        details,
        priority=TaskPriority.NONE,
        metadata={"site": "south"},
        sample_ms=0,
        assist=Assist(workflow_id="demo-assist", min_threshold=0.5, max_threshold=1.0),
        delete_previous=False,
        rules=details.rules[:1],
    )
    edited = desk.owner.edit_task(msgspec.structs.replace(made, details=changed))
    assert edited.details == changed
    assert desk.owner.get_task(made.id).details == changed


def test_a_task_over_one_input(desk: Desk) -> None:
    one = desk.inputs(2)[0]
    made = desk.task(details=TaskDetails(source=SourceKind.INPUT, source_id=one))
    assert (made.details.source, made.details.source_id) == (SourceKind.INPUT, one)
    if desk.owner.capabilities.assignment_listing:
        assert {work.input_id for work in desk.owner.iter_assignments(made.id)} == {one}


@pytest.mark.parametrize(
    "worker", [{"worker_model_id": "demo-detector"}, {"worker_workflow_id": "demo-assist"}]
)
def test_a_task_that_a_model_works_on(desk: Desk, worker: dict[str, str]) -> None:
    details = TaskDetails(
        automatic=True, rules=(AutoRule("rbc", ("box",), 0.5),), metadata={"kept": True}, **worker
    )
    made = desk.task(
        desk.inputs(1),
        details=details,
        worker=WorkerPlan(WorkerStrategy.FULL),
        review=ReviewPlan(ReviewStrategy.NONE),
    )
    assert made.details == details
    edited = desk.owner.edit_task(msgspec.structs.replace(made, name="Renamed"))
    assert edited.details == details


def test_choices_for_a_task(desk: Desk) -> None:
    assert desk.owner.list_datasets() == []
    assert desk.owner.list_saved_searches() == []
    if desk.owner.capabilities.suggestions:
        found = desk.owner.list_predictors()
        assert {one.kind for one in found} == {"model", "workflow"}
        assert all(one.id and one.name for one in found)


def test_suggestions(desk: Desk) -> None:
    ids = desk.inputs(2)
    for one in desk.owner.list_predictors():
        chosen = {f"{one.kind}_id": one.id}
        found = desk.owner.suggest([*ids, ids[0]], **chosen)
        assert set(found) == set(ids)
        assert all(0 <= each.value <= 1 for some in found.values() for each in some)
        assert desk.owner.suggest([], **chosen) == {}
    with pytest.raises(Rejected):
        desk.owner.suggest(ids)
    with pytest.raises(PlatformError):
        desk.owner.suggest(ids, model_id="no-such-model")


def test_label_orders(desk: Desk) -> None:
    if not desk.owner.capabilities.label_orders:
        with pytest.raises(Unsupported):
            desk.owner.list_label_orders()
        return
    wanted = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    order = LabelOrder(uuid.uuid4().hex, "Cells of May", auto_release=True, wanted_at=wanted)
    task = Task(
        uuid.uuid4().hex,
        "Cells",
        concept_ids=("rbc",),
        worker=WorkerPlan(WorkerStrategy.FULL, ("l-1",)),
        review=ReviewPlan(ReviewStrategy.MANUAL, ("r-1",)),
    )
    made = desk.owner.create_label_order(order, task)
    named = ("id", "name", "auto_release", "allow_empty", "wanted_at", "expected_at")
    for name in named:
        assert getattr(made, name) == getattr(order, name), name
    assert (made.state, made.task_id) == (LabelOrderState.PENDING, task.id)
    assert desk.owner.list_label_orders() == [made]
    assert desk.owner.get_task(task.id).details.label_order_id == order.id
    with pytest.raises(AlreadyExists):
        desk.owner.create_label_order(order, msgspec.structs.replace(task, id=uuid.uuid4().hex))
    new = msgspec.structs.replace(
        made,
        name="Cells of June",
        state=LabelOrderState.RELEASED,
        auto_release=False,
        allow_empty=True,
        wanted_at=None,
        expected_at=wanted,
    )
    edited = desk.owner.edit_label_order(new)
    assert msgspec.structs.replace(edited, modified_at=made.modified_at) == new
    desk.owner.delete_label_order(order.id)
    desk.owner.delete_label_order(order.id)
    assert desk.owner.list_label_orders() == []
    assert desk.owner.get_task(task.id).name == "Cells"
    with pytest.raises(NotFound):
        desk.owner.edit_label_order(new)


def test_changes_of_the_whole_app(desk: Desk) -> None:
    ids = desk.inputs(3)
    old = desk.annotate(ids[0])
    assert old.modified_at is not None
    after = old.modified_at + timedelta(microseconds=1)
    made = [desk.annotate(one) for one in ids[1:]]
    found = list(desk.owner.iter_changes(after))
    assert [one.id for one in found] == [one.id for one in made]
    assert old.id in {one.id for one in desk.owner.iter_changes(old.modified_at)}
    write = AnnotationWrite(old.id, old.input_id, state=AnnotationState.REJECTED)
    done(desk.owner.patch_annotations([write], PatchAction.MERGE))
    assert [one.id for one in desk.owner.iter_changes(after)][-1] == old.id


def test_a_search_for_changes_finds_what_a_list_has(desk: Desk, embedded_app: EmbeddedApp) -> None:
    """Annotations that a model made are in no list unless asked for, so they are no changes either."""
    one = desk.inputs(1)[0]
    by_hand = desk.annotate(one)
    model = {"model": {"id": "demo-detector", "model_version": {"id": "demo-detector-1"}}}
    made = embedded_app.annotate(one, worker=model)["id"]
    assert by_hand.modified_at is not None
    listed = {found.id for found in desk.owner.list_annotations(input_ids=[one])}
    changed = {found.id for found in desk.owner.iter_changes(by_hand.modified_at - timedelta(hours=1))}
    assert listed == changed
    assert by_hand.id in listed
    assert made not in listed


def test_bad_tasks_are_refused(desk: Desk) -> None:
    for changes in (
        {"worker": WorkerPlan(WorkerStrategy.FULL, ("nobody-here",))},
        {"concept_ids": ("no-such-concept",)},
        {"review": ReviewPlan(ReviewStrategy.MANUAL, ("nobody-here",))},
    ):
        with pytest.raises((Rejected, NotFound)):
            desk.task(**changes)
    with pytest.raises(Forbidden):
        desk.open_as("l-1").create_task(Task(uuid.uuid4().hex, "mine"))


# --- assignments ----------------------------------------------------------------------------------------------


def test_the_whole_round_of_one_assignment(desk: Desk) -> None:
    ids = desk.inputs(2)
    task = desk.task(ids, worker=WorkerPlan(WorkerStrategy.FULL, ("l-1",)))
    labeler, reviewer = desk.open_as("l-1"), desk.open_as("r-1")
    work = labeler.start_work(task.id, AssignmentAction.LABEL_START)
    assert {one.input_id for one in work} == set(ids)
    assert {(one.user_id, one.state, one.task_id) for one in work} == {
        ("l-1", AssignmentState.PENDING, task.id)
    }
    assert labeler.start_work(task.id, AssignmentAction.LABEL_START) == work
    first, second = work
    box = desk.annotate(first.input_id, task_id=task.id, user_id="l-1", state=AnnotationState.PENDING)

    def act(who: Platform, action: AssignmentAction, one: str = first.id) -> Outcome:
        return who.act(task.id, action, [one])[0]

    def state() -> tuple[AssignmentState, AnnotationState]:
        found = next(a for a in desk.owner.iter_assignments(task.id, ids=[first.id]))
        return found.state, desk.read(box).state

    assert isinstance(act(reviewer, AssignmentAction.REVIEW_APPROVE).error, IllegalMove)
    done([act(labeler, AssignmentAction.LABEL_SUBMIT)])
    assert state() == (AssignmentState.AWAITING_REVIEW, AnnotationState.AWAITING_REVIEW)
    assert {one.id for one in reviewer.start_work(task.id, AssignmentAction.REVIEW_START)} == {first.id}
    outcome = done([act(reviewer, AssignmentAction.REVIEW_REQUEST_CHANGES)])[0]
    assert outcome.assignment is not None
    assert outcome.assignment.state is AssignmentState.PENDING
    assert state() == (AssignmentState.PENDING, AnnotationState.PENDING)
    done([act(labeler, AssignmentAction.LABEL_SUBMIT)])
    done([act(reviewer, AssignmentAction.REVIEW_APPROVE)])
    assert state() == (AssignmentState.APPROVED, AnnotationState.APPROVED)
    done([act(labeler, AssignmentAction.LABEL_SUBMIT, second.id)])
    done([act(reviewer, AssignmentAction.REVIEW_REJECT, second.id)])
    states = {one.id: one.state for one in desk.owner.iter_assignments(task.id)}
    assert states == {first.id: AssignmentState.APPROVED, second.id: AssignmentState.REJECTED}
    assert desk.owner.input_counts(task.id) == [StatusCounts("l-1", success=1, review_denied=1)]
    assert desk.owner.annotation_counts(task.id) == [StatusCounts("l-1", success=1)]


def test_owners_act_for_their_people(desk: Desk) -> None:
    ids = desk.inputs(3)
    task = desk.task(ids, worker=WorkerPlan(WorkerStrategy.FULL, ("l-1",)))
    all_of_them = [one.id for one in desk.owner.iter_assignments(task.id)]
    assert len(all_of_them) == 3
    done(desk.owner.act(task.id, AssignmentAction.LABEL_SUBMIT, all_of_them))
    outcomes = desk.owner.act(
        task.id, AssignmentAction.REVIEW_APPROVE, [*all_of_them[:2], "no-such-assignment"]
    )
    assert [o.error for o in outcomes[:2]] == [None, None]
    assert isinstance(outcomes[2].error, PlatformError)
    states = sorted(one.state for one in desk.owner.iter_assignments(task.id))
    assert states == [AssignmentState.APPROVED, AssignmentState.APPROVED, AssignmentState.AWAITING_REVIEW]


def test_nobody_reviews_their_own(desk: Desk) -> None:
    one = desk.inputs(1)
    task = desk.task(
        one,
        worker=WorkerPlan(WorkerStrategy.FULL, ("l-1",)),
        review=ReviewPlan(ReviewStrategy.MANUAL, ("l-1", "r-1")),
    )
    labeler = desk.open_as("l-1")
    work = [a.id for a in labeler.start_work(task.id, AssignmentAction.LABEL_START)]
    done(labeler.act(task.id, AssignmentAction.LABEL_SUBMIT, work))
    assert isinstance(labeler.act(task.id, AssignmentAction.REVIEW_APPROVE, work)[0].error, Forbidden)
    done(desk.open_as("r-1").act(task.id, AssignmentAction.REVIEW_APPROVE, work))


def test_assignments_by_time_and_by_input(desk: Desk) -> None:
    if not desk.owner.capabilities.assignment_listing:
        with pytest.raises(Unsupported):
            desk.owner.iter_assignments("any")
        return
    ids = desk.inputs(30)
    task = desk.task(ids, worker=WorkerPlan(WorkerStrategy.FULL, ("l-1", "l-2")))
    everything = list(desk.owner.iter_assignments(task.id))
    assert {(one.input_id, one.user_id) for one in everything} == {
        (i, u) for i in ids for u in ("l-1", "l-2")
    }
    times = [one.modified_at for one in everything if one.modified_at]
    assert times == sorted(times)
    assert len(times) == 60
    some = list(desk.owner.iter_assignments(task.id, input_ids=ids[:25]))
    assert {one.input_id for one in some} == set(ids[:25])
    chosen = [one.id for one in everything[3:50]]
    assert {one.id for one in desk.owner.iter_assignments(task.id, ids=chosen)} == set(chosen)
    after = times[-1] + timedelta(microseconds=1)
    assert list(desk.owner.iter_assignments(task.id, changed_since=after)) == []
    done(desk.owner.act(task.id, AssignmentAction.LABEL_SUBMIT, chosen[:1]))
    assert [one.id for one in desk.owner.iter_assignments(task.id, changed_since=after)] == chosen[:1]


def test_an_answer_is_what_we_understand(desk: Desk) -> None:
    """Nothing the live server says ends in quarantine, and raw data is JSON."""
    one = desk.inputs(1)[0]
    desk.annotate(one)
    found = desk.owner.list_annotations(input_ids=[one])
    assert len(found) == 2
    assert all(isinstance(json.loads(a.raw), dict) for a in found)
    list(desk.owner.iter_inputs())
    assert desk.owner.quarantine.count == 0  # type: ignore[attr-defined]
