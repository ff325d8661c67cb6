"""The corridor against the live embedded server, over HTTP, with real tokens."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.db import transaction

from dashboard.accounts.models import Connection
from dashboard.platforms import types
from dashboard.sync import duties, selectors
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.models import Input, OutboxEntry, SyncRun, Task, WorkItem
from dashboard.sync.pull import pull
from dashboard.sync.push import push
from dashboard.sync.services import delivery, people, syncing, tasks, work
from dashboard.sync.services.delivery import Write
from dashboard.sync.shapes import lines
from tests.support.people import connection_to, known_person, make_person

pytestmark = pytest.mark.django_db

BOX = {"top": 0.2, "left": 0.2, "bottom": 0.6, "right": 0.6}
NEW = {"kind": "box", "concept": "rbc", "value": 1, "box": BOX, "points": None, "state": "pending"}


class Live:
    def __init__(self, app):
        self.app = app
        self.connection = connection_to(app)
        self.connection.refresh_from_db()
        self.admin = make_person(self.connection, "admin")
        self.labeler, _ = known_person(self.connection, app, "l-1", "labeler")
        self.reviewer, _ = known_person(self.connection, app, "r-1", "reviewer")

    def name_of(self, user):
        return people.platform_user_id(self.connection, user)

    def pull(self, mode="incremental"):
        run = pull(duties.queue(self.connection.pk, mode).pk)
        assert run is not None
        assert (run.state, run.error) == ("done", "")
        return run

    def make_task(self, count=3):
        self.app.add_inputs(*(f"in-{number}" for number in range(count)))
        task = tasks.create_task(
            connection=self.connection,
            actor=self.admin,
            task=types.Task(
                id="t-1",
                name="Cells",
                concept_ids=("rbc", "wbc"),
                worker=types.WorkerPlan(user_ids=(self.name_of(self.labeler),)),
                review=types.ReviewPlan(user_ids=(self.name_of(self.reviewer),)),
            ),
        )
        self.pull()
        return task

    def item(self, number=0):
        return WorkItem.objects.select_related("task", "input").get(input__platform_id=f"in-{number}")

    def decide(self, actor, number, *writes):
        with transaction.atomic():
            return delivery.enqueue(
                connection=self.connection,
                item=self.item(number),
                actor=actor,
                operation=uuid.uuid4(),
                writes=writes,
            )

    def label(self, number=0):
        """Draw one box and submit; answers the annotation's id."""
        new = str(uuid.uuid4())
        payload = NEW | {"user_id": self.name_of(self.labeler)}
        self.decide(self.labeler, number, Write("create", new, payload), Write("submit"))
        push(self.connection.pk)
        return new

    def body(self, number=0):
        item = self.item(number)
        return work.bodies(connection=self.connection, items=[item])[item.pk]

    def base(self, number=0):
        return {"annotations": {one.id: fingerprint(one) for one in self.body(number)}}

    def states(self):
        return list(OutboxEntry.objects.order_by("id").values_list("state", flat=True))

    def truth(self, number=0):
        """Status code of the assignment and of each annotation, as the platform itself says."""
        rows = self.app.ok("GET", "tasks/t-1/assignments/all")["task_assignments"]
        assignment = next(row for row in rows if row["input"]["id"] == f"in-{number}")
        found = self.app.ok("GET", "annotations", params={"task_id": "t-1", "input_ids": f"in-{number}"})
        return assignment["status"]["code"], [one["status"]["code"] for one in found["annotations"]]


@pytest.fixture
def live(embedded_app, settings):
    settings.EMBEDDED_URL = embedded_app.base_url
    return Live(embedded_app)


def test_label_submit_approve(live):
    task = live.make_task()
    assert Task.objects.get().name == "Cells"
    assert [item.state for item in WorkItem.objects.all()] == ["to_do"] * 3
    started = work.start_labeling(connection=live.connection, task=task, user=live.labeler)
    assert len(started) == 3

    live.label()
    assert live.states() == ["confirmed"] * 2, list(OutboxEntry.objects.values("kind", "error"))
    assert live.truth() == (54202, [24157])
    item = live.item()
    assert (item.state, item.shape_count) == ("awaiting_review", 1)

    live.decide(live.reviewer, 0, Write("approve", "", {}, live.base()))
    push(live.connection.pk)
    assert set(live.states()) == {"confirmed"}, list(OutboxEntry.objects.values("kind", "error"))
    assert live.truth() == (54200, [24150])
    assert live.item().state == "approved"
    assert live.item().reviewer_id == live.name_of(live.reviewer)
    counts = Task.objects.get().counts
    assert (counts["approved"], counts["to_do"], counts["total"]) == (1, 2, 3)


def test_fix_and_approve_then_changes_asked_and_again(live):
    live.make_task()
    first, second = live.label(0), live.label(1)
    seen = live.body(0)[0]
    base = {"fingerprint": fingerprint(seen), "shape": lines(seen)}
    rename = {"concepts": [{"id": "wbc", "value": 1}, {"id": "rbc", "value": 0}], "in_region": True}
    added = str(uuid.uuid4())
    new = NEW | {"user_id": live.name_of(live.reviewer), "state": "awaiting_review", "concept": "wbc"}
    live.decide(
        live.reviewer,
        0,
        Write("merge", first, rename, base),
        Write("create", added, new),
        Write("approve", "", {}, live.base(0)),
    )
    live.decide(live.reviewer, 1, Write("request_changes", "", {}, live.base(1)))
    push(live.connection.pk)
    assert set(live.states()) == {"confirmed"}, list(OutboxEntry.objects.values("kind", "state", "error"))
    assert live.truth(0)[0] == 54200
    assert live.truth(1) == (54201, [24151])
    fixed = {one.id: one for one in live.body(0)}
    assert {c.id: c.value for c in fixed[first].region.concepts} == {"rbc": 0, "wbc": 1}
    assert fixed[added].user_id == live.name_of(live.reviewer)
    live.pull()
    assert live.item(1).state == "changes_asked"

    seen = live.body(1)[0]
    moved = {"box": BOX | {"bottom": 0.7}}
    live.decide(
        live.labeler,
        1,
        Write("overwrite", second, moved, {"fingerprint": fingerprint(seen), "shape": lines(seen)}),
        Write("submit"),
    )
    push(live.connection.pk)
    assert set(live.states()) == {"confirmed"}, list(OutboxEntry.objects.values("kind", "state", "error"))
    assert live.truth(1) == (54202, [24157])
    assert live.item(1).state == "awaiting_review"


def test_a_foreign_edit_is_a_conflict_and_each_way_out_works(live):
    live.make_task()
    for number in range(3):
        live.label(number)
    for number in range(3):
        seen = live.body(number)[0]
        base = {"fingerprint": fingerprint(seen), "shape": lines(seen)}
        live.decide(
            live.reviewer,
            number,
            Write("overwrite", seen.id, {"box": BOX | {"right": 0.9}}, base),
            Write("approve", "", {}, live.base(number)),
        )
        patch = {"id": seen.id, "input_id": f"in-{number}"}
        patch["data"] = {
            "regions": [{"id": seen.region.id, "data": {"concepts": [{"id": "wbc", "value": 1}]}}]
        }
        live.app.ok("PATCH", "annotations", {"action": "merge", "annotations": [patch]})
    push(live.connection.pk)
    conflicts = list(OutboxEntry.objects.filter(state="conflict").order_by("id"))
    assert [entry.kind for entry in conflicts] == ["overwrite"] * 3
    view = selectors.conflict(conflicts[0])
    assert view["theirs"][0]["box"]["right"] == pytest.approx(0.6)
    assert view["mine"][0]["box"]["right"] == pytest.approx(0.9)

    delivery.resolve(conflicts[0], live.reviewer, "theirs")
    delivery.resolve(conflicts[1], live.reviewer, "mine")
    delivery.resolve(conflicts[2], live.reviewer, "merge", {"shape": "mine", "concept": "theirs"})
    push(live.connection.pk)
    states = {(entry.item.input.platform_id, entry.kind): entry.state for entry in OutboxEntry.objects.all()}
    assert states[("in-0", "overwrite")] == "discarded"
    assert states[("in-1", "overwrite")] == states[("in-2", "overwrite")] == "confirmed"
    assert [live.body(number)[0].region.box.right for number in range(3)] == pytest.approx([0.6, 0.9, 0.9])
    assert [live.truth(number)[0] for number in range(3)] == [54200] * 3, [
        (entry.kind, entry.state, entry.error) for entry in OutboxEntry.objects.all()
    ]


def test_a_full_pull_equals_the_incremental_ones(live):
    live.make_task()
    live.label(0)
    live.label(1)
    live.decide(live.reviewer, 0, Write("approve"))
    push(live.connection.pk)
    live.app.annotate(
        "in-2", task_id="t-1", user=next(one for one in live.app.tokens if one.startswith("l-1"))
    )
    live.pull()
    fields = (
        "input__platform_id",
        "labeler_id",
        "assignment_id",
        "platform_state",
        "state",
        "shapes",
        "tags",
    )
    incremental = list(WorkItem.objects.order_by("input_id").values(*fields))
    counts = Task.objects.get().counts
    for _ in range(2):
        live.pull("full")
        assert list(WorkItem.objects.order_by("input_id").values(*fields)) == incremental
        assert Task.objects.get().counts == counts
    # The mirror can be dropped and rebuilt.
    OutboxEntry.objects.all().delete()
    Task.objects.all().delete()
    Input.objects.all().delete()
    live.pull("full")
    assert list(WorkItem.objects.order_by("input_id").values(*fields)) == incremental
    assert Task.objects.get().counts == counts


def test_nothing_new_changes_nothing(live):
    live.make_task()
    live.label(0)
    live.pull()
    before = list(WorkItem.objects.order_by("id").values())
    run = live.pull()
    assert run.changed == 0
    assert list(WorkItem.objects.order_by("id").values()) == before


def test_a_person_is_provisioned_once_with_a_token_of_their_own(live, settings):
    from tests.support.embedded import OPERATOR_KEY

    settings.EMBEDDED_OPERATOR_KEY = OPERATOR_KEY
    user = make_person(live.connection, "labeler", username=f"new-{uuid.uuid4().hex[:8]}")
    identity = people.provision_person(connection=live.connection, user=user)
    assert people.own_token_why_not(live.connection, user, "label") == ""
    report = people.check_token(connection=live.connection, token=identity.token.reveal())
    assert report.user_id == identity.platform_user_id
    assert people.provision_person(connection=live.connection, user=user).pk == identity.pk


def test_pictures_come_through_the_cache(live):
    live.make_task(1)
    one = Input.objects.get()
    body, kind = work.media(connection=live.connection, input=one, size="small")
    assert kind.startswith("image/")
    folder = settings.DATA_DIR / "media_cache"
    assert any(path.read_bytes() == body for path in folder.iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    Connection.objects.update(token="no longer a token")
    assert work.media(connection=live.connection, input=one, size="small") == (body, kind)


def test_a_refused_token_pauses_and_a_new_one_resumes(live):
    live.make_task(1)
    live.label(0)
    good = live.app.token
    Connection.objects.update(token="wrong")
    connection = Connection.objects.get()
    connection.token = "wrong"
    connection.save()
    live.decide(live.reviewer, 0, Write("approve"))
    push(connection.pk)
    connection.refresh_from_db()
    assert connection.paused_at
    run = SyncRun.objects.get(pk=duties.queue(connection.pk, "incremental").pk)
    assert pull(run.pk) is None  # paused: it stays queued
    connection.token = good
    connection.save()
    syncing.resume(connection=connection, actor=live.admin)
    push(connection.pk)
    assert set(live.states()) == {"confirmed"}


def test_a_full_pull_is_proved_equal_and_a_quiet_one_is_cheap(live):
    live.make_task(5)
    for number in range(3):
        live.label(number)
    run = live.pull("full")
    proof = run.proof
    assert (proof["equal"], proof["differences"], proof["waiting"]) == (True, [], 0)
    assert [proof[name] for name in ("inputs", "tasks", "items", "annotations")] == [
        [5, 5],
        [1, 1],
        [5, 5],
        [3, 3],
    ]
    live.pull()
    quiet = live.pull()
    # Tasks, new inputs, what changed, and this task's assignments.
    assert (quiet.requests, quiet.changed) == (4, 0)
    assert run.requests < 20


def test_a_foreign_delete_is_found_by_the_counts_of_a_touched_task(live):
    live.make_task(3)
    gone = live.label(0)
    live.label(1)
    live.pull()
    live.app.ok("DELETE", "annotations", json={"ids": [gone], "input_ids": ["in-0"]})
    live.label(2)
    live.pull()
    assert [live.item(number).shape_count for number in range(3)] == [0, 1, 1]
    assert live.pull("full").proof["equal"] is True


def test_work_in_two_tasks_is_found_by_one_search(live):
    live.make_task(2)
    second = tasks.create_task(
        connection=live.connection,
        actor=live.admin,
        task=types.Task(
            id="t-2",
            name="Again",
            concept_ids=("rbc",),
            worker=types.WorkerPlan(user_ids=(live.name_of(live.labeler),)),
        ),
    )
    live.pull()
    box = {"top_row": 0.1, "left_col": 0.1, "bottom_row": 0.4, "right_col": 0.4}
    for task in ("t-1", "t-2"):
        region = {"region_info": {"bounding_box": box}, "data": {"concepts": [{"id": "rbc", "value": 1}]}}
        body = {
            "input_id": "in-1",
            "task_id": task,
            "user_id": live.name_of(live.labeler),
            "data": {"regions": [region]},
            "status": {"code": 24151},
        }
        live.app.ok("POST", "annotations", json={"annotations": [body]})
    run = live.pull()
    assert [item.shape_count for item in WorkItem.objects.filter(input__platform_id="in-1")] == [1, 1]
    assert second.pk
    # The four of a quiet pull, one more task's assignments, and three for each of the two that changed.
    assert run.requests == 11
