"""Apps: lists, changes, metadata; users; collaborators who left; counts of what is in an app."""

from typing import Any

import httpx
import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer


def user_call(app: EmbeddedApp, method: str, rest: str, body: Any = None, **params: Any) -> httpx.Response:
    """A call below the owner's own path."""
    headers = {"Authorization": f"Key {app.token}"}
    path = f"/v2/users/{app.user_id}{rest}"
    return app.client.request(method, path, json=body, params=params, headers=headers)


@pytest.fixture
def owner(embedded_server: EmbeddedServer) -> EmbeddedApp:
    """An owner with the apps birds, bees and trees (made in this order, bees changed last)."""
    app = embedded_server.new_app()
    apps = [
        {"id": "birds", "name": "Zoo", "description": "winged things"},
        {"id": "bees", "name": "Hive", "notes": "winged too", "is_template": True},
        {"id": "trees", "name": "Arboretum"},
    ]
    assert user_call(app, "POST", "/apps", {"apps": apps}).status_code == 200
    change = {"action": "overwrite", "app": {"description": "small"}}
    assert user_call(app, "PATCH", "/apps/bees", change).status_code == 200
    return app


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["bees", "trees", "birds", "*"]),
        ({"sort_ascending": "true"}, ["*", "birds", "trees", "bees"]),
        ({"sort_by_created_at": True, "sort_ascending": True}, ["*", "birds", "bees", "trees"]),
        ({"sort_by_name": True, "sort_ascending": True, "search": "ee"}, ["trees", "bees"]),
        ({"sort_by_id": True, "search": "ee"}, ["trees", "bees"]),
        ({"search": "winged"}, ["bees", "birds"]),
        ({"search": "winged TOO"}, ["bees"]),
        ({"query": "hive"}, ["bees"]),
        ({"name": "b*"}, ["bees", "birds"]),
        ({"id": "b*"}, ["bees", "birds"]),
        ({"id": "b"}, []),
        ({"id": "birds"}, ["birds"]),
        ({"template_only": True}, ["bees"]),
        ({"starred_only": True}, []),
        ({"featured_only": True}, []),
        ({"visibility.gettable": 50}, []),
        ({"visibility.gettable": "PRIVATE", "id": "bees"}, ["bees"]),
        ({"page": 2, "per_page": 1}, ["trees"]),
    ],
)
def test_lists_of_apps(owner: EmbeddedApp, params: dict[str, Any], expected: list[str]) -> None:
    found = user_call(owner, "GET", "/apps", **params).json()["apps"]
    assert [one["id"].replace(owner.app_id, "*") for one in found] == expected


def test_what_is_told_on_request(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a", "b")
    asked = {"additional_fields": ["counts", "stars"]}
    app = user_call(embedded_app, "GET", f"/apps/{embedded_app.app_id}", **asked).json()["app"]
    assert app["extra_info"]["counts"]["inputs"] == "2"
    assert app["star_count"] == 0
    assert user_call(embedded_app, "GET", "/apps", additional_fields="all").json()["apps"][0]["extra_info"]
    assert "extra_info" not in user_call(embedded_app, "GET", f"/apps/{embedded_app.app_id}").json()["app"]
    bad = user_call(embedded_app, "GET", "/apps", additional_fields="views")
    assert (bad.status_code, bad.json()["status"]["code"]) == (400, 11102)
    assert "additional_fields" in bad.json()["status"]["details"]
    counts = embedded_app.ok("GET", "resource_counts")
    del counts["status"]
    assert counts == {"datasets": "0", "models": "1", "workflows": "1", "inputs": "2", "pipelines": "0"}


def test_changing_an_app(embedded_app: EmbeddedApp) -> None:
    path = f"/apps/{embedded_app.app_id}"
    sent = {
        "name": "Fruit",
        "notes": "many\nlines",
        "default_language": "de",
        "sample_ms": 500,
        "is_template": True,
        "default_workflow": {"id": "demo-assist"},
        "visibility": {"gettable": "PRIVATE"},
    }
    changed = user_call(embedded_app, "PATCH", path, {"action": "overwrite", "app": sent}).json()["app"]
    assert changed["default_workflow"]["id"] == "demo-assist"
    assert {
        name: changed[name] for name in ("name", "notes", "default_language", "sample_ms", "is_template")
    } == {name: sent[name] for name in ("name", "notes", "default_language", "sample_ms", "is_template")}
    assert changed["visibility"] == {"gettable": 10}
    gone = {"action": "remove", "app": {"notes": "many", "default_workflow": {"id": "demo-assist"}}}
    cleared = user_call(embedded_app, "PATCH", path, gone).json()["app"]
    assert cleared["notes"] == ""
    assert "default_workflow" not in cleared
    assert cleared["name"] == "Fruit"
    assert cleared["modified_at"] > changed["modified_at"]


@pytest.mark.parametrize(
    ("app", "where"),
    [
        ({"id": "other"}, "app.id"),
        ({"name": 5}, "app.name"),
        ({"notes": "x" * 70_000}, "app.notes"),
        ({"default_language": "english!"}, "app.default_language"),
        ({"sample_ms": -1}, "app.sample_ms"),
        ({"visibility": {"gettable": "PUBLIC"}}, "app.visibility.gettable"),
        ({"visibility": {"gettable": 7}}, "app.visibility.gettable"),
        ({"default_workflow": {"id": "mine"}}, "app.default_workflow.id"),
        ({"image": {"url": "http://a.example/x.png"}}, "app.image"),
        ({"metadata": []}, "app.metadata"),
    ],
)
def test_bad_changes_name_the_field(embedded_app: EmbeddedApp, app: dict[str, Any], where: str) -> None:
    path = f"/apps/{embedded_app.app_id}"
    answer = user_call(embedded_app, "PATCH", path, {"action": "overwrite", "app": app})
    assert (answer.status_code, answer.json()["status"]["code"]) == (400, 11102)
    assert answer.json()["status"]["details"].startswith(where)


START = {"tag": [{"id": "1", "data": 1}, {"id": "2", "data": 2}], "b": {"c": 1, "d": 2}}


@pytest.mark.parametrize(
    ("action", "how", "sent", "expected"),
    [
        ("overwrite", None, {"x": 1}, {"x": 1}),
        ("merge", None, {"b": {"c": 5}}, START | {"b": {"c": 5, "d": 2}}),
        ("remove", None, {"b": {"c": 1}}, START | {"b": {"d": 2}}),
        (
            "overwrite",
            {"op": "merge"},
            {"tag": [{"id": "2", "data": 3}]},
            {**START, "tag": [{"id": "1", "data": 1}, {"id": "2", "data": 3}]},
        ),
        ("overwrite", {"op": "delete"}, {"tag": [{"id": "1"}]}, {**START, "tag": [{"id": "2", "data": 2}]}),
        ("overwrite", {"op": "merge", "path": "b"}, {"e": 3}, START | {"b": {"c": 1, "d": 2, "e": 3}}),
        (
            "overwrite",
            {"op": "overwrite", "path": "tag[1]"},
            {"id": "9"},
            {**START, "tag": [{"id": "1", "data": 1}, {"id": "9"}]},
        ),
        (
            "overwrite",
            {"op": "delete", "path": "tag[0].data"},
            {},
            {**START, "tag": [{"id": "1"}, {"id": "2", "data": 2}]},
        ),
    ],
)
def test_metadata(embedded_app: EmbeddedApp, action: str, how: Any, sent: Any, expected: Any) -> None:
    path = f"/apps/{embedded_app.app_id}"
    user_call(embedded_app, "PATCH", path, {"action": "overwrite", "app": {"metadata": START}})
    body = {"action": action, "app": {"metadata": sent}} | ({"metadata_action": how} if how else {})
    answer = user_call(embedded_app, "PATCH", path, body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["app"]["metadata"] == expected


@pytest.mark.parametrize(
    "how",
    [
        {"op": "explode"},
        {"op": "delete", "path": "tag[7]"},
        {"op": "delete", "path": "tag.x"},
        {"op": "delete", "path": "b[0]"},
        {"op": "delete", "path": "a..b"},
        {"op": "delete", "path": "[x]"},
        {"op": "delete", "path": "tag[1"},
        {"op": "merge", "merge_conflict_resolution": "append"},
    ],
)
def test_bad_metadata_actions(embedded_app: EmbeddedApp, how: dict[str, str]) -> None:
    path = f"/apps/{embedded_app.app_id}"
    user_call(embedded_app, "PATCH", path, {"action": "overwrite", "app": {"metadata": START}})
    body = {"action": "overwrite", "app": {"metadata": {"q": 1}}, "metadata_action": how}
    answer = user_call(embedded_app, "PATCH", path, body)
    assert (answer.status_code, answer.json()["status"]["code"]) == (400, 24900)
    assert user_call(embedded_app, "GET", path).json()["app"]["metadata"] == START


def test_collaborators_who_left(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    first = embedded_app.ok("GET", "collaborators")["collaborators"][0]
    embedded_app.ok("DELETE", "collaborators", {"collaborator_ids": [first["id"]]})
    assert embedded_app.call("GET", "concepts", user="l-1").status_code == 404
    present = embedded_app.ok("GET", "collaborators")["collaborators"]
    assert first["id"] not in {one["id"] for one in present}
    everybody = embedded_app.ok("GET", "collaborators", params={"list_all_collaborators": "True"})[
        "collaborators"
    ]
    left = [one for one in everybody if "deleted_at" in one]
    assert [(one["id"], one["user"]["id"]) for one in left] == [(first["id"], "l-1")]
    back = embedded_app.ok("POST", "collaborators", {"collaborators": [{"user": {"id": "l-1"}}]})
    assert back["collaborators"][0]["id"] != first["id"]
    embedded_app.ok("GET", "concepts", user="l-1")


def test_people_by_their_mail(embedded_server: EmbeddedServer, embedded_app: EmbeddedApp) -> None:
    mail = f"Labeler-9.{embedded_app.app_id}@a.example"
    person = {"id": f"mailed-{embedded_app.app_id}", "primary_email": mail}
    embedded_server.operator("POST", "/v2/users", {"users": [person]})
    operator = {"Authorization": f"Key {embedded_server.operator_key}"}
    twice = {"users": [{"id": "somebody-else", "primary_email": mail.lower()}]}
    again = embedded_app.client.post("/v2/users", json=twice, headers=operator)
    assert (again.status_code, again.json()["status"]["code"]) == (409, 40010)
    named = {"collaborators": [{"user": {"primary_email": mail.upper()}}]}
    made = embedded_app.ok("POST", "collaborators", named)["collaborators"][0]
    assert made["user"]["primary_email"] == mail.lower()
    embedded_app.ok("DELETE", "collaborators", {"user_emails": [mail]})
    assert embedded_app.call("DELETE", "collaborators", {"user_emails": [mail]}).status_code == 404
    for bad in ({"user_emails": ["no mail"]}, {"user_emails": [5]}, {"collaborator_ids": ["x"]}, {}):
        answer = embedded_app.call("DELETE", "collaborators", bad)
        assert (answer.status_code, answer.json()["status"]["code"]) == (400, 11102)


def test_patching_people_who_are_not_in(embedded_app: EmbeddedApp) -> None:
    for named in ({"id": "999999"}, {"user": {"id": "r-1"}, "id": "0"}):
        body = {"action": "overwrite", "collaborators": [named | {"scopes": ["Apps_Get"]}]}
        assert embedded_app.call("PATCH", "collaborators", body).status_code == 404
    body = {"action": "merge", "collaborators": [{"user": {"id": "r-1"}}]}
    assert embedded_app.call("PATCH", "collaborators", body).json()["status"]["code"] == 11102
    assert embedded_app.call("PATCH", "collaborators", body, user="r-1").json()["status"]["code"] == 11007
