"""Tasks and assignments -> JSON. Source: Clarifai API guide, messages Task and TaskAssignment."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from embedded_api.envelope import dumps
from embedded_api.models import App, Assignment, Task, TaskMember, User
from embedded_api.status_codes import PRINTED
from embedded_api.tasks.metrics import metrics_of
from embedded_api.tasks.reading import CONSENSUS, PARTITIONED
from embedded_api.tasks.transitions import STATE_CODE, State

ASSIGNMENT_COLUMNS = ("public_id", "created_at", "modified_at", "worker_id", "input_public_id", "state")
_STATE_PRINTED = {int(state): PRINTED[code] for state, code in STATE_CODE.items()}


def print_tasks(app: App, tasks: Sequence[Task], asked: Iterable[str] = ()) -> list[str]:
    """Tasks as JSON texts, with a fixed number of queries. `asked`: values of `additional_fields`."""
    wishes = set(asked)
    members: dict[tuple[int, int], list[str]] = defaultdict(list)
    rows = TaskMember.objects.filter(task__in=tasks).order_by("position")
    for task_pk, role, user in rows.values_list("task_id", "role", "user_id"):
        members[task_pk, role].append(user)
    people: dict[str, dict[str, str]] = {}
    if wishes & {"all", "worker.users", "review.users"}:
        named = {user for users in members.values() for user in users}
        for one in User.objects.filter(id__in=named):
            people[one.id] = {"id": one.id, "first_name": one.first_name, "last_name": one.last_name}
    numbers = metrics_of(tasks, wishes)
    return [
        _print_task(
            app,
            task,
            members[task.pk, TaskMember.WORKER],
            members[task.pk, TaskMember.REVIEWER],
            people if wishes & {"all", "worker.users"} else {},
            people if wishes & {"all", "review.users"} else {},
            numbers.get(task.pk),
        )
        for task in tasks
    ]


def _print_task(
    app: App,
    task: Task,
    workers: list[str],
    reviewers: list[str],
    worker_people: dict[str, dict[str, str]],
    review_people: dict[str, dict[str, str]],
    numbers: dict[str, Any] | None,
) -> str:
    worker: dict[str, Any] = {
        "strategy": task.worker_strategy,
        "user_ids": workers,
        "users": [worker_people.get(user, {"id": user}) for user in workers],
        "workers": [{"user": worker_people.get(user, {"id": user})} for user in workers],
        "type": 1,
    }
    if task.worker_strategy == PARTITIONED:
        info = {"type": task.partition, "workers_per_input": task.workers_per_input}
        weights = json.loads(task.weights)
        worker["partitioned_strategy_info"] = info | ({"weights": weights} if weights else {})
    review: dict[str, Any] = {
        "strategy": task.review_strategy,
        "user_ids": reviewers,
        "users": [review_people.get(user, {"id": user}) for user in reviewers],
    }
    if task.review_strategy == CONSENSUS:
        review["consensus_strategy_info"] = {
            "approval_threshold": max(task.threshold_labelers, 0),
            "approval_threshold_labelers": task.threshold_labelers,
            "approval_threshold_reviewers": task.threshold_reviewers,
        }
    elif task.threshold_reviewers:
        review["manual_strategy_info"] = {"approval_threshold": task.threshold_reviewers}
    concepts = json.loads(task.concept_ids)
    source: dict[str, Any] = {"type": task.source_type}
    if task.source_id:
        source["id"] = task.source_id
    body = {
        "id": task.public_id,
        "created_at": task.created_at,
        "modified_at": task.modified_at,
        "type": task.type,
        "name": task.name,
        "description": task.description,
        "worker": worker,
        "concept_ids": concepts,
        "concepts": [{"concept": {"id": concept, "value": 1}} for concept in concepts],
        "input_source": source,
        "review": review,
        "app_id": app.public_id,
        "user_id": app.owner_id,
        "priority": task.priority,
    }
    if numbers is not None:
        body["metrics"] = numbers
    # Metadata may hold thousands of input ids; it is joined in as the text that it is stored as.
    return f'{dumps(body)[:-1]},"status":{PRINTED[task.status_code]},"metadata":{task.metadata}}}'


def print_assignment_row(row: tuple[Any, ...]) -> str:
    """One `values_list(*ASSIGNMENT_COLUMNS)` row as JSON text; ids need no escaping."""
    public_id, created_at, modified_at, worker, input_id, state = row
    return (
        f'{{"id":"{public_id}","created_at":"{created_at}","modified_at":"{modified_at}",'
        f'"worker":{{"user":{{"id":"{worker}"}}}},"input":{{"id":"{input_id}"}},'
        f'"status":{_STATE_PRINTED[state]}}}'
    )


def print_assignment(row: Assignment) -> str:
    """One assignment as JSON text."""
    return print_assignment_row(tuple(getattr(row, name) for name in ASSIGNMENT_COLUMNS))


def code_of(row: Assignment) -> int:
    """Status code of an assignment's state."""
    return STATE_CODE[State(row.state)]
