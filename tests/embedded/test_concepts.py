"""Relations, searches, languages and counts of concepts."""

from typing import Any

import pytest

from tests.support.embedded import EmbeddedApp, EmbeddedServer


@pytest.fixture
def pantry(embedded_server: EmbeddedServer) -> EmbeddedApp:
    """An app with the concepts food, honey, nectar and sugar."""
    return embedded_server.new_app(workers=["l-1"], concepts=["food", "honey", "nectar", "sugar"])


def relate(app: EmbeddedApp, subject: str, predicate: str, other: str, **more: Any) -> dict[str, Any]:
    body = {"concept_relations": [{"predicate": predicate, "object_concept": {"id": other}} | more]}
    made: dict[str, Any] = app.ok("POST", f"concepts/{subject}/relations", body)["concept_relations"][0]
    return made


def sentences(app: EmbeddedApp, route: str, **params: Any) -> list[str]:
    """Each relation as `subject predicate object`."""
    found = app.ok("GET", route, params=params)["concept_relations"]
    return [
        f"{one['subject_concept']['id']} {one['predicate']} {one['object_concept']['id']}" for one in found
    ]


def test_relations_from_both_ends(pantry: EmbeddedApp) -> None:
    relate(pantry, "honey", "hyponym", "food", id="r-1")
    relate(pantry, "food", "hypernym", "sugar")
    relate(pantry, "honey", "synonym", "nectar")
    assert sentences(pantry, "concepts/honey/relations") == ["honey hyponym food", "honey synonym nectar"]
    assert sentences(pantry, "concepts/food/relations") == ["food hypernym honey", "food hypernym sugar"]
    assert sentences(pantry, "concepts/nectar/relations") == ["nectar synonym honey"]
    assert sentences(pantry, "concepts/sugar/relations", predicate="hyponym") == ["sugar hyponym food"]
    assert sentences(pantry, "concepts/sugar/relations", predicate="hypernym") == []
    assert sentences(pantry, "concepts/nectar/relations", predicate="synonym") == ["nectar synonym honey"]
    # All of the app: every one once, in the direction that was asked for.
    all_of_them = ["honey hyponym food", "sugar hyponym food", "honey synonym nectar"]
    assert sentences(pantry, "concepts/relations") == all_of_them
    turned = ["food hypernym honey", "food hypernym sugar"]
    assert sentences(pantry, "concepts/relations", predicate="hypernym") == turned
    assert sentences(pantry, "concepts/relations", per_page=2, page=2) == all_of_them[2:]
    assert sentences(pantry, "concepts/relations", knowledge_graph_id="other") == []


def test_ending_relations(pantry: EmbeddedApp) -> None:
    first = relate(pantry, "honey", "hyponym", "food")
    second = relate(pantry, "honey", "synonym", "nectar")
    both = {"ids": [first["id"], second["id"]]}
    assert pantry.call("DELETE", "concepts/food/relations", both).status_code == 404
    assert len(sentences(pantry, "concepts/relations")) == 2
    pantry.ok("DELETE", "concepts/nectar/relations", {"ids": [second["id"]]})
    assert sentences(pantry, "concepts/relations") == ["honey hyponym food"]
    none = pantry.call("DELETE", "concepts/honey/relations", {"ids": []})
    assert (none.status_code, none.json()["status"]["code"]) == (400, 40003)


@pytest.mark.parametrize(
    ("sent", "http", "code"),
    [
        ({"predicate": "is", "object_concept": {"id": "food"}}, 400, 40003),
        ({"predicate": "synonym", "object_concept": {"id": "none"}}, 400, 40003),
        ({"predicate": "synonym", "object_concept": {"id": "honey"}}, 400, 40003),
        ({"predicate": "synonym"}, 400, 40003),
        ({"predicate": "synonym", "object_concept": {"id": "food"}, "knowledge_graph_id": "g"}, 400, 40003),
        (
            {"predicate": "synonym", "object_concept": {"id": "food"}, "subject_concept": {"id": "sugar"}},
            400,
            40003,
        ),
        ({"predicate": "hyponym", "object_concept": {"id": "sugar"}}, 409, 40010),
        ({"predicate": "hypernym", "object_concept": {"id": "sugar"}}, 409, 40010),
        ({"id": "known", "predicate": "synonym", "object_concept": {"id": "food"}}, 409, 40010),
    ],
)
def test_bad_relations(pantry: EmbeddedApp, sent: dict[str, Any], http: int, code: int) -> None:
    relate(pantry, "honey", "hyponym", "sugar", id="known")
    good = {"predicate": "synonym", "object_concept": {"id": "nectar"}}
    answer = pantry.call("POST", "concepts/honey/relations", {"concept_relations": [good, sent]})
    assert (answer.status_code, answer.json()["status"]["code"]) == (http, code)
    assert "concept_relations[1]" in answer.json()["status"]["details"]
    assert sentences(pantry, "concepts/relations") == ["honey hyponym sugar"]  # all or none


def test_who_may_relate(pantry: EmbeddedApp) -> None:
    body = {"concept_relations": [{"predicate": "synonym", "object_concept": {"id": "nectar"}}]}
    refused = pantry.call("POST", "concepts/honey/relations", body, user="l-1")
    assert (refused.status_code, refused.json()["status"]["code"]) == (403, 11007)
    assert pantry.call("POST", "concepts/none/relations", body).status_code == 404
    assert pantry.ok("GET", "concepts/honey/relations", user="l-1")["concept_relations"] == []


def found(app: EmbeddedApp, query: dict[str, Any], **more: Any) -> list[str]:
    answer = app.ok("POST", "concepts/searches", {"concept_query": query} | more)
    return [one["id"] for one in answer["concepts"]]


def test_searches(pantry: EmbeddedApp) -> None:
    assert found(pantry, {}) == ["food", "honey", "nectar", "sugar"]
    assert found(pantry, {"name": "NE"}) == ["honey", "nectar"]
    assert found(pantry, {"name": "ne*"}, pagination={"page": 2, "per_page": 1}) == ["nectar"]
    assert found(pantry, {"name": "o", "language": "en"}) == ["food", "honey"]
    assert found(pantry, {"name": "o", "language": "ja"}) == []
    assert found(pantry, {"workflow": {"id": "demo-assist"}, "name": "sugar"}) == ["sugar"]
    ranked = pantry.ok(
        "POST", "concepts/searches", {"extra_info": {"rankable_model": {"id": "demo-detector"}}}
    )
    assert {one["extra_info"]["is_rankable"] for one in ranked["concepts"]} == {False}
    for query in ({"model": {"id": "mine"}}, {"workflow": {"id": "w"}}, {"use_cases": [1]}, {"name": 5}):
        answer = pantry.call("POST", "concepts/searches", {"concept_query": query})
        assert (answer.status_code, answer.json()["status"]["code"]) == (400, 40003)
        assert f"concept_query.{next(iter(query))}" in answer.json()["status"]["details"]


def test_languages(pantry: EmbeddedApp) -> None:
    languages = pantry.ok("GET", "concepts/honey/languages")["concept_languages"]
    assert languages == [{"id": "en", "name": "honey", "definition": ""}]
    assert pantry.ok("GET", "concepts/honey/languages", params={"page": 2})["concept_languages"] == []
    assert pantry.call("GET", "concepts/none/languages").status_code == 404


def test_counts(pantry: EmbeddedApp) -> None:
    pantry.add_inputs("a", "b", "c")

    def say(input_id: str, concept: str, value: float) -> None:
        pantry.annotate(input_id, data={"concepts": [{"id": concept, "value": value}]})

    for name in ("a", "a", "b"):  # twice on a: an input counts once
        say(name, "honey", 1)
    say("c", "honey", 0)
    say("c", "sugar", 0.5)
    rows = {one["id"]: one for one in pantry.ok("GET", "concepts/status")["concept_counts"]}
    assert list(rows) == ["food", "honey", "nectar", "sugar"]
    assert rows["honey"]["concept_type_count"] == {"positive": 2, "negative": 1}
    assert rows["honey"]["detail_concept_count"]["processed"] == {"positive": 2, "negative": 1}
    assert rows["honey"]["detail_concept_count"]["errors"] == {"positive": 0, "negative": 0}
    assert rows["sugar"]["concept_type_count"] == {"positive": 0, "negative": 0}
    second = pantry.ok("GET", "concepts/status", params={"page": 2, "per_page": 1})["concept_counts"]
    assert [one["id"] for one in second] == ["honey"]
