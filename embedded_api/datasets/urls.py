"""Addresses of datasets, versions, exports and annotation filters."""

from django.urls import path

from embedded_api.datasets.filters import AnnotationFilters
from embedded_api.datasets.versions import OneVersion, VersionExports, VersionMetrics, Versions, download
from embedded_api.datasets.views import DatasetInputs, Datasets, OneDataset, OneDatasetInput, UserDatasets
from embedded_api.routing import app_route

_ONE = "datasets/<str:dataset_id>"
_VERSION = f"{_ONE}/versions/<str:dataset_version_id>"

urlpatterns = [
    path("exports/<str:name>", download, name="export"),
    path("v2/users/<str:path_user_id>/datasets", UserDatasets.as_view(), name="user_datasets"),
    *app_route("datasets", Datasets, "datasets"),
    *app_route(_ONE, OneDataset, "dataset"),
    *app_route(f"{_ONE}/inputs", DatasetInputs, "dataset_inputs"),
    *app_route(f"{_ONE}/inputs/<str:input_id>", OneDatasetInput, "dataset_input"),
    *app_route(f"{_ONE}/versions", Versions, "dataset_versions"),
    *app_route(_VERSION, OneVersion, "dataset_version"),
    *app_route(f"{_VERSION}/exports", VersionExports, "dataset_version_exports"),
    *app_route(f"{_VERSION}/metrics", VersionMetrics, "dataset_version_metrics"),
    *app_route("annotation_filters", AnnotationFilters, "annotation_filters"),
]
