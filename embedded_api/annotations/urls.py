"""Addresses of annotations."""

from embedded_api.annotations.views import Annotations, InputsAnnotations, OneAnnotation
from embedded_api.annotations.workers import AnnotationWorkers
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("annotations", Annotations, "annotations"),
    # The older home of the bulk delete.
    *app_route("inputs/annotations", InputsAnnotations, "inputs_annotations"),
    *app_route("annotations/workers", AnnotationWorkers, "annotation_workers"),
    *app_route("inputs/<str:input_id>/annotations/<str:annotation_id>", OneAnnotation, "annotation"),
]
