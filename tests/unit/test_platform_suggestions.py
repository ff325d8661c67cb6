"""Suggestions of models and workflows, and the lists to choose them from."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from dashboard.platforms.clarifai.shapes import read_data
from dashboard.platforms.clarifai.suggestions import suggestions
from dashboard.platforms.errors import Ambiguous, NotFound, PlatformError, Rejected
from dashboard.platforms.types import Box, ConceptValue, Dataset, Predictor, Region, SavedSearch, Suggestion
from tests.support.platform_scripts import Script, answer

EDGES = {"top_row": 0.1, "left_col": 0.2, "bottom_row": 0.5, "right_col": 0.6}


def seen(concept: str, value: float, **info: Any) -> dict[str, Any]:
    shape = info or {"bounding_box": EDGES}
    return {"id": "r", "region_info": shape, "data": {"concepts": [{"id": concept, "value": value}]}}


def platform(prediction: Any, inputs: Any = None) -> Script:
    """Knows pictures by id, and answers predictions for what is sent."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            ids = request.url.params.get_list("ids")
            known = [{"id": one, "data": {"image": {"url": f"https://example.org/{one}"}}} for one in ids]
            return answer(inputs=known if inputs is None else inputs)
        sent = json.loads(request.content)["inputs"]
        found: httpx.Response = prediction(sent)
        return found

    return Script(respond)


def model(sent: list[Any]) -> httpx.Response:
    return answer(
        outputs=[
            {"id": f"o-{one['id']}", "status": {"code": 10000}, "input": {"id": one["id"]},
             "data": {"regions": [seen("rbc", 0.75)], "concepts": [{"id": "blood", "value": 0.5}]}}
            for one in sent
        ]
    )  # fmt: skip


def test_a_models_outputs_become_suggestions_of_their_inputs() -> None:
    script = platform(model)
    found = script.clarifai().suggest(["a", "b", "a"], model_id="m", version_id="v")
    box = Region("", Box(0.1, 0.2, 0.5, 0.6), None, (ConceptValue("rbc", 1.0),))
    expected = [Suggestion("rbc", 0.75, box), Suggestion("blood", 0.5)]
    assert found == {"a": expected, "b": expected}
    assert script.requests[-1].url.path.endswith("/models/m/versions/v/outputs")
    assert script.body() == {
        "inputs": [
            {"id": one, "data": {"image": {"url": f"https://example.org/{one}"}}} for one in ("a", "b")
        ]
    }


def test_a_workflows_results_are_put_together() -> None:
    def workflow(sent: list[Any]) -> httpx.Response:
        outputs = [
            {"status": {"code": 10000}, "data": {"regions": [seen("rbc", 0.5)]}},
            {"status": {"code": 10000}, "data": {"regions": [seen("rbc", 0.75), seen("wbc", 0.25)]}},
            {"status": {"code": 21313}, "data": {"regions": [seen("bad", 1.0)]}},
            {"status": {"code": 10000}},
        ]
        return answer(results=[{"input": {"id": "a"}, "status": {"code": 10000}, "outputs": outputs}])

    script = platform(workflow)
    found = script.clarifai().suggest(["a"], workflow_id="w")
    assert [(one.concept_id, one.value) for one in found["a"]] == [("rbc", 0.75), ("wbc", 0.25)]
    assert script.requests[-1].url.path.endswith("/workflows/w/results")


def test_our_own_server_knows_its_inputs_by_id() -> None:
    script = platform(model)
    assert set(script.embedded().suggest(["a"], model_id="m")) == {"a"}
    assert len(script.requests) == 1
    assert script.body() == {"inputs": [{"id": "a"}]}


def test_an_input_that_failed_is_left_out() -> None:
    def some(sent: list[Any]) -> httpx.Response:
        good = {"status": {"code": 10000}, "input": {"id": "a"}, "data": {}}
        bad = {"status": {"code": 21313}, "input": {"id": "b"}}
        return answer(10010, outputs=[bad, "text", good, {"input": {"id": "nobody-asked"}}])

    script = platform(some)
    connected = script.clarifai()
    assert connected.suggest(["a", "b", "c"], model_id="m") == {"a": []}
    assert connected.quarantine.count == 1


def test_when_every_input_failed_the_reason_is_told() -> None:
    def missing(sent: list[Any]) -> httpx.Response:
        return answer(10020, http=400, outputs=[{"status": {"code": 21200}, "input": {"id": "a"}}])

    with pytest.raises(NotFound):
        platform(missing).clarifai().suggest(["a"], model_id="m")
    with pytest.raises(Ambiguous):
        platform(lambda sent: answer(outputs=[])).clarifai().suggest(["a"], model_id="m")
    with pytest.raises(PlatformError):
        platform(lambda sent: answer(21353, http=503)).clarifai().suggest(["a"], model_id="m")


def test_inputs_without_a_picture_are_not_sent() -> None:
    texts = [{"id": "a", "data": {"text": {"raw": "two robins"}}}]
    script = platform(model, texts)
    assert script.clarifai().suggest(["a", "unknown"], model_id="m") == {}
    assert [request.method for request in script.requests] == ["GET"]


def test_at_most_128_inputs_a_call_and_exactly_one_predictor() -> None:
    script = platform(model)
    names = [f"img-{n}" for n in range(300)]
    assert list(script.embedded().suggest(names, model_id="m")) == names
    assert [len(json.loads(request.content)["inputs"]) for request in script.requests] == [128, 128, 44]
    for wrong in ({}, {"model_id": "m", "workflow_id": "w"}):
        with pytest.raises(Rejected):
            script.clarifai().suggest(["a"], **wrong)


def test_only_what_can_be_drawn_or_ticked_is_suggested() -> None:
    polygon = {"points": [{"row": 0.1, "col": 0.2}, {"row": 0.3, "col": 0.4}, {"row": 0.5, "col": 0.1}]}
    regions = [
        seen("mask", 0.9, mask={"image": {"url": "x"}}),
        seen("line", 0.8, polygon=polygon),
        {"region_info": {"bounding_box": EDGES}},
        {"region_info": {"bounding_box": EDGES}, "value": 0.3, "data": {"concepts": [{"id": "scored"}]}},
        {
            "region_info": {"bounding_box": EDGES},
            "data": {"concepts": [{"id": "less", "value": 0.2}, {"id": "more", "value": 1.5}]},
        },
    ]
    data = read_data(json.dumps({"regions": regions, "concepts": [{"id": ""}]}))
    assert data is not None
    found = suggestions([data])
    assert [(one.concept_id, one.value) for one in found] == [("more", 1.0), ("line", 0.8), ("scored", 0.3)]
    assert found[1].region is not None
    assert found[1].region.kind == "polygon"


# --- lists ------------------------------------------------------------------------------------------------


def test_predictors_are_workflows_and_models_that_detect_or_classify() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/workflows"):
            return answer(workflows=[{"id": "w", "version": {"id": "wv"}}])
        trained, untrained = {"code": 21100}, {"code": 21102}
        kinds = ["visual-detector", "embedding-classifier", "visual-embedder", "clusterer", ""]
        models = [
            {"id": f"m-{n}", "name": f"Model {n}", "model_type_id": kind,
             "model_version": {"id": f"v-{n}", "status": trained}}
            for n, kind in enumerate(kinds)
        ]  # fmt: skip
        raw = {"id": "raw", "model_type_id": kinds[0], "model_version": {"id": "v", "status": untrained}}
        return answer(models=[*models, raw])

    script = Script(respond)
    assert script.clarifai().list_predictors() == [
        Predictor("workflow", "w", "w", "wv"),
        Predictor("model", "m-0", "Model 0", "v-0"),
        Predictor("model", "m-1", "Model 1", "v-1"),
        Predictor("model", "m-4", "Model 4", "v-4"),
    ]
    assert len(script.requests) == 2


def test_datasets_and_saved_searches() -> None:
    script = Script(
        answer(datasets=[{"id": "train", "description": "All"}, {"id": "test"}]),
        answer(searches=[{"id": "s-1", "name": "Robins", "query": {}}, {"id": "s-2"}]),
    )
    connected = script.clarifai()
    assert connected.list_datasets() == [Dataset("train", "All"), Dataset("test")]
    assert connected.list_saved_searches() == [SavedSearch("s-1", "Robins"), SavedSearch("s-2", "s-2")]
