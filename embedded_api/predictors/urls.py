"""Addresses of models and workflows."""

from django.urls import path

from embedded_api.predictors import views
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("models", views.Models, "models"),
    path("v2/users/<str:path_user_id>/models", views.UserModels.as_view(), name="user_models"),
    *app_route("models/<str:model_id>", views.OneModel, "model"),
    *app_route("models/<str:model_id>/outputs", views.ModelOutputs, "model_outputs"),
    *app_route(
        "models/<str:model_id>/versions/<str:version_id>/outputs", views.ModelOutputs, "model_version_outputs"
    ),
    *app_route("models/<str:model_id>/concepts", views.ModelConcepts, "model_concepts", short=False),
    *app_route(
        "models/<str:model_id>/versions/<str:version_id>/concepts",
        views.ModelConcepts,
        "model_version_concepts",
        short=False,
    ),
    *app_route("workflows", views.Workflows, "workflows"),
    path("v2/users/<str:path_user_id>/workflows", views.UserWorkflows.as_view(), name="user_workflows"),
    *app_route("workflows/<str:workflow_id>", views.OneWorkflow, "workflow"),
    *app_route("workflows/<str:workflow_id>/results", views.WorkflowResults, "workflow_results"),
    *app_route(
        "workflows/<str:workflow_id>/versions/<str:version_id>/results",
        views.WorkflowResults,
        "workflow_version_results",
        short=False,
    ),
]
