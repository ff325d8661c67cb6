"""The demo's work on the platform: pictures, tasks, boxes and submissions, each in the right person's name.

Every step looks first what is there, and all ids are fixed, so that a seeding that broke off continues.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

from dashboard.assignments.uploads import ask, batches, send
from dashboard.demo.layout import Truth
from dashboard.demo.mistakes import Labels, label, label_with_mistakes
from dashboard.demo.plan import (
    INPUTS,
    LABELERS,
    LEAST_VALUE,
    REVIEWERS,
    SEED,
    TASKS,
    WORKFLOW_ID,
    DemoTask,
    Fate,
    fate_of,
    input_id,
    inputs_of,
)
from dashboard.demo.scenes import CONCEPTS, IMAGE_CONCEPTS, SceneStudio
from dashboard.platforms.errors import AlreadyExists
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    Assignment,
    AssignmentAction,
    AssignmentState,
    Assist,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    Outcome,
    Region,
    ReviewPlan,
    ReviewStrategy,
    Task,
    TaskDetails,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)

Progress = Callable[[str, int, int], None]
_ASSIST = Assist(workflow_id=WORKFLOW_ID, min_threshold=LEAST_VALUE, max_threshold=1.0)
# Small groups, so that drawing and uploading show their progress.
_AT_ONCE = 11


class SeedFailed(RuntimeError):
    """The platform refused something that it should take; the message says what."""


class Work:
    """One piece of work: an input with its labeler and how far it shall come."""

    def __init__(
        self, task: DemoTask, assignment: Assignment, labeler: int, fate: Fate, truth: Truth
    ) -> None:
        self.task = task
        self.assignment = assignment
        self.labeler = labeler
        self.fate = fate
        self.truth = truth
        self.labels: Labels = _labels(truth, labeler, fate)

    def annotation_id(self, part: str) -> str:
        """Id of the annotation of one part: `box/<place in drawn>` or `fact/<concept>`."""
        name = f"{self.task.id}/{self.assignment.input_id}/{self.labeler}/{part}"
        return hashlib.sha256(name.encode()).hexdigest()[:32]


def _labels(truth: Truth, labeler: int, fate: Fate) -> Labels:
    """What was approved had no mistake that a reviewer would send back, what was sent back had one."""
    if fate in (Fate.SENT_BACK, Fate.RETURNED):
        return label_with_mistakes(truth, labeler)
    return label(truth, labeler, careful=fate is Fate.APPROVED)


def add_concepts(owner: Platform) -> None:
    """The concepts for boxes and those for whole pictures."""
    ask(lambda: owner.create_concepts([Concept(*pair) for pair in (*CONCEPTS, *IMAGE_CONCEPTS)]))


def add_pictures(owner: Platform, progress: Progress) -> dict[str, Truth]:
    """Draw and send the pictures that are missing; answers what is in each, by input id."""
    ids = [input_id(number) for number in range(INPUTS)]
    there = {found.id for found in ask(lambda: owner.get_inputs(ids))}
    studio = SceneStudio(SEED)
    truths: dict[str, Truth] = {}
    progress("pictures", 0, INPUTS)
    for group in batches(range(INPUTS), _AT_ONCE):
        writes = []
        for number in group:
            name = input_id(number)
            if name in there:
                truths[name] = studio.truth(number)
                continue
            scene = studio.scene(number)
            truths[name] = scene.truth
            writes.append(InputWrite(id=name, content=scene.jpeg(), name=f"{name}.jpg"))
        _check(send(owner.create_inputs, writes), "picture")
        progress("pictures", group[-1] + 1, INPUTS)
    return truths


def add_tasks(owner: Platform) -> None:
    """The tasks, each over its own pictures, with all labelers and both reviewers."""
    concepts = tuple(concept for concept, _ in (*CONCEPTS, *IMAGE_CONCEPTS))
    for planned in TASKS:
        task = Task(
            id=planned.id,
            name=planned.name,
            type=TaskType.BOXES,
            description=planned.description,
            concept_ids=concepts,
            worker=WorkerPlan(
                strategy=WorkerStrategy.FULL if planned.shared else WorkerStrategy.PARTITIONED,
                user_ids=tuple(person.platform_id for person in LABELERS),
            ),
            review=ReviewPlan(
                strategy=ReviewStrategy.CONSENSUS if planned.shared else ReviewStrategy.MANUAL,
                user_ids=tuple(person.platform_id for person in REVIEWERS),
                labeler_threshold=len(LABELERS) if planned.shared else 0,
            ),
            details=TaskDetails(assist=_ASSIST) if planned.assisted else TaskDetails(),
            input_ids=tuple(input_id(number) for number in inputs_of(planned)),
        )
        with contextlib.suppress(AlreadyExists):
            ask(partial(owner.create_task, task))


def work_of(owner: Platform, truths: dict[str, Truth]) -> Iterator[Work]:
    """Every piece of work with its fate. A labeler's inputs are taken in the order of their ids."""
    for task in TASKS:
        found = ask(partial(_assignments, owner, task.id))
        for number, person in enumerate(LABELERS):
            own = sorted((a for a in found if a.user_id == person.platform_id), key=lambda a: a.input_id)
            for place, assignment in enumerate(own):
                yield Work(
                    task, assignment, number, fate_of(task, number, place), truths[assignment.input_id]
                )


def _assignments(owner: Platform, task_id: str) -> list[Assignment]:
    return list(owner.iter_assignments(task_id))


def label_all(
    work: Collection[Work],
    token_of: Callable[[str], Platform],
    decided: Collection[str],
    progress: Progress,
) -> None:
    """Draw and submit, as each labeler. Inputs in `decided` (reviewed in an earlier run) are left alone."""
    done = 0
    progress("labels", 0, len(work))
    for number, person in enumerate(LABELERS):
        platform = token_of(person.platform_id)
        own = [one for one in work if one.labeler == number]
        open_work = [
            one
            for one in own
            if one.fate is not Fate.TO_DO
            and one.assignment.state is AssignmentState.PENDING
            and one.assignment.input_id not in decided
        ]
        writes = [write for one in open_work for write in _annotations(one)]
        _check(send(platform.create_annotations, writes), "annotation")
        for task in TASKS:
            ready = [one.assignment for one in open_work if one.fate.submitted and one.task is task]
            for part in batches(ready):
                _check(send(_submitter(platform, task.id), part), "submission")
        done += len(own)
        progress("labels", done, len(work))


def _submitter(platform: Platform, task_id: str) -> Callable[[Sequence[Assignment]], list[Outcome]]:
    return lambda part: platform.act(task_id, AssignmentAction.LABEL_SUBMIT, [one.id for one in part])


def _annotations(one: Work) -> Iterator[AnnotationWrite]:
    """A box for each drawn shape and one annotation for each image-level concept; half of them in
    progress."""
    drawn = one.labels.drawn
    if one.fate is Fate.IN_PROGRESS:
        drawn = drawn[: max(1, len(drawn) // 2)]
    for place, shape in enumerate(drawn):
        box = Box(shape.box.top, shape.box.left, shape.box.bottom, shape.box.right)
        region = Region(box=box, concepts=(ConceptValue(id=shape.concept),))
        yield _write(one, f"box/{place}", region, None)
    if one.fate is Fate.IN_PROGRESS:
        return
    for concept, present in sorted(one.labels.facts.items()):
        yield _write(one, f"fact/{concept}", None, (ConceptValue(id=concept, value=float(present)),))


def _write(
    one: Work, part: str, region: Region | None, concepts: tuple[ConceptValue, ...] | None
) -> AnnotationWrite:
    return AnnotationWrite(
        id=one.annotation_id(part),
        input_id=one.assignment.input_id,
        region=region,
        concepts=concepts,
        task_id=one.task.id,
        state=AnnotationState.PENDING,
    )


def _check(outcomes: dict[str, Outcome], what: str) -> None:
    for outcome in outcomes.values():
        if outcome.error is not None and not isinstance(outcome.error, AlreadyExists):
            raise SeedFailed(f"{what} {outcome.id}: {outcome.error}")
