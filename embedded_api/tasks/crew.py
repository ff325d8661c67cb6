"""The `worker` and `review` objects of a task -> who works, who reviews, and how the inputs are shared. Pure.

Source: Clarifai API guide, sections on task workers and task reviews. Of the three spellings of workers
(`workers[].user.id`, `users[].id`, `user_ids`) the first one that is present counts; the same for reviewers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from embedded_api import fields
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json, join
from embedded_api.predictors import catalog

WORKER_TYPES: Final = {"WORKER_TYPE_NOT_SET": 0, "WORKER_HUMAN": 1, "WORKER_AUTO": 2}
WORKER_STRATEGIES: Final = {"PARTITIONED": 2, "FULL": 3, "DYNAMIC": 4}
PARTITIONS: Final = {"EVENLY": 1, "WEIGHTED": 2}
REVIEWS: Final = {"NONE": 1, "MANUAL": 2, "CONSENSUS": 3}
HUMAN, AUTO = 1, 2
PARTITIONED, FULL, DYNAMIC = 2, 3, 4
WEIGHTED = 2
MANUAL, CONSENSUS = 2, 3
MAX_MEMBERS: Final = 1000

Named = list[tuple[str, str]]
"""(id, where it stands in the body)"""


@dataclass
class WorkSpec:
    """Who labels, and how the inputs are shared out. `auto` is the one model or workflow of an AUTO task."""

    strategy: int
    partition: int
    per_input: int
    weights: dict[str, float]
    workers: Named
    auto: Json = field(default_factory=dict)


@dataclass
class ReviewSpec:
    """Who reviews. `labelers`: 0 off, n that must agree; `reviewers`: 0 or 1 one, n, or -1 all.

    `sample` (0 to 1) is kept and printed only: the platform has no use for it any more.
    """

    strategy: int
    labelers: int
    reviewers: int
    users: Named
    sample: float = 0.0


def required_choice(body: Json, name: str, table: dict[str, int], where: str) -> int:
    """An enumeration that must be given: name or number -> number."""
    if body.get(name) in (None, 0, ""):
        raise FieldError(join(where, name), "is required, one of " + ", ".join(table))
    return fields.enum(body[name], table, join(where, name))


def distinct(named: Named) -> Named:
    """The same list; raises FieldError where an id comes a second time."""
    seen: set[str] = set()
    for value, place in named:
        if value in seen:
            raise FieldError(place, f"{value} is named twice")
        seen.add(value)
    return named


def _users(body: Json, where: str) -> Named:
    """Users of a `worker` or `review` object in any of the three spellings."""
    for name in ("workers", "users"):
        listed = fields.objects(body, name, where, low=0, high=MAX_MEMBERS)
        named = []
        for number, item in enumerate(listed):
            place = f"{join(where, name)}[{number}]"
            if name == "workers":
                if "user" not in item and ("model" in item or "workflow" in item):
                    raise FieldError(place, "must name a user; a model or workflow needs type WORKER_AUTO")
                item, place = fields.mapping(item, "user", place), f"{place}.user"
            named.append((fields.identifier(item, "id", place), f"{place}.id"))
        if named:
            return distinct(named)
    found = fields.identifiers(body, "user_ids", where, limit=MAX_MEMBERS)
    return distinct([(value, f"{join(where, 'user_ids')}[{n}]") for n, value in enumerate(found)])


def read_work(body: Json, where: str) -> WorkSpec:
    """The `worker` object of a task. Without one the task is unassigned, to be shared out evenly later."""
    sent = fields.mapping(body, "worker", where)
    place = join(where, "worker")
    if not sent:
        return WorkSpec(PARTITIONED, 1, 1, {}, [])
    if sent.get("runner_selectors"):
        raise ApiError(400, 54101, f"{place}.runner_selectors: this server has no runners to choose from")
    if fields.enum(sent.get("type", HUMAN), WORKER_TYPES, join(place, "type")) == AUTO:
        strategy = fields.enum(sent.get("strategy") or FULL, WORKER_STRATEGIES, join(place, "strategy"))
        return WorkSpec(strategy, 1, 1, {}, [], _auto_worker(sent, place))
    strategy = required_choice(sent, "strategy", WORKER_STRATEGIES, place)
    workers = _users(sent, place)
    info, inside = (
        fields.mapping(sent, "partitioned_strategy_info", place),
        f"{place}.partitioned_strategy_info",
    )
    per_input = fields.integer(info, "workers_per_input", inside, low=0, high=MAX_MEMBERS) or 1
    partition = fields.enum(info["type"], PARTITIONS, f"{inside}.type") if info.get("type") else 1
    if strategy == FULL:
        return WorkSpec(strategy, 1, max(1, len(workers)), {}, workers)
    if workers and per_input > len(workers):
        raise FieldError(
            f"{inside}.workers_per_input", f"must be at most the number of workers, {len(workers)}"
        )
    weights: dict[str, float] = {}
    if strategy == PARTITIONED and partition == WEIGHTED:
        weights = _weights(info, inside, workers, per_input)
    return WorkSpec(strategy, partition if strategy == PARTITIONED else 1, per_input, weights, workers)


def _auto_worker(sent: Json, where: str) -> Json:
    """The `workers` of an AUTO task: exactly one, a model or a workflow."""
    workers, place = fields.objects(sent, "workers", where, low=0), join(where, "workers")
    if len(workers) != 1 or sent.get("users") or sent.get("user_ids"):
        raise FieldError(place, "must be exactly one model or workflow with type WORKER_AUTO")
    return catalog.read_worker(workers[0], f"{place}[0]")


def _weights(info: Json, where: str, workers: Named, per_input: int) -> dict[str, float]:
    sent, place = fields.mapping(info, "weights", where), f"{where}.weights"
    known = {user for user, _ in workers}
    for user in sent:
        if user not in known:
            raise FieldError(f"{place}.{user[:128]}", "is not a worker of this task")
    weights = {}
    for user, _ in workers:
        if user not in sent:
            raise FieldError(f"{place}.{user}", "is required with WEIGHTED")
        weights[user] = fields.number(sent, user, place)
        if not 0 <= weights[user] <= 1e9:
            raise FieldError(f"{place}.{user}", "must be a number from 0 to 1e9")
    total = sum(weights.values())
    if workers and not total:
        raise FieldError(place, "must not all be 0")
    for user, weight in weights.items():
        # The guide's rule: with k workers for an input, nobody can take more than 1/k of the work.
        if weight * per_input > total * (1 + 1e-9):
            raise FieldError(f"{place}.{user}", f"must be at most 1/{per_input} of the sum of all weights")
    return weights


def read_review(body: Json, where: str, work: WorkSpec) -> ReviewSpec:
    """The `review` object of a task; without one, what is submitted counts as approved."""
    sent = fields.mapping(body, "review", where)
    place = join(where, "review")
    users = _users(sent, place)
    if not users and sent.get("strategy") in (None, 0):
        return ReviewSpec(1, 0, 0, [])
    strategy = required_choice(sent, "strategy", REVIEWS, place)
    manual, by_hand = fields.mapping(sent, "manual_strategy_info", place), f"{place}.manual_strategy_info"
    info, inside = fields.mapping(sent, "consensus_strategy_info", place), f"{place}.consensus_strategy_info"
    labelers, key = 0, "approval_threshold_reviewers"
    if strategy == CONSENSUS:
        labelers = _labelers(info, inside, work)
    elif strategy == MANUAL and key not in info:  # the older home of the same number
        info, inside, key = manual, by_hand, "approval_threshold"
    elif strategy != MANUAL:
        info = {}
    reviewers = fields.integer(info, key, inside, low=-1, high=MAX_MEMBERS)
    if users and reviewers > len(users):
        raise FieldError(f"{inside}.{key}", f"must be at most the number of reviewers, {len(users)}")
    sample = fraction(manual, "sample_percentage", by_hand) if strategy == MANUAL else 0.0
    return ReviewSpec(strategy, labelers, reviewers, users, sample)


def _labelers(info: Json, where: str, work: WorkSpec) -> int:
    """How many labelers must agree, in its newer or older field; 0 is off."""
    key = "approval_threshold_labelers"
    key = key if key in info else "approval_threshold"
    labelers = fields.integer(info, key, where, low=0, high=MAX_MEMBERS)
    if work.workers and labelers > work.per_input:
        rule = f"must be at most the number of labelers of an input, {work.per_input}"
        raise FieldError(f"{where}.{key}", rule)
    return labelers


def fraction(obj: Json, name: str, where: str, default: float = 0.0) -> float:
    """A number from 0 to 1."""
    value = fields.number(obj, name, where, default=default)
    if not 0 <= value <= 1:
        raise FieldError(join(where, name), "must be from 0 to 1")
    return value


def read_named(items: list[Json], where: str) -> list[Any]:
    """Ids of a list of `Worker` objects (`[{"user": {"id"}}]`) as (id, where) pairs."""
    return _users({"workers": items}, where) if items else []
