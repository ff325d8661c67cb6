"""Addresses of jobs and uploads."""

from embedded_api.jobs.uploads import ContentParts, OneUpload, Uploads
from embedded_api.jobs.views import (
    AddJobs,
    DataSources,
    ExtractionJobs,
    InputsUploads,
    OneAddJob,
    OneExtractionJob,
)
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("inputs/jobs/add", AddJobs, "inputs_add_jobs"),
    *app_route("inputs/jobs/add/<str:job_id>", OneAddJob, "inputs_add_job"),
    *app_route("inputs/jobs/extraction", ExtractionJobs, "inputs_extraction_jobs"),
    *app_route("inputs/jobs/extraction/<str:job_id>", OneExtractionJob, "inputs_extraction_job"),
    *app_route("inputs/data_sources", DataSources, "inputs_data_sources"),
    *app_route("inputs/uploads", InputsUploads, "inputs_uploads"),
    *app_route("uploads", Uploads, "uploads"),
    *app_route("uploads/<str:upload_id>", OneUpload, "upload"),
    *app_route("uploads/<str:upload_id>/content_parts", ContentParts, "upload_content_parts"),
]
