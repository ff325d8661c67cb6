"""Addresses of tasks."""

from embedded_api.routing import app_route
from embedded_api.tasks import assignment_views, views

urlpatterns = [
    *app_route("tasks", views.TaskList, "tasks"),
    *app_route("tasks/<str:task_id>", views.TaskDetail, "task"),
    *app_route("tasks/<str:task_id>/assignments", assignment_views.Assignments, "assignments"),
    *app_route("tasks/<str:task_id>/assignments/all", assignment_views.AllAssignments, "assignments_all"),
    *app_route(
        "tasks/<str:task_id>/annotations/count", assignment_views.AnnotationCounts, "annotation_counts"
    ),
    *app_route("tasks/<str:task_id>/inputs/count", assignment_views.InputCounts, "input_counts"),
    *app_route("tasks/<str:task_id>/inputs/samples", assignment_views.InputSamples, "input_samples"),
    *app_route(
        "task/<str:task_id>/annotations/status",
        assignment_views.AnnotationsStatus,
        "annotations_status",
        short=False,
    ),
]
