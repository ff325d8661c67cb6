"""PATCH annotations: merge, overwrite, remove, status, preconditions."""

import pytest

from tests.support.embedded import EmbeddedApp

BOX = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.75}
MOVED = {"top_row": 0.2, "left_col": 0.2, "bottom_row": 0.6, "right_col": 0.75}


@pytest.fixture
def app(embedded_app: EmbeddedApp) -> EmbeddedApp:
    """Annotation `box` (a region rg with rbc) and annotation `tag` (rbc present, wbc absent) on input a."""
    embedded_app.add_inputs("a")
    shape = {
        "id": "rg",
        "region_info": {"bounding_box": BOX},
        "data": {"concepts": [{"id": "rbc", "value": 1}]},
    }
    embedded_app.annotate("a", id="box", data={"regions": [shape]}, user="l-1")
    concepts = [{"id": "rbc", "value": 1}, {"id": "wbc", "value": 0}]
    embedded_app.annotate("a", id="tag", data={"concepts": concepts}, user="l-1")
    return embedded_app


def patch(app: EmbeddedApp, action: str, annotation_id: str, **sent: object) -> dict:
    body = {"action": action, "annotations": [{"id": annotation_id, "input_id": "a"} | sent]}
    return app.ok("PATCH", "annotations", body)["annotations"][0]


def test_merge_concepts(app: EmbeddedApp) -> None:
    made = patch(app, "merge", "tag", data={"concepts": [{"id": "rbc", "value": 0}]})
    assert made["data"]["concepts"] == [{"id": "rbc", "value": 0}, {"id": "wbc", "value": 0}]
    shape = {"id": "rg", "data": {"concepts": [{"id": "wbc"}]}}
    made = patch(app, "merge", "box", data={"regions": [shape]})
    assert made["data"]["regions"] == [
        {
            "id": "rg",
            "region_info": {"bounding_box": BOX},
            "data": {"concepts": [{"id": "rbc", "value": 1}, {"id": "wbc", "value": 1}]},
        }
    ]


def test_merge_with_another_region_is_refused(app: EmbeddedApp) -> None:
    shape = {"region_info": {"bounding_box": MOVED}}
    body = {"action": "merge", "annotations": [{"id": "box", "input_id": "a", "data": {"regions": [shape]}}]}
    response = app.call("PATCH", "annotations", body)
    status = response.json()["annotations"][0]["status"]
    assert status["code"] == 24155
    assert "at most one region" in status["details"]
    unchanged = app.ok("GET", "inputs/a/annotations/box")["annotation"]
    assert unchanged["data"]["regions"][0]["region_info"]["bounding_box"] == BOX


def test_overwrite_replaces_the_data(app: EmbeddedApp) -> None:
    shape = {"region_info": {"bounding_box": MOVED}, "data": {"concepts": [{"id": "wbc", "value": 1}]}}
    made = patch(app, "overwrite", "box", data={"regions": [shape]})
    after = made["data"]["regions"][0]
    assert after["region_info"]["bounding_box"] == MOVED
    assert after["data"]["concepts"] == [{"id": "wbc", "value": 1}]
    assert after["id"] not in ("", "rg")
    kept = patch(app, "overwrite", "box", data={"regions": [shape | {"id": "rg2"}]})
    assert kept["data"]["regions"][0]["id"] == "rg2"
    emptied = patch(app, "overwrite", "tag", data={})
    assert emptied["data"] == {}


def test_remove(app: EmbeddedApp) -> None:
    made = patch(app, "remove", "tag", data={"concepts": [{"id": "wbc"}]})
    assert made["data"]["concepts"] == [{"id": "rbc", "value": 1}]
    made = patch(app, "remove", "tag", data={"concepts": [{"id": "rbc"}]})
    assert made["data"] == {}
    assert app.call("GET", "inputs/a/annotations/tag").status_code == 200


def test_delete_if_empty(app: EmbeddedApp) -> None:
    level = next(one for one in app.ok("GET", "annotations")["annotations"] if one["input_level"])
    patch(app, "merge", level["id"], data={"concepts": [{"id": "rbc"}]})
    body = {
        "action": "remove",
        "delete_if_empty_data": True,
        "annotations": [
            {"id": "tag", "input_id": "a", "data": {"concepts": [{"id": "rbc"}, {"id": "wbc"}]}},
            {"id": "box", "input_id": "a", "data": {"regions": [{"id": "other"}]}},
            {"id": level["id"], "input_id": "a", "data": {"concepts": [{"id": "rbc"}]}},
        ],
    }
    app.ok("PATCH", "annotations", body)
    left = app.ok("GET", "annotations")["annotations"]
    assert [one["id"] for one in left] == [level["id"], "box"]


def test_status_only(app: EmbeddedApp) -> None:
    before = app.ok("GET", "inputs/a/annotations/box")["annotation"]
    made = patch(app, "merge", "box", status={"code": "ANNOTATION_AWAITING_REVIEW"})
    assert made["status"]["code"] == 24157
    assert made["data"] == before["data"]
    assert made["created_at"] == before["created_at"]
    assert made["modified_at"] > before["modified_at"]


def test_author_and_times_are_not_the_callers(app: EmbeddedApp) -> None:
    sent = {"user_id": "l-2", "created_at": "2000-01-01T00:00:00Z", "modified_at": "2000-01-01T00:00:00Z"}
    made = patch(app, "merge", "box", **sent, input_level=True, trusted=False)
    assert made["user_id"] == "l-1"
    assert made["created_at"] > "2020"
    assert made["modified_at"] > "2020"
    assert made["input_level"] is False


def test_modified_at_grows_with_every_change(app: EmbeddedApp) -> None:
    seen = [patch(app, "merge", "tag", status={"code": 24150})["modified_at"] for _ in range(20)]
    assert seen == sorted(set(seen))


def test_annotation_info(app: EmbeddedApp) -> None:
    patch(app, "merge", "tag", annotation_info={"aKey": 1, "b": {"c": None}})
    made = patch(app, "merge", "tag", annotation_info={"d": [2]})
    assert made["annotation_info"] == {"aKey": 1, "b": {}, "d": [2]} or made["annotation_info"] == {
        "aKey": 1,
        "b": {"c": None},
        "d": [2],
    }


@pytest.mark.parametrize("action", [None, "", "MERGE", "delete", ["merge"], 1])
def test_unknown_action(app: EmbeddedApp, action: object) -> None:
    body = {"annotations": [{"id": "tag", "input_id": "a"}]} | ({} if action is None else {"action": action})
    response = app.call("PATCH", "annotations", body)
    assert response.status_code == 400
    assert response.json()["status"]["code"] == 24155
    assert response.json()["status"]["details"].startswith("action:")


def test_mixed_outcome(app: EmbeddedApp) -> None:
    sent = [
        {"id": "tag", "input_id": "a", "status": {"code": 24157}},
        {"id": "none", "input_id": "a", "status": {"code": 24157}},
        {"id": "box", "input_id": "other", "status": {"code": 24157}},
        {"id": "tag", "input_id": "a", "status": {"code": 24150}},
        {"id": "box", "input_id": "a", "data": {"concepts": [{"id": "who"}]}},
    ]
    body = app.call("PATCH", "annotations", {"action": "merge", "annotations": sent}).json()
    assert body["status"]["code"] == 10010
    assert [one["status"]["code"] for one in body["annotations"]] == [24157, 11101, 11101, 24155, 24155]
    assert "annotations[4].data.concepts[0].id" in body["annotations"][4]["status"]["details"]
    assert app.ok("GET", "inputs/a/annotations/box")["annotation"]["status"]["code"] == 24150


def tag_of(app: EmbeddedApp, annotation_id: str) -> str:
    return app.call("GET", f"inputs/a/annotations/{annotation_id}").headers["etag"]


def test_precondition_of_a_patch(app: EmbeddedApp) -> None:
    tag = tag_of(app, "box")
    body = {"action": "merge", "annotations": [{"id": "box", "input_id": "a", "status": {"code": 24157}}]}
    app.ok("PATCH", "annotations", body, headers={"If-Match": tag})
    stale = app.call("PATCH", "annotations", body, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["status"]["code"] == 40017
    assert stale.json()["status"]["details"] == "precondition failed"
    assert stale.json()["annotations"][0]["status"]["code"] == 40017
    app.ok("PATCH", "annotations", body, headers={"If-Match": "*"})


def test_precondition_in_a_batch(app: EmbeddedApp) -> None:
    tags = [tag_of(app, "box"), tag_of(app, "tag")]
    app.ok("PATCH", "annotations", {"action": "merge", "annotations": [{"id": "tag", "input_id": "a"}]})
    sent = [{"id": name, "input_id": "a", "status": {"code": 24151}} for name in ("box", "tag")]
    body = {"action": "merge", "annotations": sent}
    answer = app.call("PATCH", "annotations", body, headers={"If-Match": ", ".join(tags)}).json()
    assert answer["status"]["code"] == 10010
    assert [one["status"]["code"] for one in answer["annotations"]] == [24151, 40017]
    assert app.ok("GET", "inputs/a/annotations/tag")["annotation"]["status"]["code"] == 24150


def test_precondition_of_deletes(app: EmbeddedApp) -> None:
    stale = tag_of(app, "box")
    app.ok("PATCH", "annotations", {"action": "merge", "annotations": [{"id": "box", "input_id": "a"}]})
    one = app.call("DELETE", "inputs/a/annotations/box", headers={"If-Match": stale})
    assert (one.status_code, one.json()["status"]["code"]) == (412, 40017)
    pairs = {"input_ids": ["a", "a"], "ids": ["box", "tag"]}
    mixed = app.call("DELETE", "annotations", pairs, headers={"If-Match": f"{stale},{tag_of(app, 'tag')}"})
    # The official answer is a bare status: it names what failed in words, and nothing is deleted.
    assert (mixed.status_code, mixed.json()["status"]["code"]) == (412, 40017)
    assert mixed.json().keys() == {"status"}
    assert mixed.json()["status"]["details"] == "ids[0]: precondition failed"
    app.ok("GET", "inputs/a/annotations/tag")
    refused = app.call(
        "DELETE", "annotations", {"input_ids": ["a"], "ids": ["box"]}, headers={"If-Match": stale}
    )
    assert (refused.status_code, refused.json()["status"]["code"]) == (412, 40017)
    whole = app.call("DELETE", "annotations", {"input_ids": ["a"]}, headers={"If-Match": stale})
    assert whole.status_code == 412
    app.ok("DELETE", "inputs/a/annotations/box", headers={"If-Match": tag_of(app, "box")})


def test_broken_if_match(app: EmbeddedApp) -> None:
    body = {"action": "merge", "annotations": [{"id": "box", "input_id": "a"}]}
    response = app.call("PATCH", "annotations", body, headers={"If-Match": "box@now"})
    assert (response.status_code, response.json()["status"]["code"]) == (400, 11102)
