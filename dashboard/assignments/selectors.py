"""What the task form offers and counts: people by role, concepts, inputs, and what the platform has to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.types import Capabilities, Dataset, LabelOrder, Predictor, SavedSearch, SourceKind
from dashboard.sync.models import Concept, Input, Task, UserCount
from dashboard.sync.services import choices

#: Filters over the mirror; the platform is told the inputs one by one.
FILTERS = {
    "unassigned": "Inputs that are in no task yet",
    "named": "Inputs whose name contains",
}
SOURCES = {
    "all": "All inputs of the app",
    **FILTERS,
    "dataset": "A dataset",
    "saved_search": "A saved search",
    "input": "One input",
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


@dataclass(frozen=True)
class Offers:
    """What the platform has to choose from. ``why``: {list: why the platform did not give it}."""

    datasets: Sequence[Dataset] = ()
    saved_searches: Sequence[SavedSearch] = ()
    predictors: Sequence[Predictor] = ()
    why: dict[str, str] = field(default_factory=dict)


def offers(connection: Connection, capabilities: Capabilities) -> Offers:
    """Datasets, saved searches, models and workflows, as far as the platform can use them in a task."""
    asked: dict[str, Callable[[Connection], list[Any]]] = {}
    if SourceKind.DATASET in capabilities.task_sources:
        asked["datasets"] = choices.datasets
    if SourceKind.SAVED_SEARCH in capabilities.task_sources:
        asked["saved_searches"] = choices.saved_searches
    if capabilities.suggestions or capabilities.auto_annotation:
        asked["predictors"] = choices.predictors
    found: dict[str, list[Any]] = {}
    why: dict[str, str] = {}
    silent = ""
    for name, ask in asked.items():
        if silent:  # one that does not answer is not asked three times
            why[name] = silent
            continue
        try:
            found[name] = ask(connection)
        except PlatformError as problem:
            why[name] = problem.message
            silent = problem.message if problem.retryable else ""
    return Offers(**found, why=why)


def label_orders(connection: Connection) -> list[LabelOrder]:
    """Every order of the app, the latest first. Raises PlatformError."""
    found = choices.label_orders(connection)
    return sorted(found, key=lambda one: (one.created_at is not None, one.created_at), reverse=True)


def tasks_by_platform_id(connection: Connection, ids: Iterable[str]) -> dict[str, Task]:
    """The mirrored tasks of these platform ids; what the mirror has not met is left out."""
    rows = Task.objects.filter(connection=connection, platform_id__in=list(ids), deleted_at=None)
    return {task.platform_id: task for task in rows}


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
