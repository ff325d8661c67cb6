"""The demo model and workflow over HTTP: reading them, and asking for outputs by id, picture, address and text."""

from __future__ import annotations

import base64
import io
import time
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.support.embedded import EmbeddedApp, EmbeddedServer

from .work import error

MODEL, WORKFLOW = "demo-detector", "demo-assist"
RED, BLUE = (200, 30, 30), (30, 40, 200)
SIZE = (256, 192)
Edges = tuple[int, int, int, int]


def _picture(*things: tuple[tuple[int, int, int], Edges]) -> str:
    image = Image.new("RGB", SIZE, (190, 185, 180))
    for color, edges in things:
        ImageDraw.Draw(image).ellipse(edges, fill=color)
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _box(edges: Edges) -> dict[str, float]:
    left, top, right, bottom = edges
    return {
        "top_row": top / SIZE[1],
        "left_col": left / SIZE[0],
        "bottom_row": bottom / SIZE[1],
        "right_col": right / SIZE[0],
    }


def _region(edges: Edges, concept: str) -> dict[str, Any]:
    data = {"concepts": [{"id": concept, "value": 1}]}
    return {"regions": [{"region_info": {"bounding_box": _box(edges)}, "data": data}]}


def _teach(app: EmbeddedApp) -> None:
    """Three pictures with a red and a blue thing each, boxed and approved."""
    inputs, annotations = [], []
    for number, place in enumerate((20, 90, 160)):
        red, blue = (place, 20, place + 50, 70), (place, 110, place + 60, 170)
        name = f"lesson-{number}"
        inputs.append({"id": name, "data": {"image": {"base64": _picture((RED, red), (BLUE, blue))}}})
        for edges, concept in ((red, "rbc"), (blue, "wbc")):
            annotations.append({"input_id": name, "data": _region(edges, concept)})
    app.ok("POST", "inputs", {"inputs": inputs})
    app.ok("POST", "annotations", {"annotations": annotations})


@pytest.fixture(scope="module")
def taught(embedded_server: EmbeddedServer) -> EmbeddedApp:
    """An app that has learned two concepts, with a picture `new` of one red thing."""
    app = embedded_server.new_app(workers=["l-1"], concepts=["rbc", "wbc"])
    _teach(app)
    new = {"id": "new", "data": {"image": {"base64": _picture((RED, (100, 60, 170, 130)))}}}
    app.ok("POST", "inputs", {"inputs": [new, {"id": "note", "data": {"text": {"raw": "An RBC, here."}}}]})
    return app


def _outputs(
    app: EmbeddedApp, *inputs: dict[str, Any], user: str = "", **config: Any
) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"inputs": list(inputs)}
    if config:
        body["model"] = {"output_info": {"output_config": config}}
    found: list[dict[str, Any]] = app.ok("POST", f"models/{MODEL}/outputs", body, user=user)["outputs"]
    return found


def test_every_app_has_the_model_and_the_workflow(taught: EmbeddedApp) -> None:
    app = taught
    for route, name, one, named in (
        ("models", "models", "model", MODEL),
        ("workflows", "workflows", "workflow", WORKFLOW),
    ):
        (listed,) = app.ok("GET", route)[name]
        assert (listed["id"], listed["user_id"], listed["app_id"]) == (named, app.user_id, app.app_id)
        assert app.ok("GET", f"{route}/{named}")[one] == listed
        assert app.ok("GET", route, params={"page": 2})[name] == []
        assert error(app.call("GET", f"{route}/another"))[0] == 404
        headers = {"Authorization": f"Key {app.token}"}
        of_user = app.client.get(f"/v2/users/{app.user_id}/{route}", headers=headers).json()
        assert of_user[name] == [listed]
        query = {"user_app_id.user_id": app.user_id, "user_app_id.app_id": app.app_id}
        short = app.client.get(f"/v2/{route}", headers=headers, params=query).json()
        assert short[name] == [listed]
    concepts = app.ok("GET", f"models/{MODEL}/concepts")["concepts"]
    assert [concept["id"] for concept in concepts] == ["rbc", "wbc"]
    assert app.ok("GET", "models", params={"model_type_id": "visual-classifier"})["models"] == []
    assert app.ok("GET", "models", params={"search": "detector"})["models"] != []
    assert app.ok("GET", "workflows", params={"search": "other"})["workflows"] == []


def test_a_stored_picture_is_answered_with_boxes(taught: EmbeddedApp) -> None:
    (output,) = _outputs(taught, {"id": "new"}, user="l-1")
    assert output["input"] == {"id": "new"}
    (region,) = output["data"]["regions"]
    box, wanted = region["region_info"]["bounding_box"], _box((100, 60, 170, 130))
    assert all(abs(box[edge] - wanted[edge]) < 0.03 for edge in wanted)
    assert region["data"]["concepts"][0]["id"] == "rbc"
    assert 0.5 < region["value"] == region["data"]["concepts"][0]["value"] <= 1
    assert [concept["id"] for concept in output["data"]["concepts"]] == ["rbc"]
    assert _outputs(taught, {"id": "new"})[0]["data"] == output["data"]


def test_a_suggestion_can_be_posted_as_it_is(taught: EmbeddedApp) -> None:
    data = _outputs(taught, {"id": "new"})[0]["data"]
    sent = {"input_id": "new", "data": {"regions": data["regions"]}, "status": {"code": "ANNOTATION_PENDING"}}
    region = {key: value for key, value in data["regions"][0].items() if key != "id"}
    sent["data"] = {"regions": [region]}
    posted = taught.ok("POST", "annotations", {"annotations": [sent]})["annotations"][0]
    assert posted["data"]["regions"][0]["region_info"] == region["region_info"]


def test_pictures_by_content_and_by_our_own_address(taught: EmbeddedApp) -> None:
    stored = taught.ok("GET", "inputs/new")["input"]["data"]["image"]["url"]
    encoded = _picture((RED, (100, 60, 170, 130)))
    by_content, by_address = _outputs(
        taught,
        {"data": {"image": {"base64": encoded}}},
        {"id": "mine", "data": {"image": {"url": stored}}},
    )
    assert by_content["data"] == by_address["data"] == _outputs(taught, {"id": "new"})[0]["data"]
    assert by_address["input"] == {"id": "mine"}
    assert by_content["input"]["id"]


def test_texts_are_answered_with_the_concepts_they_name(taught: EmbeddedApp) -> None:
    stored, sent = _outputs(taught, {"id": "note"}, {"data": {"text": {"raw": "wbc and rbcs"}}})
    assert [concept["id"] for concept in stored["data"]["concepts"]] == ["rbc"]
    assert [concept["id"] for concept in sent["data"]["concepts"]] == ["wbc"]


def test_many_concepts_and_long_texts_cost_no_product_of_both(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app()
    names = [f"zeta name {number % 7} {number}" for number in range(2000)]
    for start in range(0, len(names), 128):
        listed = enumerate(names[start : start + 128], start)
        app.ok("POST", "concepts", {"concepts": [{"id": f"c{n}", "name": name} for n, name in listed]})
    text = "zeta name 0 1 2 3 4 5 6 " * 4000 + "zeta NAME 3, 17"
    began = time.monotonic()
    for output in _outputs(app, *[{"data": {"text": {"raw": text}}}] * 16):
        assert [concept["id"] for concept in output["data"]["concepts"]] == ["c17"]
    assert time.monotonic() - began < 6


def test_the_answer_is_limited_as_asked(taught: EmbeddedApp) -> None:
    assert _outputs(taught, {"id": "new"}, select_concepts=[{"id": "wbc"}])[0]["data"]["regions"] == []
    assert _outputs(taught, {"id": "new"}, select_concepts=[{"name": "rbc"}])[0]["data"]["regions"] != []
    assert _outputs(taught, {"id": "new"}, min_value=1.0)[0]["data"] == {"regions": [], "concepts": []}
    both = {"data": {"text": {"raw": "rbc wbc"}}}
    assert len(_outputs(taught, both)[0]["data"]["concepts"]) == 2
    assert len(_outputs(taught, both, max_concepts=1)[0]["data"]["concepts"]) == 1


def test_a_workflow_answers_results_with_the_output_inside(taught: EmbeddedApp) -> None:
    body = {"inputs": [{"id": "new"}, {"id": "note"}], "output_config": {"max_concepts": 5}}
    for route in (f"workflows/{WORKFLOW}/results", f"workflows/{WORKFLOW}/versions/demo-assist-1/results"):
        results = taught.ok("POST", route, body)["results"]
        assert [result["input"]["id"] for result in results] == ["new", "note"]
        assert results[0]["outputs"][0]["data"] == _outputs(taught, {"id": "new"})[0]["data"]
    short = {"user_app_id": {"user_id": taught.user_id, "app_id": taught.app_id}} | body
    headers = {"Authorization": f"Key {taught.token}"}
    answer = taught.client.post(f"/v2/workflows/{WORKFLOW}/results", json=short, headers=headers)
    assert len(answer.json()["results"]) == 2


def test_new_approvals_teach_new_names(embedded_server: EmbeddedServer) -> None:
    app = embedded_server.new_app(concepts=["rbc", "wbc", "zzz"])
    _teach(app)
    name = {"id": "rounds", "data": {"image": {"base64": _picture((BLUE, (100, 60, 170, 130)))}}}
    app.ok("POST", "inputs", {"inputs": [name]})
    assert _outputs(app, {"id": "rounds"})[0]["data"]["concepts"][0]["id"] == "wbc"
    rows = app.ok("GET", "annotations", params={"per_page": 100})["annotations"]
    patch = [
        {"id": row["id"], "input_id": row["input_id"], "status": {"code": "ANNOTATION_PENDING"}}
        for row in rows
        if "wbc" in str(row["data"])
    ]
    app.ok("PATCH", "annotations", {"action": "merge", "annotations": patch})
    found = _outputs(app, {"id": "rounds"})[0]["data"]["concepts"]
    assert "wbc" not in [concept["id"] for concept in found]


def test_an_app_without_approved_work_still_gets_boxes(embedded_app: EmbeddedApp) -> None:
    (output,) = _outputs(embedded_app, {"data": {"image": {"base64": _picture((RED, (100, 60, 170, 130)))}}})
    (region,) = output["data"]["regions"]
    assert region["data"]["concepts"][0]["id"] in ("rbc", "wbc")
    assert region["value"] <= 0.6


def test_each_bad_input_is_told_by_itself(taught: EmbeddedApp) -> None:
    sent = [
        {"id": "new"},
        {"id": "nope"},
        {"data": {"image": {"base64": "@@"}}},
        {"data": {"image": {"base64": base64.b64encode(b"no picture").decode()}}},
        {"data": {"image": {"url": "http://127.0.0.1:9/x.png"}}},
        {"data": {"image": {}}},
        {"data": {"text": {"raw": 7}}},
        {"id": "a/b"},
        {},
    ]
    response = taught.call("POST", f"models/{MODEL}/outputs", {"inputs": sent})
    body = response.json()
    assert body["status"]["code"] == 10010
    codes = [output["status"]["code"] for output in body["outputs"]]
    assert codes[:3] == [10000, 30102, 40001]
    assert codes[3] in (30101, 30300)
    assert codes[4] == 30106
    assert codes[5:] == [40001, 40001, 40001, 30102]
    assert body["outputs"][1]["input"] == {"id": "nope"}


@pytest.mark.parametrize(
    ("route", "body", "http", "code"),
    [
        ("models/other/outputs", {"inputs": [{"id": "new"}]}, 404, 21200),
        (f"models/{MODEL}/versions/7/outputs", {"inputs": [{"id": "new"}]}, 404, 21200),
        ("workflows/other/results", {"inputs": [{"id": "new"}]}, 404, 22102),
        (f"models/{MODEL}/outputs", {}, 400, 40001),
        (f"models/{MODEL}/outputs", {"inputs": [{"id": "new"}] * 129}, 400, 40001),
        (f"models/{MODEL}/outputs", {"inputs": [{"id": "new"}], "model": 1}, 400, 40001),
        (
            f"workflows/{WORKFLOW}/results",
            {"inputs": [{"id": "new"}], "output_config": {"min_value": 2}},
            400,
            40001,
        ),
        (
            f"workflows/{WORKFLOW}/results",
            {"inputs": [{"id": "new"}], "output_config": {"select_concepts": [{}]}},
            400,
            40001,
        ),
    ],
)
def test_bad_calls(taught: EmbeddedApp, route: str, body: Any, http: int, code: int) -> None:
    assert error(taught.call("POST", route, body))[:2] == (http, code)


def test_strangers_see_nothing(taught: EmbeddedApp, embedded_server: EmbeddedServer) -> None:
    stranger = embedded_server.new_app()
    headers = {"Authorization": f"Key {stranger.token}"}
    assert stranger.client.get(f"{taught.path}/models", headers=headers).status_code == 404
    asked = stranger.client.post(
        f"{taught.path}/models/{MODEL}/outputs", json={"inputs": [{"id": "new"}]}, headers=headers
    )
    assert asked.status_code == 404
    stored = taught.ok("GET", "inputs/new")["input"]["data"]["image"]["url"]
    foreign = stranger.call(
        "POST", f"models/{MODEL}/outputs", {"inputs": [{"data": {"image": {"url": stored}}}]}
    )
    assert foreign.status_code == 400
