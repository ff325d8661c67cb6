"""Many runs with faults drawn by a seed: whatever goes wrong, nothing is lost, doubled, reordered or clobbered.

Each edit moves a box to a place of its own, so that every write on the platform can be told apart.
"""

from __future__ import annotations

import random
import uuid
from contextlib import suppress

import pytest

from dashboard.platforms.types import AssignmentState, Capabilities
from dashboard.sync import outbox
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.models import OutboxEntry
from dashboard.sync.push import afterwards, edits
from dashboard.sync.services.delivery import Write
from dashboard.sync.shapes import lines
from tests.support.memory_desk import make_desk
from tests.support.memory_platform import FAULTS, Crash, region

pytestmark = pytest.mark.django_db

INPUTS = ("in-1", "in-2", "in-3", "in-4")
DECISIONS = 14
#: Places in the worker where the process may end: (module, function, after it or before it).
POINTS = [
    (outbox, "claim"),
    (outbox, "renew"),
    (outbox, "mark_sent"),
    (outbox, "confirm"),
    (outbox, "release"),
    (afterwards, "refresh"),
    (edits, "own_writes"),
]


class Run:
    """One seed: decisions, foreign edits and pushes in random order."""

    def __init__(self, desk, rng):
        self.desk, self.rng = desk, rng
        self.place = 0
        self.intended: dict[int, tuple[str, str]] = {}  # entry -> (annotation id, fingerprint after)
        self.foreign: set[str] = set()
        for name in INPUTS:
            desk.annotate(f"an-{name}", name)

    def box(self):
        self.place += 1
        edge = 0.001 * self.place
        return (edge, edge, 0.5 + edge, 0.5 + edge)

    def payload(self, box):
        return {"box": dict(zip(("top", "left", "bottom", "right"), box, strict=True))}

    def decide(self):
        name = self.rng.choice(INPUTS)
        if self.rng.random() < 0.3:
            self.create(name)
            return
        current = self.desk.app.annotations[(name, f"an-{name}")]
        base = {"fingerprint": fingerprint(current), "shape": lines(current)}
        box = self.box()
        entry = self.desk.decide(name, Write("overwrite", f"an-{name}", self.payload(box), base))[0]
        after = fingerprint(type(current)(id="x", input_id="x", region=region(box, "rbc")))
        self.intended[entry.pk] = (f"an-{name}", after)

    def create(self, name):
        box, new = self.box(), str(uuid.UUID(int=self.rng.getrandbits(128)))
        payload = {"kind": "box", "concept": "rbc", "value": 1, "points": None, "user_id": "l-1"}
        entry = self.desk.decide(
            name, Write("create", new, payload | self.payload(box) | {"state": "pending"})
        )[0]
        made = self.desk.app.annotations[(name, f"an-{name}")]
        after = fingerprint(type(made)(id="x", input_id="x", region=region(box, "rbc")))
        self.intended[entry.pk] = (new, after)

    def edit_elsewhere(self):
        name = self.rng.choice(INPUTS)
        made = self.desk.annotate(f"an-{name}", name, region=region(self.box(), "rbc", "rg"))
        self.foreign.add(fingerprint(made))

    def push(self):
        with suppress(Crash):
            self.desk.push()
        if self.rng.random() < 0.7:
            self.desk.later()

    def check(self):
        entries = {entry.pk: entry for entry in OutboxEntry.objects.order_by("id")}
        writes = self.desk.app.writes
        assert entries.keys() == self.intended.keys()
        for pk, (name, after) in self.intended.items():
            times = sum(1 for write in writes if (write[0], write[2]) == (name, after))
            state = entries[pk].state
            assert state in ("confirmed", "conflict", "failed"), "lost: it is neither done nor shown"
            assert times <= 1, "doubled"
            if state == "confirmed":
                assert times == 1, "confirmed, but never written"
        by_annotation = {}
        for pk, (name, after) in self.intended.items():
            by_annotation.setdefault(name, []).append((after, pk))
        for name, own in by_annotation.items():
            order = [after for after, _ in own]
            written = [after for one, _, after in writes if one == name]
            assert written == [after for after in order if after in written], "reordered"
            for one, before, after in writes:
                if one != name or not before:
                    continue
                pk = dict(own)[after]
                seen = entries[pk].base["fingerprint"]
                assert before == seen or before in written, "a foreign edit was written over"
                if before in self.foreign:
                    assert before == seen, "a foreign edit was written over"


def play(desk, rng, fault, crashes=None):
    run = Run(desk, rng)
    desk.app.fault = fault
    for _ in range(DECISIONS):
        run.decide()
        if rng.random() < 0.25:
            run.edit_elsewhere()
        if rng.random() < 0.6:
            run.push()
    # Calm again: whatever is left is delivered, or shown to a person.
    desk.app.fault = lambda call, token: None
    if crashes:
        crashes.clear()
    for _ in range(80):
        if not OutboxEntry.objects.filter(state__in=OutboxEntry.UNFINISHED).exists():
            break
        unstick(desk)
        desk.later()
        desk.push()
        stuck = OutboxEntry.objects.filter(state__in=("conflict", "failed"))
        waiting = OutboxEntry.objects.filter(state__in=OutboxEntry.UNFINISHED)
        blocked = [entry for entry in waiting if stuck.filter(chain=entry.chain, id__lt=entry.pk).exists()]
        if len(blocked) == waiting.count():
            # What waits behind a conflict waits for a person, as it should.
            for entry in blocked:
                after = run.intended.pop(entry.pk)[1]
                written = [write for write in desk.app.writes if write[2] == after]
                # It may have gone out beside what is in conflict; then it says that it was sent.
                assert len(written) <= (entry.state == "sent")
                desk.app.writes = [write for write in desk.app.writes if write[2] != after]
                entry.delete()
            break
    run.check()
    return run


def unstick(desk):
    """A refused token pauses; a person resumes."""
    from dashboard.accounts.models import Connection

    Connection.objects.filter(pk=desk.connection.pk).update(paused_at=None, paused_reason="")


@pytest.mark.parametrize("fault", [*FAULTS, "any"])
@pytest.mark.parametrize("seed", range(4))
def test_faults(monkeypatch, fault, seed):
    rng = random.Random(f"{fault}-{seed}")
    desk = make_desk(monkeypatch, INPUTS)
    kinds = FAULTS if fault == "any" else (fault,)

    def choose(call, token):
        unstick(desk)
        return rng.choice(kinds) if rng.random() < 0.3 else None

    run = play(desk, rng, choose)
    assert desk.app.writes
    assert run.intended


@pytest.mark.parametrize("seed", range(4))
def test_faults_without_preconditions(monkeypatch, seed):
    """Where the platform has no conditional writes, a foreign edit between read and write cannot be seen; outside
    of that moment (which this platform never hits) the promise is the same."""
    rng = random.Random(f"plain-{seed}")
    desk = make_desk(
        monkeypatch, INPUTS, capabilities=Capabilities(assignment_listing=True, act_for_others=True)
    )

    def choose(call, token):
        unstick(desk)
        return rng.choice(FAULTS) if rng.random() < 0.3 else None

    play(desk, rng, choose)


@pytest.mark.parametrize("point", range(len(POINTS)))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("seed", range(2))
def test_crash_points(monkeypatch, point, when, seed):
    """The worker ends just before or after each step that changes something."""
    rng = random.Random(f"{point}-{when}-{seed}")
    desk = make_desk(monkeypatch, INPUTS)
    module, name = POINTS[point]
    original = getattr(module, name)
    armed = [True]
    crashed = []

    def sometimes(*args, **kwargs):
        crash = bool(armed) and rng.random() < 0.6
        if crash:
            crashed.append(name)
        if crash and when == "before":
            raise Crash(name)
        answer = original(*args, **kwargs)
        if crash:
            raise Crash(name)
        return answer

    monkeypatch.setattr(module, name, sometimes)
    play(desk, rng, lambda call, token: None, armed)
    assert crashed


@pytest.mark.parametrize("seed", range(6))
def test_submits_and_verdicts_under_faults(monkeypatch, seed):
    """A verdict is effective at most once, and confirmed only when it is."""
    rng = random.Random(f"moves-{seed}")
    names = [f"in-{number}" for number in range(12)]
    desk = make_desk(monkeypatch, names)

    def choose(call, token):
        unstick(desk)
        return rng.choice(FAULTS) if rng.random() < 0.35 else None

    desk.app.fault = choose
    for name in names:
        desk.decide(name, Write(rng.choice(["approve", "request_changes", "reject"])))
        if rng.random() < 0.5:
            with suppress(Crash):
                desk.push()
            desk.later()
        if rng.random() < 0.2:
            # Somebody else sends one back and its labeler submits it again.
            other = rng.choice(names)
            desk.app.assign("t-1", other, "l-1", AssignmentState.AWAITING_REVIEW)
    desk.app.fault = lambda call, token: None
    unstick(desk)
    desk.settle()
    entries = list(OutboxEntry.objects.select_related("item__input"))
    assert len(entries) == len(names)
    for entry in entries:
        effects = [e for e in desk.app.effects if e[1] == f"as-t-1-{entry.item.input.platform_id}-l-1"]
        assert entry.state in ("confirmed", "conflict", "failed")
        assert len(effects) <= 1
        if entry.state == "confirmed":
            assert len(effects) == 1


def test_an_outage_of_half_an_hour_loses_no_attempt(monkeypatch):
    """500 decisions while the platform is away: all wait, none is given up, all arrive when it is back."""
    names = [f"in-{number}" for number in range(500)]
    desk = make_desk(monkeypatch, names)
    desk.app.fault = lambda call, token: "refused"
    for name in names[:50]:
        desk.decide(name, Write("approve"))
    for _ in range(60):  # one probe each half minute
        desk.later()
        desk.push()
    assert set(desk.states()) == {"pending"}
    assert not OutboxEntry.objects.filter(attempts__gt=0).exists()
    desk.connection.refresh_from_db()
    assert desk.connection.failures >= 5
    assert desk.connection.open_until is not None
    desk.app.fault = lambda call, token: None
    desk.settle()
    assert set(desk.states()) == {"confirmed"}
    assert len(desk.app.effects) == 50
