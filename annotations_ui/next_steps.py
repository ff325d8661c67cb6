"""What this person would do next with a task: the buttons at the end of its row."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from dashboard.accounts.models import Membership
from dashboard.accounts.policies import PolicyError
from dashboard.labeling import policies as labeling
from dashboard.review import policies as review
from dashboard.sync.models import Task

BY_MODEL = (
    "A model works here, and what it makes belongs to nobody's item: it is reviewed on the platform itself."
)


@dataclass(frozen=True)
class Step:
    """``method`` post needs a form. ``why``: why it is not possible, if so. ``second``: beside a likelier step."""

    word: str
    url: str
    method: str = "get"
    why: str = ""
    second: bool = False

    @property
    def is_work(self) -> bool:
        """Work that waits for this person, which a list may stress; arranging things is not."""
        return self.word != "Edit" and not self.why and not self.second

    @property
    def is_review(self) -> bool:
        """A way to work that waits for a reviewer."""
        return self.word in ("Compare", "Review") and not self.why


def step(task: Task, *, membership: Membership, platform_user_id: str | None) -> list[Step]:
    """Compare, Review, Label, Edit: those that fit the person's roles, the likeliest first."""
    slug = membership.connection.slug
    steps: list[Step] = []
    running = task.state in ("in_progress", "idle")
    waiting = task.counts.get("awaiting_review", 0)
    if membership.is_reviewer and task.review.get("strategy") != "none" and running:
        why = _why(review.check_reviewer, membership, platform_user_id, task)
        if not why and not waiting:
            why = (
                BY_MODEL if task.details.get("automatic") else "Nothing awaits review in this task right now."
            )
        shared = not why and is_shared(task)
        if shared:
            steps.append(Step("Compare", reverse("consensus", args=[slug, task.pk])))
        steps.append(Step("Review", reverse("review", args=[slug, task.pk]), why=why, second=shared))
    if membership.is_labeler and running:
        why = _why(labeling.check_labeler, membership, platform_user_id, task)
        if not why:
            steps.append(Step("Label", reverse("label_start", args=[slug, task.pk]), method="post"))
        elif not steps:
            steps.append(Step("Label", reverse("label_start", args=[slug, task.pk]), "post", why))
    if membership.is_admin:
        steps.append(Step("Edit", reverse("task_edit", args=[slug, task.pk])))
    return steps


def is_shared(task: Task) -> bool:
    """Whether several people label each input, so that a reviewer can compare their work."""
    labelers = len(task.labeler_ids)
    each = labelers if task.worker.get("strategy") == "full" else task.worker.get("workers_per_input", 1)
    return min(labelers, each) > 1


def _why(check: object, membership: Membership, platform_user_id: str | None, task: Task) -> str:
    try:
        check(membership=membership, platform_user_id=platform_user_id, task=task)  # type: ignore[operator]
    except PolicyError as refusal:
        return str(refusal)
    return ""
