"""Annotations over real HTTP: posting, listing, deleting, who may do what."""

import pytest

from tests.support.embedded import EmbeddedApp

BOX = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.75}


def region(concept: str = "rbc", value: float = 1, **info: object) -> dict:
    shape = info or {"bounding_box": BOX}
    return {"region_info": shape, "data": {"concepts": [{"id": concept, "value": value}]}}


def test_post_defaults(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    made = embedded_app.annotate("a", data={"regions": [region(value=0)]}, user="l-1")
    assert made["user_id"] == "l-1"
    assert made["worker"] == {"user": {"id": "l-1"}}
    assert made["status"]["code"] == 24150
    assert made["input_level"] is False
    shape = made["data"]["regions"][0]
    assert shape["id"]
    assert shape["region_info"] == {"bounding_box": BOX}
    assert shape["data"]["concepts"] == [{"id": "rbc", "value": 0}]
    assert made["created_at"] == made["modified_at"]
    got = embedded_app.call("GET", f"inputs/a/annotations/{made['id']}")
    assert got.json()["annotation"] == made
    assert got.headers["etag"] == f'"{made["id"]}@{made["modified_at"]}"'


def test_zero_edges_may_be_absent_and_are_printed(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    sent = {"bottomRow": 1, "rightCol": 0.5}
    made = embedded_app.annotate("a", data={"regions": [{"regionInfo": {"boundingBox": sent}}]})
    box = made["data"]["regions"][0]["region_info"]["bounding_box"]
    assert box == {"top_row": 0, "left_col": 0, "bottom_row": 1, "right_col": 0.5}
    tiny = {"top_row": -1e-7, "left_col": -0.0, "bottom_row": 1.0000001, "right_col": 1}
    made = embedded_app.annotate("a", data={"regions": [{"region_info": {"bounding_box": tiny}}]})
    assert made["data"]["regions"][0]["region_info"]["bounding_box"] == {
        "top_row": 0,
        "left_col": 0,
        "bottom_row": 1,
        "right_col": 1,
    }


def test_large_polygon(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    points = [{"row": n / 10_000, "col": (n % 100) / 100} for n in range(10_000)]
    made = embedded_app.annotate("a", data={"regions": [{"region_info": {"polygon": {"points": points}}}]})
    assert made["data"]["regions"][0]["region_info"]["polygon"]["points"] == points


def test_the_task_link_in_both_homes(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    first = embedded_app.annotate("a", task_id="t-1")
    older = embedded_app.annotate("a", annotation_info={"task_id": "t-1", "my note": "x"})
    embedded_app.annotate("a", task_id="t-2")
    assert older["task_id"] == "t-1"
    assert older["annotation_info"] == {"task_id": "t-1", "my note": "x"}
    found = embedded_app.ok("GET", "annotations", params={"task_id": "t-1"})["annotations"]
    assert [one["id"] for one in found] == [first["id"], older["id"]]


def test_chosen_ids_make_posts_repeatable(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a", "b")
    embedded_app.annotate("a", id="an-1")
    sent = [{"id": "an-1", "input_id": "b"}, {"id": "an-2", "input_id": "b"}, {"id": "an-2", "input_id": "a"}]
    body = embedded_app.call("POST", "annotations", {"annotations": sent}).json()
    assert body["status"]["code"] == 10010
    assert [one["status"]["code"] for one in body["annotations"]] == [40010, 24150, 40010]
    failed = embedded_app.call("POST", "annotations", {"annotations": [sent[0]]})
    assert failed.status_code == 400
    assert failed.json()["status"]["code"] == 10020
    assert failed.json()["annotations"][0]["id"] == "an-1"


def test_only_the_owner_posts_for_others(embedded_app: EmbeddedApp) -> None:
    embedded_app.add_inputs("a")
    made = embedded_app.annotate("a", user_id="l-1", status={"code": "ANNOTATION_PENDING"})
    assert (made["user_id"], made["status"]["code"]) == ("l-1", 24151)
    newer = embedded_app.annotate("a", worker={"user": {"id": "l-2"}})
    assert newer["user_id"] == "l-2"
    refused = embedded_app.call(
        "POST", "annotations", {"annotations": [{"input_id": "a", "user_id": "l-2"}]}, user="l-1"
    )
    assert refused.json()["annotations"][0]["status"]["code"] == 24156
    stranger = embedded_app.call(
        "POST", "annotations", {"annotations": [{"input_id": "a", "user_id": "who"}]}
    )
    assert stranger.json()["annotations"][0]["status"]["code"] == 24155


@pytest.fixture
def listed(embedded_app: EmbeddedApp) -> EmbeddedApp:
    """Inputs a and b; annotations a1..a3 on a, b1 on b, by several users with several statuses."""
    embedded_app.add_inputs("a", "b")
    embedded_app.annotate("a", id="a1", user_id="l-1", task_id="t", status={"code": 24151})
    embedded_app.annotate("a", id="a2", user_id="l-2", task_id="t", status={"code": 24157})
    embedded_app.annotate("a", id="a3")
    embedded_app.annotate("b", id="b1", user_id="l-1", task_id="t", status={"code": 24157})
    return embedded_app


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"input_ids": "a"}, "a1 a2 a3"),
        ({"input_ids": ["a", "b"]}, "a1 a2 a3 b1"),
        ({"inputIds": ["b"], "ids": ["b1"]}, "b1"),
        ({"input_ids": ["a", "b"], "ids": ["a2", "b1"]}, "a2 b1"),
        ({"input_ids": ["b", "a"], "ids": ["a2", "b1"]}, ""),
        ({"ids": ["a3", "a1"]}, "a1 a3"),
        ({"user_ids": ["l-1"]}, "a1 b1"),
        ({"user_ids": ["l-1", "l-2"], "list_all_annotations": "True"}, "a1 a2 b1"),
        ({"task_id": "t"}, "a1 a2 b1"),
        ({"taskId": "t", "userIds": "l-1"}, "a1 b1"),
        ({"statuses.code": "24157"}, "a2 b1"),
        ({"statuses.code": ["ANNOTATION_PENDING", "24157"]}, "a1 a2 b1"),
        ({"model_version_ids": "m"}, ""),
        ({"model_version_ids": "m", "user_ids": "l-2"}, "a2"),
        ({"per_page": 2, "task_id": "t"}, "a1 a2"),
        ({"per_page": 2, "page": 2, "task_id": "t"}, "b1"),
        ({"per_page": 2, "page": 3, "task_id": "t"}, ""),
    ],
)
def test_list_filters(listed: EmbeddedApp, params: dict, expected: str) -> None:
    found = listed.ok("GET", "annotations", params=params)["annotations"]
    assert [one["id"] for one in found if not one["input_level"]] == expected.split()


def test_list_everything_oldest_first(listed: EmbeddedApp) -> None:
    found = listed.ok("GET", "annotations")["annotations"]
    assert [one["id"] for one in found if not one["input_level"]] == ["a1", "a2", "a3", "b1"]
    assert [one["input_id"] for one in found if one["input_level"]] == ["a", "b"]
    assert all(
        one["data"] is not None and "value" in str(one["data"]) for one in found if not one["input_level"]
    )


def search(app: EmbeddedApp, *filters: dict, **pagination: int) -> list[str]:
    body = {"searches": [{"query": {"filters": list(filters)}}], "pagination": pagination}
    hits = app.ok("POST", "annotations/searches", body)["hits"]
    assert all(hit["score"] == 1 and hit["input"]["id"] == hit["annotation"]["input_id"] for hit in hits)
    return [hit["annotation"]["id"] for hit in hits if not hit["annotation"]["input_level"]]


def test_searches(listed: EmbeddedApp) -> None:
    assert search(listed, {"annotation": {"task_id": "t", "status": {"code": 24157}}}) == ["a2", "b1"]
    assert search(listed, {"annotation": {"task_id": "t"}}, {"annotation": {"user_id": "l-1"}}) == [
        "a1",
        "b1",
    ]
    assert search(listed, {"annotation": {"inputId": "b"}}) == ["b1"]
    assert search(listed, {"annotation": {"status": {"code": "ANNOTATION_PENDING"}}, "negate": True}) == [
        "a2",
        "a3",
        "b1",
    ]
    patch = {"action": "merge", "annotations": [{"id": "a1", "input_id": "a", "status": {"code": 24150}}]}
    changed = listed.ok("PATCH", "annotations", patch)["annotations"][0]["modified_at"]
    assert search(listed, {"annotation": {"input_level": False}}) == ["a2", "a3", "b1", "a1"]
    assert search(listed, {"last_updated_time_range": {"start_time": changed}}) == ["a1"]
    assert search(listed, {"last_updated_time_range": {"end_time": "2000-01-01T00:00:00Z"}}) == []
    assert search(listed, {"annotation": {"task_id": "t"}}, per_page=2) == ["a2", "b1"]
    assert search(listed, {"annotation": {"task_id": "t"}}, per_page=2, page=2) == ["a1"]


def test_delete_one_and_pairs(listed: EmbeddedApp) -> None:
    listed.ok("DELETE", "inputs/a/annotations/a1")
    assert listed.call("DELETE", "inputs/a/annotations/a1").status_code == 404
    assert listed.call("DELETE", "inputs/b/annotations/a2").status_code == 404
    half = listed.call("DELETE", "annotations", {"input_ids": ["a", "a"], "ids": ["a2", "b1"]})
    # The official answer is a bare status: it names what failed in words, and nothing is deleted.
    assert (half.status_code, half.json()["status"]["code"]) == (404, 11101)
    assert half.json().keys() == {"status"}
    assert half.json()["status"]["details"] == "ids[1]: no annotation with this id on this input"
    listed.ok("DELETE", "annotations", {"input_ids": ["a"], "ids": ["a2"]})
    assert listed.call("GET", "inputs/a/annotations/a2").status_code == 404
    listed.ok("DELETE", "inputs/annotations", {"input_ids": ["b", "a"], "ids": ["b1", "a3"]})
    left = listed.ok("GET", "annotations")["annotations"]
    assert all(one["input_level"] for one in left)
    assert len(left) == 2


def test_delete_by_input_spares_the_input_level_one(listed: EmbeddedApp) -> None:
    listed.ok("DELETE", "annotations", {"input_ids": ["a"]})
    left = listed.ok("GET", "annotations")["annotations"]
    assert [one["id"] for one in left if not one["input_level"]] == ["b1"]
    level = next(one for one in left if one["input_level"])
    refused = listed.call("DELETE", f"inputs/{level['input_id']}/annotations/{level['id']}")
    assert (refused.status_code, refused.json()["status"]["code"]) == (400, 24155)
    nothing = listed.call("DELETE", "annotations", {})
    assert (nothing.status_code, nothing.json()["status"]["code"]) == (400, 24155)
    assert "input_ids" in nothing.json()["status"]["details"]


def test_collaborators_do_not_touch_each_other(listed: EmbeddedApp) -> None:
    patch = {"action": "merge", "annotations": [{"id": "a1", "input_id": "a", "status": {"code": 24150}}]}
    refused = listed.call("PATCH", "annotations", patch, user="l-2")
    assert refused.json()["annotations"][0]["status"]["code"] == 24156
    listed.ok("PATCH", "annotations", patch, user="l-1")
    listed.ok("PATCH", "annotations", patch)
    one = listed.call("DELETE", "inputs/a/annotations/a1", user="l-2")
    assert (one.status_code, one.json()["status"]["code"]) == (403, 24156)
    whole = listed.call("DELETE", "annotations", {"input_ids": ["a"]}, user="l-1")
    assert whole.status_code == 403
    assert len(listed.ok("GET", "annotations", params={"input_ids": "a"})["annotations"]) == 4
    listed.ok("DELETE", "inputs/a/annotations/a1", user="l-1")
