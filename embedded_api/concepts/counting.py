"""How many inputs have a concept. Source: Clarifai API, message ConceptCount."""

from collections import Counter
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope
from embedded_api.base import AppView
from embedded_api.models import AnnotationConcept, Concept

# Status of the input -> the field of DetailConceptCount.
_DETAILS = {30000: "processed", 30001: "to_process", 30002: "errors", 30003: "processing"}
_SIGNS = {1.0: "positive", 0.0: "negative"}  # predictions between the two count as neither


class ConceptCounts(AppView):
    """GET U/concepts/status: inputs with the concept present (value 1) and absent (value 0), each counted once."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        concepts = Concept.objects.filter(app=self.app).order_by("pk")[page.start : page.stop]
        rows = (
            AnnotationConcept.objects.filter(
                app=self.app, concept_id__in=[one.public_id for one in concepts], value__in=_SIGNS
            )
            .values_list("concept_id", "value", "input__status_code")
            .annotate(inputs=Count("input_id", distinct=True))
        )
        counts: dict[str, Counter[tuple[str, str]]] = {}
        for concept_id, value, code, inputs in rows:
            counts.setdefault(concept_id, Counter())[_DETAILS.get(code, "errors"), _SIGNS[value]] += inputs
        printed = [_print(one, counts.get(one.public_id, Counter())) for one in concepts]
        return envelope.answer({"concept_counts": printed})


def _print(concept: Concept, found: Counter[tuple[str, str]]) -> dict[str, Any]:
    details = {name: {sign: found[name, sign] for sign in _SIGNS.values()} for name in _DETAILS.values()}
    total = {sign: sum(one[sign] for one in details.values()) for sign in _SIGNS.values()}
    return {
        "id": concept.public_id,
        "name": concept.name,
        "concept_type_count": total,
        "detail_concept_count": details,
    }
