"""A task as it was sent -> a checked `TaskSpec`. Pure: what needs the database is checked in `creation`.

Source: Clarifai API guide, section tasks, and Clarifai API, message Task.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from embedded_api import fields, ids
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.tasks.assistance import read_extras, read_rule
from embedded_api.tasks.crew import (
    MAX_MEMBERS,
    Named,
    ReviewSpec,
    WorkSpec,
    distinct,
    read_review,
    read_work,
    required_choice,
)

TYPES: Final = {"CONCEPTS_CLASSIFICATION": 1, "BOUNDING_BOX_DETECTION": 2, "POLYGON_DETECTION": 3}
PRIORITIES: Final = {"TASK_PRIORITY_NOT_SET": 0, "LOW": 1, "MEDIUM": 2, "HIGH": 3}
SOURCES: Final = {"ALL_INPUTS": 1, "SAVED_SEARCH": 2, "DATASET": 3, "INPUT": 4}
SOURCE_ALL, SOURCE_SEARCH, SOURCE_DATASET, SOURCE_INPUT = 1, 2, 3, 4
TASK_CODES: Final = range(54001, 54007)
IN_PROGRESS, IDLE = 54001, 54006
MAX_INPUT_IDS: Final = 100_000


@dataclass
class TaskSpec:
    """A task as asked for; `input_ids` is None when all inputs of the source are meant.

    `rules` holds the auto_annotation_config of a concept by its id, `extras` what is only kept and printed.
    """

    where: str
    id: str
    name: str
    description: str
    type: int
    priority: int
    status_code: int
    metadata: Json
    concepts: Named
    rules: dict[str, Json]
    label_order_id: str
    source_type: int
    source_id: str
    input_ids: list[str] | None
    work: WorkSpec
    review: ReviewSpec
    extras: Json


def read_task(body: Json, where: str) -> TaskSpec:
    """Check one task; raises FieldError with the field's full path, or ApiError for what is not offered."""
    name = fields.text(body, "name", where, limit=255)
    if not name.strip():
        raise FieldError(join(where, "name"), "is required")
    source_type, source_id = _source(body, where)
    metadata = fields.mapping(body, "metadata", where)
    work = read_work(body, where)
    concepts, rules = _concepts(body, where)
    return TaskSpec(
        where=where,
        id=fields.identifier(body, "id", where, required=False),
        name=name,
        description=fields.text(body, "description", where, limit=10_000, line=False),
        type=required_choice(body, "type", TYPES, where),
        priority=fields.enum(body.get("priority", 0), PRIORITIES, join(where, "priority")),
        status_code=fields.status_code(body, where=where, family=TASK_CODES) or IN_PROGRESS,
        metadata=metadata,
        concepts=concepts,
        rules=rules,
        label_order_id=fields.identifier(body, "label_order_id", where, required=False),
        source_type=source_type,
        source_id=source_id,
        input_ids=_input_ids(metadata, source_type, where),
        work=work,
        review=read_review(body, where, work),
        extras=read_extras(body, where),
    )


def _source(body: Json, where: str) -> tuple[int, str]:
    sent = fields.mapping(body, "input_source", where)
    place = join(where, "input_source")
    if sent.get("type") in (None, 0):
        return SOURCE_ALL, ""
    kind = fields.enum(sent["type"], SOURCES, join(place, "type"))
    return kind, fields.identifier(sent, "id", place, required=kind != SOURCE_ALL)


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


def _concepts(body: Json, where: str) -> tuple[Named, dict[str, Json]]:
    """The concepts in order, and the rules of those that have one; `concepts` wins over `concept_ids`."""
    listed = fields.objects(body, "concepts", where, low=0, high=MAX_MEMBERS)
    if not listed:
        place = join(where, "concept_ids")
        found = fields.identifiers(body, "concept_ids", where, limit=MAX_MEMBERS)
        return distinct([(value, f"{place}[{number}]") for number, value in enumerate(found)]), {}
    named, rules = [], {}
    for number, item in enumerate(listed):
        place = f"{join(where, 'concepts')}[{number}]"
        concept = fields.mapping(item, "concept", place)
        concept_id = fields.identifier(concept, "id", f"{place}.concept")
        named.append((concept_id, f"{place}.concept.id"))
        sent = fields.mapping(item, "auto_annotation_config", place)
        if rule := read_rule(sent, f"{place}.auto_annotation_config"):
            rules[concept_id] = rule
    return distinct(named), rules
