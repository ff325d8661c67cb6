"""A task with work items as rows, for tests of the rooms that decide and label; nothing talks to a platform."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.platforms.types import Annotation, Box, ConceptValue, Region
from dashboard.sync.models import Concept, Input, Task, WorkItem
from tests.support.people import make_connection, make_person

CONCEPTS = ("apple", "pear", "plum")
_numbers = count(1)


@dataclass
class Work:
    """A connection with one labeler, two reviewers, one admin and a running task."""

    connection: Connection
    task: Task
    labeler: Membership
    reviewer: Membership
    reviewer2: Membership
    admin: Membership

    def item(self, state: str = "awaiting_review", *, labeler_id: str = "l-1") -> WorkItem:
        number = next(_numbers)
        picture = Input.objects.create(
            connection=self.connection,
            platform_id=f"in-{number}",
            name=f"picture-{number}",
            width=640,
            height=480,
        )
        return WorkItem.objects.create(
            connection=self.connection,
            task=self.task,
            input=picture,
            labeler_id=labeler_id,
            assignment_id=f"as-{number}",
            state=state,
        )


def make_work() -> Work:
    connection = make_connection(f"desk-{next(_numbers)}")
    for position, concept in enumerate(CONCEPTS):
        Concept.objects.create(
            connection=connection, platform_id=concept, name=concept.title(), position=position
        )
    task = Task.objects.create(
        connection=connection,
        platform_id="t-1",
        name="Fruit",
        type="boxes",
        state="in_progress",
        concept_ids=list(CONCEPTS),
        labeler_ids=["l-1"],
        reviewer_ids=["r-1", "r-2"],
        review={"strategy": "manual"},
    )
    return Work(
        connection=connection,
        task=task,
        labeler=_member(connection, "labeler", "l-1"),
        reviewer=_member(connection, "reviewer", "r-1"),
        reviewer2=_member(connection, "reviewer", "r-2"),
        admin=_member(connection, "admin", "a-1"),
    )


def box(identifier: str, concept: str = "apple", *, input_id: str = "in-1", left: float = 0.1) -> Annotation:
    """A box of one concept, as the platform would tell it."""
    return Annotation(
        id=identifier,
        input_id=input_id,
        user_id="l-1",
        region=Region(
            id=f"rg-{identifier}",
            box=Box(top=0.1, left=left, bottom=0.5, right=left + 0.3),
            concepts=(ConceptValue(id=concept),),
        ),
    )


def tags(identifier: str, **values: float) -> Annotation:
    """Concepts of the whole image."""
    concepts = tuple(ConceptValue(id=name, value=value) for name, value in values.items())
    return Annotation(id=identifier, input_id="in-1", user_id="l-1", concepts=concepts)


def _member(connection: Connection, role: str, platform_user_id: str) -> Membership:
    user: User = make_person(connection, role)
    PlatformIdentity.objects.create(user=user, connection=connection, platform_user_id=platform_user_id)
    return Membership.objects.select_related("user", "connection").get(user=user, connection=connection)
