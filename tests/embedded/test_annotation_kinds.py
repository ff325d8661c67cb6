"""Who may be the author of an annotation, and what else than a box it may say. Every answer is parsed strictly."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.embedded.work import BOX
from tests.support.embedded import EmbeddedApp, picture

Json = dict[str, Any]
MODEL = {"model": {"id": "detector", "model_version": {"id": "v1"}}}
WORKFLOW = {"workflow": {"id": "flow", "version": {"id": "w1"}}}


@pytest.fixture
def app(embedded_app: EmbeddedApp) -> EmbeddedApp:
    """Inputs a and b, each with its input-level annotation."""
    embedded_app.add_inputs("a", "b")
    return embedded_app


def listed(app: EmbeddedApp, **params: Any) -> list[str]:
    rows = app.ok("GET", "annotations", params=params)["annotations"]
    return [row["id"] for row in rows if not row["input_level"]]


def refusal(response: httpx.Response) -> tuple[int, str]:
    item = response.json()["annotations"][0]["status"]
    return item["code"], item["details"]


def test_models_and_workflows_as_authors(app: EmbeddedApp) -> None:
    made = app.annotate("a", id="m", worker=MODEL)
    assert made["worker"] == MODEL
    assert made["model_version_id"] == "v1"
    assert made["trusted"] is False
    assert "user_id" not in made
    app.annotate("a", id="w", worker=WORKFLOW, trusted=True)
    app.annotate("b", id="older", model_version_id="v2")
    app.annotate("a", id="mine")
    assert listed(app) == ["w", "mine"]
    assert listed(app, list_all_annotations="True") == ["m", "w", "older", "mine"]
    assert listed(app, model_version_ids=["v1", "v2"]) == ["m", "older"]
    assert listed(app, workflow_version_ids="w1", model_version_ids="v2", user_ids=app.user_id) == [
        "w",
        "older",
        "mine",
    ]
    assert listed(app, input_ids="a", ids="m") == ["m"]
    assert listed(app, input_ids="b") == []


def test_only_the_owner_speaks_for_a_model(app: EmbeddedApp) -> None:
    sent = {"annotations": [{"id": "m", "input_id": "a", "worker": MODEL}]}
    code, details = refusal(app.call("POST", "annotations", sent, user="l-1"))
    assert (code, "annotations[0].worker" in details) == (24156, True)
    app.ok("POST", "annotations", sent)
    change = {"action": "merge", "annotations": [{"id": "m", "input_id": "a", "status": {"code": 24158}}]}
    assert refusal(app.call("PATCH", "annotations", change, user="l-1"))[0] == 24156
    app.ok("PATCH", "annotations", change)


@pytest.mark.parametrize(
    "author",
    [
        {"worker": {"user": {"id": "l-1"}} | MODEL},
        {"worker": {"user": {}}},
        {"worker": {"team": {"id": "x"}}},
        {"worker": MODEL, "user_id": "l-1"},
        {"worker": {"user": {"id": "l-1"}}, "user_id": "l-2"},
        {"worker": MODEL, "model_version_id": "v2"},
    ],
)
def test_one_author_only(app: EmbeddedApp, author: Json) -> None:
    refused = app.call("POST", "annotations", {"annotations": [{"input_id": "a"} | author]})
    assert refusal(refused)[0] == 24155


def test_workers(app: EmbeddedApp) -> None:
    for author in ({"user_id": "l-1"}, {"worker": MODEL}, {"worker": WORKFLOW, "trusted": True}):
        app.annotate("a", **author)
    workers = app.ok("GET", "annotations/workers")["workers"]
    assert workers == [{"user": {"id": "l-1"}}, {"user": {"id": app.user_id}}, WORKFLOW, MODEL]
    trusted = app.ok("GET", "annotations/workers", params={"trusted_only": "true", "page": 2, "per_page": 2})
    assert trusted["workers"] == [WORKFLOW]
    named = app.ok("GET", "annotations/workers", params={"additional_fields": "names"})["workers"]
    assert named[0]["user"].keys() == {"id", "first_name", "last_name"}
    assert app.call("GET", "annotations/workers", params={"additional_fields": "age"}).status_code == 400


def test_what_consensus_and_embedders_need_is_kept(app: EmbeddedApp) -> None:
    made = app.annotate("a", id="x", consensus_info={"group": 1}, embed_model_version_id="e1")
    assert (made["consensus_info"], made["embed_model_version_id"]) == ({"group": 1}, "e1")
    change = {"id": "x", "input_id": "a", "consensus_info": {"parent": "y"}, "embed_model_version_id": "e2"}
    after = app.ok("PATCH", "annotations", {"action": "merge", "annotations": [change]})["annotations"][0]
    assert after["consensus_info"] == {"group": 1, "parent": "y"}
    assert after["embed_model_version_id"] == "e2"


def test_frames(app: EmbeddedApp) -> None:
    inner = {"regions": [{"region_info": {"bounding_box": BOX}, "data": {"concepts": [{"id": "rbc"}]}}]}
    made = app.annotate("a", id="f", data={"frames": [{"frame_info": {"time": 1500}, "data": inner}]})
    frame = made["data"]["frames"][0]
    assert frame["frame_info"] == {"time": "1500"}
    assert frame["data"]["regions"][0]["data"]["concepts"] == [{"id": "rbc", "value": 1}]
    app.annotate("a", data={"frames": [{"frame_info": {"time": "2000", "number": 50}}]})
    change = {
        "id": "f",
        "input_id": "a",
        "data": {"frames": [{"id": frame["id"], "frame_info": {"time": "1600"}}]},
    }
    after = app.ok("PATCH", "annotations", {"action": "merge", "annotations": [change]})["annotations"][0]
    assert after["data"]["frames"] == [frame | {"frame_info": {"time": "1600"}}]


def test_time_segments(app: EmbeddedApp) -> None:
    segment = {
        "time_info": {"begin_time": 0.5, "end_time": 2},
        "data": {"concepts": [{"id": "wbc", "value": 0}]},
    }
    made = app.annotate("a", data={"time_segments": [segment]})
    found = made["data"]["time_segments"][0]
    assert found["time_info"] == {"begin_time": 0.5, "end_time": 2}
    assert found["data"]["concepts"] == [{"id": "wbc", "value": 0}]


def test_numbers_that_the_wire_cannot_carry(app: EmbeddedApp) -> None:
    """Numbers have 32 bits there: an answer with a larger one could not be read by anybody."""
    region = {"region_info": {"bounding_box": BOX}}
    for data in (
        {"regions": [region | {"value": 1e39}]},
        {"regions": [{"region_info": {"point": {"row": 0.5, "col": 0.5, "z": -1e300}}}]},
        {"time_segments": [{"time_info": {"begin_time": 1, "end_time": 1e39}}]},
    ):
        body = {"annotations": [{"input_id": "a", "data": data}]}
        code, details = refusal(app.call("POST", "annotations", body))
        assert code == 24155
        assert "32 bits" in details
    assert (
        app.annotate("a", data={"regions": [region | {"value": 3e38}]})["data"]["regions"][0]["value"] == 3e38
    )


def test_keypoints_tokens_spans(app: EmbeddedApp) -> None:
    for info in (
        {"keypoint_locations": [{"row": 0.1, "col": 0.2, "visibility": 1}, {"row": 1, "col": 1}]},
        {"token": {"char_start": 0, "char_end": 3, "raw_text": "two"}},
        {"span": {"char_start": 4, "char_end": 10}},
    ):
        assert (
            app.annotate("a", data={"regions": [{"region_info": info}]})["data"]["regions"][0]["region_info"]
            == info
        )


def mask(**image: Any) -> Json:
    return {"regions": [{"id": "rg", "region_info": {"mask": {"image": image}}}]}


def address(row: Json) -> str:
    found: str = row["data"]["regions"][0]["region_info"]["mask"]["image"]["url"]
    return found


def test_masks_live_as_long_as_their_annotation(app: EmbeddedApp) -> None:
    made = app.annotate("a", id="m", data=mask(base64=picture(form="PNG", mode="L")))
    first = address(made)
    assert app.client.get(first).headers["content-type"] == "image/png"
    assert app.ok("GET", "annotations", params={"ids": "m", "input_ids": "a"})["annotations"] == [made]

    # What was read may be sent back; nothing happens to the file.
    same = {"id": "m", "input_id": "a", "data": made["data"]}
    kept = app.ok("PATCH", "annotations", {"action": "overwrite", "annotations": [same]})["annotations"][0]
    assert address(kept) == first
    assert app.client.get(first).status_code == 200

    fresh = {"id": "m", "input_id": "a", "data": mask(base64=picture(form="PNG", mode="L", shade=9))}
    after = app.ok("PATCH", "annotations", {"action": "overwrite", "annotations": [fresh]})["annotations"][0]
    assert app.client.get(first).status_code == 404
    assert app.client.get(address(after)).status_code == 200
    app.ok("DELETE", "inputs/a/annotations/m")
    assert app.client.get(address(after)).status_code == 404


def test_masks_go_with_their_input(app: EmbeddedApp) -> None:
    made = app.annotate("a", data=mask(base64=picture(form="PNG", mode="L")))
    app.ok("DELETE", "inputs/a")
    assert app.client.get(address(made)).status_code == 404


def test_masks_that_are_refused(app: EmbeddedApp) -> None:
    other = app.annotate("a", data=mask(base64=picture(form="PNG", mode="L")))
    for image in (
        {"base64": picture(form="JPEG")},
        {"base64": "no!"},
        {"base64": 7},
        {"base64": "A" * 3_000_000},
        {"url": address(other)},
        {"url": "https://example.org/mask.png"},
        {},
    ):
        sent = {"annotations": [{"id": "new", "input_id": "b", "data": mask(**image)}]}
        code, details = refusal(app.call("POST", "annotations", sent))
        assert (code, "mask" in details) == (24155, True), details
    assert app.client.get(address(other)).status_code == 200


def test_a_mask_of_a_refused_annotation_leaves_no_file(app: EmbeddedApp, embedded_server: Any) -> None:
    folder = embedded_server.data_dir / "embedded_media"
    app.annotate("a", id="taken")
    before = sorted(path.name for path in folder.rglob("*") if path.is_file())
    sent = {"id": "taken", "input_id": "a", "data": mask(base64=picture(form="PNG", mode="L"))}
    assert refusal(app.call("POST", "annotations", {"annotations": [sent]}))[0] == 40010
    missing = sent | {"id": "nobody"}
    assert (
        refusal(app.call("PATCH", "annotations", {"action": "merge", "annotations": [missing]}))[0] == 11101
    )
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == before


def test_status_of_a_task_in_one_call(app: EmbeddedApp) -> None:
    app.annotate("a", "l-1", id="x", task_id="nobody")
    body = {"action": "overwrite", "user_ids": ["l-1"], "status_codes": [24150], "status_code": 24157}
    assert app.call("PATCH", "task/nobody/annotations/status", body).status_code == 404
