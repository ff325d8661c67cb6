"""Making a task: what the app must know of, the inputs it takes in, and the first assignments."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from embedded_api import clock, errors, ids
from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import join
from embedded_api.models import App, Assignment, Collaborator, Concept, Input, Task, TaskInput, TaskMember
from embedded_api.tasks import distribution
from embedded_api.tasks.reading import DYNAMIC, FULL, SOURCE_INPUT, WEIGHTED, Named, TaskSpec

CHUNK = 500
InputKey = tuple[int, str]
"""(primary key, public id) of an input"""


def create_task(app: App, spec: TaskSpec) -> Task:
    """Store the task, its members, its inputs and, unless DYNAMIC, all assignments, in one transaction.

    Raises FieldError for concepts, users or inputs that the app does not have, ApiError 40010 for a taken id.
    """
    with transaction.atomic():
        check_members(app, spec)
        public_id = spec.id or ids.new()
        if Task.objects.filter(app=app, public_id=public_id).exists():
            raise errors.duplicate(f"{join(spec.where, 'id')}: {public_id} is taken")
        inputs = chosen_inputs(app, spec)
        task = Task(app=app, public_id=public_id, inputs_count=len(inputs), status_code=spec.status_code)
        fill(task, spec)
        task.created_at = task.modified_at = clock.now()
        task.save()
        write_members(task, spec)
        TaskInput.objects.bulk_create(
            [TaskInput(task=task, input_id=pk) for pk, _ in inputs], batch_size=CHUNK
        )
        hand_out(task, [user for user, _ in spec.work.workers], inputs)
    return task


def fill(task: Task, spec: TaskSpec) -> None:
    """Copy what a spec says onto a task row (not its id, status, members or inputs)."""
    task.name, task.description, task.type, task.priority = (
        spec.name,
        spec.description,
        spec.type,
        spec.priority,
    )
    task.metadata = dumps(spec.metadata)
    task.concept_ids = dumps([concept for concept, _ in spec.concepts])
    task.source_type, task.source_id = spec.source_type, spec.source_id
    work, review = spec.work, spec.review
    task.worker_strategy, task.partition, task.workers_per_input = (
        work.strategy,
        work.partition,
        work.per_input,
    )
    task.weights = dumps(work.weights)
    task.review_strategy = review.strategy
    task.threshold_labelers, task.threshold_reviewers = review.labelers, review.reviewers


def check_members(app: App, spec: TaskSpec) -> None:
    """Workers and reviewers must be the owner or collaborators of the app, concepts must exist in it."""
    named = spec.work.workers + spec.review.users
    allowed = set(Collaborator.objects.filter(app=app).values_list("user_id", flat=True)) | {app.owner_id}
    for user, where in named:
        if user not in allowed:
            raise FieldError(where, f"{user} is neither the owner nor a collaborator of the app")
    known = set(_existing(Concept.objects.filter(app=app), spec.concepts))
    for concept, where in spec.concepts:
        if concept not in known:
            raise FieldError(where, f"the app has no concept {concept}")


def _existing(rows: QuerySet[Concept], named: Named) -> Iterable[str]:
    for start in range(0, len(named), CHUNK):
        part = [value for value, _ in named[start : start + CHUNK]]
        yield from rows.filter(public_id__in=part).values_list("public_id", flat=True)


def chosen_inputs(app: App, spec: TaskSpec) -> list[InputKey]:
    """The inputs that the task takes in, in the order in which they were added to the app."""
    rows = Input.objects.filter(app=app).order_by("id")
    if spec.source_type == SOURCE_INPUT:
        found = list(rows.filter(public_id=spec.source_id).values_list("id", "public_id"))
        if not found:
            where = join(spec.where, "input_source.id")
            raise FieldError(where, f"the app has no input {spec.source_id}")
        return found
    everything = list(rows.values_list("id", "public_id"))
    if spec.input_ids is None:
        return everything
    known = {public_id for _, public_id in everything}
    for number, public_id in enumerate(spec.input_ids):
        if public_id not in known:
            where = join(spec.where, f"metadata.input_ids[{number}]")
            raise FieldError(where, f"the app has no input {public_id}")
    wanted = set(spec.input_ids)
    return [key for key in everything if key[1] in wanted]


def write_members(task: Task, spec: TaskSpec) -> None:
    """Replace the task's workers and reviewers."""
    TaskMember.objects.filter(task=task).delete()
    TaskMember.objects.bulk_create(
        TaskMember(task=task, user_id=user, role=role, position=position)
        for role, named in ((TaskMember.WORKER, spec.work.workers), (TaskMember.REVIEWER, spec.review.users))
        for position, (user, _) in enumerate(named)
    )


def hand_out(task: Task, workers: list[str], inputs: list[InputKey]) -> None:
    """Make all assignments of a PARTITIONED or FULL task; DYNAMIC ones are made by LABEL_START."""
    if not workers or not inputs or task.worker_strategy == DYNAMIC:
        return
    if task.worker_strategy == FULL:
        pairs = distribution.full(len(inputs), len(workers))
    else:
        pairs = distribution.partition(
            len(inputs), workers, task.workers_per_input, task.public_id, weights_of(task)
        )
    add_assignments(task, [(inputs[place], workers[worker]) for place, worker in pairs])


def weights_of(task: Task) -> dict[str, float] | None:
    """Relative weight by worker of a WEIGHTED task, else None."""
    found: dict[str, float] = json.loads(task.weights)
    return found if task.partition == WEIGHTED and found else None


def add_assignments(
    task: Task, pairs: list[tuple[InputKey, str]], *, started: bool = False
) -> list[Assignment]:
    """Store assignments for (input, worker) pairs, each with a time of its own, in order."""
    times = stamps(task, len(pairs))
    rows = [
        Assignment(
            task=task,
            public_id=ids.new(),
            worker_id=worker,
            input_id=pk,
            input_public_id=public_id,
            started=started,
            created_at=moment,
            modified_at=moment,
        )
        for ((pk, public_id), worker), moment in zip(pairs, times, strict=True)
    ]
    Assignment.objects.bulk_create(rows, batch_size=CHUNK)
    return rows


def stamps(task: Task, count: int) -> list[str]:
    """`count` rising times, all later than any assignment's of the task. Call inside the write transaction:
    then a reader that has seen time t will never find a change at or before t that it has not seen."""
    latest = Assignment.objects.filter(task=task).aggregate(latest=Max("modified_at"))["latest"] or ""
    first = clock.later_than(latest) if latest else clock.now()
    base = datetime.strptime(first, clock.FORMAT).replace(tzinfo=UTC)
    return [(base + timedelta(microseconds=step)).strftime(clock.FORMAT) for step in range(count)]
