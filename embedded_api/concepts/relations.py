"""Relations between concepts. Source: Clarifai API, message ConceptRelation.

`honey hyponym food` says that honey is a kind of food; asked from the other end it reads `food hypernym honey`.
`pup synonym puppy` reads the same from both ends.
"""

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields, ids
from embedded_api.base import AppView
from embedded_api.concepts.printing import TURNED, print_relation
from embedded_api.concepts.views import find_concept
from embedded_api.errors import FieldError
from embedded_api.models import Concept, ConceptRelation

_HYPONYM, _HYPERNYM = ConceptRelation.HYPONYM, ConceptRelation.HYPERNYM


class Relations(AppView):
    """GET U/concepts/relations: every relation once. Also the GET of one concept's relations."""

    invalid_code = 40003

    def get(self, request: Request, concept_id: str = "") -> HttpResponse:
        """Filters: `predicate`, `knowledge_graph_id` (there are no graphs here beside the app's own, "")."""
        page = self.query.page()
        predicate = self.query.text("predicate")
        if predicate not in ("", *TURNED):
            raise FieldError("predicate", "must be one of " + ", ".join(TURNED))
        rows = ConceptRelation.objects.select_related("subject", "object").filter(app=self.app).order_by("pk")
        if self.query.text("knowledge_graph_id"):
            rows = rows.none()
        if concept_id:
            concept = find_concept(self.app, concept_id)
            rows = rows.filter(_touching(concept, predicate))
            found = [_seen_from(concept, row) for row in rows[page.start : page.stop]]
        else:
            rows = rows.filter(predicate=_stored(predicate)) if predicate else rows
            turned = predicate == _HYPERNYM
            found = [print_relation(row, turned=turned) for row in rows[page.start : page.stop]]
        return envelope.answer({"concept_relations": found})


class RelationsOfConcept(Relations):
    """GET, POST and DELETE U/concepts/{concept_id}/relations."""

    def post(self, request: Request, concept_id: str) -> HttpResponse:
        concept = find_concept(self.app, concept_id)
        made = []
        with transaction.atomic():
            for place, sent in enumerate(fields.objects(self.body, "concept_relations")):
                made.append(self._make(concept, sent, f"concept_relations[{place}]"))
        return envelope.answer({"concept_relations": [_seen_from(concept, row) for row in made]})

    def delete(self, request: Request, concept_id: str) -> HttpResponse:
        concept = find_concept(self.app, concept_id)
        wanted = fields.named(self.body, "ids")
        with transaction.atomic():
            rows = ConceptRelation.objects.filter(_touching(concept, ""), app=self.app, public_id__in=wanted)
            known = rows.values_list("public_id", flat=True)
            errors.check_known(wanted, known, "ids: not relations of this concept:")
            rows.delete()
        return envelope.answer()

    def _make(self, concept: Concept, sent: fields.Json, where: str) -> ConceptRelation:
        if fields.text(fields.mapping(sent, "subject_concept", where), "id") not in ("", concept.public_id):
            raise FieldError(f"{where}.subject_concept.id", "must be the concept of the address")
        if fields.text(sent, "knowledge_graph_id", where):
            raise FieldError(f"{where}.knowledge_graph_id", "must be empty: there are no further graphs here")
        predicate = fields.text(sent, "predicate", where)
        if predicate not in TURNED:
            raise FieldError(f"{where}.predicate", "must be one of " + ", ".join(TURNED))
        other_id = fields.identifier(
            fields.mapping(sent, "object_concept", where), "id", f"{where}.object_concept"
        )
        other = Concept.objects.filter(app=self.app, public_id=other_id).first()
        if other is None or other == concept:
            raise FieldError(f"{where}.object_concept.id", "must be another concept of this app")
        both = Q(subject=concept, object=other) | Q(subject=other, object=concept)
        if ConceptRelation.objects.filter(both, predicate=_stored(predicate)).exists():
            raise errors.duplicate(
                f"{where}: these concepts have such a relation, in this or the other direction"
            )
        public_id = fields.identifier(sent, "id", where, required=False) or ids.new()
        if ConceptRelation.objects.filter(app=self.app, public_id=public_id).exists():
            raise errors.duplicate(f"{where}.id: a relation with this id exists")
        ends = (other, concept) if predicate == _HYPERNYM else (concept, other)
        return ConceptRelation.objects.create(
            app=self.app, public_id=public_id, subject=ends[0], object=ends[1], predicate=_stored(predicate)
        )


def _seen_from(concept: Concept, row: ConceptRelation) -> fields.Json:
    return print_relation(row, turned=row.subject_id != concept.pk)


def _stored(predicate: str) -> str:
    return _HYPONYM if predicate == _HYPERNYM else predicate


def _touching(concept: Concept, predicate: str) -> Q:
    """The relations of one concept that read as `predicate` from there ("": all)."""
    first, second = Q(subject=concept), Q(object=concept)
    if predicate == _HYPONYM:
        return first & Q(predicate=_HYPONYM)
    if predicate == _HYPERNYM:
        return second & Q(predicate=_HYPONYM)
    return (first | second) & Q(predicate=predicate) if predicate else first | second
