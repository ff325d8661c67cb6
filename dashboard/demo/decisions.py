"""The demo's reviews: decided by the reviewers through the review room, like every other decision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from uuid import UUID, uuid5

from dashboard.accounts.models import Connection, Membership
from dashboard.demo.plan import REVIEWERS, Fate
from dashboard.demo.platform_work import Work
from dashboard.review.models import Decision
from dashboard.review.services import Verdict, decide
from dashboard.sync import seen
from dashboard.sync.models import WorkItem
from dashboard.sync.services import at_once, work

_SPACE = UUID("6a1de5c2-43a6-4a0b-9a5e-1d1f0f2b7c11")
_NOTES = {
    "missing": "A fruit has no box yet. Look at the edges and behind the larger ones.",
    "wrong_class": "One of these is another kind of fruit.",
    "loose": "Please draw the box tight around the fruit.",
    "extra": "This is a leaf, or the same fruit twice.",
    "other": "Please look once more at the whole picture.",
}


def operation_of(one: Work) -> UUID:
    """The fixed operation id of the decision on one piece of work."""
    return uuid5(_SPACE, f"{one.task.id}/{one.assignment.input_id}/{one.assignment.user_id}")


def decided_inputs(connection: Connection) -> set[str]:
    """Inputs on which anybody has decided; a second seeding leaves them alone."""
    found = Decision.objects.filter(connection=connection)
    return set(found.values_list("item__input__platform_id", flat=True))


def decide_all(
    connection: Connection, planned: Collection[Work], progress: Callable[[str, int, int], None]
) -> None:
    """Give the verdicts of the plan as the two reviewers in turn, and deliver them."""
    open_work = [one for one in planned if one.fate.verdict]
    items = {
        (item.task.platform_id, item.input.platform_id, item.labeler_id): item
        for item in WorkItem.objects.filter(connection=connection).select_related("task", "input")
    }
    members = [
        Membership.objects.select_related("user", "connection").get(
            connection=connection, user__username=person.login
        )
        for person in REVIEWERS
    ]
    progress("reviews", 0, len(open_work))
    for done, one in enumerate(open_work, start=1):
        item = items[(one.task.id, one.assignment.input_id, one.assignment.user_id)]
        reviewer = done % len(REVIEWERS)
        if item.state == WorkItem.State.AWAITING_REVIEW and not item.decisions.exists():
            _decide(connection, one, item, members[reviewer], REVIEWERS[reviewer].platform_id)
        progress("reviews", done, len(open_work))
    operations = [operation_of(one) for one in open_work]
    at_once.push_operations(
        connection=connection,
        operations=operations,
        progress=lambda sent, total: progress("reviews delivered", sent, total),
    )


def _decide(connection: Connection, one: Work, item: WorkItem, actor: Membership, platform_id: str) -> None:
    bodies = work.bodies(connection=connection, items=[item])[item.pk]
    said = Verdict(
        verdict=one.fate.verdict,
        reasons=_reasons(one),
        note=_note(one),
        base={annotation.id: seen.encode(annotation, item=item.pk) for annotation in bodies},
    )
    decide(actor=actor, platform_user_id=platform_id, item=item, operation=operation_of(one), said=said)


def _reasons(one: Work) -> Sequence[str]:
    if one.fate.verdict == "request_changes":
        return one.labels.reasons or ("other",)
    return ("other",) if one.fate is Fate.REJECTED else ()


def _note(one: Work) -> str:
    if one.fate is Fate.REJECTED:
        return "The picture shows too little to be of use; we leave it out."
    if one.fate.verdict == "request_changes":
        return _NOTES[_reasons(one)[0]]
    return ""
