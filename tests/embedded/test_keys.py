"""Keys of people and of apps: what they may do, until when, and how they are listed and changed."""

from typing import Any

import httpx
import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00.5+02:00"


def keys(app: EmbeddedApp, method: str, rest: str = "", body: Any = None, **params: Any) -> httpx.Response:
    """A call of the owner's keys."""
    headers = {"Authorization": f"Key {app.token}"}
    path = f"/v2/users/{app.user_id}/keys{rest}"
    return app.client.request(method, path, json=body, params=params, headers=headers)


def made(app: EmbeddedApp, **more: Any) -> dict[str, Any]:
    answer = keys(app, "POST", body={"keys": [more]})
    assert answer.status_code == 200, answer.text
    key: dict[str, Any] = answer.json()["keys"][0]
    return key


def listed(app: EmbeddedApp, **params: Any) -> dict[str, dict[str, Any]]:
    """Description -> key."""
    return {key["description"]: key for key in keys(app, "GET", **params).json()["keys"]}


def me(app: EmbeddedApp, token: str) -> httpx.Response:
    return app.client.get("/v2/users/me", headers={"Authorization": f"Key {token}"})


def test_an_expired_key(embedded_app: EmbeddedApp) -> None:
    late, early = made(embedded_app, expires_at=PAST), made(embedded_app, expires_at=FUTURE)
    assert early["expires_at"] == "2098-12-31T22:00:00.500000Z"
    refused = me(embedded_app, late["id"])
    assert (refused.status_code, refused.json()["status"]["code"]) == (401, 11008)
    assert "2020-01-01" in refused.json()["status"]["details"]
    assert me(embedded_app, early["id"]).status_code == 200


def test_lists_of_keys(embedded_app: EmbeddedApp) -> None:
    endpoint = "/clarifai.api.V2/ListConcepts"
    made(embedded_app, description="past", expires_at=PAST, scopes=["Inputs_Get"])
    made(embedded_app, description="some", scopes=["Inputs_Get", "Apps_Get"])
    made(embedded_app, description="bound", apps=[{"id": embedded_app.app_id}], endpoints=[endpoint])
    # The fixture has made one more, which may do everything and never ends.
    assert set(listed(embedded_app)) == {"test", "past", "some", "bound"}
    assert set(listed(embedded_app, not_expired="True")) == {"test", "some", "bound"}
    assert set(listed(embedded_app, scopes=["Inputs_Get"])) == {"past", "some"}
    assert set(listed(embedded_app, scopes=["Inputs_Get", "Apps_Get"])) == {"some"}
    assert set(listed(embedded_app, endpoints=[endpoint])) == {"bound"}
    assert set(listed(embedded_app, type="app_specific_key")) == {"bound"}
    assert set(listed(embedded_app, page=2, per_page=3)) == {"bound"}
    own = embedded_app.ok("GET", "keys")["keys"]
    assert [key["description"] for key in own] == ["bound"]
    assert own[0]["apps"] == [{"id": embedded_app.app_id, "user_id": embedded_app.user_id}]
    # A collaborator sees their own keys of the app, and has none.
    assert embedded_app.call("GET", "keys", user="l-1").json()["status"]["code"] == 11007


def test_overwriting_keys(embedded_app: EmbeddedApp) -> None:
    key = made(embedded_app, description="first", scopes=["Inputs_Get"])
    name = listed(embedded_app)["first"]["id"]
    body = {"action": "overwrite", "keys": [{"id": name, "scopes": ["Apps_Get", "Concepts_Get"]}]}
    changed = keys(embedded_app, "PATCH", body=body).json()["keys"][0]
    assert (changed["scopes"], changed["description"]) == (["Apps_Get", "Concepts_Get"], "first")
    embedded_app.tokens["changed"] = key["id"]
    embedded_app.ok("GET", "concepts", user="changed")
    whole = {"action": "overwrite", "keys": [changed]}  # as a client sends it that has read the key before
    assert keys(embedded_app, "PATCH", body=whole).json()["keys"] == [changed]
    end = {"action": "overwrite", "keys": [{"id": name, "expires_at": PAST, "description": "over"}]}
    assert keys(embedded_app, "PATCH", body=end).json()["keys"][0]["description"] == "over"
    assert me(embedded_app, key["id"]).status_code == 401


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"action": "merge"}, "action"),
        ({"action": ""}, "action"),
        ({"keys": []}, "keys"),
        ({"keys": [{"id": "{id}", "scopes": ["Nothing_Get"]}]}, "keys[0].scopes[0]"),
        ({"keys": [{"id": "{id}", "endpoints": ["/clarifai.api.V2/PostUsers"]}]}, "keys[0].endpoints[0]"),
        ({"keys": [{"id": "{id}", "expires_at": "soon"}]}, "keys[0].expires_at"),
        ({"keys": [{"id": "{id}", "type": "app_specific_key"}]}, "keys[0].type"),
        ({"keys": [{"id": "{id}", "apps": [{"id": "other"}]}]}, "keys[0].apps"),
        ({"keys": [{"id": "{id}", "description": 5}]}, "keys[0].description"),
    ],
)
def test_bad_changes_name_the_field(embedded_app: EmbeddedApp, change: dict[str, Any], where: str) -> None:
    made(embedded_app, description="kept", scopes=["Inputs_Get"])
    name = listed(embedded_app)["kept"]["id"]
    body: dict[str, Any] = {"action": "overwrite", "keys": [{"id": "{id}"}]} | change
    body["keys"] = [{**key, "id": name} for key in body["keys"]]
    answer = keys(embedded_app, "PATCH", body=body)
    assert (answer.status_code, answer.json()["status"]["code"]) == (400, 11102)
    assert answer.json()["status"]["details"].startswith(f"{where}: ")
    assert listed(embedded_app)["kept"]["scopes"] == ["Inputs_Get"]


def test_all_keys_of_a_call_or_none(embedded_app: EmbeddedApp) -> None:
    made(embedded_app, description="a", scopes=["Inputs_Get"])
    name = listed(embedded_app)["a"]["id"]
    pair = [{"id": name, "description": "b"}, {"id": "no-such-key", "description": "c"}]
    answer = keys(embedded_app, "PATCH", body={"action": "overwrite", "keys": pair})
    assert (answer.status_code, answer.json()["status"]["code"]) == (404, 11101)
    assert "a" in listed(embedded_app)


def test_a_weak_key_cannot_make_itself_strong(embedded_app: EmbeddedApp) -> None:
    scopes = ["Apps_Get", "Keys_Add", "Keys_Get"]
    weak = {"Authorization": f"Key {made(embedded_app, description='weak', scopes=scopes)['id']}"}
    path = f"/v2/users/{embedded_app.user_id}/keys"
    made(embedded_app, description="past", expires_at=PAST)
    name, strong = (listed(embedded_app)[word]["id"] for word in ("weak", "past"))
    for body in (
        {"action": "overwrite", "keys": [{"id": name, "scopes": ["All"]}]},
        {"action": "overwrite", "keys": [{"id": name, "scopes": []}]},  # which would mean All
        {"action": "overwrite", "keys": [{"id": strong, "expires_at": FUTURE}]},
    ):
        answer = embedded_app.client.patch(path, json=body, headers=weak)
        assert (answer.status_code, answer.json()["status"]["code"]) == (403, 11007)
    assert listed(embedded_app)["weak"]["scopes"] == scopes


def test_the_scopes_there_are(embedded_app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    headers = {"Authorization": f"Key {embedded_app.token}"}

    def ask(kind: str) -> dict[str, Any]:
        path = f"/v2/users/{embedded_app.user_id}/scopes"
        found: dict[str, Any] = embedded_app.client.get(
            path, params={"key_type": kind}, headers=headers
        ).json()
        return found

    person, app = ask("personal_access_token"), ask("")
    needs = {one["endpoint"]: one["depending_scopes"] for one in person["endpoint_deps"]}
    assert needs["/clarifai.api.V2/DeleteTasks"] == ["Apps_Get", "Tasks_Add", "Tasks_Delete", "Tasks_Get"]
    beside = {one["scope"]: one["depending_scopes"] for one in person["scope_deps"]}
    assert beside["Tasks_Delete"] == ["Apps_Get", "Tasks_Add", "Tasks_Get"]
    # The key of one app cannot reach the keys of its owner.
    assert "Keys_Delete" in beside
    assert "Keys_Delete" not in {one["scope"] for one in app["scope_deps"]}
    assert "/clarifai.api.V2/PatchKeys" not in {one["endpoint"] for one in app["endpoint_deps"]}
    assert ask("other")["status"]["code"] == 11102
