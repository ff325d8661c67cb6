"""The vendor's own JSON client walks the routes of accounts, concepts, inputs and annotations.

It parses every answer into its message and raises where a field has the wrong type.
"""

import base64

import pytest

from tests.support.embedded import EmbeddedApp, picture

pytest.importorskip("clarifai_grpc")

from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2 as r
from clarifai_grpc.grpc.api import service_pb2 as s
from clarifai_grpc.grpc.api.service_pb2_grpc import V2Stub
from google.protobuf.timestamp_pb2 import Timestamp


class Client:
    """The vendor's stub, bound to one app."""

    def __init__(self, app: EmbeddedApp) -> None:
        self.stub = V2Stub(ClarifaiChannel.get_json_channel(base_url=app.base_url))
        self.metadata = (("authorization", f"Key {app.token}"),)
        self.where = r.UserAppIDSet(user_id=app.user_id, app_id=app.app_id)

    def call(self, rpc: str, request: object) -> object:
        return getattr(self.stub, rpc)(request, metadata=self.metadata)

    def ok(self, rpc: str, request: object) -> object:
        answer = self.call(rpc, request)
        assert answer.status.code == 10000, answer  # type: ignore[attr-defined]
        return answer


@pytest.fixture
def client(embedded_app: EmbeddedApp) -> Client:
    return Client(embedded_app)


def post_input(client: Client, name: str) -> r.Input:
    image = r.Image(base64=base64.b64decode(picture()))
    data = r.Data(image=image, concepts=[r.Concept(id="rbc", value=0)])
    request = s.PostInputsRequest(user_app_id=client.where, inputs=[r.Input(id=name, data=data)])
    return client.ok("PostInputs", request).inputs[0]


def box_annotation(input_id: str, **more: object) -> r.Annotation:
    box = r.BoundingBox(top_row=0, left_col=0.25, bottom_row=0.5, right_col=0.75)
    region = r.Region(
        region_info=r.RegionInfo(bounding_box=box), data=r.Data(concepts=[r.Concept(id="rbc", value=1)])
    )
    return r.Annotation(input_id=input_id, data=r.Data(regions=[region]), **more)


def test_accounts(client: Client, embedded_app: EmbeddedApp) -> None:
    user = client.ok("GetUser", s.GetUserRequest(user_app_id=r.UserAppIDSet(user_id="me"))).user
    assert user.id == embedded_app.user_id
    app = client.ok("GetApp", s.GetAppRequest(user_app_id=client.where)).app
    assert app.id == embedded_app.app_id
    listed = client.ok(
        "ListApps", s.ListAppsRequest(user_app_id=r.UserAppIDSet(user_id="me"), per_page=5)
    ).apps
    assert [one.id for one in listed] == [embedded_app.app_id]
    scopes = client.ok("MyScopes", s.MyScopesRequest(user_app_id=client.where)).scopes
    assert "Tasks_Add" in scopes
    people = client.ok(
        "ListCollaborators", s.ListCollaboratorsRequest(user_app_id=client.where)
    ).collaborators
    assert [one.user.id for one in people] == ["l-1", "l-2", "r-1", "r-2"]
    codes = client.ok("ListStatusCodes", s.ListStatusCodesRequest()).statuses
    assert 24157 in {one.code for one in codes}


def test_concepts(client: Client) -> None:
    request = s.PostConceptsRequest(user_app_id=client.where, concepts=[r.Concept(id="plt", name="Platelet")])
    client.ok("PostConcepts", request)
    found = client.ok(
        "ListConcepts", s.ListConceptsRequest(user_app_id=client.where, page=1, per_page=10)
    ).concepts
    assert [(one.id, one.name) for one in found] == [("rbc", "rbc"), ("wbc", "wbc"), ("plt", "Platelet")]
    again = client.call("PostConcepts", request)
    assert again.status.code == 40010


def test_inputs(client: Client) -> None:
    made = post_input(client, "i1")
    assert made.status.code == 30000
    assert made.data.image.image_info.width == 40
    assert made.data.concepts[0].value == 0  # a client reads an absent value as 1
    post_input(client, "i2")
    listed = client.ok("ListInputs", s.ListInputsRequest(user_app_id=client.where, per_page=10)).inputs
    assert [one.id for one in listed] == ["i1", "i2"]
    stream = s.StreamInputsRequest(user_app_id=client.where, per_page=1, last_id="i2", descending=True)
    assert [one.id for one in client.ok("StreamInputs", stream).inputs] == ["i1"]
    counts = client.ok("GetInputCount", s.GetInputCountRequest(user_app_id=client.where)).counts
    assert counts.processed == 2
    patch = r.Input(id="i1", data=r.Data(concepts=[r.Concept(id="wbc", value=1)]))
    request = s.PatchInputsRequest(user_app_id=client.where, inputs=[patch], action="merge")
    assert len(client.ok("PatchInputs", request).inputs[0].data.concepts) == 2
    client.ok("DeleteInputs", s.DeleteInputsRequest(user_app_id=client.where, ids=["i2"]))
    client.ok("DeleteInput", s.DeleteInputRequest(user_app_id=client.where, input_id="i1"))
    gone = client.call("GetInput", s.GetInputRequest(user_app_id=client.where, input_id="i1"))
    assert gone.status.code == 30102


def test_annotations(client: Client) -> None:
    post_input(client, "i1")
    sent = [box_annotation("i1", id="x", task_id="t-1"), box_annotation("i1", user_id="l-1")]
    made = client.ok("PostAnnotations", s.PostAnnotationsRequest(user_app_id=client.where, annotations=sent))
    box = made.annotations[0].data.regions[0].region_info.bounding_box
    assert (box.top_row, box.right_col) == (0, 0.75)
    assert made.annotations[1].worker.user.id == "l-1"
    listing = s.ListAnnotationsRequest(
        user_app_id=client.where, task_id="t-1", list_all_annotations=True, page=1, per_page=5
    )
    assert [one.id for one in client.ok("ListAnnotations", listing).annotations] == ["x"]
    one = client.ok(
        "GetAnnotation", s.GetAnnotationRequest(user_app_id=client.where, input_id="i1", annotation_id="x")
    )
    region = one.annotation.data.regions[0]
    change = r.Region(id=region.id, data=r.Data(concepts=[r.Concept(id="rbc", value=0)]))
    patch = r.Annotation(id="x", input_id="i1", data=r.Data(regions=[change]))
    patch.status.code = 24157
    request = s.PatchAnnotationsRequest(user_app_id=client.where, annotations=[patch], action="merge")
    after = client.ok("PatchAnnotations", request).annotations[0]
    assert after.status.code == 24157
    assert after.data.regions[0].data.concepts[0].value == 0
    assert after.data.regions[0].region_info.bounding_box.bottom_row == 0.5
    assert after.modified_at.ToNanoseconds() > one.annotation.modified_at.ToNanoseconds()
    delete = s.DeleteAnnotationRequest(user_app_id=client.where, input_id="i1", annotation_id="x")
    client.ok("DeleteAnnotation", delete)
    client.ok("DeleteAnnotations", s.DeleteAnnotationsRequest(user_app_id=client.where, input_ids=["i1"]))
    left = client.ok(
        "ListAnnotations", s.ListAnnotationsRequest(user_app_id=client.where, per_page=9)
    ).annotations
    assert [one.input_level for one in left] == [True]


def test_searches(client: Client) -> None:
    post_input(client, "i1")
    sent = [box_annotation("i1", id="x", task_id="t-1"), box_annotation("i1", id="y")]
    client.ok("PostAnnotations", s.PostAnnotationsRequest(user_app_id=client.where, annotations=sent))
    wanted = r.Filter(annotation=r.Annotation(task_id="t-1"))
    since = Timestamp(seconds=1_600_000_000)
    wanted.last_updated_time_range.start_time.CopyFrom(since)
    request = s.PostAnnotationsSearchesRequest(
        user_app_id=client.where,
        searches=[r.Search(query=r.Query(filters=[wanted]))],
        pagination=s.Pagination(page=1, per_page=10),
    )
    hits = client.ok("PostAnnotationsSearches", request).hits
    assert [hit.annotation.id for hit in hits] == ["x"]
    assert hits[0].input.id == "i1"


def test_refusals_reach_the_client(client: Client) -> None:
    post_input(client, "i1")
    concepts = [r.Concept(id="who", value=1)]
    bad = [r.Annotation(input_id="i1", data=r.Data(concepts=concepts)), box_annotation("i1")]
    answer = client.call(
        "PostAnnotations", s.PostAnnotationsRequest(user_app_id=client.where, annotations=bad)
    )
    assert answer.status.code == 10010
    assert [one.status.code for one in answer.annotations] == [24155, 24150]
    client.metadata = (("authorization", "Key nothing"),)
    assert client.call("ListInputs", s.ListInputsRequest(user_app_id=client.where)).status.code == 11009
