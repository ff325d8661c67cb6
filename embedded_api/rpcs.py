"""What each route needs: the kind of token, and the scopes. Pure: no Django.

Source: Clarifai API, service V2 (auth type and depending scopes of each rpc); tests compare this table with it.
A line reads: rpc, token, verb, paths, `:`, scopes.

- token: `none`, `key` (any), `pat` (no key of one app), `session` (the vendor's portal; here as `pat`), `operator`.
- paths: `A` stands for /v2/users/{user}/apps/{app} and for the short form /v2 as well, `U` for /v2/users/{user}.
- scopes: `Inputs` is Inputs_Get; `+` adds Inputs_Add, `-` adds Inputs_Delete; `=Search` is Search itself.
"""

import re
from dataclasses import dataclass
from functools import cache

_TABLE = """
# Accounts
GetUser pat GET U :
GetApp key GET A /v2/app : Apps Workflows
ListApps pat GET U/apps /v2/apps : Apps Workflows
PostApps pat POST U/apps : Apps+ Models Workflows+
PatchApp pat PATCH A : Apps+
MyScopes key GET A/myscopes /v2/my_scopes :
MyScopesUser pat GET U/myscopes :
MyScopesRoot pat GET /v2/myscopesroot :
ListScopes session GET U/scopes :
ListKeys pat GET U/keys : Keys
ListAppKeys pat GET A/keys : Apps Keys
GetKey pat GET U/keys/{} : Keys
PostKeys pat POST U/keys : Apps Keys+
PatchKeys pat PATCH U/keys : Keys+
DeleteKey pat DELETE U/keys/{} : Keys+-
ListCollaborators key GET A/collaborators : Apps Collaborators
PostCollaborators key POST A/collaborators : Apps Collaborators+
PatchCollaborators key PATCH A/collaborators : Apps Collaborators+-
DeleteCollaborators key DELETE A/collaborators : Apps Collaborators+-
ListCollaborations pat GET U/collaborations : Apps Collaborators
GetResourceCounts key GET A/resource_counts : Datasets Models Workflows Apps Pipelines
ListStatusCodes none GET /v2/status_codes :
GetStatusCode none GET /v2/status_codes/{} :
# Concepts
ListConcepts key GET A/concepts : Apps Concepts
GetConcept key GET A/concepts/{} : Apps Concepts
PostConcepts key POST A/concepts : Apps Concepts+
PatchConcepts key PATCH A/concepts : Apps Concepts+
PostConceptsSearches key POST A/concepts/searches : Apps Concepts Models Workflows
GetConceptCounts key GET A/concepts/status : Apps Annotations Concepts Inputs
ListConceptRelations pat GET A/concepts/{}/relations A/concepts/relations : Apps Concepts
PostConceptRelations pat POST A/concepts/{}/relations : Apps Concepts+
DeleteConceptRelations pat DELETE A/concepts/{}/relations : Apps Concepts+-
ListConceptLanguages key GET A/concepts/{}/languages : Apps Concepts
# Inputs and jobs
ListInputs key GET A/inputs : Apps Annotations Concepts Inputs
StreamInputs key GET A/inputs/stream : Apps Annotations Concepts Inputs
GetInput key GET A/inputs/{} : Apps Annotations Concepts Inputs
PostInputs key POST A/inputs : Apps Annotations+ Concepts Inputs+ Models =Predict Workflows
PatchInputs key PATCH A/inputs : Apps Annotations+ Concepts Inputs+ Models
DeleteInput key DELETE A/inputs/{} : Apps Annotations+- Inputs+- Models Workflows
DeleteInputs key DELETE A/inputs : Apps Annotations+- Inputs+- Models Workflows
GetInputCount key GET A/inputs/status : Apps Annotations Concepts Inputs
PostInputsSearches key POST A/inputs/searches : Apps Annotations Concepts Inputs Models =Search Workflows
PatchInputsSearches key PATCH A/inputs/searches : Apps SavedSearch+
GetInputVideoManifest key GET A/inputs/{}/video_manifest : Apps Inputs
ListInputsAddJobs key GET A/inputs/jobs/add : Apps Inputs
GetInputsAddJob key GET A/inputs/jobs/add/{} : Apps Inputs
CancelInputsAddJob key PATCH A/inputs/jobs/add/{} : Apps Inputs+
ListInputsExtractionJobs key GET A/inputs/jobs/extraction : Apps Inputs
GetInputsExtractionJob key GET A/inputs/jobs/extraction/{} : Apps Inputs
CancelInputsExtractionJobs key PATCH A/inputs/jobs/extraction : Apps Inputs+
PostInputsDataSources key POST A/inputs/data_sources : \
    Keys+ Apps Annotations+ Concepts Inputs+ Models =Predict Workflows
PostInputsUploads key POST A/inputs/uploads : Apps Annotations+ Concepts Inputs+ Models =Predict Workflows Uploads+
PostUploads key POST A/uploads : Apps Uploads+
PutUploadContentParts key PUT A/uploads/{}/content_parts : Apps Uploads+
GetUpload key GET A/uploads/{} : Apps Uploads
ListUploads key GET A/uploads : Apps Uploads
DeleteUploads key DELETE A/uploads : Apps Uploads+-
# Annotations and searches
ListAnnotations key GET A/annotations : Apps Inputs Annotations Concepts Models
GetAnnotation key GET A/inputs/{}/annotations/{} : Apps Inputs Annotations Concepts Models
PostAnnotations key POST A/annotations : Apps Inputs Annotations+ Concepts Models Workflows
PatchAnnotations key PATCH A/annotations : Apps Inputs Annotations+ Concepts Workflows Models
PatchAnnotationsStatus key PATCH A/task/{}/annotations/status : Apps Annotations+ Concepts Workflows Models
DeleteAnnotation key DELETE A/inputs/{}/annotations/{} : Apps Inputs Annotations+- Workflows Models
DeleteAnnotations key DELETE A/inputs/annotations A/annotations : Apps Inputs Annotations+- Workflows Models
PostAnnotationsSearches key POST A/annotations/searches : Apps Annotations Concepts Inputs Models =Search Workflows
PatchAnnotationsSearches key PATCH A/annotations/searches : Apps SavedSearch+
ListAnnotationWorkers key GET A/annotations/workers : Apps Annotations Collaborators Models Workflows
PostSearches key POST A/searches : Apps Annotations Concepts Inputs Models =Search Workflows
ListSearches key GET A/searches : Apps SavedSearch
GetSearch key GET A/searches/{} : Apps SavedSearch
PatchSearches key PATCH A/searches : Apps SavedSearch+
PostSearchesByID key POST A/searches/{} : Apps SavedSearch =Search
DeleteSearch key DELETE A/searches/{} : Apps SavedSearch+-
# Tasks and label orders
PostTasks key POST A/tasks : Apps Tasks+ Inputs =Search SavedSearch Concepts Workflows Models Annotations+
ListTasks key GET A/tasks : Apps Tasks SavedSearch Concepts Workflows Models
GetTask key GET A/tasks/{} : Apps Tasks SavedSearch Concepts Workflows Models
PatchTasks key PATCH A/tasks : Apps Tasks+ Inputs SavedSearch Concepts Workflows Models Annotations+
DeleteTasks key DELETE A/tasks : Apps Tasks+-
GetTaskAnnotationCount key GET A/tasks/{}/annotations/count : Apps Tasks
GetTaskInputCount key GET A/tasks/{}/inputs/count : Apps Tasks
GetInputSamples key GET A/tasks/{}/inputs/samples : Apps Annotations Concepts Inputs
ListNextTaskAssignments key GET A/tasks/{}/assignments : Apps Annotations Concepts Inputs Tasks Datasets
PutTaskAssignments key PUT A/tasks/{}/assignments : Apps Annotations+ Concepts Inputs Tasks Datasets
ListLabelOrders key GET A/label_orders : Apps LabelOrders Concepts Tasks
GetLabelOrder key GET A/label_orders/{} : Apps LabelOrders Concepts Tasks
PostLabelOrders key POST A/label_orders : Apps LabelOrders+ Tasks+ Inputs SavedSearch Concepts Workflows Models
PatchLabelOrders key PATCH A/label_orders : Apps LabelOrders+ Concepts Tasks+-
DeleteLabelOrders key DELETE A/label_orders : Apps LabelOrders+- Tasks+
# Datasets
ListDatasets key GET A/datasets U/datasets : Apps Datasets SavedSearch
GetDataset key GET A/datasets/{} : Apps Datasets SavedSearch
PostDatasets key POST A/datasets : Apps Datasets+ SavedSearch+
PatchDatasets key PATCH A/datasets : Apps Datasets+ SavedSearch+
DeleteDatasets key DELETE A/datasets : Apps Datasets+-
ListDatasetInputs key GET A/datasets/{}/inputs : Apps Datasets Inputs Annotations Concepts
GetDatasetInput key GET A/datasets/{}/inputs/{} : Apps Datasets Inputs Annotations Concepts
PostDatasetInputs key POST A/datasets/{}/inputs : Apps Datasets Inputs+ Annotations Concepts
DeleteDatasetInputs key DELETE A/datasets/{}/inputs : Apps Datasets Inputs+-
ListDatasetVersions key GET A/datasets/{}/versions : Apps Datasets SavedSearch
GetDatasetVersion key GET A/datasets/{}/versions/{} : Apps Datasets SavedSearch
PostDatasetVersions key POST A/datasets/{}/versions : Apps Datasets+ Models Workflows
PatchDatasetVersions key PATCH A/datasets/{}/versions : Apps Datasets+
DeleteDatasetVersions key DELETE A/datasets/{}/versions : Apps Datasets+-
PutDatasetVersionExports key PUT A/datasets/{}/versions/{}/exports : Apps Datasets+
ListDatasetVersionMetricsGroups key GET A/datasets/{}/versions/{}/metrics : Apps Datasets Concepts
ListAnnotationFilters key GET A/annotation_filters : Apps SavedSearch
PostAnnotationFilters key POST A/annotation_filters : Apps SavedSearch+
# Models and workflows
ListModels key GET A/models U/models : Apps Concepts Models
GetModel key GET A/models/{} : Apps Concepts Models
ListModelConcepts key GET A/models/{}/concepts A/models/{}/versions/{}/concepts : Apps Concepts Models
PostModelOutputs key POST A/models/{}/versions/{}/outputs A/models/{}/outputs : Apps Concepts Models =Predict
ListWorkflows key GET A/workflows U/workflows : Apps Models Workflows
GetWorkflow key GET A/workflows/{} : Apps Models Workflows
PostWorkflowResults key POST A/workflows/{}/versions/{}/results A/workflows/{}/results : \
    Apps Models Concepts =Predict Workflows
# Ours; see docs/embedded-platform.md
PostUsers operator POST /v2/users :
ListTaskAssignments key GET A/tasks/{}/assignments/all : Apps Annotations Concepts Inputs Tasks Datasets
"""

SERVICE = "/clarifai.api.V2/"  # what an endpoint of a key or a collaborator begins with
OURS = frozenset({"PostUsers", "ListTaskAssignments"})
APP, USER = "/v2/users/{}/apps/{}", "/v2/users/{}"
_PLACEHOLDER = re.compile(r"<[^>]*>|\{[^}]*\}")


@dataclass(frozen=True)
class Rpc:
    """One call of the API. `paths` are shapes: `A/inputs/{}`."""

    name: str
    token: str
    verb: str
    paths: tuple[str, ...]
    scopes: frozenset[str]

    @property
    def endpoint(self) -> str:
        """Its name as an endpoint-level scope."""
        return SERVICE + self.name

    @property
    def needs_person(self) -> bool:
        """Whether the key of one app does not open it."""
        return self.token in ("pat", "session")


def _scopes(word: str) -> set[str]:
    if word.startswith("="):
        return {word[1:]}
    family = word.rstrip("+-")
    endings = ["_Get", *(ending for mark, ending in (("+", "_Add"), ("-", "_Delete")) if mark in word)]
    return {family + ending for ending in endings}


def _read(line: str) -> Rpc:
    call, _, scopes = line.partition(" :")
    name, token, verb, *paths = call.split()
    return Rpc(name, token, verb, tuple(paths), frozenset[str]().union(*map(_scopes, scopes.split())))


RPCS = tuple(_read(line) for line in _TABLE.splitlines() if line and not line.startswith("#"))
_BY_SHAPE = {(rpc.verb, path): rpc for rpc in RPCS for path in rpc.paths}
_SHAPES = frozenset(path for _, path in _BY_SHAPE)
BY_ENDPOINT = {rpc.endpoint: rpc for rpc in RPCS if rpc.token not in ("none", "operator")}
# What a key may hold. The three of patching are known to the API, although no route asks for them.
_PATCHING = {"Inputs_Patch", "Concepts_Patch", "Annotations_Patch"}
SCOPES = ("All", *sorted(_PATCHING.union(*(rpc.scopes for rpc in RPCS))))


@cache
def blank(route: str) -> str:
    """`v2/models/<str:model_id>` or `/v2/models/{model_id}` -> `/v2/models/{}`."""
    return "/" + _PLACEHOLDER.sub("{}", route).lstrip("/")


@cache
def shape(route: str) -> str:
    """A route of the URL conf or of the guide -> its shape; the short form of an app's route counts as `A`."""
    path = blank(route)
    for start, letter in ((APP, "A"), (USER, "U")):
        if path == start or path.startswith(start + "/"):
            return letter + path.removeprefix(start)
    long = "A" + path.removeprefix("/v2")
    return long if long in _SHAPES and path not in _SHAPES else path


def find(verb: str, route: str) -> Rpc | None:
    """The rpc behind a verb and a route; HEAD counts as GET."""
    return _BY_SHAPE.get(("GET" if verb == "HEAD" else verb, shape(route)))


def is_served(route: str) -> bool:
    """Whether some verb of this route is one of ours to serve."""
    return shape(route) in _SHAPES
