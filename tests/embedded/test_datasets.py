"""Datasets over real HTTP: inputs, versions that stay as they are, exports, metrics, filters."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from clarifai_grpc.grpc.api import service_pb2
from google.protobuf import json_format

from tests.support.embedded import EmbeddedApp, EmbeddedServer

POLYGON = {"points": [{"row": 0.0, "col": 0.0}, {"row": 0.0, "col": 0.5}, {"row": 0.5, "col": 0.0}]}


@pytest.fixture
def app(embedded_app: EmbeddedApp) -> EmbeddedApp:
    """Three pictures of 40 x 30 in the dataset `train`; one box and one polygon approved, one box pending."""
    embedded_app.add_inputs("a", "b", "c")
    embedded_app.ok("POST", "datasets", {"datasets": [{"id": "train", "description": "first"}]})
    sent = [{"input": {"id": name}} for name in ("a", "b", "c")]
    embedded_app.ok("POST", "datasets/train/inputs", {"dataset_inputs": sent})
    embedded_app.annotate("a", id="box")
    region = {"region_info": {"polygon": POLYGON}, "data": {"concepts": [{"id": "wbc"}]}}
    embedded_app.annotate("a", id="polygon", data={"regions": [region]})
    embedded_app.annotate("b", id="pending", status={"code": "ANNOTATION_PENDING"})
    return embedded_app


def version(app: EmbeddedApp, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = app.ok("POST", "datasets/train/versions", {"dataset_versions": [more]})[
        "dataset_versions"
    ][0]
    return made


def archive(app: EmbeddedApp, version_id: str, form: str) -> zipfile.ZipFile:
    """Ask for an export and fetch it from its address."""
    route = f"datasets/train/versions/{version_id}/exports"
    export = app.ok("PUT", route, {"exports": [{"format": form}]})["exports"][0]
    assert export["status"]["code"] == 64200
    fetched = app.client.get(export["url"])
    assert fetched.status_code == 200
    assert int(export["size"]) == len(fetched.content)
    assert fetched.headers["content-disposition"].startswith("attachment")
    return zipfile.ZipFile(io.BytesIO(fetched.content))


def test_datasets_are_made_listed_changed_and_deleted(embedded_app: EmbeddedApp) -> None:
    sent = [{"id": "train", "metadata": {"siteName": "north"}}, {"id": "test", "description": "held back"}]
    made = embedded_app.ok("POST", "datasets", {"datasets": sent})["datasets"]
    assert [one["id"] for one in made] == ["train", "test"]
    assert embedded_app.ok("GET", "datasets")["datasets"] == made
    assert embedded_app.ok("GET", "datasets/test")["dataset"] == made[1]
    found = embedded_app.ok("GET", "datasets", params={"search": "held"})["datasets"]
    assert [one["id"] for one in found] == ["test"]
    by_id = embedded_app.ok("GET", "datasets", params={"sort_by_id": "True", "sort_ascending": "True"})
    assert [one["id"] for one in by_id["datasets"]] == ["test", "train"]
    change = {"id": "train", "description": "all of it", "metadata": {"year": 2026}}
    body = {"datasets": [change], "action": "merge"}
    changed = embedded_app.ok("PATCH", "datasets", body)["datasets"][0]
    assert changed["description"] == "all of it"
    assert changed["metadata"] == {"siteName": "north", "year": 2026}
    assert changed["modified_at"] > made[0]["modified_at"]
    embedded_app.ok("DELETE", "datasets", {"dataset_ids": ["train"]})
    assert [one["id"] for one in embedded_app.ok("GET", "datasets")["datasets"]] == ["test"]


def test_posting_and_deleting_datasets_is_all_or_nothing(embedded_app: EmbeddedApp) -> None:
    embedded_app.ok("POST", "datasets", {"datasets": [{"id": "known"}]})
    refused = embedded_app.call("POST", "datasets", {"datasets": [{"id": "new"}, {"id": "known"}]})
    assert refused.status_code == 409
    assert refused.json()["status"]["code"] == 40010
    refused = embedded_app.call("DELETE", "datasets", {"dataset_ids": ["known", "unknown"]})
    assert refused.status_code == 404
    assert [one["id"] for one in embedded_app.ok("GET", "datasets")["datasets"]] == ["known"]


def test_inputs_join_item_by_item(app: EmbeddedApp) -> None:
    app.add_inputs("d")
    sent = [{"input": {"id": name}} for name in ("d", "a", "nowhere")]
    answer = app.call("POST", "datasets/train/inputs", {"dataset_inputs": sent}).json()
    assert answer["status"]["code"] == 10010
    codes = [one["input"]["status"]["code"] for one in answer["dataset_inputs"]]
    assert codes == [30000, 64101, 30102]
    listed = app.ok("GET", "datasets/train/inputs")["dataset_inputs"]
    assert [one["input"]["id"] for one in listed] == ["a", "b", "c", "d"]
    assert app.ok("GET", "datasets/train/inputs/d")["dataset_input"] == listed[3]
    app.ok("DELETE", "datasets/train/inputs", {"input_ids": ["d"]})
    assert app.call("GET", "datasets/train/inputs/d").status_code == 404
    assert app.ok("GET", "inputs/d")["input"]["id"] == "d"


def test_what_a_search_finds_joins_a_dataset(app: EmbeddedApp) -> None:
    app.ok("POST", "datasets", {"datasets": [{"id": "pending"}]})
    query = {"filters": [{"annotation": {"status": {"code": 24151}}}]}
    app.ok("POST", "datasets/pending/inputs", {"search": {"query": query}})
    listed = app.ok("GET", "datasets/pending/inputs")["dataset_inputs"]
    assert [one["input"]["id"] for one in listed] == ["b"]


def test_a_version_counts_what_it_holds(app: EmbeddedApp) -> None:
    made = version(app, id="v1", description="first release")
    assert made["status"]["code"] == 64015
    metrics = {name: int(value) for name, value in made["metrics"]["all"].items()}
    assert metrics["inputs_count"] == 3
    assert metrics["unlabeled_inputs_count"] == 2
    assert metrics["regions_count"] == 2
    assert metrics["bounding_boxes_count"] == 1
    assert metrics["polygons_count"] == 1
    assert metrics["region_inputs_count"] == 1
    assert metrics["positive_region_tags_count"] == 2
    assert app.ok("GET", "datasets/train/versions")["dataset_versions"] == [made]
    assert app.ok("GET", "datasets/train/versions/v1")["dataset_version"] == made
    route = "datasets/train/versions/v1/metrics"
    groups = app.ok("GET", route, params={"types": "CONCEPT_ID"})["dataset_version_metrics_groups"]
    assert [(one["value"], one["metrics"]["inputs_count"]) for one in groups] == [("rbc", "1"), ("wbc", "1")]
    groups = app.ok("GET", route, params={"types": 20, "values": 0})["dataset_version_metrics_groups"]
    assert [(one["value"], one["metrics"]["inputs_count"]) for one in groups] == [(0, "2")]


def test_a_version_stays_as_it_was(app: EmbeddedApp) -> None:
    version(app, id="v1")
    app.ok("DELETE", "annotations", {"input_ids": ["a"], "ids": ["box"]})
    app.ok("DELETE", "datasets/train/inputs", {"input_ids": ["c"]})
    second = version(app, id="v2")
    assert second["metrics"]["all"]["regions_count"] == "1"
    assert second["metrics"]["all"]["inputs_count"] == "2"
    coco = json.loads(archive(app, "v1", "COCO").read("annotations.json"))
    assert len(coco["images"]) == 3
    assert len(coco["annotations"]) == 2


def test_the_coco_export_is_in_pixels(app: EmbeddedApp) -> None:
    version(app, id="v1")
    coco = json.loads(archive(app, "v1", "COCO").read("annotations.json"))
    names = {one["id"]: one["name"] for one in coco["categories"]}
    box, polygon = coco["annotations"]
    assert [names[one["category_id"]] for one in (box, polygon)] == ["rbc", "wbc"]
    # The picture is 40 wide and 30 high; the box goes from 0.1 to 0.5 both ways.
    assert box["bbox"] == [4.0, 3.0, 16.0, 12.0]
    assert box["area"] == 192.0
    assert polygon["segmentation"] == [[0.0, 0.0, 20.0, 0.0, 0.0, 15.0]]
    assert polygon["bbox"] == [0.0, 0.0, 20.0, 15.0]
    assert polygon["area"] == 150.0
    files = {one["id"]: one["file_name"] for one in coco["images"]}
    assert files[box["image_id"]] == "a"


def test_the_json_export_holds_the_vendors_messages(app: EmbeddedApp) -> None:
    version(app, id="v1")
    found = archive(app, "v1", "CLARIFAI_DATA_JSON")
    assert found.namelist() == ["all/00000.json"]
    message = json_format.Parse(found.read("all/00000.json"), service_pb2.MultiInputResponse())
    assert [(one.id, len(one.data.regions)) for one in message.inputs] == [("a", 2), ("b", 0), ("c", 0)]
    exported = app.ok("GET", "datasets/train/versions/v1")["dataset_version"]["export_info"]
    assert list(exported) == ["clarifai_data_json"]


def test_a_filter_says_which_annotations_count(app: EmbeddedApp) -> None:
    query = {"filters": [{"annotation": {"status": {"code": 24151}}}]}
    sent = {"id": "pending", "search": {"query": query}}
    app.ok("POST", "annotation_filters", {"annotation_filters": [sent]})
    config = {"annotation_filter": {"id": "pending"}, "ignore_empty_inputs": True}
    made = version(app, annotation_filter_config=config)
    assert made["annotation_filter_config"] == config
    assert made["metrics"]["all"]["inputs_count"] == "1"
    assert made["metrics"]["all"]["bounding_boxes_count"] == "1"
    listed = app.ok("GET", "annotation_filters")["annotation_filters"]
    assert [one["search"]["query"] for one in listed] == [query]


def test_versions_are_described_and_deleted_with_their_files(
    app: EmbeddedApp, embedded_server: EmbeddedServer
) -> None:
    version(app, id="v1")
    folder = embedded_server.data_dir / "embedded_versions"
    before = set(folder.iterdir())
    version(app, id="v2")
    archive(app, "v2", "COCO")
    url = app.ok("GET", "datasets/train/versions/v2")["dataset_version"]["export_info"]["coco"]["url"]
    body = {"dataset_versions": [{"id": "v2", "description": "checked"}], "action": "merge"}
    changed = app.ok("PATCH", "datasets/train/versions", body)["dataset_versions"][0]
    assert changed["description"] == "checked"
    assert len(set(folder.iterdir()) - before) == 2
    app.ok("DELETE", "datasets/train/versions", {"dataset_version_ids": ["v2"]})
    assert set(folder.iterdir()) == before
    assert app.client.get(url).status_code == 404


def test_exports_that_are_made_at_the_same_time_are_all_kept(
    app: EmbeddedApp, embedded_server: EmbeddedServer
) -> None:
    folder = embedded_server.data_dir / "embedded_versions"
    for number in range(6):
        before = set(folder.iterdir())
        name = version(app, id=f"v{number}")["id"]
        with ThreadPoolExecutor(4) as pool:
            forms = ["COCO", "CLARIFAI_DATA_JSON"] * 2
            list(pool.map(lambda form, name=name: archive(app, name, form), forms))
        known = app.ok("GET", f"datasets/train/versions/{name}")["dataset_version"]["export_info"]
        assert set(known) == {"coco", "clarifai_data_json"}
        app.ok("DELETE", "datasets/train/versions", {"dataset_version_ids": [name]})
        assert set(folder.iterdir()) == before


def test_a_version_that_is_deleted_during_its_export_stays_deleted(
    app: EmbeddedApp, embedded_server: EmbeddedServer
) -> None:
    folder = embedded_server.data_dir / "embedded_versions"
    before = set(folder.iterdir())
    for number in range(12):
        name = version(app, id=f"v{number}")["id"]
        route, body = f"datasets/train/versions/{name}/exports", {"exports": [{"format": "COCO"}]}
        with ThreadPoolExecutor(1) as pool:
            made = pool.submit(app.call, "PUT", route, body)
            app.ok("DELETE", "datasets/train/versions", {"dataset_version_ids": [name]})
        assert made.result().status_code in (200, 404), made.result().text
        assert app.call("GET", f"datasets/train/versions/{name}").status_code == 404
    assert set(folder.iterdir()) == before


def test_collaborators_read_and_strangers_see_nothing(
    app: EmbeddedApp, embedded_server: EmbeddedServer
) -> None:
    assert app.ok("GET", "datasets", user="l-1")["datasets"][0]["id"] == "train"
    denied = app.call("POST", "datasets", {"datasets": [{"id": "mine"}]}, user="l-1")
    assert (denied.status_code, denied.json()["status"]["code"]) == (403, 11007)
    route = f"/v2/users/{app.user_id}/datasets"
    headers = {"Authorization": f"Key {app.tokens['l-1']}"}
    assert [one["id"] for one in app.client.get(route, headers=headers).json()["datasets"]] == ["train"]
    other = embedded_server.new_app()
    headers = {"Authorization": f"Key {other.token}"}
    assert app.client.get(route, headers=headers).json()["datasets"] == []
    assert app.client.get(f"{app.path}/datasets/train", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("verb", "route", "body", "said"),
    [
        ("POST", "datasets", {}, "datasets: is required"),
        ("POST", "datasets", {"datasets": [{"id": "a b"}]}, "datasets[0].id: must be"),
        ("POST", "datasets", {"datasets": [{"id": "x"}, {"id": "x"}]}, "the same id is given twice"),
        ("PATCH", "datasets", {"datasets": [{"id": "train"}], "action": "burn"}, "action: must be"),
        (
            "PATCH",
            "datasets",
            {"datasets": [{"id": "no"}], "action": "merge"},
            "datasets[0].id: the app has no",
        ),
        ("DELETE", "datasets", {}, "dataset_ids: is required"),
        ("POST", "datasets/train/inputs", {}, "dataset_inputs: is required"),
        ("POST", "datasets/train/inputs", {"search": {"query": {"filters": 1}}}, "filters"),
        ("POST", "datasets/no/inputs", {"dataset_inputs": []}, "the app has no dataset no"),
        ("DELETE", "datasets/train/inputs", {"input_ids": ["no"]}, "input_ids: not in the dataset: no"),
        ("POST", "datasets/train/versions", {}, "dataset_versions: is required"),
        (
            "POST",
            "datasets/train/versions",
            {"dataset_versions": [{"annotation_filter_config": {"annotation_filter": {"id": "no"}}}]},
            "dataset_versions[0].annotation_filter_config.annotation_filter.id: the app has no",
        ),
        (
            "POST",
            "datasets/train/versions",
            {"dataset_versions": [{"model_predict_config": {}}]},
            "dataset_versions[0].model_predict_config: no model",
        ),
        ("PUT", "datasets/train/versions/no/exports", {"exports": [{"format": "COCO"}]}, "no such version"),
        ("GET", "datasets/train/versions/no/metrics", None, "no such version"),
    ],
)
def test_bad_calls_name_the_field(app: EmbeddedApp, verb: str, route: str, body: Any, said: str) -> None:
    answer = app.call(verb, route, body)
    assert 400 <= answer.status_code < 500
    assert said in answer.json()["status"]["details"]


@pytest.mark.parametrize("form", ["CLARIFAI_DATA_PROTOBUF", "PNG", 9, None])
def test_other_formats_are_refused_by_name(app: EmbeddedApp, form: Any) -> None:
    version(app, id="v1")
    answer = app.call("PUT", "datasets/train/versions/v1/exports", {"exports": [{"format": form}]})
    assert answer.status_code == (501 if form == "CLARIFAI_DATA_PROTOBUF" else 400)
    assert "exports[0].format" in answer.json()["status"]["details"]


@pytest.mark.parametrize("name", ["1.jsonl.gz", "..%2fembedded.sqlite3", "0" * 40 + ".zip"])
def test_only_exports_can_be_fetched(app: EmbeddedApp, name: str) -> None:
    version(app, id="v1")
    assert app.client.get(f"/exports/{name}").status_code == 404
