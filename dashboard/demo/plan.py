"""What the demo holds: its people, its tasks, and how far each piece of work has come (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SEED = 7
SLUG = "demo"
CONNECTION_NAME = "Demo"
OWNER_ID = "proofdesk"
OWNER_NAME = "Proofdesk Demo"
APP_ID = "fruit"
# The embedded platform's own workflow; below this value its guesses cost more than they save.
WORKFLOW_ID = "demo-assist"
LEAST_VALUE = 0.5


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in, and who they are on the platform."""

    role: str
    login: str
    name: str
    platform_id: str


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("labeler", "labeler", "Labeler 1", "labeler-1"),
    DemoPerson("labeler", "labeler2", "Labeler 2", "labeler-2"),
    DemoPerson("labeler", "labeler3", "Labeler 3", "labeler-3"),
    DemoPerson("reviewer", "reviewer", "Reviewer 1", "reviewer-1"),
    DemoPerson("reviewer", "reviewer2", "Reviewer 2", "reviewer-2"),
    DemoPerson("admin", "admin", "Admin", "admin-1"),
)
LABELERS = tuple(person for person in PEOPLE if person.role == "labeler")
REVIEWERS = tuple(person for person in PEOPLE if person.role == "reviewer")


class Fate(StrEnum):
    """How far one input of a task has come when the demo starts."""

    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"  # some boxes drawn, not submitted
    AWAITING = "awaiting_review"
    SENT_BACK = "changes_asked"
    RETURNED = "returned"  # sent back, put right by the labeler and submitted again
    APPROVED = "approved"
    REJECTED = "rejected"

    @property
    def submitted(self) -> bool:
        return self not in (Fate.TO_DO, Fate.IN_PROGRESS)

    @property
    def verdict(self) -> str:
        """What the reviewer said, in the words of the review room; empty when nobody has yet."""
        if self in (Fate.SENT_BACK, Fate.RETURNED):
            return "request_changes"
        return {Fate.APPROVED: "approve", Fate.REJECTED: "reject"}.get(self, "")

    @property
    def state(self) -> str:
        """The state of the work item when all is done."""
        return str(Fate.AWAITING if self is Fate.RETURNED else self)


@dataclass(frozen=True, slots=True)
class DemoTask:
    """One task. `fates` says how many inputs of each labeler have come how far, in this order.

    `shared`: every labeler labels every input, and what they agree on needs no reviewer. `assisted`: the
    platform's demo workflow suggests shapes.
    """

    id: str
    name: str
    description: str
    fates: tuple[tuple[Fate, int], ...]
    shared: bool = False
    assisted: bool = False

    @property
    def share(self) -> int:
        """Inputs of each labeler."""
        return sum(count for _, count in self.fates)

    @property
    def inputs(self) -> int:
        return self.share if self.shared else self.share * len(LABELERS)

    def fate(self, place: int) -> Fate:
        """Fate of a labeler's input at a 0-based place."""
        for fate, count in self.fates:
            if place < count:
                return fate
            place -= count
        return Fate.TO_DO


_RULES = (
    "Draw a tight box around every fruit that can be seen, also around halves and around those that the edge cuts. "
    "Leaves are not labeled. For the whole picture say whether there is cut fruit, and whether it was taken in "
    "daylight."
)

TASKS: tuple[DemoTask, ...] = (
    DemoTask(
        "fruit-1",
        "Fruit on tables, batch 1",
        _RULES,
        ((Fate.APPROVED, 6), (Fate.RETURNED, 1), (Fate.SENT_BACK, 1)),
    ),
    DemoTask(
        "fruit-2",
        "Fruit on tables, batch 2",
        _RULES,
        ((Fate.APPROVED, 1), (Fate.SENT_BACK, 1), (Fate.AWAITING, 3), (Fate.IN_PROGRESS, 1), (Fate.TO_DO, 2)),
    ),
    DemoTask("fruit-3", "Fruit on tables, batch 3", _RULES, ((Fate.TO_DO, 6),), assisted=True),
    DemoTask("fruit-4", "Fruit on tables, labeled by three", _RULES, ((Fate.AWAITING, 8),), shared=True),
)
INPUTS = sum(task.inputs for task in TASKS)
# One picture that nobody could label: it was rejected instead of approved.
REJECTED_PLACE = ("fruit-1", 2, 5)


def input_id(number: int) -> str:
    """Id of picture `number` (0, 1, 2, ...)."""
    return f"table-{number + 1:03d}"


def inputs_of(task: DemoTask) -> range:
    """Numbers of the pictures of a task."""
    start = 0
    for other in TASKS:
        if other is task:
            return range(start, start + task.inputs)
        start += other.inputs
    raise ValueError("not a task of the demo")


def fate_of(task: DemoTask, labeler: int, place: int) -> Fate:
    """Fate of the input at a 0-based place among those of labeler 0, 1 or 2."""
    if (task.id, labeler, place) == REJECTED_PLACE:
        return Fate.REJECTED
    return task.fate(place)
