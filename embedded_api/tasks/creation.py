"""Making a task: what the app must know of, the inputs it takes in, and the first assignments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Model, QuerySet

from embedded_api import clock, errors, ids
from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import join
from embedded_api.models import App, Assignment, Collaborator, Concept, Task, TaskInput, TaskMember
from embedded_api.tasks import distribution
from embedded_api.tasks.crew import AUTO, DYNAMIC, FULL, HUMAN, WEIGHTED, Named
from embedded_api.tasks.reading import TaskSpec
from embedded_api.tasks.sources import InputKey, chosen_inputs
from embedded_api.tasks.transitions import State

CHUNK = 500
MAX_ASSIGNMENTS = 1_000_000  # of one task; more would hold the write lock for too long


def create_task(app: App, spec: TaskSpec) -> Task:
    """Store the task, its members, its inputs and, unless DYNAMIC, all assignments, in one transaction.

    Raises FieldError for concepts, users or inputs that the app does not have, ApiError 40010 for a taken id.
    """
    with transaction.atomic():
        check_members(app, spec)
        if spec.label_order_id:
            rule = "cannot be set; post the label order with its task"
            raise FieldError(join(spec.where, "label_order_id"), rule)
        public_id = spec.id or ids.new()
        if Task.objects.filter(app=app, public_id=public_id).exists():
            raise errors.duplicate(f"{join(spec.where, 'id')}: {public_id} is taken")
        inputs = chosen_inputs(app, spec)
        check_size(spec, len(inputs))
        task = Task(app=app, public_id=public_id, inputs_count=len(inputs), status_code=spec.status_code)
        fill(task, spec)
        task.created_at = task.modified_at = clock.now()
        task.save()
        write_members(task, spec)
        _insert(TaskInput, ["task_id", "input_id", "handed"], [(task.pk, pk, 0) for pk, _ in inputs])
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
    task.auto_rules, task.extras = dumps(spec.rules), dumps(spec.extras)
    task.source_type, task.source_id = spec.source_type, spec.source_id
    work, review = spec.work, spec.review
    task.worker_strategy, task.partition, task.workers_per_input = (
        work.strategy,
        work.partition,
        work.per_input,
    )
    task.weights = dumps(work.weights)
    task.worker_type, task.auto_worker = AUTO if work.auto else HUMAN, dumps(work.auto)
    task.review_strategy, task.sample_percentage = review.strategy, review.sample
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


def check_size(spec: TaskSpec, inputs: int) -> None:
    """Refuse a task with too many assignments."""
    wanted = inputs * spec.work.per_input if spec.work.workers else 0
    if wanted > MAX_ASSIGNMENTS:
        where = join(spec.where, "worker")
        raise FieldError(where, f"would make {wanted} assignments; one task has at most {MAX_ASSIGNMENTS}")


def _existing(rows: QuerySet[Concept], named: Named) -> Iterable[str]:
    for start in range(0, len(named), CHUNK):
        part = [value for value, _ in named[start : start + CHUNK]]
        yield from rows.filter(public_id__in=part).values_list("public_id", flat=True)


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


def add_assignments(task: Task, pairs: list[tuple[InputKey, str]], *, started: bool = False) -> list[str]:
    """Store assignments for (input, worker) pairs, each with a time of its own, in order; answers their ids."""
    made = [ids.new() for _ in pairs]
    rows = [
        (task.pk, public_id, worker, pk, name, int(State.PENDING), started, None, "[]", moment, moment)
        for public_id, ((pk, name), worker), moment in zip(made, pairs, stamps(task, len(pairs)), strict=True)
    ]
    columns = "task_id public_id worker_id input_id input_public_id state started reviewer_id approvals"
    _insert(Assignment, f"{columns} created_at modified_at".split(), rows)
    return made


def _insert(table: type[Model], columns: list[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows straight into a table: a task may have a hundred thousand, and the write lock is held meanwhile."""
    places = ", ".join(["%s"] * len(columns))
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        # Table and column names are ours; all values are parameters.
        cursor.executemany(f"INSERT INTO {table._meta.db_table} ({names}) VALUES ({places})", rows)  # noqa: S608


def stamps(task: Task, count: int) -> list[str]:
    """`count` rising times, all later than any assignment's of the task. Call inside the write transaction:
    then a reader that has seen time t will never find a change at or before t that it has not seen."""
    latest = Assignment.objects.filter(task=task).aggregate(latest=Max("modified_at"))["latest"] or ""
    first = clock.later_than(latest) if latest else clock.now()
    base = datetime.strptime(first, clock.FORMAT).replace(tzinfo=UTC)
    return [(base + timedelta(microseconds=step)).strftime(clock.FORMAT) for step in range(count)]
