"""Keys, users, apps, collaborators, scopes, both path forms."""

import hashlib
import sqlite3

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, 11008),
        ("", 11008),
        ("Key", 11008),
        ("Key two words", 11008),
        ("Key " + "x" * 600, 11008),
        ("Key unknown", 11009),
        ("Bearer {token}", 11002),
        ("Token {token}", 11002),
        ("Basic {token}", 11002),
        ("{token}", 11002),
    ],
)
def test_refused_keys(embedded_app: EmbeddedApp, header: str | None, code: int) -> None:
    headers = {} if header is None else {"Authorization": header.format(token=embedded_app.token)}
    for path in ("/v2/users/me", f"{embedded_app.path}/inputs", "/v2/inputs"):
        response = embedded_app.client.get(path, headers=headers)
        assert (response.status_code, response.json()["status"]["code"]) == (401, code)
        assert response.headers["www-authenticate"] == "Key"


def test_a_token_in_the_query_is_no_key(embedded_app: EmbeddedApp) -> None:
    response = embedded_app.client.get("/v2/users/me", params={"key": embedded_app.token})
    assert response.status_code == 401


def test_tokens_are_stored_as_hashes_only(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    database = sqlite3.connect(f"file:{embedded_server.data_dir}/embedded.sqlite3?mode=ro", uri=True)
    dump = "\n".join(database.iterdump())
    database.close()
    assert hashlib.sha256(embedded_app.token.encode()).hexdigest() in dump
    assert embedded_app.token not in dump


def test_keys_are_shown_once_and_end(embedded_app: EmbeddedApp) -> None:
    headers = {"Authorization": f"Key {embedded_app.token}"}
    path = f"/v2/users/{embedded_app.user_id}/keys"
    made = embedded_app.client.post(path, json={"keys": [{"description": "second"}]}, headers=headers).json()
    token = made["keys"][0]["id"]
    assert made["keys"][0]["type"] == "personal_access_token"
    second = {"Authorization": f"Key {token}"}
    assert (
        embedded_app.client.get("/v2/users/me", headers=second).json()["user"]["id"] == embedded_app.user_id
    )
    listed = embedded_app.client.get(path, headers=headers)
    assert token not in listed.text
    assert embedded_app.token not in listed.text
    name = next(key["id"] for key in listed.json()["keys"] if key["description"] == "second")
    assert embedded_app.client.get(f"{path}/{name}", headers=headers).json()["key"]["description"] == "second"
    assert embedded_app.client.delete(f"{path}/{name}", headers=headers).status_code == 200
    ended = embedded_app.client.get("/v2/users/me", headers=second)
    assert (ended.status_code, ended.json()["status"]["code"]) == (401, 11009)
    assert embedded_app.client.delete(f"{path}/{name}", headers=headers).status_code == 404


def test_an_app_specific_key_implies_its_app(embedded_server: EmbeddedServer) -> None:
    one, other = embedded_server.new_app(), embedded_server.new_app()
    held = ["Annotations_Get", "Apps_Get", "Concepts_Get", "Inputs_Get", "Workflows_Get"]
    sent = {
        "keys": [
            {
                "type": "app_specific_key",
                "apps": [{"id": one.app_id}],
                "scopes": held,
            }
        ]
    }
    path = f"/v2/users/{one.user_id}/keys"
    headers = {"Authorization": f"Key {one.token}"}
    token = one.client.post(path, json=sent, headers=headers).json()["keys"][0]["id"]
    bound = {"Authorization": f"Key {token}"}
    assert one.client.get("/v2/app", headers=bound).json()["app"]["id"] == one.app_id
    scopes = one.client.get("/v2/myscopes", headers=bound).json()
    assert scopes["scopes"] == held
    for method, route in (
        *(("GET", route) for route in ("", "/keys", "/apps", "/collaborations", "/myscopes", "/scopes")),
        *(("POST", "/keys"), ("POST", "/apps"), ("PATCH", "/keys")),
    ):
        response = one.client.request(method, f"/v2/users/me{route}", headers=bound, json={})
        assert (response.status_code, response.json()["status"]["code"]) == (403, 11007)
    assert one.client.get(f"{other.path}/inputs", headers=bound).status_code == 404
    second = {"apps": [{"id": "second"}]}
    one.client.post(f"/v2/users/{one.user_id}/apps", json=second, headers=headers)
    wrong = one.client.get(f"/v2/users/{one.user_id}/apps/second/inputs", headers=bound)
    assert (wrong.status_code, wrong.json()["status"]["code"]) == (401, 11008)


def test_a_key_with_fewer_scopes(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    path = f"/v2/users/{embedded_app.user_id}/keys"
    headers = {"Authorization": f"Key {embedded_app.token}"}
    # What GET inputs and POST annotations/searches need, and no more.
    needed = [
        "Annotations_Get",
        "Apps_Get",
        "Concepts_Get",
        "Inputs_Get",
        "Models_Get",
        "Search",
        "Workflows_Get",
    ]
    held = sorted([*needed, "Keys_Add", "Keys_Get"])
    sent = {"keys": [{"scopes": held}]}
    token = embedded_app.client.post(path, json=sent, headers=headers).json()["keys"][0]["id"]
    embedded_app.tokens["few"] = token
    search = {"searches": [{"query": {"filters": []}}]}
    embedded_app.ok("GET", "inputs", user="few")
    embedded_app.ok("POST", "annotations/searches", search, user="few")
    assert embedded_app.ok("GET", "myscopes", user="few")["scopes"] == held
    for method, route, body, lacking in (
        ("POST", "annotations", {"annotations": [{"input_id": "a"}]}, "Annotations_Add"),
        (
            "DELETE",
            "inputs",
            {"ids": ["a"]},
            "Annotations_Add, Annotations_Delete, Inputs_Add, Inputs_Delete",
        ),
        ("POST", "concepts", {"concepts": [{"id": "x"}]}, "Concepts_Add"),
        ("GET", "tasks", None, "SavedSearch_Get, Tasks_Get"),
        ("PUT", "tasks/t/assignments", {"action": 1}, "Annotations_Add, Datasets_Get, Tasks_Get"),
    ):
        refused = embedded_app.call(method, route, body, user="few")
        assert (refused.status_code, refused.json()["status"]["code"]) == (403, 11007)
        assert refused.json()["status"]["details"] == f"this key lacks the scope {lacking}"
    few = {"Authorization": f"Key {token}"}
    stronger = embedded_app.client.post(path, json={"keys": [{"scopes": ["All"]}]}, headers=few)
    assert (stronger.status_code, stronger.json()["status"]["code"]) == (403, 11007)
    bad = embedded_app.client.post(path, json={"keys": [{"scopes": ["Everything"]}]}, headers=headers)
    assert bad.status_code == 400


def test_users_are_made_by_the_operator_only(
    embedded_server: EmbeddedServer, embedded_app: EmbeddedApp
) -> None:
    headers = {"Authorization": f"Key {embedded_app.token}"}
    refused = embedded_app.client.post("/v2/users", json={"users": [{"id": "x"}]}, headers=headers)
    assert (refused.status_code, refused.json()["status"]["code"]) == (403, 11007)
    operator = {"Authorization": f"Key {embedded_server.operator_key}"}
    sent = {"users": [{"id": "lea", "firstName": "L", "last_name": "1"}]}
    made = embedded_app.client.post("/v2/users", json=sent, headers=operator).json()["users"][0]
    assert (made["first_name"], made["last_name"]) == ("L", "1")
    again = embedded_app.client.post("/v2/users", json=sent, headers=operator)
    assert (again.status_code, again.json()["status"]["code"]) == (409, 40010)
    for bad in ({"id": "me"}, {"id": ""}, {"id": "a b"}, {"id": "x", "first_name": 5}, {"id": "x" * 129}):
        response = embedded_app.client.post("/v2/users", json={"users": [bad]}, headers=operator)
        assert (response.status_code, response.json()["status"]["code"]) == (400, 11102)


def test_the_operator_sees_no_data(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    operator = {"Authorization": f"Key {embedded_server.operator_key}"}
    for route in ("inputs", "annotations", "concepts"):
        response = embedded_app.client.get(f"{embedded_app.path}/{route}", headers=operator)
        assert (response.status_code, response.json()["status"]["code"]) == (403, 11007)
    assert embedded_app.client.get(f"{embedded_app.path}/collaborators", headers=operator).status_code == 200


def test_people_keep_out_of_each_others_accounts(embedded_app: EmbeddedApp) -> None:
    headers = {"Authorization": f"Key {embedded_app.tokens['l-1']}"}
    for path in ("", "/keys", "/keys/x", "/collaborations", "/myscopes"):
        response = embedded_app.client.get(f"/v2/users/{embedded_app.user_id}{path}", headers=headers)
        expected = 200 if path == "/myscopes" else 403
        assert response.status_code == expected, path
    made = embedded_app.client.post(
        f"/v2/users/{embedded_app.user_id}/apps", json={"apps": [{"id": "mine"}]}, headers=headers
    )
    assert made.status_code == 403


def test_a_foreign_app_does_not_exist(embedded_server: EmbeddedServer) -> None:
    one, other = embedded_server.new_app(), embedded_server.new_app()
    other.add_inputs("a")
    headers = {"Authorization": f"Key {one.token}"}
    unknown = one.client.get(f"/v2/users/{one.user_id}/apps/none/inputs", headers=headers)
    assert (unknown.status_code, unknown.json()["status"]["code"]) == (404, 11101)
    for route in ("", "/inputs", "/inputs/a", "/annotations", "/concepts", "/collaborators", "/myscopes"):
        response = one.client.get(other.path + route, headers=headers)
        assert response.status_code == 404
        assert response.json()["status"]["details"] == unknown.json()["status"]["details"]


def test_short_paths_and_me(embedded_app: EmbeddedApp) -> None:
    headers = {"Authorization": f"Key {embedded_app.token}"}
    client = embedded_app.client
    where = {"user_id": "me", "app_id": embedded_app.app_id}
    sent = {"user_app_id": where, "concepts": [{"id": "cell"}]}
    assert client.post("/v2/concepts", json=sent, headers=headers).status_code == 200
    camel = {"userAppId": {"userId": embedded_app.user_id, "appId": embedded_app.app_id}}
    assert (
        client.post("/v2/concepts", json=camel | {"concepts": [{"id": "c2"}]}, headers=headers).status_code
        == 200
    )
    for params in (
        {"user_app_id.user_id": "me", "user_app_id.app_id": embedded_app.app_id},
        {"userAppId.userId": embedded_app.user_id, "userAppId.appId": embedded_app.app_id},
        {"user_app_id.app_id": embedded_app.app_id},
    ):
        listed = client.get("/v2/concepts", params=params, headers=headers).json()["concepts"]
        assert [one["id"] for one in listed] == ["rbc", "wbc", "cell", "c2"]
    through_me = client.get(f"/v2/users/me/apps/{embedded_app.app_id}/concepts", headers=headers)
    assert through_me.json()["concepts"] == listed
    unnamed = client.get("/v2/concepts", headers=headers)
    assert (unnamed.status_code, unnamed.json()["status"]["code"]) == (400, 11102)
    assert "app_id" in unnamed.json()["status"]["details"]


def test_apps(embedded_app: EmbeddedApp) -> None:
    headers = {"Authorization": f"Key {embedded_app.token}"}
    client = embedded_app.client
    path = f"/v2/users/{embedded_app.user_id}/apps"
    sent = {"apps": [{"id": "birds", "name": "Birds", "description": "two\nlines", "metadata": {"aB": 1}}]}
    made = client.post(path, json=sent, headers=headers).json()["apps"][0]
    assert (made["id"], made["user_id"], made["metadata"]) == ("birds", embedded_app.user_id, {"aB": 1})
    assert client.post(path, json=sent, headers=headers).json()["status"]["code"] == 40010
    # The last changed comes first, unless asked otherwise.
    listed = [one["id"] for one in client.get(path, headers=headers).json()["apps"]]
    assert listed == ["birds", embedded_app.app_id]
    assert [
        one["id"] for one in client.get(path, params={"search": "BIR"}, headers=headers).json()["apps"]
    ] == ["birds"]
    body = {"action": "overwrite", "app": {"name": "Vögel"}}
    assert client.patch(f"{path}/birds", json=body, headers=headers).json()["app"]["name"] == "Vögel"
    assert client.get(f"{path}/birds", headers=headers).json()["app"]["description"] == "two\nlines"
    assert client.get("/v2/apps", headers=headers).json()["apps"][0]["id"] == "birds"
    worker = {"Authorization": f"Key {embedded_app.tokens['l-1']}"}
    assert [one["id"] for one in client.get(path, headers=worker).json()["apps"]] == [embedded_app.app_id]
    assert (
        embedded_app.call("PATCH", "", body, user="l-1").status_code == 404
    )  # a trailing slash is another address
    refused = client.patch(embedded_app.path, json=body, headers=worker)
    assert (refused.status_code, refused.json()["status"]["code"]) == (403, 11007)


def test_collaborators(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    found = embedded_app.ok("GET", "collaborators")
    assert [one["user"]["id"] for one in found["collaborators"]] == ["l-1", "l-2", "r-1", "r-2"]
    assert found["app_owner"]["id"] == embedded_app.user_id
    embedded_server.new_user("late")
    body = {"collaborators": [{"user": {"id": "late"}}]}
    assert embedded_app.call("POST", "collaborators", body, user="l-1").status_code == 403
    made = embedded_app.ok("POST", "collaborators", body)["collaborators"][0]
    assert embedded_app.call("POST", "collaborators", body).json()["status"]["code"] == 40010
    for bad in ("nobody-knows", embedded_app.user_id):
        response = embedded_app.call("POST", "collaborators", {"collaborators": [{"user": {"id": bad}}]})
        assert response.status_code == 400
    late = {"Authorization": f"Key {embedded_server.new_user('late')}"}
    mine = embedded_app.client.get("/v2/users/me/collaborations", headers=late).json()["collaborations"]
    assert [one["app"]["id"] for one in mine] == [embedded_app.app_id]
    assert mine[0]["app_owner"]["id"] == embedded_app.user_id
    assert embedded_app.client.get(f"{embedded_app.path}/inputs", headers=late).status_code == 200
    embedded_app.ok("DELETE", "collaborators", {"collaborator_ids": [made["id"]]})
    assert embedded_app.client.get(f"{embedded_app.path}/inputs", headers=late).status_code == 404
    assert embedded_app.call("DELETE", "collaborators", {"collaborator_ids": [made["id"]]}).status_code == 404


def test_concepts(embedded_app: EmbeddedApp) -> None:
    assert [one["id"] for one in embedded_app.ok("GET", "concepts", user="l-1")["concepts"]] == ["rbc", "wbc"]
    sent = {"concepts": [{"id": "plt", "name": "Platelet", "definition": "small", "metadata": {"K": 1}}]}
    made = embedded_app.ok("POST", "concepts", sent)["concepts"][0]
    assert (made["name"], made["definition"], made["metadata"]) == ("Platelet", "small", {"K": 1})
    again = embedded_app.call("POST", "concepts", sent)
    assert (again.status_code, again.json()["status"]["code"]) == (409, 40010)
    assert [one["id"] for one in embedded_app.ok("GET", "concepts", params={"id": "LATE"})["concepts"]] == [
        "plt"
    ]
    body = {"action": "overwrite", "concepts": [{"id": "plt", "name": "Thrombocyte"}]}
    assert embedded_app.ok("PATCH", "concepts", body)["concepts"][0]["name"] == "Thrombocyte"
    assert embedded_app.ok("GET", "concepts/plt")["concept"]["name"] == "Thrombocyte"
    merge = embedded_app.call("PATCH", "concepts", body | {"action": "merge"})
    assert (merge.status_code, merge.json()["status"]["code"]) == (400, 40003)
    assert embedded_app.call("GET", "concepts/none").status_code == 404
    for method, changed in (("POST", sent), ("PATCH", body)):
        assert embedded_app.call(method, "concepts", changed, user="l-1").status_code == 403


def test_scopes_and_counts(embedded_app: EmbeddedApp) -> None:
    owner = embedded_app.ok("GET", "myscopes")
    worker = embedded_app.ok("GET", "myscopes", user="l-1")
    assert "Tasks_Delete" in owner["scopes"]
    assert "Tasks_Delete" not in worker["scopes"]
    assert "Annotations_Add" in worker["scopes"]
    assert owner["app"]["id"] == embedded_app.app_id
    embedded_app.add_inputs("a", "b")
    assert embedded_app.ok("GET", "resource_counts")["inputs"] == "2"


def test_status_codes_are_open(embedded_server: EmbeddedServer) -> None:
    listed = embedded_server.client.get("/v2/status_codes").json()
    assert {one["code"] for one in listed["statuses"]} >= {10000, 24150, 24157, 30000, 54200}
    assert embedded_server.client.get("/v2/status_codes/24151").json()["status"]["code"] == 24151
    assert embedded_server.client.get("/v2/status_codes/7").status_code == 404


def test_the_vendors_names_of_all_codes() -> None:
    """Our table against the vendor's own list (the official client is a test dependency)."""
    from clarifai_grpc.grpc.api.status.status_code_pb2 import StatusCode

    from embedded_api.status_codes import NUMBERS

    theirs = dict(StatusCode.items())
    assert {name: code for name, code in NUMBERS.items() if theirs.get(name) != code} == {}


def test_request_ids(embedded_app: EmbeddedApp) -> None:
    sent = embedded_app.call("GET", "inputs", headers={"X-Clarifai-Request-ID-Prefix": "desk-7"}).json()
    assert sent["status"]["req_id"].startswith("desk-7-")
    odd = embedded_app.call("GET", "inputs", headers={"X-Clarifai-Request-ID-Prefix": 'a"<b'}).json()
    assert '"' not in odd["status"]["req_id"]
