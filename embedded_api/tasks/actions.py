"""PutTaskAssignments: one action, at most one config. Source: Clarifai API guide, section task assignments.

Who may: a worker starts and submits own assignments, a listed reviewer reviews, the owner of the app submits and
reviews for anybody (an extension), and starting always hands work to the caller. Nobody reviews own assignments.
A task that is done or abandoned hands out nothing; what is out can still be finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from embedded_api import errors, fields
from embedded_api.errors import ApiError, FieldError
from embedded_api.models import App, Assignment, Task
from embedded_api.tasks import handout, moves
from embedded_api.tasks.crew import read_named
from embedded_api.tasks.editing import find_task
from embedded_api.tasks.transitions import Action, State

NAMES: Final = {"PUT_TASK_ASSIGNMENTS_REQUEST_ACTION_NOT_SET": 0} | {
    action.name: int(action) for action in Action if action > 0
}
CONFIGS: Final = {
    Action.LABEL_SUBMIT: "label_submit_config",
    Action.REVIEW_START: "review_start_config",
    Action.REVIEW_APPROVE: "review_approve_config",
    Action.REVIEW_REQUEST_CHANGES: "review_request_changes_config",
    Action.REVIEW_REJECT: "review_reject_config",
}
OPEN_TASK: Final = (54001, 54006)


@dataclass
class Order:
    """What is asked for: assignments by id (batch), or by worker (bulk), or by input (old form)."""

    action: Action
    ids: list[str]
    workers: list[tuple[str, str]]
    input_id: str


@dataclass
class Outcome:
    """One assignment of the answer: the row, or why the one named `id` was refused."""

    id: str
    row: Assignment | None
    error: ApiError | None = None


def read_order(body: fields.Json) -> Order:
    """Check the body; raises FieldError."""
    number = fields.enum(body.get("action", 0), NAMES, "action")
    input_id = fields.identifier(body, "input_id", required=False)
    configs = [name for name in CONFIGS.values() if name in body]
    if len(configs) > 1:
        raise FieldError(configs[1], f"only one config may be sent, {configs[0]} is there too")
    if not number and not input_id:
        raise FieldError("action", "is required, one of " + ", ".join(list(NAMES)[1:]))
    action = Action(number or Action.LABEL_SUBMIT)
    name = CONFIGS.get(action, "")
    if configs and configs[0] != name:
        raise FieldError(configs[0], f"does not belong to {action.name}")
    config = fields.mapping(body, name) if name else {}
    listed = fields.objects(config, "task_assignments", name, low=0)
    ids = [
        fields.identifier(item, "id", f"{name}.task_assignments[{place}]")
        for place, item in enumerate(listed)
    ]
    workers = read_named(fields.objects(config, "workers", name, low=0, high=1000), name)
    order = Order(action, ids, workers, input_id)
    if action in (Action.LABEL_START, Action.REVIEW_START):
        if ids:
            raise FieldError(f"{name}.task_assignments", f"does not belong to {action.name}")
    elif action is Action.LABEL_SUBMIT:
        if workers:
            raise FieldError(f"{name}.workers", "does not belong to LABEL_SUBMIT")
        if not ids and not input_id:
            raise FieldError(f"{name}.task_assignments", "is required")
    elif bool(ids) == bool(workers):
        raise FieldError(name, "needs either task_assignments or workers")
    return order


def carry_out(app: App, task_id: str, order: Order, caller: str) -> list[Outcome]:
    """Do it in one transaction; the outcomes are in the order of the request."""
    with transaction.atomic():
        task = find_task(app, task_id)
        is_owner = caller == app.owner_id
        if order.action is Action.LABEL_START:
            _must_be_open(task)
            if not handout.workers_among(task, [caller]):
                raise errors.denied(f"{caller} is not a worker of this task", 54103)
            return [Outcome(row.public_id, row) for row in handout.start_labeling(task, caller)]
        reviewers = moves.reviewers_of(task)
        if order.action is not Action.LABEL_SUBMIT and not is_owner and caller not in reviewers:
            raise errors.denied(f"{caller} is not a reviewer of this task", 54103)
        if order.action is Action.REVIEW_START:
            _must_be_open(task)
            workers = _known_workers(task, order)
            return [Outcome(row.public_id, row) for row in handout.start_review(task, caller, workers)]
        outcomes = _named(task, order, caller, is_owner)
        rows = {each.row.pk: each.row for each in outcomes if each.row is not None and each.error is None}
        refused = moves.move(app, task, list(rows.values()), order.action, caller, reviewers)
    for each in outcomes:
        if each.row is not None and each.error is None:
            each.error = refused.get(each.row.pk)
    return outcomes


def _must_be_open(task: Task) -> None:
    if task.status_code not in OPEN_TASK:
        raise ApiError(409, 54100, "the task is closed and hands out no more work")


def _known_workers(task: Task, order: Order) -> list[str]:
    known = handout.workers_among(task, [user for user, _ in order.workers])
    for user, where in order.workers:
        if user not in known:
            raise FieldError(where, f"{user} is not a worker of this task")
    return [user for user, _ in order.workers]


def _named(task: Task, order: Order, caller: str, is_owner: bool) -> list[Outcome]:
    """The assignments that the order speaks of, each with the refusal that needs no look at its state."""
    rows = Assignment.objects.filter(task=task)
    if order.workers:
        workers = _known_workers(task, order)
        if caller in workers:
            raise errors.denied("nobody reviews own assignments", 54103)
        found = rows.filter(worker__in=workers, state=State.AWAITING_REVIEW).order_by("id")
        return [Outcome(row.public_id, row) for row in found]
    if not order.ids:
        return [_of_input(task, order.input_id, caller, is_owner)]
    by_id = {row.public_id: row for row in rows.filter(public_id__in=order.ids)}
    outcomes = []
    for public_id in order.ids:
        row = by_id.get(public_id)
        outcome = Outcome(public_id, row)
        if row is None:
            outcome.error = errors.missing(f"the task has no assignment {public_id}", 54102)
        elif order.action is Action.LABEL_SUBMIT:
            if row.worker_id != caller and not is_owner:
                outcome.error = errors.denied("this is another worker's assignment", 54103)
        elif row.worker_id == caller:
            outcome.error = errors.denied("nobody reviews own assignments", 54103)
        outcomes.append(outcome)
    return outcomes


def _of_input(task: Task, input_id: str, caller: str, is_owner: bool) -> Outcome:
    """Old form: the caller's assignment of an input; for the owner also the only one that there is."""
    rows = list(Assignment.objects.filter(task=task, input_public_id=input_id, input__app=task.app_id))
    mine = [row for row in rows if row.worker_id == caller]
    if not mine and is_owner and len(rows) == 1:
        mine = rows
    if not mine:
        raise errors.missing(f"{caller} has no assignment of input {input_id} in this task", 54102)
    return Outcome(mine[0].public_id, mine[0])
