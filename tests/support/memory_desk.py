"""A connection to a platform in memory with a task, people and work items, for tests of the corridor."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import Connection, PlatformIdentity, User
from dashboard.platforms import types
from dashboard.sync import duties, gateway
from dashboard.sync.fingerprint import fingerprint
from dashboard.sync.models import OutboxEntry, SyncRun, Task, WorkItem
from dashboard.sync.pull import pull
from dashboard.sync.push import Summary, push
from dashboard.sync.services import delivery
from dashboard.sync.services.delivery import Write
from dashboard.sync.shapes import lines
from tests.support.memory_platform import EMBEDDED, MemoryApp, region
from tests.support.people import make_connection, make_person

_numbers = count(1)


@dataclass
class MemoryDesk:
    """Our side (``connection``, people, mirror) and the platform's (``app``)."""

    app: MemoryApp
    connection: Connection
    labeler: User
    reviewer: User
    task_id: str = "t-1"

    @property
    def task(self) -> Task:
        return Task.objects.get(connection=self.connection, platform_id=self.task_id)

    def item(self, input_id: str) -> WorkItem:
        return WorkItem.objects.select_related("task", "input").get(
            task__connection=self.connection, input__platform_id=input_id
        )

    def annotate(self, name: str, input_id: str, concept: str = "rbc", **more: Any) -> types.Annotation:
        """A box by the labeler on the platform, or whatever ``more`` says."""
        made = types.Annotation(
            id=name,
            input_id=input_id,
            user_id="l-1",
            task_id=self.task_id,
            state=types.AnnotationState.AWAITING_REVIEW,
            region=region((0.1, 0.1, 0.5, 0.5), concept, f"rg-{name}"),
        )
        values = {field: getattr(made, field) for field in made.__struct_fields__} | more
        return self.app.put(types.Annotation(**values))

    def seen(self, name: str, input_id: str) -> dict[str, Any]:
        """The base of an edit, as of now."""
        now = self.app.annotations[(input_id, name)]
        return {"fingerprint": fingerprint(now), "shape": lines(now)}

    def decide(
        self,
        input_id: str,
        *writes: Write,
        actor: User | None = None,
        hold: float = 0.0,
        batch: uuid.UUID | None = None,
    ) -> list[OutboxEntry]:
        with transaction.atomic():
            return delivery.enqueue(
                connection=self.connection,
                item=self.item(input_id),
                actor=actor or self.reviewer,
                operation=uuid.uuid4(),
                writes=writes,
                hold=hold,
                batch=batch,
            )

    def pull(self, mode: str = SyncRun.Mode.INCREMENTAL) -> SyncRun:
        run = pull(duties.queue(self.connection.pk, mode).pk)
        assert run is not None
        return SyncRun.objects.get(pk=run.pk)

    def push(self) -> Summary:
        return push(self.connection.pk)

    def settle(self, rounds: int = 60) -> None:
        """Push until nothing waits, with time passing between the tries."""
        for _ in range(rounds):
            if not OutboxEntry.objects.filter(state__in=OutboxEntry.UNFINISHED).exists():
                return
            self.later()
            self.push()
        raise AssertionError(list(OutboxEntry.objects.values("id", "kind", "state", "attempts", "error")))

    def later(self) -> None:
        """As if minutes had passed: waits and leases are over, the breaker may be probed."""
        now = timezone.now() - timedelta(seconds=1)
        waiting = OutboxEntry.objects.filter(state__in=OutboxEntry.UNFINISHED)
        waiting.update(due_at=now)
        waiting.filter(lease_until__isnull=False).update(lease_until=now)
        Connection.objects.filter(open_until__isnull=False).update(open_until=now)

    def states(self) -> list[str]:
        return list(OutboxEntry.objects.order_by("id").values_list("state", flat=True))


def make_desk(
    monkeypatch: pytest.MonkeyPatch,
    inputs: Sequence[str] = ("in-1", "in-2", "in-3"),
    *,
    capabilities: types.Capabilities = EMBEDDED,
    state: types.AssignmentState = types.AssignmentState.AWAITING_REVIEW,
    own_tokens: bool = True,
    review: types.ReviewPlan | None = None,
) -> MemoryDesk:
    """A task over these inputs, all of labeler l-1, mirrored by a first pull; reviewer r-1."""
    number = next(_numbers)
    app = MemoryApp(capabilities)
    app.concepts = [types.Concept("rbc", "Red"), types.Concept("wbc", "White")]
    for name in ("l-1", "r-1"):
        app.people[name] = types.PlatformUser(name, name.upper())
        app.tokens[f"token-{name}"] = name
    app.inputs = {name: types.Input(name, name=f"cell {name}", width=640, height=480) for name in inputs}
    app.tasks["t-1"] = types.Task(
        "t-1",
        "Cells",
        concept_ids=("rbc", "wbc"),
        worker=types.WorkerPlan(user_ids=("l-1",)),
        review=review or types.ReviewPlan(user_ids=("r-1",)),
    )
    for name in inputs:
        app.assign("t-1", name, "l-1", state)
    connection = make_connection(f"memory-{number}", kind="embedded", token="owner-token")
    monkeypatch.setattr(gateway, "_connect", lambda kind, **given: app.open(kind, **given))
    labeler, reviewer = make_person(connection, "labeler"), make_person(connection, "reviewer")
    for user, name in ((labeler, "l-1"), (reviewer, "r-1")):
        PlatformIdentity.objects.create(
            user=user,
            connection=connection,
            platform_user_id=name,
            token=f"token-{name}" if own_tokens else "",
        )
    desk = MemoryDesk(app, Connection.objects.get(pk=connection.pk), labeler, reviewer)
    run = desk.pull()
    assert run.state == SyncRun.State.DONE, run.error
    return desk
