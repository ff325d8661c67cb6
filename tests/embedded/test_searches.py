"""Searches over HTTP: filters, counts, ranks, saved ones, and what is refused. Every answer is parsed strictly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer

Json = dict[str, Any]
OTHER = {"region_info": {"bounding_box": {"bottom_row": 1, "right_col": 1}}}


@pytest.fixture
def app(embedded_app: EmbeddedApp) -> EmbeddedApp:
    """a: rbc by l-1, wbc 0.25 in a box by a model; b: wbc 0.75 by l-2; t: a text with metadata and a place."""
    place = {"geo_point": {"latitude": 52.5, "longitude": 13.4}}
    text = {"text": {"raw": "two robins"}, "metadata": {"site": "north", "n": 2}, "geo": place}
    embedded_app.add_inputs("a", "b")
    embedded_app.ok("POST", "inputs", {"inputs": [{"id": "t", "data": text}]})
    embedded_app.annotate("a", "l-1", id="a1", data={"concepts": [{"id": "rbc"}]}, task_id="t-1")
    region = OTHER | {"data": {"concepts": [{"id": "wbc", "value": 0.25}]}}
    model = {"model": {"id": "m", "model_version": {"id": "mv"}}}
    embedded_app.annotate("a", id="a2", data={"regions": [region]}, worker=model)
    embedded_app.annotate("b", "l-2", id="b1", data={"concepts": [{"id": "wbc", "value": 0.75}]})
    return embedded_app


def inputs(app: EmbeddedApp, *filters: Json, **search: Any) -> list[str]:
    body = {"searches": [{"query": {"filters": list(filters)}} | search]}
    return [hit["input"]["id"] for hit in app.ok("POST", "inputs/searches", body)["hits"]]


def statements(app: EmbeddedApp, *filters: Json, **search: Any) -> list[str]:
    body = {"searches": [{"query": {"filters": list(filters)}} | search]}
    return [hit["annotation"]["id"] for hit in app.ok("POST", "annotations/searches", body)["hits"]]


def test_an_input_passes_by_one_annotation_alone(app: EmbeddedApp) -> None:
    rbc = {"data": {"concepts": [{"id": "rbc"}]}}
    assert inputs(app, {"annotation": rbc}) == ["a"]
    assert inputs(app, {"annotation": rbc | {"user_id": "l-1"}}) == ["a"]
    # One annotation says rbc, another is the model's: no single one is both.
    assert inputs(app, {"annotation": rbc | {"model_version_id": "mv"}}) == []
    assert inputs(app, {"annotation": rbc}, {"annotation": {"model_version_id": "mv"}}) == ["a"]
    assert inputs(app, {"annotation": rbc, "negate": True}) == ["b", "t"]
    assert inputs(app) == ["a", "b", "t"]


def test_filters_on_inputs(app: EmbeddedApp) -> None:
    assert inputs(app, {"input": {"data": {"text": {}}}}) == ["t"]
    assert inputs(app, {"input": {"data": {"image": {}}}}) == ["a", "b"]
    assert inputs(app, {"input": {"data": {"text": {"raw": "robin"}}}}) == ["t"]
    assert inputs(app, {"input": {"data": {"text": {"raw": "Robin"}}}}) == []
    assert inputs(app, {"input": {"data": {"metadata": {"site": "north"}}}}) == ["t"]
    assert inputs(app, {"input": {"data": {"metadata": {"site": "x", "n": 2}}}}) == ["t"]  # one key is enough
    assert inputs(app, {"input": {"data": {"metadata": {"n": "2"}}}}) == []
    assert inputs(app, {"input": {"id": "b"}}) == ["b"]
    assert inputs(app, {"input": {"status": {"code": "INPUT_SUCCESS"}}, "negate": True}) == []
    # What a model says is not trusted, so it is nothing that the input is known for.
    assert inputs(app, {"input": {"data": {"concepts": [{"id": "wbc"}]}}}) == ["b"]
    box = [{"geo_point": {"latitude": 50, "longitude": 10}}, {"geo_point": {"latitude": 55, "longitude": 20}}]
    assert inputs(app, {"input": {"data": {"geo": {"geo_box": box}}}}) == ["t"]


@pytest.mark.parametrize(
    ("kind", "value", "hit"), [("withinMiles", 160, True), ("withinDegrees", 2.2, False)]
)
def test_circles(app: EmbeddedApp, kind: str, value: float, hit: bool) -> None:
    """Berlin to Hamburg is 255 km: 159 miles, 2.29 degrees of a great circle."""
    circle = {
        "geo_point": {"latitude": 53.55, "longitude": 10.0},
        "geo_limit": {"type": kind, "value": value},
    }
    found = inputs(app, {"annotation": {"data": {"geo": circle}}})
    assert found == (["t"] if hit else [])


def test_datasets(app: EmbeddedApp) -> None:
    app.ok("POST", "datasets", {"datasets": [{"id": "d1"}, {"id": "d2"}]})
    for dataset, name in (("d1", "a"), ("d2", "b")):
        app.ok("POST", f"datasets/{dataset}/inputs", {"dataset_inputs": [{"input": {"id": name}}]})
    assert inputs(app, {"input": {"dataset_ids": ["d1", "d2"]}}) == ["a", "b"]
    assert inputs(app, {"input": {"dataset_ids": ["d2", "nobody"]}}) == ["b"]
    assert statements(app, {"input": {"dataset_ids": ["d2"]}, "annotation": {"user_id": "l-2"}}) == ["b1"]


def test_counts(app: EmbeddedApp) -> None:
    searches = [{"query": {}}, {"query": {"filters": [{"input": {"id": "a"}}]}}]
    body = app.ok("POST", "inputs/searches", {"searches": searches, "only_count": True})
    assert body["hit_counts"] == [{"estimated_total": "3"}, {"estimated_total": "1"}]
    assert body["hits"] == []


def test_pages(app: EmbeddedApp) -> None:
    def page(number: int) -> list[str]:
        body = {"searches": [{"query": {}}], "pagination": {"page": number, "per_page": 2}}
        return [hit["input"]["id"] for hit in app.ok("POST", "inputs/searches", body)["hits"]]

    assert [page(1), page(2), page(3)] == [["a", "b"], ["t"], []]


def test_the_older_form(app: EmbeddedApp) -> None:
    ands = [{"input": {"data": {"concepts": [{"name": "wbc"}]}}}, {"annotation": {"user_id": "l-2"}}]
    body = app.ok("POST", "searches", {"query": {"ands": ands}})
    assert [hit["input"]["id"] for hit in body["hits"]] == ["b"]
    assert body["query"] == {"ands": ands}
    ranked = {"ands": [{"output": {"data": {"concepts": [{"id": "wbc"}]}}}]}
    hits = app.ok("POST", "searches", {"query": ranked})["hits"]
    assert [(hit["input"]["id"], hit["score"]) for hit in hits] == [("b", 0.75), ("a", 0.25)]


def test_as_of_leaves_out_what_came_later(app: EmbeddedApp) -> None:
    times = [row["created_at"] for row in app.ok("GET", "annotations", params={"ids": "a1"})["annotations"]]
    app.annotate("b", id="late")
    assert "late" in statements(app, {"annotation": {"input_id": "b"}})
    assert "a1" in statements(app, as_of=times[0])
    assert "late" not in statements(app, as_of=times[0])


SAVED = {
    "id": "wanted",
    "name": "all of b",
    "query": {"filters": [{"annotation": {"status": {"code": "ANNOTATION_SUCCESS"}}, "input": {"id": "b"}}]},
    "min_value": 0.5,
    "metric": "COSINE_DISTANCE",
    "visibility": {"gettable": "PRIVATE"},
    "save": True,
}


def test_a_saved_search_from_birth_to_death(app: EmbeddedApp) -> None:
    made = app.ok("POST", "inputs/searches", {"searches": [SAVED]})
    assert made["id"] == "wanted"
    assert made["hits"] == []
    got = app.ok("GET", "searches/wanted")["search"]
    assert got == made["searches"][0]
    assert got["query"] == {"filters": [{"annotation": {"status": {"code": 24150}}, "input": {"id": "b"}}]}
    assert (got["metric"], got["visibility"], got["application_id"]) == (2, {"gettable": 10}, app.app_id)
    twice = app.call("POST", "annotations/searches", {"searches": [SAVED]})
    assert (twice.status_code, twice.json()["status"]["code"]) == (409, 40010)
    ran = app.ok("POST", "searches/wanted", {"pagination": {"per_page": 1}})
    assert [hit["input"]["id"] for hit in ran["hits"]] == ["b"]

    change = {"id": "wanted", "query": {"filters": [{"input": {"id": "a"}}]}}
    changed = app.ok("PATCH", "inputs/searches", {"action": "overwrite", "searches": [change]})["searches"][0]
    assert changed["name"] == "all of b"
    assert changed["query"] == change["query"]
    assert changed["created_at"] == got["created_at"] < changed["modified_at"]
    more = {"id": "wanted", "query": {"filters": [{"annotation": {"user_id": "l-1"}}]}, "name": "mine in a"}
    app.ok("PATCH", "searches", {"action": "merge", "searches": [more]})
    assert len(app.ok("GET", "searches/wanted")["search"]["query"]["filters"]) == 2
    assert [hit["input"]["id"] for hit in app.ok("POST", "searches/wanted", {})["hits"]] == ["a"]

    app.ok("DELETE", "searches/wanted")
    assert app.call("GET", "searches/wanted").status_code == 404
    assert app.call("POST", "searches/wanted", {}).status_code == 404
    assert app.ok("GET", "searches")["searches"] == []


def test_saved_searches_of_annotations_find_annotations(app: EmbeddedApp) -> None:
    sent = [{"query": {"filters": [{"annotation": {"task_id": "t-1"}}]}, "save": True}]
    made = app.ok("POST", "annotations/searches", {"searches": sent})
    assert made["id"]
    ran = app.ok("POST", f"searches/{made['id']}", {})
    assert [hit["annotation"]["id"] for hit in ran["hits"]] == ["a1"]
    listed = app.ok("GET", "searches", params={"per_page": 1})["searches"]
    assert [one["id"] for one in listed] == [made["id"]]


def test_saving_is_all_or_nothing(app: EmbeddedApp) -> None:
    broken = SAVED | {"id": "broken", "query": {"filters": [{"annotation": {"data": {"colors": []}}}]}}
    refused = app.call("POST", "inputs/searches", {"searches": [SAVED, broken]})
    assert (refused.status_code, refused.json()["status"]["code"]) == (400, 40002)
    assert "searches[1].query.filters[0].annotation.data.colors" in refused.json()["status"]["details"]
    assert app.ok("GET", "searches")["searches"] == []
    app.ok("POST", "inputs/searches", {"searches": [SAVED]})
    bad = {"id": "wanted", "query": {"ranks": [{"annotation": {"input_id": "a"}}]}}
    assert app.call("PATCH", "searches", {"action": "overwrite", "searches": [bad]}).status_code == 400
    assert app.ok("GET", "searches/wanted")["search"]["name"] == "all of b"


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"filters": [{"annotation": {"consensus_info": {"x": 1}}}]}, "filters[0].annotation.consensus_info"),
        ({"filters": [{"annotation": {"data": {"image": {}}}}]}, "filters[0].annotation.data.image"),
        ({"filters": [{"annotation": {"data": {"concepts": [{"value": 1}]}}}]}, "data.concepts[0]"),
        (
            {"filters": [{"annotation": {"data": {"concepts": [{"id": "x", "value": 0.5}]}}}]},
            "concepts[0].value",
        ),
        ({"filters": [{"annotation": {"status": {"code": 30000}}}]}, "filters[0].annotation.status.code"),
        ({"filters": [{"input": {"settings": {}}}]}, "filters[0].input.settings"),
        ({"filters": [{"negate": True}]}, "filters[0]"),
        ({"filters": [{"annotation": {"data": {"metadata": {'a"b': 1}}}}]}, "data.metadata"),
        ({"filters": [{"annotation": {"data": {"geo": {"geo_point": {}}}}}]}, "data.geo"),
        (
            {"filters": [{"annotation": {"data": {"regions": [{"region_info": {"mask": {"image": {}}}}]}}}]},
            "data.regions[0].region_info",
        ),
        ({"filters": [{"last_updated_time_range": {"start_time": "now"}}]}, "start_time"),
        (
            {"ranks": [{"annotation": {"data": {"image": {"url": "http://x"}}}}]},
            "ranks[0].annotation.data.image",
        ),
        ({"ranks": [{}]}, "ranks[0].annotation.data.concepts"),
        ({"filters": [{}] * 33}, "filters"),
        ({"filters": [{"annotation": {"data": {"concepts": [{"id": "rbc"}] * 32}}}] * 32}, "128 conditions"),
        ({"ranks": [{"annotation": {"data": {"concepts": [{"id": "rbc"}] * 32}}}] * 5}, "128 conditions"),
        (
            {"filters": [{"annotation": {"annotation_info": {str(n): 1 for n in range(64)}}}] * 3},
            "conditions",
        ),
        (
            {
                "filters": [
                    {
                        "annotation": {
                            "data": {
                                "geo": {
                                    "geo_point": {"latitude": 1},
                                    "geo_limit": {"type": "mile", "value": 1e39},
                                }
                            }
                        }
                    }
                ]
            },
            "geo_limit.value",
        ),
        ({"sorts": []}, "query.sorts"),
        ({"filters": [{"annotation": {"status": {"x": 1}}}]}, "annotation.status.x"),
        ({"filters": [{"input": {"status": {"x": 1}}}]}, "input.status.x"),
        ({"filters": [{"annotation": {"data": {"geo": {"geo_box": [{"geo_point": {"x": 1}}] * 2}}}}]}, "x"),
        (
            {"filters": [{"annotation": {"data": {"regions": [{"region_info": {"point": 0}}]}}}]},
            "region_info",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused(app: EmbeddedApp, query: Json, place: str) -> None:
    for kind in ("inputs", "annotations"):
        refused = app.call("POST", f"{kind}/searches", {"searches": [{"query": query}]})
        assert (refused.status_code, refused.json()["status"]["code"]) == (400, 40002), refused.text
        assert place in refused.json()["status"]["details"]


def test_a_search_is_printed_as_it_was_understood(app: EmbeddedApp) -> None:
    """Something else in it could not be read by strict clients, nor could any list that holds it."""
    worker = {"user": {"id": "l-1", "nick": "x"}}
    query = {"filters": [{"annotation": {"worker": worker, "status": {"code": 24150, "description": "Ok"}}}]}
    app.ok("POST", "annotations/searches", {"searches": [{"id": "w", "save": True, "query": query}]})
    app.ok("POST", "annotation_filters", {"annotation_filters": [{"id": "f", "search": {"query": query}}]})
    kept = app.ok("GET", "annotation_filters")["annotation_filters"][0]["search"]
    for found in (app.ok("GET", "searches")["searches"][0], kept):
        annotation = found["query"]["filters"][0]["annotation"]
        assert annotation == {"worker": {"user": {"id": "l-1"}}, "status": {"code": 24150}}


def test_as_many_conditions_as_there_may_be(app: EmbeddedApp) -> None:
    data = {"annotation": {"data": {"concepts": [{"id": "rbc"}] * 32}}}
    info = {"annotation": {"annotation_info": {"a": {str(n): n for n in range(64)}}}}
    for query in (
        {"filters": [data] * 4},
        {"ranks": [data] * 4},
        {"filters": [info] * 2},
    ):
        for kind in ("inputs", "annotations"):
            app.ok("POST", f"{kind}/searches", {"searches": [{"query": query}]})


def test_numbers_beyond_64_bits_with_a_sign_are_compared_as_well(app: EmbeddedApp) -> None:
    large = {"metadata": {"n": 2**64 - 1}}
    app.annotate("b", id="large", data=large)
    assert statements(app, {"annotation": {"data": large}}) == ["large"]
    assert statements(app, {"annotation": {"data": {"metadata": {"n": 2**63}}}}) == []


def test_strangers_see_nothing(app: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    app.ok("POST", "inputs/searches", {"searches": [SAVED]}, user="l-1")
    assert app.ok("GET", "searches/wanted", user="r-1")["search"]["id"] == "wanted"
    stranger = {"Authorization": f"Key {embedded_server.new_app().token}"}
    for method, route in (("GET", "searches"), ("GET", "searches/wanted"), ("POST", "searches/wanted")):
        refused = app.client.request(method, f"{app.path}/{route}", headers=stranger)
        assert (refused.status_code, refused.json()["status"]["code"]) == (404, 11101)
