"""What the task form offers and counts: people by role, concepts, inputs of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.sync.models import Concept, Input, Task, UserCount

SOURCES = {
    "all": "All inputs of the app",
    "unassigned": "Inputs that are in no task yet",
    "named": "Inputs whose name contains",
}


@dataclass(frozen=True)
class Person:
    """Somebody who can be given work: their platform user id and what they are called here."""

    id: str
    name: str


def people(connection: Connection, role: str) -> list[Person]:
    """Members with this role (labeler or reviewer) who are known on the platform, by name."""
    rows = (
        PlatformIdentity.objects.filter(
            connection=connection,
            user__is_active=True,
            user__memberships__connection=connection,
            **{f"user__memberships__is_{role}": True},
        )
        .select_related("user")
        .order_by("user__display_name", "user__username")
    )
    return [Person(row.platform_user_id, str(row.user)) for row in rows]


def concepts(connection: Connection) -> list[Concept]:
    return list(Concept.objects.filter(connection=connection))


def source(connection: Connection, kind: str, text: str = "") -> QuerySet[Input]:
    """The inputs of a source; see ``SOURCES``. An unknown kind has none."""
    rows = Input.objects.filter(connection=connection, deleted_at=None)
    if kind == "all":
        return rows
    if kind == "unassigned":
        return rows.filter(items=None)
    if kind == "named" and text.strip():
        return rows.filter(name__icontains=text.strip())
    return rows.none()


def user_counts(task: Task) -> list[dict[str, Any]]:
    """The platform's own counts of a task, a row per person: annotations and inputs per status, with their time."""
    rows: dict[str, dict[str, Any]] = {}
    for row in UserCount.objects.filter(task=task).order_by("user_id"):
        rows.setdefault(row.user_id, {"user_id": row.user_id})[row.what] = row
    return list(rows.values())


def concept_colors(connection: Connection) -> dict[str, tuple[str, int]]:
    """{concept id: (name, colour 0 to 11)}, stable by order of first use."""
    rows = Concept.objects.filter(connection=connection).values_list("platform_id", "name", "position")
    return {platform_id: (name, position % 12) for platform_id, name, position in rows}
