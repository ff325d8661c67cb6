"""The words of the connection pages: features of a token, capabilities of a platform, what was not expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.platforms.errors import (
    Ambiguous,
    NotFound,
    NotSent,
    PlatformError,
    Throttled,
    Unauthorized,
    UnsafeAddress,
)
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
class Missing:
    """Something that does not work: ``scopes`` that a token lacks, or else the reason."""

    title: str
    reason: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lines:
    """Titles of what works, and what does not."""

    works: list[str]
    missing: list[Missing]


def refusal(problem: PlatformError) -> tuple[str | None, str]:
    """Which field of the connection is the likely cause of a failed test (None: no single one), and a sentence."""
    said = problem.message
    if isinstance(problem, (NotSent, Ambiguous)):
        return "base_url", f"{said} Check the address, or try again."
    if isinstance(problem, UnsafeAddress):
        return "base_url", f"This address is not called: {said}"
    if isinstance(problem, Unauthorized):
        code = f" (code {problem.code})" if problem.code else ""
        return "token", f"The platform did not accept this token{code}. Enter it again, or another one."
    if isinstance(problem, NotFound):
        return "app_id", f"The platform shows no such app of this user to the token. {said}"
    if isinstance(problem, Throttled):
        return None, f"{said} Try again in a while."
    return None, f"The platform did not accept this: {said}"


def features(report: TokenReport) -> Lines:
    """What the token is good for, in the order of daily work."""
    order = {name: place for place, name in enumerate(FEATURES)}
    told = sorted(report.features, key=lambda one: order.get(one.name, len(order)))
    return Lines(
        [FEATURES.get(one.name, one.name) for one in told if one.ok],
        [
            Missing(FEATURES.get(one.name, one.name), one.reason, one.missing_scopes)
            for one in told
            if not one.ok
        ],
    )


def capabilities(told: Capabilities) -> Lines:
    """What the platform can do, with the reason where it cannot."""
    return Lines(
        [title for name, title in CAPABILITIES.items() if getattr(told, name)],
        [
            Missing(title, told.reasons.get(name, ""))
            for name, title in CAPABILITIES.items()
            if not getattr(told, name)
        ],
    )


def drift(rows: Iterable[Drift]) -> list[tuple[Drift, str]]:
    """Rows with the words for what happened."""
    return [(row, WHAT.get(row.what, row.what)) for row in rows]
