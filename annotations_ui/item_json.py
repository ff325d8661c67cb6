"""One work item as the workbench reads it; see the contract in docs/workbench.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from annotations_ui.templatetags.desk import age_words
from dashboard.accounts.models import Membership
from dashboard.labeling import policies as labeling
from dashboard.platforms.types import Annotation
from dashboard.review import policies as review
from dashboard.review import selectors as reviews
from dashboard.sync import seen, selectors
from dashboard.sync.models import WorkItem
from dashboard.sync.shapes import lines


def summary(item: WorkItem, names: dict[str, str], delivery: str | None = None) -> dict[str, Any]:
    """The ``item`` object: what it is, whose, in which state, and its picture."""
    slug = item.connection.slug
    when = item.submitted_at or item.changed_at
    return {
        "id": item.pk,
        "name": str(item.input),
        "input_id": item.input.platform_id,
        "state": item.state,
        "skipped": item.skipped,
        "delivery": delivery,
        "labeler": {"id": item.labeler_id, "name": names.get(item.labeler_id, item.labeler_id)},
        "submitted_at": when.isoformat() if when else None,
        "age": _age(when),
        "image": {
            "url": reverse("media", args=[slug, item.input_id, "large"]),
            "thumb": reverse("media", args=[slug, item.input_id, "small"]),
            "width": item.input.width,
            "height": item.input.height,
        },
    }


def queue_row(item: WorkItem, names: dict[str, str]) -> dict[str, Any]:
    """One line of the film strip."""
    return {
        "id": item.pk,
        "name": str(item.input),
        "thumb": reverse("media", args=[item.connection.slug, item.input_id, "small"]),
        "state": item.state,
        "skipped": item.skipped,
        "labeler": {"id": item.labeler_id, "name": names.get(item.labeler_id, item.labeler_id)},
    }


def body(
    item: WorkItem,
    annotations: Sequence[Annotation],
    *,
    membership: Membership,
    platform_user_id: str | None,
    names: dict[str, str],
) -> dict[str, Any]:
    """The whole answer of ``item_body``: the item, its annotations as just read, history, what is allowed."""
    returned = reviews.last_return(item.pk)
    history = reviews.history(item.pk)
    return {
        "item": summary(item, names, history[0]["delivery"] if history else None),
        "annotations": [
            {
                **line,
                "base": seen.encode(annotation, item=item.pk),
                "author": annotation.user_id,
                "author_name": names.get(annotation.user_id, annotation.user_id),
                "locked": line["kind"] == "other",
            }
            for annotation in annotations
            for line in lines(annotation)
        ],
        "before": returned.seen if returned and item.state == "awaiting_review" else {},
        "returned": returned
        and {
            "reasons": returned.reasons,
            "note": returned.note,
            "by": str(returned.reviewer),
            "at": returned.created_at.isoformat(),
        },
        "history": history,
        "can": allowed(item, membership=membership, platform_user_id=platform_user_id),
        "read_at": timezone.now().isoformat(),
    }


def allowed(
    item: WorkItem, *, membership: Membership, platform_user_id: str | None
) -> dict[str, dict[str, Any]]:
    """For each action whether it is allowed, and the sentence that says why not."""
    why = {
        verdict: review.why_not(
            membership=membership, platform_user_id=platform_user_id, item=item, verdict=verdict
        )
        for verdict in ("approve", "request_changes", "reject")
    }
    submit = labeling.why_not(membership=membership, platform_user_id=platform_user_id, item=item)
    why["submit"] = submit
    why["edit"] = "" if not submit else why["approve"]
    return {action: {"ok": not reason, "why": reason} for action, reason in why.items()}


def people(item: WorkItem) -> dict[str, str]:
    return selectors.people_names(item.connection)


def _age(when: datetime | None) -> str:
    return age_words(when, timezone.now()) if when else ""
