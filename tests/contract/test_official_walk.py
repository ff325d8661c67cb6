"""The vendor's own client walks every route that the embedded server serves: calls that succeed, each of them again
with a bad key, without scopes, on a foreign app, for an unknown id, beyond the page limit.

An rpc of the server's table that has no step here fails the suite. What the client cannot say is not walked: a list of
messages has no form in a query, and the client sends Python's own form of it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from embedded_api import rpcs
from tests.support import media, packing, wire
from tests.support.embedded import EmbeddedApp, EmbeddedServer, picture, start_embedded
from tests.support.official import Json, OfficialClient, method

RPCS = {rpc.name: rpc for rpc in rpcs.RPCS if rpc.name not in rpcs.OURS}
UNKNOWN, NO_SCOPES, WRONG_KEY = "no-such-thing", "Inputs_Patch", "no-such-key"
BOX = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.6}
REGION = {"region_info": {"bounding_box": BOX}, "data": {"concepts": [{"id": "rbc", "value": 1}]}}
PICTURE = {"image": {"base64": picture()}}
VIDEO = {"id": "v", "data": {"video": {"base64": base64.b64encode(media.mp4()).decode()}}}
ARCHIVE = packing.zipped({"one.png": base64.b64decode(picture(shade=9))})
QUERY = {"query": {"filters": [{"annotation": {"task_id": "t"}}]}}
TASK = {
    "id": "t",
    "name": "Cells",
    "type": "BOUNDING_BOX_DETECTION",
    "worker": {"strategy": "FULL", "workers": [{"user": {"id": "l-1"}}]},
    "concepts": [{"concept": {"id": "rbc"}}],
    "input_source": {"type": "ALL_INPUTS"},
    "review": {"strategy": "MANUAL", "users": [{"id": "r-1"}]},
}


@dataclass
class Walk:
    """One app; `seen` keeps ids that the server chose, by a name that later steps use."""

    client: OfficialClient
    app: EmbeddedApp
    seen: dict[str, str] = field(default_factory=dict)

    def where(self, rpc: str) -> Json:
        """Whose, or which app's."""
        if not any(path.startswith(("A", "U")) for path in RPCS[rpc].paths):
            return {}
        names = {"user_id": self.app.user_id}
        if any(path.startswith("A") for path in RPCS[rpc].paths):
            names["app_id"] = self.app.app_id
        return {"user_app_id": names}

    def request(self, rpc: str, sent: Json) -> Json:
        return self.where(rpc) | _filled(sent, self.seen)

    def told(self, rpc: str, request: Json, token: str = "") -> tuple[int, int]:
        """HTTP status, which the client notes beside the status, and code."""
        status = self.client(rpc, request, token or self.app.token).status
        return int(status.http_status_code), int(status.code)


def _filled(value: Any, seen: dict[str, str]) -> Any:
    """`$name` -> what an earlier answer said."""
    if isinstance(value, dict):
        return {name: _filled(member, seen) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, seen) for member in value]
    return seen[value[1:]] if isinstance(value, str) and value.startswith("$") else value


# In this order: rpc, request without the app. Deletes come last, so that what they delete is there.
STEPS: list[tuple[str, Json]] = [
    ("ListStatusCodes", {}),
    ("GetStatusCode", {"status_code_id": "10000"}),
    ("GetUser", {}),
    ("GetApp", {}),
    ("ListApps", {"per_page": 10}),
    ("PostApps", {"apps": [{"id": "walked-too"}]}),
    ("PatchApp", {"app": {"description": "walked"}, "action": "overwrite"}),
    ("MyScopes", {}),
    ("MyScopesUser", {}),
    ("MyScopesRoot", {}),
    ("ListScopes", {"key_type": "personal_access_token"}),
    ("PostKeys", {"keys": [{"description": "k", "type": "personal_access_token", "scopes": ["Apps_Get"]}]}),
    ("ListKeys", {"per_page": 10}),
    ("ListAppKeys", {"per_page": 10}),
    ("GetKey", {"key_id": "$key"}),
    ("PatchKeys", {"keys": [{"id": "$key", "description": "two"}], "action": "overwrite"}),
    ("ListCollaborators", {"per_page": 10}),
    ("ListCollaborations", {"per_page": 10}),
    ("GetResourceCounts", {}),
    ("PostConcepts", {"concepts": [{"id": "plt", "name": "Platelet"}]}),
    ("PatchConcepts", {"concepts": [{"id": "plt", "name": "P"}], "action": "overwrite"}),
    ("ListConcepts", {"per_page": 10}),
    ("GetConcept", {"concept_id": "plt"}),
    ("PostConceptsSearches", {"concept_query": {"name": "bc"}}),
    ("ListConceptLanguages", {"concept_id": "plt"}),
    (
        "PostConceptRelations",
        {
            "concept_id": "rbc",
            "concept_relations": [{"object_concept": {"id": "wbc"}, "predicate": "synonym"}],
        },
    ),
    ("ListConceptRelations", {"concept_id": "rbc"}),
    ("PostInputs", {"inputs": [{"id": "i1", "data": PICTURE}, {"id": "i2", "data": PICTURE}, VIDEO]}),
    ("PatchInputs", {"inputs": [{"id": "i1", "data": {"metadata": {"a": 1}}}], "action": "merge"}),
    ("GetInput", {"input_id": "i1"}),
    ("ListInputs", {"per_page": 10}),
    ("StreamInputs", {"per_page": 10}),
    ("GetInputCount", {}),
    ("PostInputsSearches", {"searches": [{"query": {}}]}),
    ("GetInputVideoManifest", {"input_id": "v"}),
    ("PostInputsDataSources", {"data_sources": [{"inputs_add_job_id": "local", "url": {"url": "walked"}}]}),
    ("PostUploads", {"uploads": [{"id": "u", "content_length": "5"}]}),
    ("GetUpload", {"upload_id": "u"}),
    ("ListUploads", {"per_page": 10}),
    (
        "PostInputsUploads",
        {
            "inputs_uploads": [
                {
                    "upload": {"id": "au", "content_length": str(len(ARCHIVE)), "content_name": "a.zip"},
                    "inputs_add_job_id": "job",
                }
            ]
        },
    ),
    (
        "PutUploadContentParts",
        {
            "upload_id": "au",
            "content_parts": [{"part_number": 1, "data": base64.b64encode(ARCHIVE).decode()}],
        },
    ),
    ("GetInputsAddJob", {"id": "job"}),
    ("ListInputsAddJobs", {"per_page": 10}),
    ("ListInputsExtractionJobs", {"per_page": 10}),
    ("GetInputsExtractionJob", {"inputs_extraction_job_id": "$extraction"}),
    (
        "PostInputsUploads",
        {"inputs_uploads": [{"upload": {"content_length": "9"}, "inputs_add_job_id": "idle"}]},
    ),
    ("CancelInputsExtractionJobs", {"ids": ["$extraction"]}),
    ("CancelInputsAddJob", {"id": "idle"}),
    ("PostTasks", {"tasks": [TASK]}),
    ("ListTasks", {"per_page": 10}),
    ("GetTask", {"task_id": "t"}),
    ("PatchTasks", {"tasks": [{"id": "t", "description": "d"}], "action": "merge"}),
    (
        "PostAnnotations",
        {
            "annotations": [
                {
                    "id": "an",
                    "input_id": "i1",
                    "task_id": "t",
                    "user_id": "l-1",
                    "data": {"regions": [REGION]},
                },
                {"id": "an2", "input_id": "i2", "data": {"regions": [REGION]}},
            ]
        },
    ),
    ("GetAnnotation", {"input_id": "i1", "annotation_id": "an"}),
    ("ListAnnotations", {"per_page": 10}),
    (
        "PatchAnnotations",
        {
            "annotations": [{"id": "an", "input_id": "i1", "status": {"code": "ANNOTATION_PENDING"}}],
            "action": "merge",
        },
    ),
    (
        "PatchAnnotationsStatus",
        {
            "task_id": "t",
            "user_ids": ["l-1"],
            "status_codes": [24151],
            "action": "overwrite",
            "status_code": 24150,
        },
    ),
    ("ListAnnotationWorkers", {"per_page": 10}),
    ("PostAnnotationsSearches", {"searches": [QUERY]}),
    ("GetConceptCounts", {"per_page": 10}),
    ("GetTaskAnnotationCount", {"task_id": "t"}),
    ("GetTaskInputCount", {"task_id": "t"}),
    ("GetInputSamples", {"task_id": "t"}),
    ("PutTaskAssignments", {"task_id": "t", "action": "REVIEW_START"}),
    ("ListNextTaskAssignments", {"task_id": "t"}),
    ("PostSearches", {"searches": [{"id": "s", "save": True} | QUERY]}),
    ("PatchInputsSearches", {"searches": [{"id": "s"} | QUERY], "action": "overwrite"}),
    ("PatchAnnotationsSearches", {"searches": [{"id": "s"} | QUERY], "action": "overwrite"}),
    ("ListSearches", {"per_page": 10}),
    ("GetSearch", {"id": "s"}),
    ("PatchSearches", {"searches": [{"id": "s", "name": "n"} | QUERY], "action": "overwrite"}),
    ("PostSearchesByID", {"id": "s"}),
    ("PostLabelOrders", {"label_orders": [{"id": "lo", "name": "order", "task": TASK | {"id": "ordered"}}]}),
    ("ListLabelOrders", {"per_page": 10}),
    ("GetLabelOrder", {"label_order_id": "lo"}),
    ("PatchLabelOrders", {"label_orders": [{"id": "lo", "name": "renamed"}], "action": "overwrite"}),
    ("PostDatasets", {"datasets": [{"id": "ds"}]}),
    ("ListDatasets", {"per_page": 10}),
    ("GetDataset", {"dataset_id": "ds"}),
    ("PatchDatasets", {"datasets": [{"id": "ds", "description": "d"}], "action": "merge"}),
    ("PostDatasetInputs", {"dataset_id": "ds", "dataset_inputs": [{"input": {"id": "i1"}}]}),
    ("ListDatasetInputs", {"dataset_id": "ds", "per_page": 10}),
    ("GetDatasetInput", {"dataset_id": "ds", "input_id": "i1"}),
    ("PostDatasetVersions", {"dataset_id": "ds", "dataset_versions": [{"id": "v1"}]}),
    ("ListDatasetVersions", {"dataset_id": "ds", "per_page": 10}),
    ("GetDatasetVersion", {"dataset_id": "ds", "dataset_version_id": "v1"}),
    (
        "PatchDatasetVersions",
        {"dataset_id": "ds", "dataset_versions": [{"id": "v1", "description": "d"}], "action": "merge"},
    ),
    (
        "PutDatasetVersionExports",
        {"dataset_id": "ds", "dataset_version_id": "v1", "exports": [{"format": "COCO"}]},
    ),
    ("ListDatasetVersionMetricsGroups", {"dataset_id": "ds", "dataset_version_id": "v1", "per_page": 10}),
    ("PostAnnotationFilters", {"annotation_filters": [{"id": "af", "search": {"id": "s"}}]}),
    ("ListAnnotationFilters", {"per_page": 10}),
    ("ListModels", {"per_page": 10}),
    ("GetModel", {"model_id": "$model"}),
    ("ListModelConcepts", {"model_id": "$model"}),
    ("PostModelOutputs", {"model_id": "$model", "inputs": [{"data": PICTURE}]}),
    ("ListWorkflows", {"per_page": 10}),
    ("GetWorkflow", {"workflow_id": "$workflow"}),
    ("PostWorkflowResults", {"workflow_id": "$workflow", "inputs": [{"data": PICTURE}]}),
    ("DeleteDatasetVersions", {"dataset_id": "ds", "dataset_version_ids": ["v1"]}),
    ("DeleteDatasetInputs", {"dataset_id": "ds", "input_ids": ["i1"]}),
    ("DeleteDatasets", {"dataset_ids": ["ds"]}),
    ("DeleteLabelOrders", {"ids": ["lo"]}),
    ("DeleteSearch", {"id": "s"}),
    ("DeleteTasks", {"ids": ["t"]}),
    ("DeleteAnnotation", {"input_id": "i1", "annotation_id": "an"}),
    ("DeleteAnnotations", {"input_ids": ["i2"], "ids": ["an2"]}),
    ("DeleteUploads", {"ids": ["u"]}),
    ("DeleteInput", {"input_id": "i1"}),
    ("DeleteInputs", {"ids": ["i2"]}),
    ("DeleteConceptRelations", {"concept_id": "rbc", "ids": ["$relation"]}),
    ("DeleteKey", {"key_id": "$key"}),
    ("PostCollaborators", {"collaborators": [{"user": {"id": "l-2"}}]}),
    (
        "PatchCollaborators",
        {"collaborators": [{"id": "$place", "scopes": ["Apps_Get"]}], "action": "overwrite"},
    ),
    ("DeleteCollaborators", {"collaborator_ids": ["$place"]}),
]
# What later steps need of an answer.
KEPT: dict[str, Callable[[Any], dict[str, str]]] = {
    "PostKeys": lambda answer: {"key": answer.keys[0].id},
    "PostCollaborators": lambda answer: {"place": answer.collaborators[0].id},
    "PostConceptRelations": lambda answer: {"relation": answer.concept_relations[0].id},
    "ListInputsExtractionJobs": lambda answer: {"extraction": answer.inputs_extraction_jobs[0].id},
    "ListModels": lambda answer: {"model": answer.models[0].id},
    "ListWorkflows": lambda answer: {"workflow": answer.workflows[0].id},
}


@pytest.fixture(scope="module")
def walked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of its own: only one with a folder of sources reads a data source."""
    sources = tmp_path_factory.mktemp("sources")
    (sources / "walked").mkdir()
    (sources / "walked" / "one.png").write_bytes(base64.b64decode(picture(shade=11)))
    server = start_embedded(tmp_path_factory.mktemp("walked"), EMBEDDED_SOURCE_DIR=str(sources))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def walk(walked_server: EmbeddedServer) -> Walk:
    """An app in which each step has been taken once, in order."""
    app = walked_server.new_app(["l-1"], ["r-1"], ["rbc", "wbc"])
    walked_server.new_user("l-2")
    walking = Walk(OfficialClient(app.base_url), app)
    for rpc, sent in STEPS:
        request = walking.request(rpc, sent)
        answer = walking.client(rpc, request, app.token)
        assert answer.status.code == 10000, (rpc, answer.status)
        walking.seen |= KEPT[rpc](answer) if rpc in KEPT else {}
    return walking


def test_every_rpc_that_is_served_has_been_walked(walk: Walk) -> None:
    assert walk.client.called == set(RPCS)


ONCE = list(dict(STEPS).items())


def name_of(value: object) -> str:
    return value if isinstance(value, str) else "sent"


@pytest.mark.parametrize(("rpc", "sent"), [one for one in ONCE if RPCS[one[0]].token != "none"], ids=name_of)
def test_a_key_that_is_none(walk: Walk, rpc: str, sent: Json) -> None:
    assert walk.told(rpc, walk.request(rpc, sent), WRONG_KEY) == (401, 11009)


@pytest.mark.parametrize(("rpc", "sent"), [one for one in ONCE if RPCS[one[0]].scopes], ids=name_of)
def test_a_key_without_the_scopes(walk: Walk, bare_key: str, rpc: str, sent: Json) -> None:
    assert walk.told(rpc, walk.request(rpc, sent), bare_key) == (403, 11007)


# Of another user one sees the apps that one works in: none here, and no refusal.
OTHERS = [one for one in ONCE if RPCS[one[0]].scopes and one[0] != "ListApps"]


@pytest.mark.parametrize(("rpc", "sent"), OTHERS, ids=name_of)
def test_what_belongs_to_others(walk: Walk, rpc: str, sent: Json) -> None:
    request = walk.request(rpc, sent) | {"user_app_id": {"user_id": "l-1", "app_id": walk.app.app_id}}
    assert walk.told(rpc, request)[0] in (403, 404)


def _with_unknown_ids() -> Iterator[tuple[str, Json]]:
    """Steps whose path names something in the app, with ids of nothing."""
    for rpc, sent in ONCE:
        names = {name for one in wire.bindings() if one.rpc == rpc for name in wire.path_names(one)}
        if ids := [name for name in names if name in sent]:
            yield rpc, sent | dict.fromkeys(ids, UNKNOWN)


@pytest.mark.parametrize(("rpc", "sent"), list(_with_unknown_ids()), ids=name_of)
def test_an_unknown_id(walk: Walk, rpc: str, sent: Json) -> None:
    http, code = walk.told(rpc, walk.request(rpc, sent))
    assert (http, code > 10000) == (404, True), code


PAGED = [rpc for rpc, _ in ONCE if "per_page" in method(rpc).input_type.fields_by_name]


@pytest.mark.parametrize("rpc", PAGED)
def test_a_page_beyond_the_limit(walk: Walk, rpc: str) -> None:
    http, code = walk.told(rpc, walk.request(rpc, dict(ONCE)[rpc]) | {"per_page": 1001})
    assert (http, code > 10000) == (400, True), code


@pytest.fixture(scope="module")
def bare_key(walk: Walk) -> str:
    """A token of the owner that may do nothing that a route asks for."""
    sent = {"keys": [{"description": "bare", "type": "personal_access_token", "scopes": [NO_SCOPES]}]}
    answer = walk.client("PostKeys", walk.request("PostKeys", sent), walk.app.token)
    return str(answer.keys[0].id)
