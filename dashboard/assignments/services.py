"""Making and changing tasks: checked here, sent by sync, mirrored at once."""

from __future__ import annotations

from hashlib import blake2b
from uuid import uuid4

import msgspec

from dashboard.accounts.models import Connection, Membership
from dashboard.accounts.policies import PolicyError
from dashboard.platforms import types
from dashboard.platforms.types import TaskState
from dashboard.sync.models import Task
from dashboard.sync.selectors import task_details
from dashboard.sync.services import tasks

from .plans import TaskPlan, to_task


def check_manages_tasks(membership: Membership) -> None:
    """Only an admin of the connection makes, changes and closes tasks."""
    if not membership.is_admin:
        raise PolicyError("Only an admin of this connection makes and changes tasks.")


def create_task(*, actor: Membership, plan: TaskPlan, task_id: str = "") -> Task:
    """Make the task on the platform. ``task_id`` makes a repeated request the same task.

    The plan must have passed ``plans.problems``. Raises PolicyError and the service layer's errors.
    """
    check_manages_tasks(actor)
    return tasks.create_task(
        connection=actor.connection,
        actor=actor.user,
        task=to_task(plan, task_id or f"task-{uuid4().hex[:12]}"),
    )


def edit_task(*, actor: Membership, task: Task, plan: TaskPlan) -> Task:
    """Change a running task to the plan; unstarted work is shared out again, state and order stay.

    The plan must have passed ``plans.problems``. Raises PolicyError and the service layer's errors.
    """
    check_manages_tasks(actor)
    changed = msgspec.structs.replace(
        to_task(plan, task.platform_id),
        state=types.TaskState(task.state),
        created_at=task.created_at,
        modified_at=task.modified_at,
    )
    return tasks.edit_task(connection=actor.connection, actor=actor.user, task=changed)


def read_again(*, actor: Membership, task: Task) -> None:
    """The mirror of the task as the platform tells it now. Raises PolicyError and the service layer's errors."""
    check_manages_tasks(actor)
    tasks.read_again(connection=actor.connection, task=task)


def version(task: Task) -> str:
    """32 hex digits that change when anything does that a person could edit; times alone change nothing."""
    said = msgspec.structs.replace(told(task), modified_at=None)
    return blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=16).hexdigest()


def close_task(*, actor: Membership, task: Task, state: TaskState) -> Task:
    """Say that a task is done, given up, or running again."""
    check_manages_tasks(actor)
    return tasks.close_task(connection=actor.connection, actor=actor.user, task=task, state=state)


def delete_task(*, actor: Membership, connection: Connection, task: Task) -> None:
    """Delete a task with its assignments; annotations stay on the platform."""
    check_manages_tasks(actor)
    tasks.delete_task(connection=connection, actor=actor.user, task=task)


def told(task: Task) -> types.Task:
    """A mirrored task as the service layer speaks of it."""
    worker, review = task.worker, task.review
    return types.Task(
        id=task.platform_id,
        name=task.name,
        type=types.TaskType(task.type),
        description=task.description,
        state=types.TaskState(task.state),
        concept_ids=tuple(task.concept_ids),
        worker=types.WorkerPlan(
            strategy=types.WorkerStrategy(worker.get("strategy") or "partitioned"),
            user_ids=tuple(task.labeler_ids),
            workers_per_input=worker.get("workers_per_input") or 1,
            weights=worker.get("weights") or {},
        ),
        review=types.ReviewPlan(
            strategy=types.ReviewStrategy(review.get("strategy") or "none"),
            user_ids=tuple(task.reviewer_ids),
            labeler_threshold=review.get("labeler_threshold") or 0,
            reviewer_threshold=review.get("reviewer_threshold") or 0,
        ),
        details=task_details(task),
        created_at=task.created_at,
        modified_at=task.modified_at,
    )
