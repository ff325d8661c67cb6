"""Batches that are under way side by side: order, one input in one place, and an end after a failure of all."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest

from dashboard.platforms.clarifai.batches import send_all
from dashboard.platforms.errors import Ambiguous, NotSent, PlatformError, Throttled, Unauthorized
from dashboard.platforms.types import AnnotationState, AnnotationWrite, Outcome, PatchAction
from tests.support.platform_scripts import Script, answer

ABREAST = 4
SECONDS = 20.0


def writes(number: int, inputs: int) -> list[AnnotationWrite]:
    """Annotations on so many inputs, one input after another."""
    return [
        AnnotationWrite(f"an-{n}", f"img-{n * inputs // number}", state=AnnotationState.PENDING)
        for n in range(number)
    ]


def taken(sent: list[dict[str, str]]) -> httpx.Response:
    items = [{"id": one["id"], "input_id": one["input_id"], "status": {"code": 24151}} for one in sent]
    return answer(annotations=items)


class Watched:
    """A platform that takes everything, and keeps what was under way together and what came when."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.together = threading.Barrier(ABREAST)
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self.calls = 0
        self.shared: set[str] = set()
        self.arrived: dict[str, list[int]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["annotations"]
        inputs = {one["input_id"] for one in sent}
        with self.lock:
            self.calls += 1
            first = self.calls <= ABREAST
            self.shared |= {name for name in inputs if self.under_way[name]}
            self.under_way.update(inputs)
            for one in sent:
                self.arrived.setdefault(one["input_id"], []).append(int(one["id"].removeprefix("an-")))
        if first:  # the first ones leave together: none of them may wait for another
            self.together.wait(SECONDS)
        with self.lock:
            self.under_way.subtract(inputs)
        return taken(sent)


@pytest.mark.parametrize("mixed", [False, True])
def test_batches_overlap_and_everything_keeps_its_order(mixed: bool) -> None:
    platform = Watched()
    sent = writes(1500, 90)
    if mixed:
        random.Random(1).shuffle(sent)
    outcomes = Script(platform).clarifai().create_annotations(sent)
    assert [one.id for one in outcomes] == [one.id for one in sent]
    assert all(one.annotation is not None and one.annotation.id == one.id for one in outcomes)
    assert platform.shared == set()
    assert 12 <= platform.calls <= 12 + ABREAST - 1
    for name, arrived in platform.arrived.items():
        assert arrived == [int(one.id.removeprefix("an-")) for one in sent if one.input_id == name]


def test_patches_overlap_as_well() -> None:
    platform = Watched()
    sent = writes(600, 600)
    outcomes = Script(platform).clarifai().patch_annotations(sent, PatchAction.MERGE)
    assert [one.id for one in outcomes] == [one.id for one in sent]
    assert platform.shared == set()


def test_one_input_never_overlaps_with_itself() -> None:
    script = Script(lambda request: taken(json.loads(request.content)["annotations"]))
    outcomes = script.clarifai().create_annotations(writes(300, 1))
    assert all(one.annotation for one in outcomes)
    assert [len(script.body(n)["annotations"]) for n in range(3)] == [128, 128, 44]
    assert [one["id"] for n in range(3) for one in script.body(n)["annotations"]] == [
        f"an-{n}" for n in range(300)
    ]


def test_one_batch_is_sent_as_it_was_given() -> None:
    script = Script(lambda request: taken(json.loads(request.content)["annotations"]))
    sent = writes(128, 40)
    random.Random(2).shuffle(sent)
    script.clarifai().create_annotations(sent)
    assert [one["id"] for one in script.body()["annotations"]] == [one.id for one in sent]
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("failure", "rest"),
    [
        (Unauthorized("no"), Unauthorized),
        (Throttled("slower"), Throttled),
        (Ambiguous("lost"), NotSent),
        (NotSent("no line"), NotSent),
    ],
)
def test_after_a_failure_of_all_nothing_more_starts_and_the_rest_is_awaited(
    failure: PlatformError, rest: type[PlatformError]
) -> None:
    together, noticed = threading.Barrier(ABREAST), threading.Event()
    broken: set[int] = set()
    started: list[int] = []

    def send(part: Sequence[int]) -> list[Outcome]:
        started.extend(part)
        if together.wait(SECONDS) == 0:
            broken.update(part)
            raise failure
        # Still under way when the failure has been noticed; then taken all the same.
        assert noticed.wait(SECONDS)
        return [Outcome(str(one)) for one in part]

    def name(one: int) -> str:
        noticed.set()  # asked for the outcomes of what failed, and later of what was not sent
        return str(one)

    outcomes = send_all(range(1280), send, name, size=128, key=lambda one: one, abreast=ABREAST)
    assert [one.id for one in outcomes] == [str(n) for n in range(1280)]
    assert len(started) == ABREAST * 128
    assert len(broken) == 128
    for place, outcome in enumerate(outcomes):
        if place in broken:
            assert outcome.error is failure
        elif place in started:
            assert outcome.error is None
        else:
            assert isinstance(outcome.error, rest)


def test_a_refused_batch_is_halved_while_the_others_go_on() -> None:
    def atomic(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["annotations"]
        if any(one["id"] == "an-700" for one in sent):
            return answer(24155, http=400, details="annotations[1].data: broken")
        return taken(sent)

    outcomes = Script(atomic).clarifai().create_annotations(writes(1024, 1024))
    assert [one.id for one in outcomes if one.error] == ["an-700"]
    assert [one.id for one in outcomes] == [f"an-{n}" for n in range(1024)]


@pytest.mark.parametrize("seed", range(30))
def test_any_items_are_sent_once_in_few_calls(seed: int) -> None:
    chance = random.Random(seed)
    items = [(n, chance.randrange(1 + seed)) for n in range(chance.randrange(400))]
    size, abreast = chance.choice([1, 7, 128]), chance.choice([1, 2, 5])
    lock, calls = threading.Lock(), []

    def send(part: list[tuple[int, int]]) -> list[Outcome]:
        with lock:
            calls.append(list(part))
        return [Outcome(str(one)) for one, _ in part]

    outcomes = send_all(
        items, send, lambda one: str(one[0]), size=size, key=lambda one: one[1], abreast=abreast
    )
    assert [one.id for one in outcomes] == [str(one) for one, _ in items]
    assert sorted(one for part in calls for one in part) == items
    assert all(len(part) <= size for part in calls)
    assert len(calls) <= -(-len(items) // size) + abreast - 1
    for key in {key for _, key in items}:
        assert [one for part in calls for one, of in part if of == key] == [n for n, of in items if of == key]
