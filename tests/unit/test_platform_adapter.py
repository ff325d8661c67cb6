"""The Clarifai adapter against scripted answers: batches, pages, and answers that are not what they should be."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dashboard.platforms.clarifai.codes import SUCCESS
from dashboard.platforms.errors import (
    AlreadyExists,
    Ambiguous,
    Forbidden,
    IllegalMove,
    NotSent,
    PlatformError,
    PreconditionFailed,
    Rejected,
    Throttled,
    Unauthorized,
    Unsupported,
)
from dashboard.platforms.types import (
    AnnotationState,
    AnnotationWrite,
    AssignmentAction,
    AssignmentState,
    Box,
    Concept,
    ConceptValue,
    InputWrite,
    PatchAction,
    Region,
    Task,
    TaskState,
)
from tests.support.platform_scripts import Script, answer


def writes(number: int, **more: Any) -> list[AnnotationWrite]:
    region = Region("rg-1", Box(0.1, 0.1, 0.5, 0.5))
    return [AnnotationWrite(f"an-{n}", "img-1", region=region, **more) for n in range(number)]


def item(one: str, code: int = 24150, details: str = "") -> dict[str, Any]:
    return {"id": one, "input_id": "img-1", "status": {"code": code, "details": details}}


def echo(request: httpx.Request) -> httpx.Response:
    """Everything sent was taken."""
    return answer(annotations=[item(one["id"]) for one in json.loads(request.content)["annotations"]])


def kinds(outcomes: list[Any]) -> list[type | None]:
    return [type(one.error) if one.error else None for one in outcomes]


# --- batches ----------------------------------------------------------------------------------------------


def test_writes_go_in_batches_of_128_in_order() -> None:
    script = Script(echo)
    outcomes = script.clarifai().create_annotations(writes(300))
    assert [len(json.loads(request.content)["annotations"]) for request in script.requests] == [128, 128, 44]
    assert [one.id for one in outcomes] == [f"an-{n}" for n in range(300)]
    assert kinds(outcomes) == [None] * 300


def test_a_mixed_answer_is_matched_item_by_item_in_any_order() -> None:
    items = [item(f"an-{n}") for n in range(128)]
    failed = {3: (24156, Forbidden), 64: (40010, AlreadyExists), 100: (24155, Rejected)}
    for place, (code, _) in failed.items():
        items[place] = item(f"an-{place}", code)
    random.Random(1).shuffle(items)
    items.append(item("an-nobody-sent"))
    del items[next(place for place, one in enumerate(items) if one["id"] == "an-77")]
    script = Script(answer(10010, annotations=items))
    outcomes = script.clarifai().create_annotations(writes(128))
    expected: list[type | None] = [None] * 128
    for place, (_, kind) in failed.items():
        expected[place] = kind
    expected[77] = Ambiguous
    assert kinds(outcomes) == expected
    assert len(script.requests) == 1


def test_items_without_ids_are_matched_by_position_only_when_none_is_missing() -> None:
    nameless = [{"status": {"code": 24150}}, {"status": {"code": 24155}}]
    # A success without an id is not an annotation that we can read back.
    found = Script(answer(10010, annotations=nameless)).clarifai().create_annotations(writes(2))
    assert kinds(found) == [Ambiguous, Rejected]
    found = Script(answer(10010, annotations=nameless[:1])).clarifai().create_annotations(writes(2))
    assert kinds(found) == [Ambiguous, Ambiguous]


def test_an_item_that_is_answered_twice_is_ambiguous() -> None:
    items = [item("an-0"), item("an-0", 24155), item("an-1")]
    found = Script(answer(10010, annotations=items)).clarifai().create_annotations(writes(2))
    assert kinds(found) == [Ambiguous, None]


def test_silence_about_an_item_in_a_mixed_answer_is_ambiguous() -> None:
    items: list[Any] = [
        {"id": "an-0"},
        item("an-1"),
        "text",
        {"id": "an-3", "status": {"code": 24150}, "data": 5},
    ]
    found = Script(answer(10010, annotations=items)).clarifai().create_annotations(writes(4))
    assert kinds(found) == [Ambiguous, None, Ambiguous, Ambiguous]


def test_a_mixed_answer_without_items_is_ambiguous_for_all() -> None:
    for payload in ({}, {"annotations": []}, {"annotations": None}):
        script = Script(answer(10010, **payload))
        outcomes = script.clarifai().create_annotations(writes(3))
        assert all(isinstance(one.error, Ambiguous) for one in outcomes)
        assert len(script.requests) == 1


def test_a_total_failure_is_told_per_item() -> None:
    items = [item("an-0", 24156), item("an-1", 24150)]
    found = Script(answer(10020, http=400, annotations=items)).clarifai().create_annotations(writes(2))
    assert kinds(found) == [Forbidden, Ambiguous]


def test_one_bad_item_does_not_cost_its_neighbours() -> None:
    def atomic(request: httpx.Request) -> httpx.Response:
        sent = [one["id"] for one in json.loads(request.content)["annotations"]]
        if "an-90" in sent:
            return answer(24155, http=400, details="annotations[90].data: broken")
        return answer(annotations=[item(one) for one in sent])

    script = Script(atomic)
    outcomes = script.clarifai().create_annotations(writes(128))
    assert [one.id for one in outcomes if one.error] == ["an-90"]
    assert len(script.requests) == 15  # 128 halved down to one: seven refused levels of two, and the first


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (httpx.Response(500), Ambiguous),
        (httpx.Response(502, content=b"<html>bad gateway</html>"), Ambiguous),
        (httpx.ReadTimeout("x"), Ambiguous),
        (httpx.Response(200, content=b'{"status":{"code":10000},"annotations":[{"id":'), Ambiguous),
        (httpx.Response(200, content=b""), Ambiguous),
        (httpx.Response(200, content=b"\xff\xfe{}"), Ambiguous),
        (httpx.Response(200, content=b"[]"), Ambiguous),
        (httpx.Response(200, json={"annotations": []}), Ambiguous),
        (answer(), Ambiguous),
        (answer(annotations={}), Ambiguous),
        (answer(11005, http=429), Throttled),
        (answer(11009, http=401), Unauthorized),
        (httpx.ConnectError("x"), NotSent),
    ],
)
def test_a_lost_batch_is_not_repeated_and_stops_the_rest(step: Any, kind: type[PlatformError]) -> None:
    script = Script(step)
    outcomes = script.clarifai().create_annotations(writes(200))
    assert kinds(outcomes[:128]) == [kind] * 128
    rest = kind if kind in (Throttled, Unauthorized) else NotSent
    assert kinds(outcomes[128:]) == [rest] * 72
    assert len(script.requests) == (3 if kind is NotSent else 1)


def test_retry_after_reaches_the_caller() -> None:
    throttled = answer(11005, http=429)
    throttled.headers["Retry-After"] = "120"
    outcome = Script(throttled).clarifai().create_annotations(writes(1))[0]
    assert isinstance(outcome.error, Throttled)
    assert outcome.error.retry_after == 120


def test_nothing_to_send_sends_nothing() -> None:
    script = Script(answer())
    platform = script.clarifai()
    assert platform.create_annotations([]) == []
    assert platform.patch_annotations([], PatchAction.MERGE) == []
    assert platform.act("t", AssignmentAction.LABEL_SUBMIT, []) == []
    assert platform.get_inputs([]) == []
    platform.delete_annotations([])
    platform.delete_inputs([])
    assert script.requests == []


def test_preconditions_travel_in_lines_that_servers_accept() -> None:
    def checked(request: httpx.Request) -> httpx.Response:
        lines = request.headers.get_list("if-match")
        assert all(len(line) < 8000 for line in lines)
        tags = [tag for line in lines for tag in line.split(", ")]
        sent = json.loads(request.content)["annotations"]
        assert len(tags) in (0, len(sent))
        return answer(annotations=[item(one["id"]) for one in sent])

    script = Script(checked)
    mixed = [
        AnnotationWrite(
            f"an-{n}", "img-1", state=AnnotationState.PENDING, if_match=f'"{n:0>60}@t"' if n % 2 else ""
        )
        for n in range(400)
    ]
    outcomes = script.embedded().patch_annotations(mixed, PatchAction.MERGE)
    assert [one.id for one in outcomes] == [one.id for one in mixed]
    assert len(script.requests) == 4


def test_a_changed_annotation_is_a_failed_precondition() -> None:
    items = [item("an-0", 40017, "precondition failed")]
    stale = answer(40017, http=412, details="precondition failed", annotations=items)
    changes = writes(1, base_raw=b"{}", if_match='"an-0@x"')
    assert kinds(Script(stale).embedded().patch_annotations(changes, PatchAction.OVERWRITE)) == [
        PreconditionFailed
    ]
    mixed = answer(10010, annotations=[*items, item("an-1")])
    changes = writes(2, base_raw=b"{}", if_match='"x"')
    found = Script(mixed).embedded().patch_annotations(changes, PatchAction.OVERWRITE)
    assert kinds(found) == [PreconditionFailed, None]


def test_a_write_that_cannot_be_said_is_refused_alone() -> None:
    script = Script(echo)
    bad = AnnotationWrite("an-bad", "img-1", state=AnnotationState.UNKNOWN)
    outcomes = script.clarifai().patch_annotations([*writes(2), bad], PatchAction.MERGE)
    assert kinds(outcomes) == [None, None, Rejected]


def test_deleting_what_is_gone_is_fine() -> None:
    def one_gone(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)
        if "an-2" in sent["ids"]:
            return answer(11101, http=404)
        return answer()

    script = Script(one_gone)
    script.clarifai().delete_annotations([("img-1", f"an-{n}") for n in range(4)])
    assert script.body() == {"input_ids": ["img-1"], "ids": ["an-3"]}
    with pytest.raises(Forbidden):
        Script(answer(24156, http=403)).clarifai().delete_annotations([("img-1", "an-1")])
    Script(answer(54102, http=404)).clarifai().delete_task("t-1")


def test_acting_on_assignments() -> None:
    def act(request: httpx.Request) -> httpx.Response:
        chosen = json.loads(request.content)["review_approve_config"]["task_assignments"]
        return answer(task_assignments=[{"id": one["id"], "status": {"code": 54200}} for one in chosen])

    script = Script(act)
    ids = [f"as-{n}" for n in range(130)]
    outcomes = script.clarifai().act("t-1", AssignmentAction.REVIEW_APPROVE, ids)
    assert script.body(0)["action"] == "REVIEW_APPROVE"
    assert script.requests[0].url.path == "/v2/users/acme/apps/cells/tasks/t-1/assignments"
    assert [one.id for one in outcomes] == ids
    assert all(one.assignment and one.assignment.state is AssignmentState.APPROVED for one in outcomes)
    assert len(script.requests) == 2
    refused = answer(10010, task_assignments=[{"id": "as-0", "status": {"code": 54100}}])
    outcomes = Script(refused).clarifai().act("t-1", AssignmentAction.REVIEW_APPROVE, ["as-0", "as-1"])
    assert kinds(outcomes) == [IllegalMove, Ambiguous]
    with pytest.raises(Rejected):
        Script(answer()).clarifai().act("t-1", AssignmentAction.LABEL_START, ["as-0"])


def test_large_pictures_go_in_batches_by_weight() -> None:
    def take(request: httpx.Request) -> httpx.Response:
        assert len(request.content) < 10 * 1024 * 1024
        sent = json.loads(request.content)["inputs"]
        return answer(inputs=[{"id": one["id"], "status": {"code": 30001}} for one in sent])

    script = Script(take)
    pictures = [InputWrite(f"img-{n}", content=b"x" * 2_500_000) for n in range(5)]
    assert kinds(script.clarifai().create_inputs(pictures)) == [None] * 5
    assert len(script.requests) == 3


# --- pages ------------------------------------------------------------------------------------------------


def paged(total: int, name: str, make: Callable[[int], Any]) -> Callable[[httpx.Request], httpx.Response]:
    def page(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if request.method == "POST":
            asked = json.loads(request.content)["pagination"]
            start, size = (asked["page"] - 1) * asked["per_page"], asked["per_page"]
        else:
            start, size = (int(query["page"]) - 1) * int(query["per_page"]), int(query["per_page"])
        return answer(**{name: [make(n) for n in range(start, min(start + size, total))]})

    return page


@pytest.mark.parametrize("total", [0, 1, 999, 1000, 1001, 4000, 5500, 12_345])
def test_every_item_of_a_long_list_comes_once_and_in_order(total: int) -> None:
    script = Script(paged(total, "annotations", lambda n: item(f"an-{n}")))
    found = [one.id for one in script.clarifai().iter_annotations(task_id="t-1")]
    assert found == [f"an-{n}" for n in range(total)]
    assert all(request.url.params["task_id"] == "t-1" for request in script.requests)
    assert len(script.requests) <= total // 1000 + 4


@pytest.mark.parametrize(("total", "requests"), [(999, 1), (1000, 2), (1001, 2), (1999, 2), (2001, 4)])
def test_a_list_of_little_more_than_a_page_costs_little_more_than_a_request(
    total: int, requests: int
) -> None:
    script = Script(paged(total, "annotations", lambda n: item(f"an-{n}")))
    assert len(list(script.clarifai().iter_annotations(task_id="t-1"))) == total
    assert len(script.requests) <= requests


@pytest.mark.parametrize("limit", [20, 100, 128, 500])
@pytest.mark.parametrize("total", [128, 500, 1234])
def test_a_server_that_cuts_pages_loses_us_nothing(limit: int, total: int) -> None:
    whole = paged(total, "annotations", lambda n: item(f"an-{n}"))

    def cutting(request: httpx.Request) -> httpx.Response:
        size = min(limit, int(request.url.params["per_page"]))
        return whole(httpx.Request("GET", request.url.copy_merge_params({"per_page": str(size)})))

    names = [f"an-{n}" for n in range(total)]
    for ask in (
        lambda platform: platform.iter_annotations(task_id="t-1"),
        lambda platform: platform.list_annotations(input_ids=["img-1"]),
    ):
        assert [one.id for one in ask(Script(cutting).clarifai())] == names


def test_a_stream_that_is_cut_or_too_large_goes_on() -> None:
    def stream(most: int, weight: int) -> Callable[[httpx.Request], httpx.Response]:
        def respond(request: httpx.Request) -> httpx.Response:
            last = request.url.params.get("last_id", "")
            start = int(last[4:]) + 1 if last else 0
            size = min(most, int(request.url.params["per_page"]))
            heavy = {"data": {"metadata": {"x": "x" * weight}}}
            return answer(inputs=[{"id": f"img-{n}"} | heavy for n in range(start, min(start + size, 1234))])

        return respond

    for script in (Script(stream(100, 0)), Script(stream(1000, 15_000))):
        assert [one.id for one in script.clarifai().iter_inputs()] == [f"img-{n}" for n in range(1234)]


def test_a_short_list_costs_one_request() -> None:
    script = Script(paged(10, "tasks", lambda n: {"id": f"t-{n}"}))
    assert len(script.clarifai().list_tasks()) == 10
    assert len(script.requests) == 1


def test_changes_are_asked_for_by_search() -> None:
    script = Script(paged(1500, "hits", lambda n: {"score": 1, "annotation": item(f"an-{n}")}))
    since = datetime(2026, 3, 1, 10, 0, 0, 7, UTC)
    found = list(script.clarifai().iter_annotations(task_id="t-1", changed_since=since))
    assert len(found) == 1500
    sent = script.body(0)
    assert sent["pagination"] == {"page": 1, "per_page": 1000}
    assert sent["searches"][0]["query"]["filters"] == [
        {"annotation": {"task_id": "t-1"}},
        {"last_updated_time_range": {"start_time": "2026-03-01T10:00:00.000007Z"}},
    ]


def test_a_list_that_is_missing_is_not_an_empty_list() -> None:
    platform = Script(answer()).clarifai()
    for ask in (platform.list_tasks, platform.list_concepts, lambda: list(platform.iter_inputs())):
        with pytest.raises(Ambiguous):
            ask()


def test_an_error_in_the_middle_is_raised_not_swallowed() -> None:
    good = paged(5000, "annotations", lambda n: item(f"an-{n}"))

    def third_fails(request: httpx.Request) -> httpx.Response:
        return answer(98004, http=500) if request.url.params["page"] == "3" else good(request)

    listing = Script(third_fails).clarifai().iter_annotations(task_id="t-1")
    assert [next(listing).id for _ in range(2000)] == [f"an-{n}" for n in range(2000)]
    with pytest.raises(Ambiguous):
        next(listing)


def test_a_page_that_is_too_large_is_asked_for_in_parts() -> None:
    def heavy(n: int) -> dict[str, Any]:
        return item(f"an-{n}", details="x" * 20_000)

    script = Script(paged(1203, "annotations", heavy))
    found = [one.id for one in script.clarifai().iter_annotations(task_id="t-1")]
    assert found == [f"an-{n}" for n in range(1203)]
    assert max(int(request.url.params["per_page"]) for request in script.requests[1:3]) == 500


def test_drifted_items_are_counted_and_the_page_goes_on() -> None:
    items: list[Any] = [item("an-0"), {"id": 7}, {"id": "an-2", "created_at": "never"}, item("an-3")]
    platform = Script(answer(annotations=items)).clarifai()
    assert [one.id for one in platform.list_annotations(input_ids=["img-1"])] == ["an-0", "an-3"]
    assert platform.quarantine.count == 2
    assert ("annotation", "an-2") in [one[:2] for one in platform.quarantine.last]


def test_long_queries_are_cut_to_a_line_that_servers_take() -> None:
    def match(request: httpx.Request) -> httpx.Response:
        assert len(str(request.url)) < 4000
        query = request.url.params
        pairs = list(zip(query.get_list("input_ids"), query.get_list("ids"), strict=True))
        assert all(a[4:] == b[3:] for a, b in pairs)
        return answer(annotations=[item(b) for _, b in pairs])

    numbers = [f"{n:0>40}" for n in range(200)]
    script = Script(match)
    found = script.clarifai().list_annotations(
        input_ids=[f"img-{n}" for n in numbers], ids=[f"an-{n}" for n in numbers]
    )
    assert [one.id for one in found] == [f"an-{n}" for n in numbers]
    with pytest.raises(Rejected):
        script.clarifai().list_annotations(input_ids=["a", "b"], ids=["c"])


def test_inputs_are_streamed_by_the_last_id() -> None:
    def stream(request: httpx.Request) -> httpx.Response:
        last = request.url.params.get("last_id", "")
        start = int(last[4:]) + 1 if last else 0
        size = int(request.url.params["per_page"])
        return answer(inputs=[{"id": f"img-{n}"} for n in range(start, min(start + size, 1234))])

    script = Script(stream)
    assert [one.id for one in script.clarifai().iter_inputs()] == [f"img-{n}" for n in range(1234)]
    assert [one.id for one in script.clarifai().iter_inputs(after="img-1231")] == ["img-1232", "img-1233"]


def test_a_stream_that_stands_still_is_noticed() -> None:
    with pytest.raises(Ambiguous):
        list(Script(answer(inputs=[{"id": "img-1"}] * 500)).clarifai().iter_inputs())


# --- the rest ---------------------------------------------------------------------------------------------


def test_what_clarifai_lacks_is_refused_before_any_request() -> None:
    script = Script(answer())
    platform = script.clarifai()
    with pytest.raises(Unsupported):
        platform.iter_assignments("t-1")
    with pytest.raises(Unsupported):
        platform.provision_person("l-1", "Labeler 1")
    with pytest.raises(Unsupported):
        platform.create_task(Task("t-1", "n", input_ids=("img-1",)))
    assert script.requests == []


def test_a_task_id_that_is_taken() -> None:
    with pytest.raises(AlreadyExists):
        Script(
            answer(10020, http=400, tasks=[{"id": "t-1", "status": {"code": 40010}}])
        ).clarifai().create_task(Task("t-1", "n"))
    with pytest.raises(AlreadyExists):
        Script(answer(40010, http=409)).clarifai().create_task(Task("t-1", "n"))


def test_only_the_state_of_a_task_is_merged() -> None:
    script = Script(answer(tasks=[{"id": "t-1", "status": {"code": 54002}}]))
    script.clarifai().set_task_state("t-1", TaskState.DONE)
    assert script.body() == {"tasks": [{"id": "t-1", "status": {"code": "TASK_DONE"}}], "action": "merge"}


def test_only_missing_concepts_are_made() -> None:
    def concepts(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return answer(concepts=[{"id": "rbc", "name": "Red"}])
        assert json.loads(request.content) == {"concepts": [{"id": "wbc", "name": "White"}]}
        return answer(40010, http=409)  # somebody else was faster

    script = Script(concepts)
    script.clarifai().create_concepts(
        [Concept("rbc", "Red"), Concept("wbc", "White"), Concept("wbc", "White")]
    )
    assert len(script.requests) == 2


def test_people_are_the_owner_and_the_collaborators() -> None:
    rows = [
        {"user": {"id": "l-1", "first_name": "Labeler", "last_name": "1"}},
        {"user": {"id": "gone"}, "deleted_at": "2026-01-01T00:00:00Z"},
        {"user": {"id": "acme"}},
    ]
    found = Script(answer(collaborators=rows, app_owner={"id": "acme"})).clarifai().list_people()
    assert [(one.id, one.name, one.owner) for one in found] == [
        ("acme", "acme", True),
        ("l-1", "Labeler 1", False),
    ]


def test_the_check_says_what_is_off_and_why() -> None:
    def app(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/myscopes"):
            return answer(scopes=["Inputs_Get"])
        if path == "/v2/users/me":
            return answer(11007, http=403)
        if path.endswith("/inputs/status"):
            return answer(counts={"processed": 3, "to_process": 1})
        if path.endswith("/tasks"):
            return answer(11007, http=403, details="Tasks_Get is missing")
        if path.endswith("/annotations"):
            return answer(annotations=[])
        return answer(app={"id": "cells", "name": "Cells", "user_id": "acme"})

    report = Script(app).clarifai().check()
    assert (report.user_id, report.app_name, report.owner, report.inputs, report.tasks) == (
        "acme", "Cells", True, 4, None,
    )  # fmt: skip
    assert list(report.missing) == ["tasks"]
    assert "Tasks_Get" in report.missing["tasks"]
    with pytest.raises(Unauthorized):
        Script(answer(11009, http=401)).clarifai().check()


def test_path_values_cannot_leave_their_place() -> None:
    script = Script(answer(task={"id": "x"}))
    script.clarifai().get_task("../../../users/other?a=b#c")
    assert script.requests[0].url.raw_path == (
        b"/v2/users/acme/apps/cells/tasks/..%2F..%2F..%2Fusers%2Fother%3Fa%3Db%23c"
    )


def test_people_of_the_embedded_platform_are_made_with_the_operators_key() -> None:
    def operator(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Key operator-key"
        if request.url.path == "/v2/users":
            return answer(40010, http=409)  # known already
        if request.url.path == "/v2/users/l-9/keys":
            return answer(keys=[{"id": "new-token"}])
        assert request.url.path == "/v2/users/acme/apps/cells/collaborators"
        return answer(collaborators=[])

    assert Script(operator).embedded().provision_person("l-9", "Labeler 9") == "new-token"


def test_a_mixed_delete_is_taken_apart() -> None:
    """Clarifai's deletes answer a bare status: halving finds out, because deleting again does no harm."""

    def bare(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["ids"]
        if "an-2" not in sent:
            return answer()
        return answer(11101, http=404) if sent == ["an-2"] else answer(10010)

    Script(bare).clarifai().delete_annotations([("img-1", f"an-{n}") for n in range(4)])
    told = answer(10010, annotations=[item("an-0", SUCCESS), item("an-1", 11101), item("an-2", 24156)])
    script = Script(told)
    with pytest.raises(Forbidden):
        script.clarifai().delete_annotations([("img-1", f"an-{n}") for n in range(3)])
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "write",
    [
        AnnotationWrite("an-1", "img-1", region=Region("", Box(float("nan"), 0.0, 1.0, 1.0))),
        AnnotationWrite("an-1", "img-1", region=Region("", None, ((0.1, float("inf")),))),
        AnnotationWrite("an-1", "img-1", concepts=(ConceptValue("rbc", float("-inf")),)),
        AnnotationWrite("an-1", "img-1", concepts=(ConceptValue("\ud800"),)),
    ],
)
def test_what_json_cannot_hold_is_refused_here(write: AnnotationWrite) -> None:
    script = Script(echo)
    assert kinds(script.clarifai().create_annotations([write])) == [Rejected]
    assert script.requests == []


def test_ids_that_have_no_utf8_form_are_refused_here() -> None:
    script = Script(answer())
    platform = script.clarifai()
    for call in (
        lambda: platform.get_task("\ud800"),
        lambda: platform.list_annotations(input_ids=["\udfff"]),
        lambda: list(platform.iter_inputs(after="a\ud800")),
    ):
        with pytest.raises(Rejected):
            call()
    assert script.requests == []


@pytest.mark.parametrize("odd", [5, "text", [], {"id": 5}, {"id": {}}])
def test_single_things_of_odd_shape_are_ambiguous(odd: Any) -> None:
    everything = answer(
        task=odd,
        tasks=[odd],
        counts=odd,
        user=odd,
        app=odd,
        app_owner=odd,
        collaborators=[odd],
        concepts=[odd],
    )
    platform = Script(everything).clarifai()
    calls: list[Callable[[], Any]] = [
        lambda: platform.get_task("t-1"),
        lambda: platform.edit_task(Task("t-1", "n")),
        lambda: platform.create_task(Task("t-1", "n")),
        platform.check,
        platform.list_people,
        lambda: platform.annotation_counts("t-1"),
    ]
    for call in calls:
        try:
            call()
        except PlatformError as error:
            assert "understood" in error.message or "answer" in error.message  # noqa: PT017
    assert platform.list_tasks() == []
    assert platform.list_concepts() == []
    assert platform.quarantine.count > 0


def test_a_text_that_no_database_can_hold_is_read_with_a_mark_in_its_place() -> None:
    names = {"odd": "a\0b", "even": "a\\u0000b", "both": "\\\0\0", "plain": "cell"}
    concepts = [{"id": one, "name": name} for one, name in names.items()]
    found = Script(answer(concepts=concepts)).clarifai().list_concepts()
    assert {one.id: one.name for one in found} == {
        "odd": "a\ufffdb",
        "even": "a\\u0000b",  # a backslash and five letters
        "both": "\\\ufffd\ufffd",
        "plain": "cell",
    }
