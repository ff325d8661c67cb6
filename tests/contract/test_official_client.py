"""The vendor's own JSON client walks the embedded server: its parser must accept every answer.

The client parses any JSON body as the protobuf message of the call and raises on what does not fit, so each call
here is a check of spelling and types, besides what the test says.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.support.embedded import EmbeddedApp

pytest.importorskip("clarifai_grpc")
pytest.importorskip("requests")

from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2 as resources
from clarifai_grpc.grpc.api import service_pb2 as service
from clarifai_grpc.grpc.api import service_pb2_grpc
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes
from google.protobuf.struct_pb2 import Struct

SUCCESS = codes.SUCCESS


class Official:
    """The vendor's stub for one app, as any of its people."""

    def __init__(self, app: EmbeddedApp) -> None:
        self.app = app
        self.stub = service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(base_url=app.base_url))
        self.where = resources.UserAppIDSet(user_id=app.user_id, app_id=app.app_id)

    def __call__(self, rpc: str, request: str, user: str = "", **fields: Any) -> Any:
        """The parsed answer, whatever its status."""
        kind = getattr(service, request)
        if "user_app_id" in kind.DESCRIPTOR.fields_by_name:
            fields.setdefault("user_app_id", self.where)
        message = kind(**fields)
        token = self.app.tokens.get(user or self.app.user_id, user)
        return getattr(self.stub, rpc)(message, metadata=(("authorization", f"Key {token}"),))

    def ok(self, rpc: str, request: str, user: str = "", **fields: Any) -> Any:
        found = self(rpc, request, user, **fields)
        assert found.status.code == SUCCESS, found
        return found


@pytest.fixture
def official(embedded_app: EmbeddedApp) -> Official:
    return Official(embedded_app)


def picture() -> resources.Data:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 40, 60)).save(out, "PNG")
    return resources.Data(image=resources.Image(base64=out.getvalue()))


def add_inputs(official: Official, number: int) -> list[str]:
    ids = [f"img-{n}" for n in range(number)]
    sent = [resources.Input(id=one, data=picture()) for one in ids]
    found = official.ok("PostInputs", "PostInputsRequest", inputs=sent)
    assert [one.id for one in found.inputs] == ids
    return ids


def box(input_id: str, concept: str = "rbc", **more: Any) -> resources.Annotation:
    edges = resources.BoundingBox(top_row=0.0, left_col=0.25, bottom_row=0.5, right_col=1.0)
    region = resources.Region(
        region_info=resources.RegionInfo(bounding_box=edges),
        data=resources.Data(concepts=[resources.Concept(id=concept, value=1)]),
    )
    more.setdefault("id", uuid.uuid4().hex)
    return resources.Annotation(input_id=input_id, data=resources.Data(regions=[region]), **more)


def add_task(official: Official, review: Any = None, labelers: tuple[str, ...] = ("l-1",)) -> str:
    task = resources.Task(
        id=uuid.uuid4().hex,
        name="Cells",
        type=resources.Task.BOUNDING_BOX_DETECTION,
        worker=resources.TaskWorker(
            strategy=resources.TaskWorker.FULL,
            workers=[resources.Worker(user=resources.User(id=one)) for one in labelers],
        ),
        concepts=[resources.TaskConcept(concept=resources.Concept(id="rbc"))],
        input_source=resources.TaskInputSource(type=resources.TaskInputSource.ALL_INPUTS),
        review=review
        or resources.TaskReview(strategy=resources.TaskReview.MANUAL, users=[resources.User(id="r-1")]),
    )
    found = official.ok("PostTasks", "PostTasksRequest", tasks=[task])
    assert found.tasks[0].status.code == codes.TASK_IN_PROGRESS
    return str(found.tasks[0].id)


def test_users_apps_and_scopes(official: Official) -> None:
    user_id, app_id = official.app.user_id, official.app.app_id
    me = resources.UserAppIDSet(user_id="me")
    assert official.ok("GetUser", "GetUserRequest", user_app_id=me).user.id == user_id
    app = official.ok("GetApp", "GetAppRequest").app
    assert (app.id, app.user_id) == (app_id, user_id)
    assert app.created_at.seconds > 0
    listed = official.ok("ListApps", "ListAppsRequest", user_app_id=me, page=1, per_page=10)
    assert [one.id for one in listed.apps] == [app_id]
    assert official.ok("MyScopes", "MyScopesRequest").scopes
    people = official.ok("ListCollaborators", "ListCollaboratorsRequest", per_page=100)
    assert {one.user.id for one in people.collaborators} == {"l-1", "l-2", "r-1", "r-2"}
    assert people.app_owner.id == user_id
    found = official.ok(
        "ListStatusCodes",
        "ListStatusCodesRequest",
    )
    assert codes.ANNOTATION_AWAITING_REVIEW in [one.code for one in found.statuses]


def test_concepts(official: Official) -> None:
    sent = [resources.Concept(id="plt", name="Platelet")]
    made = official.ok("PostConcepts", "PostConceptsRequest", concepts=sent).concepts
    assert (made[0].id, made[0].name) == ("plt", "Platelet")
    listed = official.ok("ListConcepts", "ListConceptsRequest", page=1, per_page=100).concepts
    assert {one.id for one in listed} == {"rbc", "wbc", "plt"}
    assert official.ok("GetConcept", "GetConceptRequest", concept_id="plt").concept.name == "Platelet"
    again = official("PostConcepts", "PostConceptsRequest", concepts=sent)
    assert again.status.code != SUCCESS


def test_inputs(official: Official) -> None:
    ids = add_inputs(official, 3)
    found = official.ok("GetInput", "GetInputRequest", input_id=ids[0]).input
    assert found.status.code == codes.INPUT_SUCCESS
    assert (found.data.image.image_info.width, found.data.image.image_info.height) == (64, 48)
    assert found.data.image.hosted.prefix
    assert set(found.data.image.hosted.sizes) == {"orig", "large", "small"}
    listed = official.ok("ListInputs", "ListInputsRequest", page=1, per_page=2)
    assert len(listed.inputs) == 2
    streamed = official.ok("StreamInputs", "StreamInputsRequest", per_page=10, last_id=ids[0])
    assert [one.id for one in streamed.inputs] == ids[1:]
    assert official.ok("GetInputCount", "GetInputCountRequest").counts.processed == 3
    metadata = Struct()
    metadata.update({"site": "north", "n": 3})
    change = resources.Input(id=ids[0], data=resources.Data(metadata=metadata))
    patched = official.ok("PatchInputs", "PatchInputsRequest", inputs=[change], action="merge").inputs[0]
    assert patched.data.metadata["n"] == 3
    official.ok("DeleteInput", "DeleteInputRequest", input_id=ids[2])
    official.ok("DeleteInputs", "DeleteInputsRequest", ids=ids[:2])
    assert len(official.ok("ListInputs", "ListInputsRequest", per_page=10).inputs) == 0


def test_annotations(official: Official) -> None:
    one = add_inputs(official, 1)[0]
    pending = resources.Annotation(
        id="an-tag",
        input_id=one,
        user_id="l-1",
        status={"code": codes.ANNOTATION_PENDING},
        data=resources.Data(
            concepts=[resources.Concept(id="rbc", value=0), resources.Concept(id="wbc", value=1)]
        ),
    )
    made = official.ok(
        "PostAnnotations", "PostAnnotationsRequest", annotations=[box(one, id="an-box"), pending]
    )
    assert [a.id for a in made.annotations] == ["an-box", "an-tag"]
    listed = official.ok(
        "ListAnnotations", "ListAnnotationsRequest", input_ids=[one], list_all_annotations=True, per_page=100
    )
    found = {a.id: a for a in listed.annotations}
    assert len(found) == 3
    assert {c.id: c.value for c in found["an-tag"].data.concepts} == {"rbc": 0.0, "wbc": 1.0}
    assert (found["an-tag"].user_id, found["an-tag"].status.code) == ("l-1", codes.ANNOTATION_PENDING)
    edges = found["an-box"].data.regions[0].region_info.bounding_box
    assert (edges.top_row, edges.left_col, edges.bottom_row, edges.right_col) == (0.0, 0.25, 0.5, 1.0)
    assert found["an-box"].modified_at.seconds > 0
    pair = official.ok(
        "ListAnnotations", "ListAnnotationsRequest", input_ids=[one], ids=["an-box"], per_page=5
    )
    assert [a.id for a in pair.annotations] == ["an-box"]
    single = official.ok("GetAnnotation", "GetAnnotationRequest", input_id=one, annotation_id="an-box")
    assert single.annotation.id == "an-box"


def test_patching_and_deleting(official: Official) -> None:
    one = add_inputs(official, 1)[0]
    made = official.ok("PostAnnotations", "PostAnnotationsRequest", annotations=[box(one, id="an-box")])
    region_id = made.annotations[0].data.regions[0].id
    assert region_id
    concepts = [resources.Concept(id="rbc", value=0), resources.Concept(id="wbc", value=1)]
    region = resources.Region(id=region_id, data=resources.Data(concepts=concepts))
    merge = resources.Annotation(id="an-box", input_id=one, data=resources.Data(regions=[region]))

    def patch(annotation: resources.Annotation, action: str) -> Any:
        found = official.ok(
            "PatchAnnotations", "PatchAnnotationsRequest", annotations=[annotation], action=action
        )
        return found.annotations[0]

    after = patch(merge, "merge")
    assert {c.id: c.value for c in after.data.regions[0].data.concepts} == {"rbc": 0.0, "wbc": 1.0}
    assert after.data.regions[0].region_info.bounding_box.right_col == 1.0
    after = patch(box(one, "wbc", id="an-box"), "overwrite")
    assert [c.id for c in after.data.regions[0].data.concepts] == ["wbc"]
    state = resources.Annotation(id="an-box", input_id=one, status={"code": codes.ANNOTATION_AWAITING_REVIEW})
    assert patch(state, "merge").status.code == codes.ANNOTATION_AWAITING_REVIEW
    tag = resources.Annotation(id="an-tag", input_id=one, data=resources.Data(concepts=[*concepts]))
    official.ok("PostAnnotations", "PostAnnotationsRequest", annotations=[tag])
    less = resources.Annotation(
        id="an-tag", input_id=one, data=resources.Data(concepts=[resources.Concept(id="wbc")])
    )
    assert [c.id for c in patch(less, "remove").data.concepts] == ["rbc"]
    official.ok("DeleteAnnotation", "DeleteAnnotationRequest", input_id=one, annotation_id="an-tag")
    official.ok("DeleteAnnotations", "DeleteAnnotationsRequest", input_ids=[one], ids=["an-box"])
    left = official.ok("ListAnnotations", "ListAnnotationsRequest", input_ids=[one], per_page=10)
    assert [a.input_level for a in left.annotations] == [True]


def test_searching_the_review_queue(official: Official) -> None:
    one = add_inputs(official, 1)[0]
    task_id = add_task(official)
    waiting = {"code": codes.ANNOTATION_AWAITING_REVIEW}
    sent = [box(one, task_id=task_id, user_id="l-1", status=waiting), box(one)]
    official.ok("PostAnnotations", "PostAnnotationsRequest", annotations=sent)
    wanted = resources.Annotation(task_id=task_id, status=waiting)
    query = resources.Query(filters=[resources.Filter(annotation=wanted)])
    found = official.ok(
        "PostAnnotationsSearches",
        "PostAnnotationsSearchesRequest",
        searches=[resources.Search(query=query)],
        pagination=service.Pagination(page=1, per_page=10),
    )
    assert [hit.annotation.id for hit in found.hits] == [sent[0].id]
    assert found.hits[0].input.id == one


def test_tasks(official: Official) -> None:
    add_inputs(official, 2)
    task_id = add_task(official)
    found = official.ok("GetTask", "GetTaskRequest", task_id=task_id, additional_fields=["all"]).task
    assert found.type == resources.Task.BOUNDING_BOX_DETECTION
    assert found.worker.strategy == resources.TaskWorker.FULL
    assert [one.user.id for one in found.worker.workers] == ["l-1"]
    assert [one.id for one in found.review.users] == ["r-1"]
    assert [one.concept.id for one in found.concepts] == ["rbc"]
    listed = official.ok("ListTasks", "ListTasksRequest", page=1, per_page=10, worker_user_ids=["l-1"])
    assert [one.id for one in listed.tasks] == [task_id]
    change = resources.Task(id=task_id, status={"code": codes.TASK_DONE})
    done = official.ok("PatchTasks", "PatchTasksRequest", tasks=[change], action="merge").tasks[0]
    assert done.status.code == codes.TASK_DONE
    found.name = "Renamed"
    again = official.ok("PatchTasks", "PatchTasksRequest", tasks=[found], action="overwrite").tasks[0]
    assert again.name == "Renamed"
    official.ok("DeleteTasks", "DeleteTasksRequest", ids=[task_id])
    assert official("GetTask", "GetTaskRequest", task_id=task_id).status.code == codes.TASK_MISSING


@pytest.mark.parametrize(("labelers", "reviewers"), [(1, 0), (2, 1), (2, -1)])
def test_consensus_thresholds(official: Official, labelers: int, reviewers: int) -> None:
    add_inputs(official, 1)
    rule = resources.TaskReviewConsensusStrategyInfo(
        approval_threshold_labelers=labelers, approval_threshold_reviewers=reviewers
    )
    review = resources.TaskReview(
        strategy=resources.TaskReview.CONSENSUS,
        users=[resources.User(id="r-1"), resources.User(id="r-2")],
        consensus_strategy_info=rule,
    )
    task_id = add_task(official, review, ("l-1", "l-2"))
    found = official.ok("GetTask", "GetTaskRequest", task_id=task_id).task.review
    assert found.strategy == resources.TaskReview.CONSENSUS
    assert found.consensus_strategy_info.approval_threshold_labelers == labelers
    assert found.consensus_strategy_info.approval_threshold_reviewers == reviewers


def test_assignments_and_counts(official: Official) -> None:
    ids = add_inputs(official, 3)
    task_id = add_task(official)
    status = {"code": codes.ANNOTATION_PENDING}
    sent = [box(one, task_id=task_id, status=status) for one in ids]
    official.ok("PostAnnotations", "PostAnnotationsRequest", "l-1", annotations=sent)

    def put(user: str, action: int, **config: Any) -> list[Any]:
        request = "PutTaskAssignmentsRequest"
        found = official.ok("PutTaskAssignments", request, user, task_id=task_id, action=action, **config)
        return list(found.task_assignments)

    work = put("l-1", service.LABEL_START)
    assert {one.input.id for one in work} == set(ids)
    assert {one.worker.user.id for one in work} == {"l-1"}
    assert {one.status.code for one in work} == {codes.TASK_ASSIGNMENT_PENDING}
    assert all(one.created_at.seconds > 0 for one in work)
    named = [resources.TaskAssignment(id=one.id) for one in work]
    submitted = put(
        "l-1", service.LABEL_SUBMIT, label_submit_config=service.LabelSubmitConfig(task_assignments=named)
    )
    assert {one.status.code for one in submitted} == {codes.TASK_ASSIGNMENT_AWAITING_REVIEW}
    reviewing = put("r-1", service.REVIEW_START)
    assert {one.id for one in reviewing} == {one.id for one in work}
    steps = [
        (
            service.REVIEW_APPROVE,
            {"review_approve_config": service.ReviewApproveConfig(task_assignments=named[:1])},
            codes.TASK_ASSIGNMENT_SUCCESS,
        ),
        (
            service.REVIEW_REQUEST_CHANGES,
            {
                "review_request_changes_config": service.ReviewRequestChangesConfig(
                    task_assignments=named[1:2]
                )
            },
            codes.TASK_ASSIGNMENT_PENDING,
        ),
        (
            service.REVIEW_REJECT,
            {"review_reject_config": service.ReviewRejectConfig(task_assignments=named[2:])},
            codes.TASK_ASSIGNMENT_REJECTED,
        ),
    ]
    for action, config, code in steps:
        assert [one.status.code for one in put("r-1", action, **config)] == [code]
    for rpc in ("GetTaskInputCount", "GetTaskAnnotationCount"):
        counts = official.ok(rpc, "GetTaskCountRequest", task_id=task_id).counts
        assert [(c.user_id, c.success, c.pending, c.review_denied) for c in counts] == [("l-1", 1, 1, 1)], rpc
    todo = official.ok("ListNextTaskAssignments", "ListNextTaskAssignmentsRequest", "l-1", task_id=task_id)
    assert len(todo.inputs) == 1
    samples = official("GetInputSamples", "GetInputSamplesRequest", task_id=task_id)
    assert samples.status.code > 0


INVALID: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
    ("PostAnnotations", "PostAnnotationsRequest", dict),
    ("PostAnnotations", "PostAnnotationsRequest", lambda: {"annotations": [box("no-such-input")]}),
    ("PostAnnotations", "PostAnnotationsRequest", lambda: {"annotations": [box("img-0", "no-such-concept")]}),
    ("PostAnnotations", "PostAnnotationsRequest", lambda: {"annotations": [box("img-0")] * 129}),
    (
        "PatchAnnotations",
        "PatchAnnotationsRequest",
        lambda: {"annotations": [box("img-0")], "action": "replace"},
    ),
    (
        "PatchAnnotations",
        "PatchAnnotationsRequest",
        lambda: {"annotations": [box("img-0")], "action": "merge"},
    ),
    ("DeleteAnnotations", "DeleteAnnotationsRequest", dict),
    ("GetAnnotation", "GetAnnotationRequest", lambda: {"input_id": "img-0", "annotation_id": "none"}),
    ("GetInput", "GetInputRequest", lambda: {"input_id": "no-such-input"}),
    ("PostInputs", "PostInputsRequest", dict),
    (
        "PostInputs",
        "PostInputsRequest",
        lambda: {
            "inputs": [resources.Input(data=resources.Data(image=resources.Image(base64=b"no picture")))]
        },
    ),
    (
        "PostInputs",
        "PostInputsRequest",
        lambda: {
            "inputs": [resources.Input(data=resources.Data(image=resources.Image(url="file:///etc/passwd")))]
        },
    ),
    ("ListInputs", "ListInputsRequest", lambda: {"page": 1, "per_page": 4_000_000_000}),
    ("GetTask", "GetTaskRequest", lambda: {"task_id": "no-such-task"}),
    ("PostTasks", "PostTasksRequest", lambda: {"tasks": [resources.Task(name="no type")]}),
    ("PutTaskAssignments", "PutTaskAssignmentsRequest", lambda: {"task_id": "no-such-task", "action": 1}),
    ("GetConcept", "GetConceptRequest", lambda: {"concept_id": "no-such-concept"}),
    ("PostConcepts", "PostConceptsRequest", dict),
]


@pytest.mark.parametrize(("rpc", "request_name", "fields"), INVALID)
def test_refusals_are_readable(
    official: Official, rpc: str, request_name: str, fields: Callable[[], dict[str, Any]]
) -> None:
    add_inputs(official, 1)
    found = official(rpc, request_name, **fields())
    assert found.status.code not in (0, SUCCESS, codes.MIXED_STATUS), found
    assert found.status.code < 90000, found
    assert found.status.description
    assert found.status.req_id


def test_a_wrong_key_is_readable(official: Official) -> None:
    found = official("ListInputs", "ListInputsRequest", "no-such-token")
    assert found.status.code in (
        codes.CONN_KEY_INVALID,
        codes.CONN_KEY_NOT_FOUND,
        codes.CONN_CREDENTIALS_INVALID,
    )


def test_a_mixed_answer_is_readable(official: Official) -> None:
    one = add_inputs(official, 1)[0]
    sent = [box(one, id="an-good"), box(one, "no-such-concept", id="an-bad")]
    found = official("PostAnnotations", "PostAnnotationsRequest", annotations=sent)
    assert found.status.code == codes.MIXED_STATUS
    states = {a.id: a.status.code for a in found.annotations}
    assert states["an-good"] == codes.ANNOTATION_SUCCESS
    assert states["an-bad"] not in (0, codes.ANNOTATION_SUCCESS)


def test_hosted_pictures_are_served(official: Official) -> None:
    one = add_inputs(official, 1)[0]
    hosted = official.ok("GetInput", "GetInputRequest", input_id=one).input.data.image.hosted
    for size in hosted.sizes:
        found = official.app.client.get(f"{hosted.prefix}/{size}/{hosted.suffix}")
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("image/")
