"""Suggestions of a task's model through the window's routes, and what people say of them, on a real database."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import reverse
from redis.exceptions import RedisError

from dashboard.labeling import selectors
from dashboard.labeling.models import SuggestionVerdict
from dashboard.platforms import types
from dashboard.review.models import Decision
from dashboard.sync.models import OutboxEntry
from dashboard.sync.services import suggestions as suggesting
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.memory_platform import EMBEDDED
from tests.support.people import make_person, signed_in

pytestmark = pytest.mark.django_db

PENDING = types.AssignmentState.PENDING
TRIANGLE = ((0.1, 0.1), (0.1, 0.4), (0.4, 0.1))
WHOLE = [types.Suggestion("wbc", 0.9), types.Suggestion("rbc", 0.5, types.Region(points=TRIANGLE))]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def box(concept: str, value: float, left: float = 0.1) -> types.Suggestion:
    return types.Suggestion(concept, value, types.Region(box=types.Box(0.1, left, 0.5, left + 0.3)))


def helped(monkeypatch: pytest.MonkeyPatch, assist: types.Assist, **desk: Any) -> MemoryDesk:
    """A desk whose task is helped by a model that knows the first two inputs."""
    made = make_desk(monkeypatch, **desk)
    made.app.predictors = [types.Predictor("model", "cells"), types.Predictor("workflow", "flow")]
    made.app.suggestions = {
        "in-1": [box("rbc", 0.6), box("wbc", 0.9, left=0.6), box("stone", 0.8)],
        "in-2": [box("wbc", 0.7), *WHOLE],
    }
    task = made.app.tasks["t-1"]
    made.app.tasks["t-1"] = msgspec.structs.replace(
        task, details=types.TaskDetails(assist=assist), modified_at=made.app.now()
    )
    made.pull()
    made.app.calls.clear()
    return made


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    return helped(monkeypatch, types.Assist(model_id="cells"))


@pytest.fixture
def labeling(monkeypatch: pytest.MonkeyPatch) -> MemoryDesk:
    return helped(monkeypatch, types.Assist(model_id="cells"), state=PENDING)


def ask(desk: MemoryDesk, input_id: str, client: Client | None = None, status: int = 200) -> dict[str, Any]:
    slug = desk.connection.slug
    url = reverse("item_suggestions", args=[slug, desk.item(input_id).pk])
    answer = (client or signed_in(desk.reviewer)).get(url)
    assert answer.status_code == status, answer.content
    return answer.json()


def ask_several(desk: MemoryDesk, ids: str, client: Client | None = None) -> Any:
    url = reverse("task_suggestions", args=[desk.connection.slug, desk.task.pk])
    return (client or signed_in(desk.reviewer)).get(url, {"ids": ids})


def post(client: Client, name: str, desk: MemoryDesk, input_id: str, **body: Any) -> Any:
    url = reverse(name, args=[desk.connection.slug, desk.item(input_id).pk])
    return client.post(url, json.dumps({"operation": str(uuid4()), **body}), "application/json")


def said(shown: dict[str, Any], *verdicts: str) -> list[dict[str, str]]:
    """What a browser sends for the first suggestions of an answer."""
    rows = zip(shown["suggestions"], verdicts, strict=False)
    return [{"id": row["id"], "verdict": verdict, "base": row["base"]} for row, verdict in rows]


def shape(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "kind", "concept", "box", "points")} | {"value": 1}


class TestReading:
    def test_the_surest_first_in_the_words_of_the_workbench(self, desk: MemoryDesk) -> None:
        answer = ask(desk, "in-1")
        assert answer["source"] == {"kind": "model", "id": "cells"}
        assert answer["bounds"] == [0, 1]
        assert [(row["kind"], row["concept"], row["value"]) for row in answer["suggestions"]] == [
            ("box", "wbc", 0.9),
            ("box", "rbc", 0.6),
        ]
        edges = {"top": 0.1, "left": 0.1, "bottom": 0.5, "right": 0.4}
        assert answer["suggestions"][1]["box"] == pytest.approx(edges)
        assert (answer["judged"], answer["dropped"]) == (0, 1)  # "stone" is no concept of the task

    @pytest.mark.parametrize(
        ("type_", "kind", "points"),
        [
            ("boxes", "box", None),
            ("polygons", "polygon", [list(p) for p in TRIANGLE]),
            ("classes", "tag", None),
        ],
    )
    def test_a_task_is_offered_what_it_asks_for(
        self, desk: MemoryDesk, type_: str, kind: str, points: list[list[float]] | None
    ) -> None:
        task = desk.task
        task.type = type_
        task.save()
        answer = ask(desk, "in-2")
        assert [(row["kind"], row["points"]) for row in answer["suggestions"]] == [(kind, points)]
        assert answer["dropped"] == 0

    def test_outlines_are_cut_to_the_picture(self, desk: MemoryDesk) -> None:
        beyond, nothing = types.Box(-0.01, 0.5, 0.2, 1.2), types.Box(0.5, 0.5, 0.5, 0.7)
        desk.app.suggestions["in-1"] = [
            types.Suggestion("rbc", 0.5, types.Region(box=edges)) for edges in (beyond, nothing)
        ]
        (row,) = ask(desk, "in-1")["suggestions"]
        assert row["box"] == {"top": 0, "left": 0.5, "bottom": 0.2, "right": 1}

    def test_a_task_without_assistance_answers_nothing_and_asks_nobody(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = make_desk(monkeypatch)
        desk.app.calls.clear()
        assert ask(desk, "in-1") == {"source": None, "suggestions": []}
        assert desk.app.calls == []

    def test_only_values_between_the_bounds_are_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assist = types.Assist(workflow_id="flow", min_threshold=0.55, max_threshold=0.8)
        desk = helped(monkeypatch, assist)
        answer = ask(desk, "in-1")
        assert answer["source"] == {"kind": "workflow", "id": "flow"}
        assert answer["bounds"] == [0.55, 0.8]
        assert [row["value"] for row in answer["suggestions"]] == [0.6]
        assert ask(desk, "in-2")["suggestions"][0]["value"] == 0.7

    def test_the_platform_is_asked_once_and_for_many_at_once(self, desk: MemoryDesk) -> None:
        ids = ",".join(str(desk.item(name).pk) for name in ("in-1", "in-2", "in-3"))
        items = ask_several(desk, ids).json()["items"]
        assert [len(items[one]["suggestions"]) for one in ids.split(",")] == [2, 1, 0]
        assert items[ids.split(",")[2]]["why"] == "The model gave no answer for this input."
        ask(desk, "in-1")
        ask_several(desk, ids.rpartition(",")[0])
        assert desk.app.calls.count("suggest") == 1
        ask(desk, "in-3")  # what was not answered is not kept
        assert desk.app.calls.count("suggest") == 2

    def test_bounds_of_the_task_hold_for_what_is_kept(self, desk: MemoryDesk) -> None:
        ask(desk, "in-1")
        task = desk.task
        task.details = msgspec.to_builtins(
            types.TaskDetails(assist=types.Assist(model_id="cells", min_threshold=0.85))
        )
        task.save()
        assert [row["value"] for row in ask(desk, "in-1")["suggestions"]] == [0.9]
        assert desk.app.calls.count("suggest") == 1

    def test_a_lost_store_costs_calls_and_nothing_else(
        self, desk: MemoryDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: Any, **__: Any) -> None:
            raise RedisError("away")

        client = signed_in(desk.reviewer)
        monkeypatch.setattr(suggesting.cache, "get_many", away, raising=False)
        monkeypatch.setattr(suggesting.cache, "set_many", away, raising=False)
        assert len(ask(desk, "in-1", client)["suggestions"]) == 2
        assert len(ask(desk, "in-1", client)["suggestions"]) == 2
        assert desk.app.calls.count("suggest") == 2

    def test_a_platform_that_cannot_says_so_in_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reasons = {"suggestions": "This platform has no models."}
        able = msgspec.structs.replace(EMBEDDED, suggestions=False, reasons=reasons)
        desk = helped(monkeypatch, types.Assist(model_id="cells"), capabilities=able)
        monkeypatch.setattr(suggesting, "capabilities", lambda kind: able)
        answer = ask(desk, "in-1")
        assert (answer["suggestions"], answer["why"]) == ([], "This platform has no models.")
        assert "suggest" not in desk.app.calls

    def test_a_platform_that_is_away_is_a_refusal_and_not_kept(self, desk: MemoryDesk) -> None:
        desk.app.fault = lambda call, token: "refused" if call == "suggest" else None
        assert ask(desk, "in-1", status=502)["code"] == "platform"
        desk.app.fault = lambda call, token: None
        assert len(ask(desk, "in-1")["suggestions"]) == 2

    def test_who_may_not_read_an_item_gets_no_suggestions_of_it(self, desk: MemoryDesk) -> None:
        stranger = make_person(desk.connection, "labeler")
        assert ask(desk, "in-1", signed_in(stranger), status=403)["code"] == "denied"
        assert ask_several(desk, str(desk.item("in-1").pk), signed_in(stranger)).status_code == 403
        assert len(ask(desk, "in-1", signed_in(desk.labeler))["suggestions"]) == 2

    @pytest.mark.parametrize("ids", ["", "x", "1,", "-1", "1.5", "9" * 19, ",".join("1" * 25)])
    def test_bad_ids_are_named(self, desk: MemoryDesk, ids: str) -> None:
        answer = ask_several(desk, ids)
        assert answer.status_code == 400
        assert "ids" in answer.json()["fields"]

    def test_the_same_content_has_the_same_id_and_another_item_another(self, desk: MemoryDesk) -> None:
        first = ask(desk, "in-1")["suggestions"]
        cache.clear()
        assert [row["id"] for row in ask(desk, "in-1")["suggestions"]] == [row["id"] for row in first]
        desk.app.suggestions["in-2"] = desk.app.suggestions["in-1"]
        assert not {row["id"] for row in ask(desk, "in-2")["suggestions"]} & {row["id"] for row in first}


class TestJudging:
    def test_a_submission_keeps_what_was_said_and_it_does_not_come_back(self, labeling: MemoryDesk) -> None:
        client = signed_in(labeling.labeler)
        shown = ask(labeling, "in-1", client)
        answer = post(
            client,
            "submission",
            labeling,
            "in-1",
            shapes=[shape(shown["suggestions"][0])],
            base={},
            suggestions=said(shown, "accepted", "refused"),
        )
        assert answer.status_code == 201, answer.content
        rows = SuggestionVerdict.objects.order_by("id").values_list(
            "verdict", "concept", "value", "predictor"
        )
        assert list(rows) == [("accepted", "wbc", 0.9, "model:cells"), ("refused", "rbc", 0.6, "model:cells")]
        again = ask(labeling, "in-1")
        assert (again["suggestions"], again["judged"]) == ([], 2)
        # The accepted one is an ordinary annotation, created under the suggestion's id.
        assert OutboxEntry.objects.filter(kind="create").get().annotation_id == shown["suggestions"][0]["id"]

    def test_a_decision_keeps_it_and_an_undo_forgets_it(self, desk: MemoryDesk) -> None:
        client = signed_in(desk.reviewer)
        shown = ask(desk, "in-1", client)
        created = {"op": "create", **shape(shown["suggestions"][1])}
        created["box"] = {**created["box"], "right": 0.45}
        operation = str(uuid4())
        body = {
            "operation": operation,
            "verdict": "approve",
            "changes": [created],
            "base": {},
            "suggestions": said(shown, "refused", "edited"),
        }
        with override_settings(UNDO_SECONDS=60):
            assert post(client, "decisions", desk, "in-1", **body).status_code == 201
            assert post(client, "decisions", desk, "in-1", **body).status_code == 200
            assert sorted(SuggestionVerdict.objects.values_list("verdict", flat=True)) == [
                "edited",
                "refused",
            ]
            undo = reverse("decision_undo", args=[desk.connection.slug, operation])
            assert client.post(undo).status_code == 200
        assert not SuggestionVerdict.objects.exists()
        assert len(ask(desk, "in-1")["suggestions"]) == 2

    def test_a_refused_decision_keeps_no_verdict(self, desk: MemoryDesk) -> None:
        shown = ask(desk, "in-1")
        answer = post(
            signed_in(desk.reviewer),
            "decisions",
            desk,
            "in-1",
            verdict="maybe",
            suggestions=said(shown, "refused"),
        )
        assert answer.status_code == 400
        assert not SuggestionVerdict.objects.exists()

    def test_only_what_was_shown_for_this_item_can_be_judged(self, desk: MemoryDesk) -> None:
        here, other = said(ask(desk, "in-1"), "refused"), said(ask(desk, "in-2"), "refused")
        wrong: dict[str, Any] = {
            "suggestions": {"not": "a list"},
            "suggestions.0": ["x"],
            "suggestions.0.verdict": [{**here[0], "verdict": "maybe"}],
            "suggestions.0.base": [{**here[0], "base": here[0]["base"] + "x"}],
            "suggestions.1.base": [here[0], other[0]],
            "suggestions.1.id": [here[0], here[0]],
        }
        for path, raw in wrong.items():
            answer = post(
                signed_in(desk.reviewer), "decisions", desk, "in-1", verdict="reject", suggestions=raw
            )
            assert answer.status_code == 400, path
            assert path in answer.json()["fields"], path
        assert not Decision.objects.exists()

    def test_a_person_who_changes_their_mind_has_one_verdict(self, labeling: MemoryDesk) -> None:
        client = signed_in(labeling.labeler)
        shown = ask(labeling, "in-1", client)
        for verdict in ("refused", "accepted"):
            body = {"shapes": [], "base": {}, "suggestions": said(shown, verdict)}
            assert post(client, "submission", labeling, "in-1", **body).status_code == 201
            labeling.item("in-1").__class__.objects.update(state="changes_asked")
        assert SuggestionVerdict.objects.get().verdict == "accepted"


class TestPrecision:
    def test_counts_and_interval_of_one_predictor(self, desk: MemoryDesk) -> None:
        for number, verdict in enumerate(["accepted"] * 8 + ["edited"] + ["refused"]):
            SuggestionVerdict.objects.create(
                item=desk.item("in-1"), task=desk.task, suggestion=str(number), predictor="model:cells",
                concept="rbc", value=0.5, verdict=verdict, actor=desk.labeler, operation=uuid4(),
            )  # fmt: skip
        found = selectors.suggestion_precision(desk.task, "model:cells")
        assert (found.accepted, found.edited, found.refused, found.judged, found.share) == (8, 1, 1, 10, 0.8)
        assert (found.low, found.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
        assert selectors.suggestion_precision(desk.task, "model:other").judged == 0

    def test_the_card_of_the_task_page_says_them_in_words(self) -> None:
        assist = {"kind": "model", "name": "<cells>", "min": 0.3, "max": 1}
        precision = selectors.SuggestionPrecision(accepted=8, edited=1, refused=1)
        card = render_to_string("tasks/_assist.html", {"assist": assist, "precision": precision})
        assert "8 of 10: 80 %" in card
        assert "49 to 94 %" in card
        assert "&lt;cells&gt;" in card
        empty = render_to_string("tasks/_assist.html", {"assist": assist, "precision": type(precision)()})
        assert "Nobody has judged one yet" in empty

    @pytest.mark.parametrize(
        ("hits", "of", "low", "high"),
        [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (500, 1000, 0.4691, 0.5309)],
    )
    def test_wilson(self, hits: int, of: int, low: float, high: float) -> None:
        assert selectors.wilson(hits, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
