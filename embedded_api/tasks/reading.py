"""A task as it was sent -> a checked `TaskSpec`. Pure: what needs the database is checked in `creation`.

Source: Clarifai API guide, sections on tasks, task workers and task reviews. Of the three spellings of workers
(`workers[].user.id`, `users[].id`, `user_ids`) the first one that is present counts; the same for reviewers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from embedded_api import fields, ids
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json, join

TYPES: Final = {"CONCEPTS_CLASSIFICATION": 1, "BOUNDING_BOX_DETECTION": 2, "POLYGON_DETECTION": 3}
PRIORITIES: Final = {"TASK_PRIORITY_NOT_SET": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}
WORKER_STRATEGIES: Final = {"PARTITIONED": 2, "FULL": 3, "DYNAMIC": 4}
PARTITIONS: Final = {"EVENLY": 1, "WEIGHTED": 2}
REVIEWS: Final = {"NONE": 1, "MANUAL": 2, "CONSENSUS": 3}
SOURCES: Final = {"ALL_INPUTS": 1, "SAVED_SEARCH": 2, "DATASET": 3, "INPUT": 4}
PARTITIONED, FULL, DYNAMIC = 2, 3, 4
WEIGHTED = 2
CONSENSUS = 3
SOURCE_ALL, SOURCE_INPUT = 1, 4
TASK_CODES: Final = range(54001, 54007)
MAX_MEMBERS: Final = 1000
MAX_INPUT_IDS: Final = 100_000

Named = list[tuple[str, str]]
"""(id, where it stands in the body)"""


@dataclass
class WorkSpec:
    """Who labels, and how the inputs are shared out."""

    strategy: int
    partition: int
    per_input: int
    weights: dict[str, float]
    workers: Named


@dataclass
class ReviewSpec:
    """Who reviews. `labelers`: 0 off, n that must agree; `reviewers`: 0 or 1 one, n, or -1 all."""

    strategy: int
    labelers: int
    reviewers: int
    users: Named


@dataclass
class TaskSpec:
    """A task as asked for; `input_ids` is None when all inputs of the source are meant."""

    where: str
    id: str
    name: str
    description: str
    type: int
    priority: int
    status_code: int
    metadata: Json
    concepts: Named
    source_type: int
    source_id: str
    input_ids: list[str] | None
    work: WorkSpec
    review: ReviewSpec


def read_task(body: Json, where: str) -> TaskSpec:
    """Check one task; raises FieldError with the field's full path, or ApiError for what is not offered."""
    name = fields.text(body, "name", where, limit=255)
    if not name.strip():
        raise FieldError(join(where, "name"), "is required")
    source_type, source_id = _source(body, where)
    metadata = fields.mapping(body, "metadata", where)
    work = read_work(body, where)
    return TaskSpec(
        where=where,
        id=fields.identifier(body, "id", where, required=False),
        name=name,
        description=fields.text(body, "description", where, limit=10_000, line=False),
        type=_choice(body, "type", TYPES, where),
        priority=fields.enum(body.get("priority", 0), PRIORITIES, join(where, "priority")),
        status_code=fields.status_code(body, where=where, family=TASK_CODES) or 54001,
        metadata=metadata,
        concepts=_concepts(body, where),
        source_type=source_type,
        source_id=source_id,
        input_ids=_input_ids(metadata, source_type, where),
        work=work,
        review=read_review(body, where, work),
    )


def _choice(body: Json, name: str, table: dict[str, int], where: str) -> int:
    if body.get(name) in (None, 0, ""):
        raise FieldError(join(where, name), "is required, one of " + ", ".join(table))
    return fields.enum(body[name], table, join(where, name))


def _source(body: Json, where: str) -> tuple[int, str]:
    sent = fields.mapping(body, "input_source", where)
    place = join(where, "input_source")
    if sent.get("type") in (None, 0):
        return SOURCE_ALL, ""
    kind = fields.enum(sent["type"], SOURCES, join(place, "type"))
    if kind not in (SOURCE_ALL, SOURCE_INPUT):
        name = next(name for name, number in SOURCES.items() if number == kind)
        raise ApiError(400, 54101, f"{place}.type: {name} is not offered here; use ALL_INPUTS or INPUT")
    return kind, fields.identifier(sent, "id", place, required=kind == SOURCE_INPUT)


def _input_ids(metadata: Json, source_type: int, where: str) -> list[str] | None:
    """`metadata.input_ids` limits ALL_INPUTS to these inputs (an extension of this server)."""
    if "input_ids" not in metadata:
        return None
    place = join(join(where, "metadata"), "input_ids")
    found = metadata["input_ids"]
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_INPUT_IDS:
        raise FieldError(place, f"must be a list of 1 to {MAX_INPUT_IDS} input ids")
    if source_type != SOURCE_ALL:
        raise FieldError(place, "is only possible with the input source ALL_INPUTS")
    for number, value in enumerate(found):
        if not isinstance(value, str) or not ids.is_valid(value):
            raise FieldError(f"{place}[{number}]", ids.RULE)
    return list(dict.fromkeys(found))


def _concepts(body: Json, where: str) -> Named:
    listed = fields.objects(body, "concepts", where, low=0, high=MAX_MEMBERS)
    if not listed:
        place = join(where, "concept_ids")
        found = fields.identifiers(body, "concept_ids", where, limit=MAX_MEMBERS)
        return _distinct([(value, f"{place}[{number}]") for number, value in enumerate(found)])
    named = []
    for number, item in enumerate(listed):
        place = f"{join(where, 'concepts')}[{number}]"
        concept = fields.mapping(item, "concept", place)
        named.append((fields.identifier(concept, "id", f"{place}.concept"), f"{place}.concept.id"))
    return _distinct(named)


def _distinct(named: Named) -> Named:
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
                    raise FieldError(place, "must name a user; models and workflows do not work here")
                item, place = fields.mapping(item, "user", place), f"{place}.user"
            named.append((fields.identifier(item, "id", place), f"{place}.id"))
        if named:
            return _distinct(named)
    found = fields.identifiers(body, "user_ids", where, limit=MAX_MEMBERS)
    return _distinct([(value, f"{join(where, 'user_ids')}[{n}]") for n, value in enumerate(found)])


def read_work(body: Json, where: str) -> WorkSpec:
    """The `worker` object of a task. Without one the task is unassigned, to be shared out evenly later."""
    sent = fields.mapping(body, "worker", where)
    place = join(where, "worker")
    if not sent:
        return WorkSpec(PARTITIONED, 1, 1, {}, [])
    strategy = _choice(sent, "strategy", WORKER_STRATEGIES, place)
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
    strategy = _choice(sent, "strategy", REVIEWS, place)
    name = {2: "manual_strategy_info", 3: "consensus_strategy_info"}.get(strategy, "")
    info, inside = (fields.mapping(sent, name, place) if name else {}), f"{place}.{name}"
    if strategy == CONSENSUS:
        key = "approval_threshold_labelers"
        key = key if key in info else "approval_threshold"
        labelers = fields.integer(info, key, inside, low=0, high=MAX_MEMBERS)
        if work.workers and labelers > work.per_input:
            rule = f"must be at most the number of labelers of an input, {work.per_input}"
            raise FieldError(f"{inside}.{key}", rule)
        key = "approval_threshold_reviewers"
    else:
        labelers, key = 0, "approval_threshold"
    reviewers = fields.integer(info, key, inside, low=-1, high=MAX_MEMBERS)
    if users and reviewers > len(users):
        raise FieldError(f"{inside}.{key}", f"must be at most the number of reviewers, {len(users)}")
    return ReviewSpec(strategy, labelers, reviewers, users)


def read_named(items: list[Json], where: str) -> list[Any]:
    """Ids of a list of `Worker` objects (`[{"user": {"id"}}]`) as (id, where) pairs."""
    return _users({"workers": items}, where) if items else []
