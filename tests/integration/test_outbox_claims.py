"""Claiming, leases, undo, waits, the breaker: what happens in our own database."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from dashboard.accounts.models import Connection
from dashboard.platforms.errors import Ambiguous, NotSent, Throttled
from dashboard.sync import outbox
from dashboard.sync.models import OutboxEntry, WorkItem
from dashboard.sync.outbox import breaker
from dashboard.sync.services import delivery
from dashboard.sync.services.delivery import Write
from tests.support.memory_desk import make_desk

INPUTS = ("in-1", "in-2", "in-3")
NEW = {"kind": "box", "concept": "rbc", "value": 1, "box": {"top": 0, "left": 0, "bottom": 1, "right": 1}}


@pytest.fixture
def desk(monkeypatch, db):
    return make_desk(monkeypatch, INPUTS)


def claim(desk, **more):
    return outbox.claim(desk.connection.pk, **more)


def ids(found):
    return [[entry.pk for entry in chain] for chain in found.chains]


def test_a_claim_takes_whole_chains_in_order_and_nobody_takes_them_twice(desk):
    first = desk.decide("in-1", Write("create", "a", NEW), Write("submit"))
    second = desk.decide("in-2", Write("approve"))
    third = desk.decide("in-1", Write("approve"))
    got = claim(desk)
    assert ids(got) == [[first[0].pk, first[1].pk, third[0].pk], [second[0].pk]]
    assert not claim(desk)
    assert [entry.attempts for entry in got.entries] == [1] * 4
    assert got.entries[0].item.task.name == "Cells"


def test_a_limit_counts_chains(desk):
    for name in INPUTS:
        desk.decide(name, Write("approve"))
    assert len(claim(desk, limit=2).chains) == 2
    assert len(claim(desk, limit=2).chains) == 1


@pytest.mark.parametrize("state", ["conflict", "failed"])
def test_what_is_stuck_blocks_its_own_chain_only(desk, state):
    stuck = desk.decide("in-1", Write("approve"))[0]
    desk.decide("in-1", Write("reject"))
    other = desk.decide("in-2", Write("approve"))[0]
    OutboxEntry.objects.filter(pk=stuck.pk).update(state=state)
    assert ids(claim(desk)) == [[other.pk]]


@pytest.mark.parametrize("state", ["confirmed", "withdrawn", "discarded"])
def test_what_is_over_blocks_nothing(desk, state):
    over = desk.decide("in-1", Write("approve"))[0]
    following = desk.decide("in-1", Write("reject"))[0]
    OutboxEntry.objects.filter(pk=over.pk).update(state=state)
    assert ids(claim(desk)) == [[following.pk]]


def test_a_lease_runs_out_and_the_slow_worker_can_no_longer_end_the_entry(desk):
    desk.decide("in-1", Write("approve"))
    slow = claim(desk)
    later = timezone.now() + outbox.LEASE + timedelta(seconds=1)
    fast = claim(desk, now=later)
    assert ids(fast) == ids(slow)
    assert outbox.confirm(slow.owner, slow.entries) == []
    assert OutboxEntry.objects.get().state == "pending"
    assert outbox.renew(slow.owner, slow.entries) == []
    assert len(outbox.confirm(fast.owner, fast.entries)) == 1
    assert OutboxEntry.objects.get().state == "confirmed"


def test_a_worker_whose_lease_ran_out_while_it_was_reading_does_not_write(desk):
    desk.decide("in-1", Write("approve"))
    desk.decide("in-2", Write("approve"))
    slow = claim(desk)
    late, kept = slow.entries
    OutboxEntry.objects.filter(pk=late.pk).update(lease_until=timezone.now())
    fast = claim(desk)
    late.theirs, kept.theirs = {"state": "stale"}, {"state": "read"}
    ends = OutboxEntry.objects.get(pk=kept.pk).lease_until
    assert outbox.mark_sent(slow.owner, [late, kept]) == [kept]
    untouched, sent = OutboxEntry.objects.order_by("id")
    assert (untouched.state, untouched.theirs, untouched.lease_owner) == ("pending", {}, fast.owner)
    assert (sent.state, sent.theirs, sent.ambiguous) == ("sent", {"state": "read"}, True)
    assert sent.lease_until > ends


def test_released_entries_have_lost_no_attempt(desk):
    desk.decide("in-1", Write("approve"))
    got = claim(desk)
    outbox.release(got.owner, got.entries)
    entry = OutboxEntry.objects.get()
    assert (entry.attempts, entry.lease_owner, entry.lease_until) == (0, "", None)
    assert claim(desk)


def test_held_entries_are_claimed_once_their_time_has_come(desk):
    desk.decide("in-1", Write("approve"), hold=30)
    assert desk.states() == ["held"]
    assert not claim(desk)
    assert claim(desk, now=timezone.now() + timedelta(seconds=31))
    assert desk.states() == ["pending"]


def test_undo_before_and_after_the_claim(desk):
    first = desk.decide("in-1", Write("create", "a", NEW), Write("approve"), hold=30)[0]
    assert delivery.withdraw(operation=first.operation)
    assert desk.states() == ["withdrawn"] * 2
    assert not delivery.withdraw(operation=first.operation)
    second = desk.decide("in-1", Write("create", "b", NEW), Write("approve"), hold=30)[0]
    assert claim(desk, now=timezone.now() + timedelta(seconds=31))
    assert not delivery.withdraw(operation=second.operation)
    assert desk.states() == ["withdrawn"] * 2 + ["pending"] * 2


def test_undo_is_all_or_nothing(desk):
    entries = desk.decide("in-1", Write("create", "a", NEW), Write("approve"), hold=30)
    OutboxEntry.objects.filter(pk=entries[0].pk).update(state="confirmed")
    assert not delivery.withdraw(operation=entries[0].operation)
    assert desk.states() == ["confirmed", "held"]
    assert not delivery.withdraw(operation=uuid.uuid4())


def test_attempts_end_in_a_dead_letter(desk):
    desk.decide("in-1", Write("approve"))
    for number in range(1, outbox.ATTEMPTS + 1):
        desk.later()
        got = claim(desk)
        assert got.entries[0].attempts == number
        outbox.defer(got.owner, got.entries[0], Ambiguous("No answer."), burn=True)
    entry = OutboxEntry.objects.get()
    assert (entry.state, entry.error, entry.error_class) == ("failed", "No answer.", "Ambiguous")
    assert not claim(desk)


def test_an_entry_that_kills_its_worker_each_time_is_given_up(desk):
    desk.decide("in-1", Write("approve"))
    for _ in range(outbox.ATTEMPTS):
        desk.later()
        assert claim(desk)  # and the worker is gone
    desk.later()
    desk.app.calls.clear()
    assert desk.push().failed == 1
    assert desk.states() == ["failed"]
    assert desk.app.calls == []


@pytest.mark.parametrize(("asked", "burnt"), [(None, 1), (120.0, 1)])
def test_the_platforms_wait_wins_over_the_backoff(desk, asked, burnt):
    desk.decide("in-1", Write("approve"))
    got = claim(desk)
    before = timezone.now()
    outbox.defer(got.owner, got.entries[0], Throttled("Slow.", retry_after=asked), burn=True)
    wait = (OutboxEntry.objects.get().due_at - before).total_seconds()
    assert wait == pytest.approx(120, abs=5) if asked else 0 <= wait <= 6
    assert OutboxEntry.objects.get().attempts == burnt


def test_the_backoff_has_full_jitter_under_a_growing_bound():
    waits = {attempts: [outbox.backoff(attempts) for _ in range(300)] for attempts in (1, 4, 8, 12, 40)}
    for attempts, bound in ((1, 1), (4, 8), (8, 128), (12, 300), (40, 300)):
        assert 0 <= min(waits[attempts]) < bound * 0.2
        assert bound * 0.8 < max(waits[attempts]) <= bound


def test_a_throttled_push_waits_as_asked_and_burns_nothing(desk):
    desk.decide("in-1", Write("approve"))
    desk.app.fault = lambda call, token: "throttle" if call == "iter_assignments" else None
    before = timezone.now()
    desk.push()
    entry = OutboxEntry.objects.get()
    assert (entry.state, entry.attempts, entry.error_class) == ("pending", 0, "Throttled")
    assert entry.due_at >= before + timedelta(seconds=1)
    desk.connection.refresh_from_db()
    assert desk.connection.open_until >= before + timedelta(seconds=1), "the others wait as well"
    desk.app.calls.clear()
    desk.decide("in-2", Write("approve"))
    desk.push()
    assert desk.app.calls == []
    desk.app.fault = lambda call, token: None
    desk.settle()
    assert desk.states() == ["confirmed"] * 2


def test_the_breaker_opens_after_five_failures_is_probed_by_one_and_closes(desk):
    pk = desk.connection.pk
    for name in INPUTS:
        desk.decide(name, Write("approve"))
    for _ in range(breaker.FAILURES - 1):
        assert not breaker.failed(pk)
    assert breaker.may_call(pk) == ""
    assert breaker.failed(pk)
    assert breaker.may_call(pk) == "no"
    assert outbox.waiting_connections() == []
    desk.later()
    assert outbox.waiting_connections() == [pk]
    assert breaker.may_call(pk) == "probe"
    assert breaker.may_call(pk) == "no", "only one probes"
    # The probe takes one chain; when it is answered, everything flows again.
    desk.app.fault = lambda call, token: "refused"
    desk.later()
    desk.app.calls.clear()
    desk.push()
    assert len(desk.app.calls) == 1
    desk.app.fault = lambda call, token: None
    desk.later()
    desk.push()
    assert desk.states() == ["confirmed"] * 3
    desk.connection.refresh_from_db()
    assert (desk.connection.failures, desk.connection.open_until) == (0, None)


def test_waiting_connections_are_due_and_not_paused(desk):
    assert outbox.waiting_connections() == []
    desk.decide("in-1", Write("approve"), hold=60)
    assert outbox.waiting_connections() == []
    desk.decide("in-2", Write("approve"))
    assert outbox.waiting_connections() == [desk.connection.pk]
    breaker.pause(desk.connection.pk, "Because.")
    assert outbox.waiting_connections() == []


def test_not_sent_keeps_its_word(desk):
    """Refused connections say that nothing went out: the entry is pending again, not sent."""
    desk.decide("in-1", Write("approve"))
    desk.app.fault = lambda call, token: "refused" if call == "act" else None
    desk.push()
    assert desk.states() == ["pending"]
    desk.app.fault = lambda call, token: "lost_before" if call == "act" else None
    desk.later()
    desk.push()
    assert desk.states() == ["sent"], "nobody knows: it may have arrived"
    assert NotSent.retryable


def test_enqueue_needs_a_transaction(desk):
    # The test's own transaction hides this one, so the check is asked directly.
    with pytest.raises(RuntimeError):
        _outside(lambda: delivery.enqueue_bulk(connection=desk.connection, rows=[], actor=desk.reviewer))


def _outside(call):
    raised = []

    def run():
        try:
            call()
        except RuntimeError as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def patiently(call):
    """Threads of one test share SQLite's in-memory database, which answers "locked" instead of waiting."""
    while True:
        try:
            return call()
        except OperationalError as error:
            if "table is locked" not in str(error):
                raise


@pytest.mark.django_db(transaction=True)
def test_many_workers_and_an_undo_at_once_take_each_entry_once(monkeypatch):
    """Real threads on the real database: eight claim, one withdraws; nobody gets what another has."""
    names = [f"in-{number}" for number in range(40)]
    desk = make_desk(monkeypatch, names)
    operations = [desk.decide(name, Write("approve"), hold=0.001)[0].operation for name in names]
    OutboxEntry.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    start = threading.Barrier(9)
    taken: list[int] = []
    withdrawn: list[uuid.UUID] = []
    errors: list[Exception] = []

    def work(call):
        try:
            start.wait(20)
            call()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def claims():
        for _ in range(4):
            got = patiently(lambda: outbox.claim(desk.connection.pk, limit=5))
            taken.extend(entry.pk for entry in got.entries)

    def undoes():
        for operation in reversed(operations):
            if patiently(lambda: delivery.withdraw(operation=operation)):  # noqa: B023 (called at once)
                withdrawn.append(operation)

    threads = [threading.Thread(target=work, args=(claims,)) for _ in range(8)]
    threads.append(threading.Thread(target=work, args=(undoes,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(taken) == len(set(taken))
    states = dict(OutboxEntry.objects.values_list("id", "state"))
    assert sorted(taken) == sorted(pk for pk, state in states.items() if state == "pending")
    assert len(withdrawn) == sum(state == "withdrawn" for state in states.values())
    assert len(taken) + len(withdrawn) == len(names)


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_the_worker_and_a_rollback_does_not(monkeypatch):
    from dashboard.sync.services import waking

    desk = make_desk(monkeypatch, INPUTS)
    woken: list[int] = []
    monkeypatch.setattr(waking, "push", woken.append)
    desk.decide("in-1", Write("approve"))
    assert woken == [desk.connection.pk]
    desk.decide("in-2", Write("approve"), hold=5)
    assert len(woken) == 1, "what is held waits for the sweep"
    item = WorkItem.objects.get(input__platform_id="in-3")
    with transaction.atomic():
        delivery.enqueue(
            connection=desk.connection,
            item=item,
            actor=desk.reviewer,
            operation=uuid.uuid4(),
            writes=[Write("approve")],
        )
        transaction.set_rollback(True)
    assert len(woken) == 1
    assert Connection.objects.count() == 1


def test_a_broker_that_is_down_is_nobodys_error(monkeypatch, caplog):
    """Publishing fails in its own thread; who asked has long gone on."""
    from dashboard.sync import tasks
    from dashboard.sync.services import waking

    tried = threading.Event()

    def refuse(*args, **kwargs):
        tried.set()
        raise ConnectionRefusedError

    monkeypatch.setattr(tasks.push, "apply_async", refuse)
    waking.push(1)
    assert tried.wait(20)
