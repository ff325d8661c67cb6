"""The table of scopes against the vendor's schema; what keys and collaborators with fewer rights may do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.auth.scope import scope_pb2
from clarifai_grpc.grpc.auth.types import types_pb2
from clarifai_grpc.grpc.auth.util import extension_pb2
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from embedded_api import rpcs
from embedded_api.errors import ApiError
from embedded_api.rights import EVERYTHING, Rights
from tests.support.embedded import EmbeddedApp, EmbeddedServer
from tests.support.shed import in_the_shed

METHODS: dict[str, MethodDescriptor] = service_pb2.DESCRIPTOR.services_by_name["V2"].methods_by_name
TOKENS = {"NoAuth": "none", "KeyAuth": "key", "SessionTokenAuth": "session", "PATAuth": "pat"}
SERVED = [rpc for rpc in rpcs.RPCS if rpc.name not in rpcs.OURS]


@pytest.mark.parametrize("rpc", SERVED, ids=lambda rpc: rpc.name)
def test_tokens_and_scopes_are_the_vendors(rpc: rpcs.Rpc) -> None:
    options = METHODS[rpc.name].GetOptions()
    scopes = {scope_pb2.S.Name(one) for one in options.Extensions[extension_pb2.cl_depending_scopes]}
    assert rpc.scopes == scopes
    auth = types_pb2.AuthType.Name(options.Extensions[extension_pb2.cl_auth_type])
    assert rpc.token == TOKENS[auth]


@pytest.mark.parametrize("rpc", SERVED, ids=lambda rpc: rpc.name)
def test_paths_are_the_vendors(rpc: rpcs.Rpc) -> None:
    rule = METHODS[rpc.name].GetOptions().Extensions[annotations_pb2.http]
    theirs = set()
    for one in (rule, *rule.additional_bindings):
        verb = one.WhichOneof("pattern")
        assert verb.upper() == rpc.verb
        if "deployment" not in getattr(one, verb):  # a model that runs elsewhere
            theirs.add(rpcs.shape(re.sub(r"\{[^}]*\}", "{}", getattr(one, verb))))
    assert set(rpc.paths) == theirs


def test_every_scope_is_the_vendors() -> None:
    assert set(rpcs.SCOPES) <= set(scope_pb2.S.keys())


def test_every_route_of_ours_has_a_rule() -> None:
    """A view without a row in the table would be closed to every key that does not hold All."""
    found: list[list[str]] = in_the_shed("""
from django.urls import get_resolver
from embedded_api import rpcs

def walk(patterns):
    for one in patterns:
        if hasattr(one, "url_patterns"):
            yield from walk(one.url_patterns)
        else:
            yield one

answer = []
for one in walk(get_resolver().url_patterns):
    view = getattr(one.callback, "view_class", None)
    for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        takes = view is not None and verb.lower() in view.http_method_names and hasattr(view, verb.lower())
        if takes and rpcs.find(verb, str(one.pattern)) is None:
            answer.append([verb, str(one.pattern)])
""")
    assert found == []


READ, BOTH, ALL = Rights.of(["Inputs_Get"]), Rights.of(["Inputs_Get", "Apps_Get"]), EVERYTHING
ONE = Rights.of(["All"], [rpcs.SERVICE + "GetInput"])
OTHER = Rights.of(["All"], [rpcs.SERVICE + "ListInputs"])


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (ALL, ALL, ALL),
        (ALL, READ, READ),
        (BOTH, READ, READ),
        (ONE, READ, Rights(READ.scopes, ONE.endpoints)),
    ],
)
def test_rights_together(first: Rights, second: Rights, both: Rights) -> None:
    assert first & second == both
    assert second & first == both
    assert both.within(first)
    assert both.within(second)


def test_endpoints_without_a_common_member_leave_nothing_open() -> None:
    for name in ("GetInput", "ListInputs"):
        assert ONE.allow(next(rpc for rpc in SERVED if rpc.name == name)) == (name == "GetInput")
        assert not (ONE & OTHER).allow(next(rpc for rpc in SERVED if rpc.name == name))


def test_rights_within() -> None:
    assert READ.within(BOTH)
    assert not BOTH.within(READ)
    assert not ALL.within(BOTH)
    assert not ALL.within(ONE)
    assert ONE.within(ALL)
    assert not OTHER.within(ONE)


def test_a_route_without_a_rule_needs_all() -> None:
    EVERYTHING.check(None, "this key")
    with pytest.raises(ApiError) as caught:
        Rights.of(set(rpcs.SCOPES) - {"All"}).check(None, "this key")
    assert (caught.value.http, caught.value.code) == (403, 11007)


def make_key(app: EmbeddedApp, name: str, **more: Any) -> dict[str, Any]:
    """A key of the app's owner, from now on the user `name` of `app.call`."""
    headers = {"Authorization": f"Key {app.token}"}
    path = f"/v2/users/{app.user_id}/keys"
    made = app.client.post(path, json={"keys": [more]}, headers=headers)
    assert made.status_code == 200, made.text
    key: dict[str, Any] = made.json()["keys"][0]
    app.tokens[name] = key["id"]
    return key


def refused(response: Any) -> str:
    """The details of a refusal for want of rights."""
    status = response.json()["status"]
    assert (response.status_code, status["code"]) == (403, 11007), response.text
    return str(status["details"])


def test_a_key_for_one_endpoint(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    endpoint = rpcs.SERVICE + "GetInput"
    key = make_key(embedded_app, "one", endpoints=[endpoint])
    assert key["endpoints"] == [endpoint]
    assert set(key["scopes"]) == {"Apps_Get", "Annotations_Get", "Concepts_Get", "Inputs_Get"}
    assert embedded_app.ok("GET", "inputs/a", user="one")["input"]["id"] == "a"
    assert embedded_app.ok("GET", "myscopes", user="one")["endpoints"] == [endpoint]
    # The scopes would do for the list as well; the endpoints do not.
    assert "ListInputs" in refused(embedded_app.call("GET", "inputs", user="one"))


def test_all_scopes_but_one_endpoint(embedded_app: EmbeddedApp) -> None:
    make_key(embedded_app, "one", scopes=["All"], endpoints=[rpcs.SERVICE + "ListConcepts"])
    embedded_app.ok("GET", "concepts", user="one")
    refused(embedded_app.call("POST", "concepts", {"concepts": [{"id": "x"}]}, user="one"))


def test_a_collaborator_may_do_what_the_owner_says(
    embedded_server: EmbeddedServer, embedded_app: EmbeddedApp
) -> None:
    user = f"visitor-{embedded_app.app_id}"  # other tests' users are in more apps than a page shows
    embedded_app.tokens[user] = embedded_server.new_user(user)
    embedded_app.ok("POST", "collaborators", {"collaborators": [{"user": {"id": user}}]})
    wanted = {"concepts": [{"id": "fresh"}]}
    assert "this collaborator lacks" in refused(embedded_app.call("POST", "concepts", wanted, user=user))
    scopes = ["Apps_Get", "Concepts_Add", "Concepts_Get"]
    people = embedded_app.ok("GET", "collaborators")["collaborators"]
    place = next(one for one in people if one["user"]["id"] == user)
    body = {"action": "overwrite", "collaborators": [{"id": place["id"], "scopes": scopes}]}
    changed = embedded_app.ok("PATCH", "collaborators", body)["collaborators"][0]
    assert (changed["scopes"], changed["id"]) == (scopes, place["id"])
    assert changed["modified_at"] > place["modified_at"]
    embedded_app.ok("POST", "concepts", wanted, user=user)
    assert embedded_app.ok("GET", "myscopes", user=user)["scopes"] == scopes
    assert "Inputs_Get" in refused(embedded_app.call("GET", "inputs", user=user))
    # Another one's place has not changed.
    embedded_app.ok("GET", "inputs", user="l-2")
    mine = embedded_app.client.get(
        "/v2/users/me/collaborations", headers={"Authorization": f"Key {embedded_app.tokens[user]}"}
    ).json()["collaborations"]
    assert [scopes] == [one["scopes"] for one in mine]


def test_endpoints_of_a_collaborator(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    embedded_app.tokens["guest"] = embedded_server.new_user("guest")
    endpoint = rpcs.SERVICE + "ListConcepts"
    body = {"collaborators": [{"user": {"id": "guest"}, "endpoints": [endpoint]}]}
    made = embedded_app.ok("POST", "collaborators", body)["collaborators"][0]
    assert (made["endpoints"], made["scopes"]) == ([endpoint], ["Apps_Get", "Concepts_Get"])
    embedded_app.ok("GET", "concepts", user="guest")
    assert "GetConcept" in refused(embedded_app.call("GET", "concepts/rbc", user="guest"))
    apps = embedded_app.client.get(
        f"/v2/users/{embedded_app.user_id}/apps",
        headers={"Authorization": f"Key {embedded_app.tokens['guest']}"},
    )
    assert apps.json()["apps"] == []  # ListApps is not among the endpoints


def test_nobody_gives_away_what_they_have_not(
    embedded_server: EmbeddedServer, embedded_app: EmbeddedApp
) -> None:
    embedded_server.new_user("newcomer")
    scopes = ["Apps_Get", "Collaborators_Add", "Collaborators_Delete", "Collaborators_Get"]
    place = {"user": {"id": "l-1"}, "scopes": scopes}
    embedded_app.ok("PATCH", "collaborators", {"action": "overwrite", "collaborators": [place]})
    late = {"user": {"id": "newcomer"}, "scopes": ["All"]}
    refused(embedded_app.call("POST", "collaborators", {"collaborators": [late]}, user="l-1"))
    up = {"action": "overwrite", "collaborators": [place | {"scopes": ["All"]}]}
    refused(embedded_app.call("PATCH", "collaborators", up, user="l-1"))
    late["scopes"] = ["Apps_Get"]
    embedded_app.ok("POST", "collaborators", {"collaborators": [late]}, user="l-1")


@pytest.mark.parametrize("name", ["scopes", "endpoints"])
def test_unknown_rights_are_refused_by_name(embedded_app: EmbeddedApp, name: str) -> None:
    for value in (["Everything"], [5], "All", [""]):
        body = {"collaborators": [{"user": {"id": "l-1"}, name: value}]}
        response = embedded_app.call("POST", "collaborators", body)
        assert (response.status_code, response.json()["status"]["code"]) == (400, 11102)
        assert f"collaborators[0].{name}" in response.json()["status"]["details"]


def test_an_app_key_and_its_owners_place(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    """What needs a person's token is closed to the key of one app, whatever its scopes."""
    make_key(embedded_app, "bound", type="app_specific_key", apps=[{"id": embedded_app.app_id}])
    embedded_app.ok("GET", "inputs", user="bound")
    for method, route in (("GET", "keys"), ("PATCH", ""), ("GET", "concepts/relations")):
        path = f"{embedded_app.path}/{route}".rstrip("/")
        headers = {"Authorization": f"Key {embedded_app.tokens['bound']}"}
        response = embedded_app.client.request(method, path, headers=headers, json={})
        assert "personal access token" in refused(response)


def test_lists_of_a_user_stay_within_the_key(embedded_server: EmbeddedServer) -> None:
    """Datasets and models of all of a user's apps: the key of one app sees that app, a guest what is open to them."""
    app = embedded_server.new_app(workers=["l-1"])
    owner = {"Authorization": f"Key {app.token}"}
    more = app.client.post(f"/v2/users/{app.user_id}/apps", json={"apps": [{"id": "other"}]}, headers=owner)
    assert more.status_code == 200
    app.ok("POST", "datasets", {"datasets": [{"id": "here"}]})
    elsewhere = f"/v2/users/{app.user_id}/apps/other/datasets"
    made = app.client.post(elsewhere, json={"datasets": [{"id": "there"}]}, headers=owner)
    assert made.status_code == 200
    make_key(app, "bound", apps=[{"id": app.app_id}])

    def seen(kind: str, user: str) -> set[str]:
        headers = {"Authorization": f"Key {app.tokens[user]}"}
        path = f"/v2/users/{app.user_id}/{kind}"
        return {one["app_id"] for one in app.client.get(path, headers=headers).json()[kind]}

    assert seen("datasets", app.user_id) == seen("models", app.user_id) == {app.app_id, "other"}
    assert seen("datasets", "bound") == seen("models", "bound") == seen("workflows", "bound") == {app.app_id}
    assert seen("datasets", "l-1") == {app.app_id}
    place = {"user": {"id": "l-1"}, "scopes": ["Apps_Get"]}
    app.ok("PATCH", "collaborators", {"action": "overwrite", "collaborators": [place]})
    assert seen("datasets", "l-1") == set()


def test_apps_of_another_user_by_the_short_path(embedded_app: EmbeddedApp) -> None:
    headers = {"Authorization": f"Key {embedded_app.tokens['l-1']}"}
    params = {"user_app_id.user_id": embedded_app.user_id}
    apps = embedded_app.client.get("/v2/apps", params=params, headers=headers).json()["apps"]
    assert [one["id"] for one in apps] == [embedded_app.app_id]
