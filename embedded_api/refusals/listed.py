"""The routes of the published API reference, and further ones of its schema that this server refuses.

Facts only. A line reads: verbs, path. `U` stands for /v2/users/{user_id}, `A` for U/apps/{app_id}, `B` for both
forms of an app's route: A and /v2.
Source: Clarifai API reference (150 routes) and Clarifai API, service V2.
"""

from collections.abc import Iterator
from typing import NamedTuple

_LISTED = """
PUT A/models/{model_id}/versions/{version_id}/exports
GET A/models/{model_id}/versions/{version_id}/inputs
GET POST A/models/{model_id}/versions/{version_id}/metrics
GET A/models/{model_id}/versions/{version_id}/output_info
POST A/models/{model_id}/versions/{version_id}/outputs
POST A/models/{model_id}/versions/{version_id}/outputs/generate
GET POST PATCH DELETE A/modules
GET A/modules/{module_id}
GET POST PATCH DELETE A/modules/{module_id}/versions
GET A/modules/{module_id}/versions/{module_version_id}
GET A/modules/{module_id}/versions/{module_version_id}/usage_count
GET A/myscopes
GET A/resource_counts
GET POST PATCH A/searches
GET POST DELETE A/searches/{id}
POST A/stats/values
POST A/stats/values/aggregate
PATCH A/task/{task_id}/annotations/status
GET POST PATCH DELETE A/tasks
GET A/tasks/{task_id}
GET A/tasks/{task_id}/annotations/count
GET PUT A/tasks/{task_id}/assignments
GET A/tasks/{task_id}/inputs/count
GET A/tasks/{task_id}/inputs/samples
GET A/trending_metrics/views/{view_type}
POST A/trending_metrics/views/{view_type}/{object_id}
GET POST DELETE A/uploads
GET A/uploads/{upload_id}
PUT A/uploads/{upload_id}/content_parts
GET POST PATCH DELETE A/workflows
PATCH A/workflows/ids
GET DELETE A/workflows/{workflow_id}
POST A/workflows/{workflow_id}/publish
POST A/workflows/{workflow_id}/results
POST A/workflows/{workflow_id}/results/similarity
POST A/workflows/{workflow_id}/unpublish
GET PATCH DELETE A/workflows/{workflow_id}/versions
POST A/workflows/{workflow_id}/versions/{version_id}/results
POST A/workflows/{workflow_id}/versions/{version_id}/results/similarity
GET A/workflows/{workflow_id}/versions/{workflow_version_id}
GET U/collaborations
GET U/datasets
GET U/duplications
GET U/duplications/{app_duplication_id}
GET U/evaluations
GET POST PATCH U/keys
GET DELETE U/keys/{key_id}
GET U/models
GET U/modules
GET U/myscopes
GET POST DELETE U/runners
GET U/runners/{runner_id}
GET U/runners/{runner_id}/items
POST U/runners/{runner_id}/items/{runner_item_id}/outputs
GET U/scopes
POST U/validate_password
GET U/workflows
GET POST PATCH DELETE /v2/datasets/{dataset_id}/versions
GET /v2/datasets/{dataset_id}/versions/{dataset_version_id}
PUT /v2/datasets/{dataset_id}/versions/{dataset_version_id}/exports
GET /v2/datasets/{dataset_id}/versions/{dataset_version_id}/metrics
GET POST /v2/evaluations
GET /v2/evaluations/{evaluation_id}
GET POST PATCH DELETE /v2/inputs
DELETE /v2/inputs/annotations
POST /v2/inputs/data_sources
GET /v2/inputs/jobs/add
GET PATCH /v2/inputs/jobs/add/{id}
GET PATCH /v2/inputs/jobs/extraction
GET /v2/inputs/jobs/extraction/{inputs_extraction_job_id}
POST PATCH /v2/inputs/searches
GET /v2/inputs/status
GET /v2/inputs/stream
POST /v2/inputs/uploads
GET DELETE /v2/inputs/{input_id}
GET DELETE /v2/inputs/{input_id}/annotations/{annotation_id}
GET /v2/inputs/{input_id}/video_manifest
GET POST PATCH DELETE /v2/label_orders
GET /v2/label_orders/{label_order_id}
GET POST PATCH DELETE /v2/models
POST /v2/models/searches
GET /v2/models/types
GET /v2/models/types/{model_type_id}
POST /v2/models/versions/upload
GET DELETE /v2/models/{model_id}
PATCH /v2/models/{model_id}/check_consents
GET /v2/models/{model_id}/inputs
PATCH /v2/models/{model_id}/languages
POST /v2/validate_password
GET POST PATCH DELETE /v2/workflows
GET DELETE /v2/workflows/{workflow_id}
POST /v2/workflows/{workflow_id}/publish
POST /v2/workflows/{workflow_id}/results
POST /v2/workflows/{workflow_id}/results/similarity
POST /v2/workflows/{workflow_id}/unpublish
GET PATCH DELETE /v2/workflows/{workflow_id}/versions
GET /v2/workflows/{workflow_id}/versions/{workflow_version_id}
"""

_FURTHER = """
GET POST B/evaluations
GET B/evaluations/{evaluation_id}
GET POST PATCH DELETE B/bulk_operations
GET B/bulk_operations/{id}
GET POST PATCH B/inputs/{input_id}/annotation_tracks
DELETE A/annotation_tracks
DELETE /v2/inputs/{input_id}/annotation_tracks
POST B/inputs/{input_id}/annotations/stream/live
POST B/inputs/{input_id}/track_annotations/searches
POST B/inputs/{input_id}/track_annotations/searches/stream
POST PATCH DELETE B/models
POST B/models/searches
GET B/models/types
GET B/models/types/{model_type_id}
DELETE B/models/{model_id}
GET B/models/{model_id}/inputs
GET B/models/{model_id}/output_info
POST A/models/{model_id}/outputs/generate
GET POST B/models/{model_id}/versions
GET DELETE B/models/{model_id}/versions/{version_id}
GET PUT B/models/{model_id}/versions/{version_id}/exports
GET B/models/{model_id}/versions/{version_id}/inputs
GET POST B/models/{model_id}/versions/{version_id}/metrics
GET B/models/{model_id}/versions/{version_id}/output_info
POST PATCH DELETE B/workflows
DELETE B/workflows/{workflow_id}
POST B/workflows/{workflow_id}/publish
POST B/workflows/{workflow_id}/unpublish
GET PATCH DELETE B/workflows/{workflow_id}/versions
GET B/workflows/{workflow_id}/versions/{workflow_version_id}
"""

_FORMS = {
    "U": ("/v2/users/{user_id}",),
    "A": ("/v2/users/{user_id}/apps/{app_id}",),
    "B": ("/v2/users/{user_id}/apps/{app_id}", "/v2"),
}


class Route(NamedTuple):
    """A verb and a path such as `/v2/models/{model_id}`."""

    verb: str
    path: str

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def _read(text: str) -> Iterator[Route]:
    for line in text.split("\n"):
        *verbs, path = line.split() or [""]
        letter, _, rest = path.partition("/")
        for start in _FORMS.get(letter, ("",)):
            for verb in verbs:
                yield Route(verb, f"{start}/{rest}" if rest or not letter else start)


LISTED = tuple(_read(_LISTED))
FURTHER = tuple(route for route in _read(_FURTHER) if route not in LISTED)
