"""Rows for the list benchmark: one connection whose mirror, decisions and outbox grow to a wanted size."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection as database
from django.db import transaction

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.review.models import Decision
from dashboard.sync.counting import recount
from dashboard.sync.models import Concept, Input, OutboxEntry, Person, Task, WorkItem, WorkItemConcept

CONCEPTS = ("apple", "pear", "plum", "fig", "lemon")
RARE = CONCEPTS[-1]  # on one item of two hundred
LABELERS = ("l-1", "l-2", "l-3", "l-4")
TASKS = 20  # the first one holds half of the items
SHAPES = 8
STATES = ("to_do", "in_progress", "awaiting_review", "changes_asked", "approved", "approved", "rejected")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CHUNK = 5_000


class Rows:
    """The connection with its people and tasks; `grow` adds work items."""

    def __init__(self) -> None:
        self.rng = Random(3)
        self.items = 0
        self.connection = Connection.objects.create(
            slug="bench",
            name="Bench",
            kind="embedded",
            base_url="",
            platform_user_id="acme",
            platform_app_id="app",
            token="not-a-real-token",
        )
        self.person = User.objects.create(
            username="bench", password=make_password(None), display_name="Reviewer 1"
        )
        Membership.objects.create(
            user=self.person, connection=self.connection, is_admin=True, is_reviewer=True, is_labeler=True
        )
        PlatformIdentity.objects.create(user=self.person, connection=self.connection, platform_user_id="r-1")
        for name in (*LABELERS, "r-1"):
            Person.objects.create(connection=self.connection, platform_id=name, name=name.upper())
        self.concepts = [
            Concept.objects.create(connection=self.connection, platform_id=name, name=name, position=place)
            for place, name in enumerate(CONCEPTS)
        ]
        self.tasks = [self._task(number) for number in range(TASKS)]

    def _task(self, number: int) -> Task:
        return Task.objects.create(
            connection=self.connection,
            platform_id=f"task-{number}",
            name=f"Batch {number}",
            type="boxes",
            state="in_progress",
            concept_ids=list(CONCEPTS),
            labeler_ids=list(LABELERS),
            reviewer_ids=["r-1"],
            review={"strategy": "manual"},
            created_at=START + timedelta(hours=number),
        )

    def grow(self, total: int) -> None:
        """Add items until there are `total`, each on an input of its own; recounts the tasks."""
        while self.items < total:
            number = min(CHUNK, total - self.items)
            with transaction.atomic():
                self._add(range(self.items, self.items + number))
            self.items += number
        recount([task.pk for task in self.tasks])
        if database.vendor == "postgresql":
            with database.cursor() as cursor:
                cursor.execute("ANALYZE")  # autovacuum does it by itself, a little later

    def _add(self, places: Iterable[int]) -> None:
        chosen = list(places)
        inputs = Input.objects.bulk_create(
            [
                Input(
                    connection=self.connection,
                    platform_id=f"in-{place}",
                    name=f"picture-{place:07}.jpg",
                    width=1280,
                    height=960,
                )
                for place in chosen
            ],
            batch_size=500,
        )
        items = WorkItem.objects.bulk_create(
            [self._item(place, one) for place, one in zip(chosen, inputs, strict=True)], batch_size=500
        )
        WorkItemConcept.objects.bulk_create(
            [
                WorkItemConcept(item=item, concept=concept)
                for item in items
                for concept in self._concepts_of(item)
            ],
            batch_size=1000,
        )
        decided = [item for item in items if item.state in ("approved", "changes_asked", "rejected")]
        operations = {item.pk: uuid.uuid4() for item in decided}
        Decision.objects.bulk_create(
            [self._decision(item, operations[item.pk]) for item in decided], batch_size=500
        )
        OutboxEntry.objects.bulk_create(
            [self._entry(item, operations[item.pk]) for item in decided], batch_size=500
        )

    def _item(self, place: int, one: Input) -> WorkItem:
        task = self.tasks[0] if place % 2 else self.tasks[1 + place // 2 % (TASKS - 1)]
        when = START + timedelta(seconds=place)
        return WorkItem(
            connection=self.connection,
            task=task,
            input=one,
            labeler_id=LABELERS[self.rng.randrange(len(LABELERS))],
            assignment_id=f"as-{place}",
            state=self.rng.choice(STATES),
            submitted_at=when,
            changed_at=when,
            read_at=when,
            shapes=[self._shape() for _ in range(SHAPES)],
            shape_count=SHAPES,
        )

    def _shape(self) -> list[Any]:
        top, left = self.rng.random() * 0.8, self.rng.random() * 0.8
        return [
            "box",
            self.rng.choice(CONCEPTS[:-1]),
            round(top, 4),
            round(left, 4),
            round(top + 0.1, 4),
            round(left + 0.1, 4),
        ]

    def _concepts_of(self, item: WorkItem) -> list[Concept]:
        common = self.concepts[:2]
        return [*common, self.concepts[-1]] if self.rng.random() < 0.005 else common

    def _decision(self, item: WorkItem, operation: uuid.UUID) -> Decision:
        verdict = {"approved": "approve", "changes_asked": "request_changes", "rejected": "reject"}[
            item.state
        ]
        return Decision(
            operation=operation,
            connection=self.connection,
            item=item,
            task_id=item.task_id,
            reviewer=self.person,
            verdict=verdict,
        )

    def _entry(self, item: WorkItem, operation: uuid.UUID) -> OutboxEntry:
        return OutboxEntry(
            connection=self.connection,
            item=item,
            actor=self.person,
            operation=operation,
            chain=f"item-{item.pk}",
            kind=OutboxEntry.Kind.APPROVE,
            state=OutboxEntry.State.CONFIRMED,
            due_at=START,
            ended_at=START,
        )
