"""Concepts and their relations -> plain objects. Source: Clarifai API, messages Concept and ConceptRelation."""

import json
from typing import Any

from embedded_api.models import App, Concept, ConceptRelation

TURNED = {
    ConceptRelation.HYPONYM: ConceptRelation.HYPERNYM,
    ConceptRelation.HYPERNYM: ConceptRelation.HYPONYM,
    ConceptRelation.SYNONYM: ConceptRelation.SYNONYM,
}


def print_concept(concept: Concept, app: App) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "id": concept.public_id,
        "name": concept.name,
        "value": 1,
        "app_id": app.public_id,
        "user_id": app.owner_id,
        "language": app.default_language,
        "created_at": concept.created_at,
    }
    if concept.definition:
        printed["definition"] = concept.definition
    if concept.metadata != "{}":
        printed["metadata"] = json.loads(concept.metadata)
    return printed


def print_relation(row: ConceptRelation, *, turned: bool) -> dict[str, Any]:
    """`turned`: seen from its other end, so that a hyponym reads as a hypernym."""
    ends = (row.object, row.subject) if turned else (row.subject, row.object)
    return {
        "id": row.public_id,
        "subject_concept": _end(ends[0]),
        "object_concept": _end(ends[1]),
        "predicate": TURNED[row.predicate] if turned else row.predicate,
    }


def _end(concept: Concept) -> dict[str, Any]:
    return {"id": concept.public_id, "name": concept.name, "value": 1}
