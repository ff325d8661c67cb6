"""Concepts: list, get, post, patch. There is no delete. Source: Clarifai API, section concepts."""

import json
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.base import AppView
from embedded_api.errors import FieldError
from embedded_api.models import Concept


def print_concept(concept: Concept, app_id: str) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "id": concept.public_id,
        "name": concept.name,
        "value": 1,
        "app_id": app_id,
        "language": "en",
        "created_at": concept.created_at,
    }
    if concept.definition:
        printed["definition"] = concept.definition
    if concept.metadata != "{}":
        printed["metadata"] = json.loads(concept.metadata)
    return printed


def _fill(concept: Concept, sent: fields.Json, where: str) -> None:
    if "name" in sent:
        concept.name = fields.text(sent, "name", where, limit=255)
    if "definition" in sent:
        concept.definition = fields.text(sent, "definition", where, limit=10_000, line=False)
    if "metadata" in sent:
        concept.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))


class Concepts(AppView):
    """GET, POST and PATCH U/concepts."""

    invalid_code = 40003
    scope_family = "Concepts"

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = Concept.objects.filter(app=self.app)
        if part := self.query.text("id"):
            rows = rows.filter(Q(public_id__icontains=part) | Q(name__icontains=part))
        found = rows.order_by("pk")[page.start : page.stop]
        return self._answer(list(found))

    def post(self, request: Request) -> HttpResponse:
        self._owner()
        made = []
        for place, sent in enumerate(fields.objects(self.body, "concepts")):
            where = f"concepts[{place}]"
            concept = Concept(app=self.app, public_id=fields.identifier(sent, "id", where))
            _fill(concept, sent, where)
            concept.name = concept.name or concept.public_id
            made.append(concept)
        wanted = [concept.public_id for concept in made]
        if len(set(wanted)) != len(wanted):
            raise FieldError("concepts", "the same id is given twice")
        with transaction.atomic():
            known = Concept.objects.filter(app=self.app, public_id__in=wanted)
            if known:
                raise errors.duplicate("a concept with this id exists: " + known[0].public_id)
            Concept.objects.bulk_create(made)
        return self._answer(made)

    def patch(self, request: Request) -> HttpResponse:
        self._owner()
        if fields.text(self.body, "action") != "overwrite":
            raise FieldError("action", "must be overwrite, the only action for concepts")
        sent_rows = fields.objects(self.body, "concepts")
        changed = []
        with transaction.atomic():
            known = {row.public_id: row for row in Concept.objects.filter(app=self.app)}
            for place, sent in enumerate(sent_rows):
                where = f"concepts[{place}]"
                concept = known.get(fields.identifier(sent, "id", where))
                if concept is None:
                    raise errors.missing(f"{where}.id: no such concept in this app")
                _fill(concept, sent, where)
                changed.append(concept)
            Concept.objects.bulk_update(changed, ["name", "definition", "metadata"])
        return self._answer(changed)

    def _owner(self) -> None:
        if not self.is_owner:
            raise errors.denied("only the owner of the app may change its concepts")

    def _answer(self, rows: list[Concept]) -> HttpResponse:
        return envelope.answer({"concepts": [print_concept(row, self.app.public_id) for row in rows]})


class OneConcept(AppView):
    """GET U/concepts/{concept_id}."""

    scope_family = "Concepts"

    def get(self, request: Request, concept_id: str) -> HttpResponse:
        concept = Concept.objects.filter(app=self.app, public_id=concept_id).first()
        if concept is None:
            raise errors.missing("no such concept in this app")
        return envelope.answer({"concept": print_concept(concept, self.app.public_id)})
