"""Concepts: list, get, post, patch, search, languages. There is no delete. Source: Clarifai API, section concepts."""

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.base import AppView
from embedded_api.concepts.printing import print_concept
from embedded_api.errors import FieldError
from embedded_api.models import App, Concept
from embedded_api.predictors.catalog import read_model, read_workflow
from embedded_api.query import body_page


class Concepts(AppView):
    """GET, POST and PATCH U/concepts."""

    invalid_code = 40003

    def get(self, request: Request) -> HttpResponse:
        """`id`: a part of the id or of the name."""
        page = self.query.page()
        rows = Concept.objects.filter(app=self.app)
        if part := self.query.text("id"):
            rows = rows.filter(Q(public_id__icontains=part) | Q(name__icontains=part))
        return self._answer(list(rows.order_by("pk")[page.start : page.stop]))

    def post(self, request: Request) -> HttpResponse:
        made = []
        for place, sent in enumerate(fields.objects(self.body, "concepts")):
            where = f"concepts[{place}]"
            concept = Concept(app=self.app, public_id=fields.identifier(sent, "id", where))
            _fill(concept, sent, where)
            concept.name = concept.name or concept.public_id
            made.append(concept)
        wanted = [concept.public_id for concept in made]
        fields.no_repeats(wanted, "concepts")
        with transaction.atomic():
            known = Concept.objects.filter(app=self.app, public_id__in=wanted)
            if known:
                raise errors.duplicate("a concept with this id exists: " + known[0].public_id)
            Concept.objects.bulk_create(made)
        return self._answer(made)

    def patch(self, request: Request) -> HttpResponse:
        fields.action(self.body, "overwrite")
        sent_rows = fields.objects(self.body, "concepts")
        wanted = [fields.identifier(sent, "id", f"concepts[{place}]") for place, sent in enumerate(sent_rows)]
        changed = []
        with transaction.atomic():
            rows = Concept.objects.filter(app=self.app, public_id__in=wanted)
            known = {row.public_id: row for row in rows}
            for place, (name, sent) in enumerate(zip(wanted, sent_rows, strict=True)):
                where = f"concepts[{place}]"
                if name not in known:
                    raise errors.missing(f"{where}.id: no such concept in this app")
                _fill(known[name], sent, where)
                changed.append(known[name])
            Concept.objects.bulk_update(changed, ["name", "definition", "metadata"])
        return self._answer(changed)

    def _answer(self, rows: list[Concept]) -> HttpResponse:
        return envelope.answer({"concepts": [print_concept(row, self.app) for row in rows]})


class ConceptSearches(AppView):
    """POST U/concepts/searches: `concept_query.name` is a part of the name, in the app's language."""

    invalid_code = 40003

    def post(self, request: Request) -> HttpResponse:
        page = body_page(self.body)
        asked = fields.mapping(self.body, "concept_query")
        rows = Concept.objects.filter(app=self.app)
        if name := fields.text(asked, "name", "concept_query").removesuffix("*"):
            rows = rows.filter(name__icontains=name)
        if fields.text(asked, "language", "concept_query") not in ("", self.app.default_language):
            rows = rows.none()
        _check_source(asked)
        printed = [print_concept(row, self.app) for row in rows.order_by("pk")[page.start : page.stop]]
        if fields.mapping(self.body, "extra_info"):
            # Ranking by a concept needs an embedder model, which this server has not.
            printed = [one | {"extra_info": {"is_rankable": False}} for one in printed]
        return envelope.answer({"concepts": printed})


class OneConcept(AppView):
    """GET U/concepts/{concept_id}."""

    def get(self, request: Request, concept_id: str) -> HttpResponse:
        return envelope.answer({"concept": print_concept(find_concept(self.app, concept_id), self.app)})


class Languages(AppView):
    """GET U/concepts/{concept_id}/languages: a concept has one name, in the app's language."""

    def get(self, request: Request, concept_id: str) -> HttpResponse:
        page = self.query.page()
        concept = find_concept(self.app, concept_id)
        only = {"id": self.app.default_language, "name": concept.name, "definition": concept.definition}
        return envelope.answer({"concept_languages": [only][page.start : page.stop]})


def find_concept(app: App, concept_id: str) -> Concept:
    """A concept of the app; raises 404."""
    concept = Concept.objects.filter(app=app, public_id=concept_id).first()
    if concept is None:
        raise errors.missing("no such concept in this app")
    return concept


def _check_source(asked: fields.Json) -> None:
    """A model or a workflow may only be the built-in one: it knows the concepts of the app and no others."""
    if model := fields.mapping(asked, "model", "concept_query"):
        read_model(model, "concept_query.model")
    if workflow := fields.mapping(asked, "workflow", "concept_query"):
        read_workflow(workflow, "concept_query.workflow")
    if named := fields.text(asked, "workflow_id", "concept_query"):
        read_workflow({"id": named}, "concept_query.workflow_id")
    if fields.items(asked, "use_cases", "concept_query", low=0):
        raise FieldError("concept_query.use_cases", "is not supported: the built-in model has no use cases")


def _fill(concept: Concept, sent: fields.Json, where: str) -> None:
    if "name" in sent:
        concept.name = fields.text(sent, "name", where, limit=255)
    if "definition" in sent:
        concept.definition = fields.text(sent, "definition", where, limit=10_000, line=False)
    if "metadata" in sent:
        concept.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))
