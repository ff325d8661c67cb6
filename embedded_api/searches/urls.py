"""Addresses of searches."""

from embedded_api.routing import app_route
from embedded_api.searches.views import AnnotationSearches, OldSearches, OneSearch, Searches

urlpatterns = [
    *app_route("inputs/searches", Searches, "input_searches"),
    *app_route("annotations/searches", AnnotationSearches, "annotation_searches"),
    *app_route("searches", OldSearches, "searches"),
    *app_route("searches/<str:search_id>", OneSearch, "search"),
]
