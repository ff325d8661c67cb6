"""Addresses of concepts."""

from embedded_api.concepts.counting import ConceptCounts
from embedded_api.concepts.relations import Relations, RelationsOfConcept
from embedded_api.concepts.views import Concepts, ConceptSearches, Languages, OneConcept
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("concepts", Concepts, "concepts"),
    *app_route("concepts/searches", ConceptSearches, "concept_searches"),
    *app_route("concepts/status", ConceptCounts, "concept_counts"),
    *app_route("concepts/relations", Relations, "relations", short=False),
    *app_route("concepts/<str:concept_id>", OneConcept, "concept"),
    *app_route("concepts/<str:concept_id>/relations", RelationsOfConcept, "concept_relations", short=False),
    *app_route("concepts/<str:concept_id>/languages", Languages, "concept_languages"),
]
