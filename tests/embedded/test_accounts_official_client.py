"""The vendor's own JSON client at every rpc of accounts and concepts: one valid and one invalid call each.

Every call is made with the vendor's request message, and the answer is read by the vendor's parser.
"""

from typing import Any

import pytest
from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2 as r
from clarifai_grpc.grpc.api import service_pb2 as s
from clarifai_grpc.grpc.api.service_pb2_grpc import V2Stub

from embedded_api import rpcs
from tests.support.embedded import EmbeddedApp


class Client:
    """The vendor's stub for one app."""

    def __init__(self, app: EmbeddedApp) -> None:
        self.stub = V2Stub(ClarifaiChannel.get_json_channel(base_url=app.base_url))
        self.metadata = (("authorization", f"Key {app.token}"),)
        self.app = r.UserAppIDSet(user_id=app.user_id, app_id=app.app_id)
        self.user = r.UserAppIDSet(user_id="me")

    def call(self, rpc: str, request: Any) -> Any:
        return getattr(self.stub, rpc)(request, metadata=self.metadata)

    def ok(self, rpc: str, request: Any) -> Any:
        answer = self.call(rpc, request)
        assert answer.status.code == 10000, answer
        return answer

    def bad(self, rpc: str, request: Any, code: int) -> None:
        answer = self.call(rpc, request)
        assert answer.status.code == code, answer
        assert answer.status.details


@pytest.fixture
def client(embedded_app: EmbeddedApp) -> Client:
    return Client(embedded_app)


def test_accounts(client: Client, embedded_app: EmbeddedApp) -> None:
    app, user = client.app, client.user
    assert client.ok("GetUser", s.GetUserRequest(user_app_id=user)).user.id == embedded_app.user_id
    client.bad("GetUser", s.GetUserRequest(user_app_id=r.UserAppIDSet(user_id="l-1")), 11007)
    counted = s.GetAppRequest(user_app_id=app, additional_fields=["counts"])
    assert client.ok("GetApp", counted).app.extra_info.counts.models == 1
    client.bad("GetApp", s.GetAppRequest(user_app_id=app, additional_fields=["none"]), 11102)
    made = client.ok(
        "PostApps", s.PostAppsRequest(user_app_id=user, apps=[r.App(id="second", notes="n")])
    ).apps[0]
    client.bad("PostApps", s.PostAppsRequest(user_app_id=user, apps=[made]), 40010)
    newest = s.ListAppsRequest(user_app_id=user, sort_by_created_at=True, per_page=1)
    assert [one.id for one in client.ok("ListApps", newest).apps] == ["second"]
    client.bad("ListApps", s.ListAppsRequest(user_app_id=user, per_page=2000), 11102)
    patch = s.PatchAppRequest(user_app_id=app, app=r.App(description="d"), action="overwrite")
    patch.app.metadata.update({"a": 1})
    patch.metadata_action.op = "merge"
    changed = client.ok("PatchApp", patch).app
    assert (changed.description, changed.metadata["a"]) == ("d", 1)
    client.bad("PatchApp", s.PatchAppRequest(user_app_id=app, action="explode"), 11102)
    counts = client.ok("GetResourceCounts", s.GetResourceCountsRequest(user_app_id=app))
    assert (counts.inputs, counts.workflows) == (0, 1)
    nowhere = r.UserAppIDSet(user_id="me", app_id="nowhere")
    client.bad("GetResourceCounts", s.GetResourceCountsRequest(user_app_id=nowhere), 11101)
    assert client.ok("ListStatusCodes", s.ListStatusCodesRequest()).statuses
    assert client.call("GetStatusCode", s.GetStatusCodeRequest(status_code_id="24151")).status.code == 24151
    client.bad("GetStatusCode", s.GetStatusCodeRequest(status_code_id="7"), 11101)


def test_scopes_and_keys(client: Client) -> None:
    app, user = client.app, client.user
    assert "Tasks_Add" in client.ok("MyScopes", s.MyScopesRequest(user_app_id=app)).scopes
    client.bad(
        "MyScopes", s.MyScopesRequest(user_app_id=r.UserAppIDSet(user_id="me", app_id="nowhere")), 11101
    )
    assert "Keys_Add" in client.ok("MyScopesUser", s.MyScopesUserRequest(user_app_id=user)).scopes
    assert "Keys_Add" in client.ok("MyScopesRoot", s.MyScopesRootRequest()).scopes
    all_scopes = client.ok(
        "ListScopes", s.ListScopesRequest(user_app_id=user, key_type="personal_access_token")
    )
    assert len(all_scopes.endpoint_deps) > len(all_scopes.scope_deps) > 20
    client.bad("ListScopes", s.ListScopesRequest(user_app_id=user, key_type="other"), 11102)
    key = r.Key(description="one", scopes=["Apps_Get"], type="app_specific_key", apps=[r.App(id=app.app_id)])
    key.expires_at.FromJsonString("2099-01-01T00:00:00Z")
    made = client.ok("PostKeys", s.PostKeysRequest(user_app_id=user, keys=[key])).keys[0]
    assert made.expires_at == key.expires_at
    client.bad("PostKeys", s.PostKeysRequest(user_app_id=user, keys=[r.Key(scopes=["None_Get"])]), 11102)
    listed = client.ok(
        "ListKeys", s.ListKeysRequest(user_app_id=user, not_expired=True, scopes=["Apps_Get"])
    ).keys
    assert [one.description for one in listed] == ["one"]
    client.bad("ListKeys", s.ListKeysRequest(user_app_id=r.UserAppIDSet(user_id="l-1")), 11007)
    assert [one.id for one in client.ok("ListAppKeys", s.ListAppKeysRequest(user_app_id=app)).keys] == [
        listed[0].id
    ]
    client.bad("ListAppKeys", s.ListAppKeysRequest(user_app_id=app, per_page=2000), 11102)
    one = s.GetKeyRequest(user_app_id=user, key_id=listed[0].id)
    assert client.ok("GetKey", one).key.apps[0].id == app.app_id
    client.bad("GetKey", s.GetKeyRequest(user_app_id=user, key_id="none"), 11101)
    patch = s.PatchKeysRequest(
        user_app_id=user, keys=[r.Key(id=listed[0].id, description="two")], action="overwrite"
    )
    assert client.ok("PatchKeys", patch).keys[0].description == "two"
    patch.action = "merge"
    client.bad("PatchKeys", patch, 11102)
    end = s.DeleteKeyRequest(user_app_id=user, key_id=listed[0].id)
    client.ok("DeleteKey", end)
    client.bad("DeleteKey", end, 11101)


def test_collaborators(client: Client) -> None:
    app = client.app
    listed = client.ok("ListCollaborators", s.ListCollaboratorsRequest(user_app_id=app))
    assert listed.app_owner.id == app.user_id
    first = listed.collaborators[0]
    client.bad("ListCollaborators", s.ListCollaboratorsRequest(user_app_id=app, per_page=2000), 11102)
    place = r.Collaborator(id=first.id, scopes=["Apps_Get"], endpoints=["/clarifai.api.V2/GetApp"])
    patch = s.PatchCollaboratorsRequest(user_app_id=app, collaborators=[place], action="overwrite")
    assert client.ok("PatchCollaborators", patch).collaborators[0].endpoints == ["/clarifai.api.V2/GetApp"]
    patch.action = "remove"
    client.bad("PatchCollaborators", patch, 11102)
    leave = s.DeleteCollaboratorsRequest(user_app_id=app, collaborator_ids=[first.id])
    client.ok("DeleteCollaborators", leave)
    client.bad("DeleteCollaborators", leave, 11101)
    everybody = s.ListCollaboratorsRequest(user_app_id=app, list_all_collaborators=True)
    gone = client.ok("ListCollaborators", everybody).collaborators[-1]
    assert gone.id == first.id
    assert gone.HasField("deleted_at")
    back = s.PostCollaboratorsRequest(user_app_id=app, collaborators=[r.Collaborator(user=first.user)])
    assert client.ok("PostCollaborators", back).collaborators[0].user.id == first.user.id
    client.bad("PostCollaborators", back, 40010)
    assert not client.ok(
        "ListCollaborations", s.ListCollaborationsRequest(user_app_id=client.user)
    ).collaborations
    other = s.ListCollaborationsRequest(user_app_id=r.UserAppIDSet(user_id="l-1"))
    client.bad("ListCollaborations", other, 11007)


def test_concepts(client: Client) -> None:
    app = client.app
    post = s.PostConceptsRequest(user_app_id=app, concepts=[r.Concept(id="plt", name="Platelet")])
    assert client.ok("PostConcepts", post).concepts[0].user_id == app.user_id
    client.bad("PostConcepts", post, 40010)
    assert [
        one.id
        for one in client.ok("ListConcepts", s.ListConceptsRequest(user_app_id=app, id="late")).concepts
    ] == ["plt"]
    client.bad("ListConcepts", s.ListConceptsRequest(user_app_id=app, per_page=2000), 40003)
    patch = s.PatchConceptsRequest(
        user_app_id=app, concepts=[r.Concept(id="plt", name="P")], action="overwrite"
    )
    assert client.ok("PatchConcepts", patch).concepts[0].name == "P"
    patch.action = "merge"
    client.bad("PatchConcepts", patch, 40003)
    assert client.ok("GetConcept", s.GetConceptRequest(user_app_id=app, concept_id="plt")).concept.name == "P"
    client.bad("GetConcept", s.GetConceptRequest(user_app_id=app, concept_id="none"), 11101)
    search = s.PostConceptsSearchesRequest(user_app_id=app, concept_query=r.ConceptQuery(name="bc"))
    assert [one.id for one in client.ok("PostConceptsSearches", search).concepts] == ["rbc", "wbc"]
    search.concept_query.model.id = "none"
    client.bad("PostConceptsSearches", search, 40003)
    counted = client.ok("GetConceptCounts", s.GetConceptCountsRequest(user_app_id=app)).concept_counts
    assert [one.id for one in counted] == ["rbc", "wbc", "plt"]
    client.bad("GetConceptCounts", s.GetConceptCountsRequest(user_app_id=app, per_page=2000), 11102)
    languages = s.ListConceptLanguagesRequest(user_app_id=app, concept_id="plt")
    assert [one.name for one in client.ok("ListConceptLanguages", languages).concept_languages] == ["P"]
    languages.concept_id = "none"
    client.bad("ListConceptLanguages", languages, 11101)


def test_relations(client: Client) -> None:
    app = client.app
    relation = r.ConceptRelation(object_concept=r.Concept(id="wbc"), predicate="synonym")
    post = s.PostConceptRelationsRequest(user_app_id=app, concept_id="rbc", concept_relations=[relation])
    made = client.ok("PostConceptRelations", post).concept_relations[0]
    client.bad("PostConceptRelations", post, 40010)
    seen = s.ListConceptRelationsRequest(user_app_id=app, concept_id="wbc", predicate="synonym")
    assert client.ok("ListConceptRelations", seen).concept_relations[0].object_concept.id == "rbc"
    assert client.ok("ListConceptRelations", s.ListConceptRelationsRequest(user_app_id=app)).concept_relations
    client.bad("ListConceptRelations", s.ListConceptRelationsRequest(user_app_id=app, predicate="is"), 40003)
    end = s.DeleteConceptRelationsRequest(user_app_id=app, concept_id="wbc", ids=[made.id])
    client.ok("DeleteConceptRelations", end)
    client.bad("DeleteConceptRelations", end, 11101)


def test_what_is_refused_is_readable(client: Client) -> None:
    """The vendor's parser reads the refusal of a route that it knows."""
    client.bad("ListEvaluations", s.ListEvaluationsRequest(user_app_id=client.app), 10040)
    client.bad("PostModels", s.PostModelsRequest(user_app_id=client.app, models=[r.Model(id="m")]), 10040)
    client.bad("ListModelTypes", s.ListModelTypesRequest(user_app_id=client.app), 10040)


def test_none_is_left_out() -> None:
    """Every rpc of the two rooms is named in this file."""
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    names = [rpc.name for rpc in rpcs.RPCS if rpc.name not in rpcs.OURS]
    mine = names[: names.index("ListInputs")]
    assert [name for name in mine if f'"{name}"' not in text] == []
