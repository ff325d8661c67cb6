"""The words of the connection pages: features of a token, capabilities of a platform, what was not expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.platforms.types import Capabilities, TokenReport
from dashboard.sync.models import Drift

FEATURES = {
    "sync_inputs": "Read inputs, tasks and annotations",
    "label": "Label",
    "review": "Review",
    "create_tasks": "Make and edit tasks",
    "add_inputs": "Add inputs",
    "concepts": "Add concepts",
    "people": "See who works in the app",
    "datasets": "Datasets and saved searches",
    "label_orders": "Label orders",
    "suggestions": "Suggestions by models",
    "media": "Show pictures",
}
CAPABILITIES = {
    "create_tasks": "Making tasks",
    "task_input_subset": "Tasks over chosen inputs",
    "task_priority": "Priority of tasks",
    "task_metadata": "Metadata of tasks",
    "auto_annotation": "Models as workers",
    "suggestions": "Suggestions by models",
    "label_orders": "Label orders",
    "assignment_listing": "Listing who has which input",
    "act_for_others": "Acting for others with one token",
    "provision_people": "Making people and tokens",
    "preconditions": "Writes guarded by versions",
    "changed_since": "Reading only what changed",
}
WHAT = {
    "unknown_field": "A field we do not know",
    "new_value": "A value we do not know",
    "missing_field": "A field was missing",
    "wrong_type": "Of another type",
}


@dataclass(frozen=True)
class Line:
    """One thing that works or not, with what is missing."""

    title: str
    ok: bool
    reason: str = ""
    scopes: tuple[str, ...] = ()


def features(report: TokenReport) -> list[Line]:
    """What the token is good for, in the order of daily work."""
    known = {one.name: one for one in report.features}
    order = [*(name for name in FEATURES if name in known), *(name for name in known if name not in FEATURES)]
    return [
        Line(FEATURES.get(name, name), known[name].ok, known[name].reason, known[name].missing_scopes)
        for name in order
    ]


def capabilities(told: Capabilities) -> list[Line]:
    """What the platform can do, with the reason where it cannot."""
    return [
        Line(title, bool(getattr(told, name)), told.reasons.get(name, ""))
        for name, title in CAPABILITIES.items()
    ]


def drift(rows: Iterable[Drift]) -> list[tuple[Drift, str]]:
    """Rows with the words for what happened."""
    return [(row, WHAT.get(row.what, row.what)) for row in rows]
