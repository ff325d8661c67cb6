"""Addresses of concepts."""

from embedded_api.concepts.views import Concepts, OneConcept
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("concepts", Concepts, "concepts"),
    *app_route("concepts/<str:concept_id>", OneConcept, "concept"),
]
