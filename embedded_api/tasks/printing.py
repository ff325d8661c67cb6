"""Tasks and assignments -> JSON. Source: Clarifai API guide, messages Task and TaskAssignment."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from embedded_api.envelope import dumps
from embedded_api.models import App, Assignment, LabelOrder, Task, TaskMember, User
from embedded_api.status_codes import PRINTED
from embedded_api.tasks.crew import CONSENSUS, PARTITIONED
from embedded_api.tasks.metrics import metrics_of
from embedded_api.tasks.transitions import STATE_CODE

ASSIGNMENT_COLUMNS = ("public_id", "created_at", "modified_at", "worker_id", "input_public_id", "state")
People = dict[str, dict[str, str]]
"""id -> what is printed of a user"""
_STATE_PRINTED = {int(state): PRINTED[code] for state, code in STATE_CODE.items()}


def print_tasks(app: App, tasks: Sequence[Task], asked: Iterable[str] = ()) -> list[str]:
    """Tasks as JSON texts, with a fixed number of queries. `asked`: values of `additional_fields`."""
    wishes = set(asked)
    members: dict[tuple[int, int], list[str]] = defaultdict(list)
    rows = TaskMember.objects.filter(task__in=tasks).order_by("position")
    for task_pk, role, user in rows.values_list("task_id", "role", "user_id"):
        members[task_pk, role].append(user)
    people: People = {}
    if wishes & {"all", "worker.users", "review.users"}:
        named = {user for users in members.values() for user in users}
        for one in User.objects.filter(id__in=named):
            people[one.id] = {"id": one.id, "first_name": one.first_name, "last_name": one.last_name}
    reviewers_of = {task.pk: members[task.pk, TaskMember.REVIEWER] for task in tasks}
    numbers = metrics_of(tasks, wishes, reviewers_of)
    orders = dict(LabelOrder.objects.filter(task__in=tasks).values_list("task_id", "public_id"))
    worker_people = people if wishes & {"all", "worker.users"} else {}
    review_people = people if wishes & {"all", "review.users"} else {}
    texts = []
    for task in tasks:
        body = {
            **_facts(app, task),
            "worker": _worker(task, members[task.pk, TaskMember.WORKER], worker_people),
            "review": _review(task, reviewers_of[task.pk], review_people),
            **json.loads(task.extras),
        }
        if task.pk in orders:
            body["label_order_id"] = orders[task.pk]
        if task.pk in numbers:
            body["metrics"] = numbers[task.pk]
        # Metadata may hold thousands of input ids; it is joined in as the text that it is stored as.
        status = PRINTED[task.status_code]
        texts.append(f'{dumps(body)[:-1]},"status":{status},"metadata":{task.metadata}}}')
    return texts


def _facts(app: App, task: Task) -> dict[str, Any]:
    concepts, rules = json.loads(task.concept_ids), json.loads(task.auto_rules)
    source: dict[str, Any] = {"type": task.source_type}
    if task.source_id:
        source["id"] = task.source_id
    return {
        "id": task.public_id,
        "created_at": task.created_at,
        "modified_at": task.modified_at,
        "type": task.type,
        "name": task.name,
        "description": task.description,
        "concept_ids": concepts,
        "concepts": [_concept(concept, rules.get(concept)) for concept in concepts],
        "input_source": source,
        "app_id": app.public_id,
        "user_id": app.owner_id,
        "priority": task.priority,
    }


def _concept(concept: str, rule: dict[str, Any] | None) -> dict[str, Any]:
    printed: dict[str, Any] = {"concept": {"id": concept, "value": 1}}
    return printed | ({"auto_annotation_config": rule} if rule else {})


def _worker(task: Task, workers: list[str], people: People) -> dict[str, Any]:
    auto = json.loads(task.auto_worker)
    printed: dict[str, Any] = {
        "strategy": task.worker_strategy,
        "user_ids": workers,
        "users": [people.get(user, {"id": user}) for user in workers],
        "workers": [auto] if auto else [{"user": people.get(user, {"id": user})} for user in workers],
        "type": task.worker_type,
    }
    if task.worker_strategy == PARTITIONED:
        info = {"type": task.partition, "workers_per_input": task.workers_per_input}
        weights = json.loads(task.weights)
        printed["partitioned_strategy_info"] = info | ({"weights": weights} if weights else {})
    return printed


def _review(task: Task, reviewers: list[str], people: People) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "strategy": task.review_strategy,
        "user_ids": reviewers,
        "users": [people.get(user, {"id": user}) for user in reviewers],
    }
    if task.review_strategy == CONSENSUS:
        printed["consensus_strategy_info"] = {
            "approval_threshold": max(task.threshold_labelers, 0),
            "approval_threshold_labelers": task.threshold_labelers,
            "approval_threshold_reviewers": task.threshold_reviewers,
        }
    elif task.threshold_reviewers or task.sample_percentage:
        info = {"sample_percentage": task.sample_percentage, "approval_threshold": task.threshold_reviewers}
        printed["manual_strategy_info"] = {name: value for name, value in info.items() if value}
    return printed


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
