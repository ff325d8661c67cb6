"""Importing a folder of labeled pictures through the platform's own API.

First all pictures go up (those that are there already are not sent again), then, if labelers are named, a
task is made over exactly these inputs and the boxes are posted in the name of whoever each input was
handed to and submitted, so that they await review. Without labelers the boxes are posted as the owner's,
finished.

All ids are derived (see `import_ids`), so an import that was cut off at any point is continued by calling
it again, and one that is complete changes nothing. Work that somebody did meanwhile on the platform is
left alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from dashboard.assignments import import_ids
from dashboard.assignments.uploads import ask, batches, by_bytes, send
from dashboard.interchange.loss import LossReport, Problem, Severity
from dashboard.interchange.voc import Pixels, VocImage, count_voc, read_voc
from dashboard.platforms.errors import AlreadyExists, PlatformError
from dashboard.platforms.interface import Platform
from dashboard.platforms.types import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    Assignment,
    AssignmentAction,
    AssignmentState,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    Outcome,
    Region,
    ReviewPlan,
    ReviewStrategy,
    Task,
    TaskType,
    WorkerPlan,
    WorkerStrategy,
)

# Pictures between two moves of the progress bar; their boxes still go in batches as large as the platform takes.
_AT_ONCE = 32


class ImportRefused(ValueError):
    """The order cannot be carried out as given; the message says what to change."""


@dataclass(frozen=True)
class ImportOrder:
    """What to import. `labelers` and `reviewers` are platform user ids; without labelers no task is made.

    `dataset` names the data set and so the ids; `limit` takes only the first pictures; `dry_run` reads
    everything and sends nothing.
    """

    folder: Path
    dataset: str
    task_name: str = ""
    labelers: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    image_set: str | None = None
    pixels: Pixels = Pixels.ONE_BASED
    limit: int | None = None
    dry_run: bool = False


@dataclass
class ImportResult:
    """What happened. `sent` was new, `there` was found from an earlier run; `left_alone` are inputs that
    somebody worked on since; `losses` says what was skipped and why."""

    images_sent: int = 0
    images_there: int = 0
    boxes_sent: int = 0
    boxes_there: int = 0
    submitted: int = 0
    left_alone: int = 0
    task_id: str = ""
    concepts: tuple[str, ...] = ()
    losses: LossReport = field(default_factory=LossReport)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "sent": {"images": self.images_sent, "boxes": self.boxes_sent},
            "already_there": {"images": self.images_there, "boxes": self.boxes_there},
            "submitted_inputs": self.submitted,
            "left_alone_inputs": self.left_alone,
            "task_id": self.task_id,
            "concepts": list(self.concepts),
            "read": self.losses.as_dict(),
        }


Progress = Callable[[str, int, int], None]
"""Told after every batch: the stage's name, how many are done, of how many."""


def import_voc(order: ImportOrder, platform: Platform, progress: Progress) -> ImportResult:
    """Carry out an order. Raises ImportRefused, VocFolderError, or `uploads.Stopped` when the platform
    fails for good; after the latter the same call continues where it stopped. Not to be called inside a
    transaction."""
    if order.labelers and not platform.capabilities.task_input_subset:
        raise ImportRefused(
            "this platform cannot make a task over chosen inputs; import without labelers and make the task there"
        )
    return _Import(order, platform, progress).run()


class _Import:
    def __init__(self, order: ImportOrder, platform: Platform, progress: Progress) -> None:
        self.order = order
        self.platform = platform
        self.progress = progress
        self.result = ImportResult()
        self.total = min(
            count_voc(order.folder, image_set=order.image_set),
            order.limit if order.limit is not None else 10**12,
        )
        self.concepts: dict[str, Concept] = {}
        self.inputs: list[str] = []
        self.refused: set[str] = set()

    def run(self) -> ImportResult:
        done = 0
        stage = "images" if self.order.labelers or self.order.dry_run else "images and boxes"
        self.progress(stage, done, self.total)
        for group in batches(self._images(self.result.losses), _AT_ONCE):
            usable = [image for image in group if image.path is not None]
            if not self.order.dry_run:
                self._upload(usable)
                self._learn_concepts(box.concept for image in usable for box in image.boxes)
                if not self.order.labelers:
                    self._post([(image, "") for image in self._taken(usable)])
            done += len(group)
            self.progress(stage, done, self.total)
        if self.order.labelers and not self.order.dry_run and self.inputs:
            self._label_in_their_name(self._task())
        self.result.concepts = tuple(sorted(concept.id for concept in self.concepts.values()))
        return self.result

    def _images(self, losses: LossReport | None) -> Iterator[VocImage]:
        order = self.order
        found = read_voc(order.folder, image_set=order.image_set, pixels=order.pixels, report=losses)
        return islice(found, order.limit)

    def _id(self, image: VocImage) -> str:
        return import_ids.input_id(self.order.dataset, image.name)

    def _taken(self, images: Iterable[VocImage]) -> list[VocImage]:
        return [image for image in images if self._id(image) not in self.refused]

    # -- pictures ------------------------------------------------------------------------------------

    def _upload(self, images: Sequence[VocImage]) -> None:
        ids = [self._id(image) for image in images]
        there = {found.id for found in ask(lambda: self.platform.get_inputs(ids))}
        self.result.images_there += len(there)
        missing = [image for image in images if self._id(image) not in there]
        for group in by_bytes(missing, _path):
            writes: list[InputWrite] = []
            for image in group:
                try:
                    content = _path(image).read_bytes()
                except OSError as error:
                    self._leave_out(
                        image, "image_unreadable", f"it cannot be read: {error.strerror or error}"
                    )
                else:
                    writes.append(InputWrite(id=self._id(image), content=content, name=_path(image).name))
            outcomes = send(self.platform.create_inputs, writes)
            for image in group:
                if (outcome := outcomes.get(self._id(image))) is not None:
                    self._count_image(image, outcome)
        self.inputs += [found for found in ids if found not in self.refused]

    def _count_image(self, image: VocImage, outcome: Outcome) -> None:
        if outcome.error is None:
            self.result.images_sent += 1
        elif isinstance(outcome.error, AlreadyExists):
            self.result.images_there += 1
        else:
            self._leave_out(image, "image_refused", f"the platform refused the picture: {outcome.error}")

    def _leave_out(self, image: VocImage, kind: str, detail: str) -> None:
        self.refused.add(self._id(image))
        self.result.losses.add(Problem(kind, Severity.IMAGE_SKIPPED, _path(image).name, detail))

    def _learn_concepts(self, names: Iterable[str]) -> None:
        """Make the concepts that were not met before."""
        fresh = set(names) - self.concepts.keys()
        if not fresh:
            return
        existing = ask(self.platform.list_concepts)
        chosen = import_ids.concept_ids(fresh, [*existing, *self.concepts.values()])
        known = {concept.id for concept in existing}
        missing = [concept for concept in chosen.values() if concept.id not in known]
        for group in batches(missing):
            ask(partial(self.platform.create_concepts, group))
        self.concepts |= chosen

    # -- boxes ---------------------------------------------------------------------------------------

    def _post(self, images: Sequence[tuple[VocImage, str]], task_id: str = "") -> set[str]:
        """Post the boxes of (image, labeler) pairs; answers the ids of inputs that have every one of
        theirs."""
        writes: list[AnnotationWrite] = []
        places: dict[str, tuple[str, str, int]] = {}
        for image, labeler in images:
            for box in image.boxes:
                name = import_ids.annotation_id(f"{self.order.dataset}\0{task_id}", image.name, box.index)
                places[name] = (self._id(image), image.name, box.index)
                edges = box.fractions
                concept = ConceptValue(id=self.concepts[box.concept].id, name=self.concepts[box.concept].name)
                shape = Box(top=edges.top, left=edges.left, bottom=edges.bottom, right=edges.right)
                writes.append(
                    AnnotationWrite(
                        id=name,
                        input_id=self._id(image),
                        region=Region(box=shape, concepts=(concept,)),
                        user_id=labeler,
                        task_id=task_id,
                        state=AnnotationState.PENDING if task_id else AnnotationState.APPROVED,
                    )
                )
        whole = {self._id(image) for image, _ in images}
        # All at once: the platform's adapter cuts them into batches and has several under way.
        for name, outcome in send(self.platform.create_annotations, writes).items():
            if outcome.error is None:
                self.result.boxes_sent += 1
            elif isinstance(outcome.error, AlreadyExists):
                self.result.boxes_there += 1
            else:
                of_input, file, index = places[name]
                whole.discard(of_input)
                detail = f"the platform refused the box: {outcome.error}"
                self.result.losses.add(
                    Problem("box_refused", Severity.BOX_SKIPPED, f"{file}.xml", detail, index)
                )
        return whole

    # -- a task in the labelers' names ---------------------------------------------------------------

    def _task(self) -> str:
        order = self.order
        name = order.task_name or order.dataset
        chosen = import_ids.task_id(order.dataset, name)
        strategy = ReviewStrategy.MANUAL if order.reviewers else ReviewStrategy.NONE
        task = Task(
            id=chosen,
            name=name,
            type=TaskType.BOXES,
            description=f"Imported from the data set {order.dataset}.",
            concept_ids=tuple(sorted({concept.id for concept in self.concepts.values()})),
            worker=WorkerPlan(strategy=WorkerStrategy.PARTITIONED, user_ids=order.labelers),
            review=ReviewPlan(strategy=strategy, user_ids=order.reviewers),
            input_ids=tuple(self.inputs),
        )
        self.progress("task", 0, 1)
        with contextlib.suppress(AlreadyExists):
            ask(lambda: self.platform.create_task(task))
        self.progress("task", 1, 1)
        self.result.task_id = chosen
        return chosen

    def _label_in_their_name(self, task_id: str) -> None:
        work: dict[str, Assignment] = {}
        for assignment in ask(lambda: list(self.platform.iter_assignments(task_id))):
            work[assignment.input_id] = assignment
        done = 0
        self.progress("boxes", done, self.total)
        for group in batches(self._images(None), _AT_ONCE):
            usable = self._taken(image for image in group if image.path is not None)
            ready: list[tuple[VocImage, Assignment]] = []
            for image in usable:
                held = work.get(self._id(image))
                if held is None:
                    detail = "the task of an earlier run does not cover this picture; use another --task-name"
                    self.result.losses.add(
                        Problem("not_in_task", Severity.IMAGE_SKIPPED, f"{image.name}.xml", detail)
                    )
                elif held.state is AssignmentState.PENDING:
                    ready.append((image, held))
                else:
                    self.result.boxes_there += len(image.boxes)
            self._post_and_submit(task_id, ready)
            done += len(group)
            self.progress("boxes", done, self.total)

    def _post_and_submit(self, task_id: str, ready: Sequence[tuple[VocImage, Assignment]]) -> None:
        touched = self._touched(task_id, [self._id(image) for image, _ in ready])
        self.result.left_alone += len(touched)
        open_work = [(image, held) for image, held in ready if self._id(image) not in touched]
        whole = self._post([(image, held.user_id) for image, held in open_work], task_id)
        submit = [held for _, held in open_work if held.input_id in whole]
        for group in batches(submit):
            outcomes = send(lambda part: self._submit(task_id, part), group)
            for held in group:
                trouble = outcomes[held.id].error
                if trouble is None:
                    self.result.submitted += 1
                else:
                    detail = f"its boxes are there, but the platform refused to submit it: {trouble}"
                    self.result.losses.add(
                        Problem("not_submitted", Severity.IMAGE_SKIPPED, held.input_id, detail)
                    )

    def _submit(self, task_id: str, part: Sequence[Assignment]) -> list[Outcome]:
        return self.platform.act(task_id, AssignmentAction.LABEL_SUBMIT, [held.id for held in part])

    def _touched(self, task_id: str, inputs: Sequence[str]) -> set[str]:
        """Inputs whose annotations somebody changed since we posted them (a review sent them back, say)."""
        if not inputs:
            return set()
        found: list[Annotation] = ask(
            lambda: self.platform.list_annotations(input_ids=inputs, task_id=task_id)
        )
        return {
            annotation.input_id
            for annotation in found
            if annotation.created_at
            and annotation.modified_at
            and annotation.modified_at > annotation.created_at
        }


def _path(image: VocImage) -> Path:
    if image.path is None:
        raise PlatformError("an image without a picture cannot be sent")
    return image.path
