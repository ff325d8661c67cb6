"""One input with the shapes of all its labelers, as the consensus page reads it; see docs/workbench.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from dashboard.accounts.models import Membership
from dashboard.platforms.types import Annotation
from dashboard.review import policies
from dashboard.review.consensus import Row, rows_of, standing
from dashboard.review.transitions import AWAITING
from dashboard.sync import seen, selectors
from dashboard.sync.models import Input, WorkItem
from dashboard.sync.shapes import lines


def queue_row(slug: str, row: Input) -> dict[str, Any]:
    """One line of the queue; ``waiting`` counts the labelers whose items wait for review."""
    return {
        "id": row.pk,
        "name": str(row),
        "thumb": reverse("media", args=[slug, row.pk, "small"]),
        "waiting": getattr(row, "waiting", 0),
    }


def body(
    items: Sequence[WorkItem],
    bodies: Mapping[int, Sequence[Annotation]],
    *,
    membership: Membership,
    platform_user_id: str | None,
) -> dict[str, Any]:
    """The input, its labelers with their shapes, and the rows to decide on."""
    first = items[0]
    names = selectors.people_names(first.connection)
    drawn = {pk: [line for one in found for line in lines(one)] for pk, found in bodies.items()}
    return {
        "input": {
            **queue_row(first.connection.slug, first.input),
            "image": {
                "url": reverse("media", args=[first.connection.slug, first.input_id, "large"]),
                "width": first.input.width,
                "height": first.input.height,
            },
        },
        "labelers": [
            {
                "item": item.pk,
                "id": item.labeler_id,
                "name": names.get(item.labeler_id, item.labeler_id),
                "state": item.state,
                "why_not": policies.why_not(
                    membership=membership, platform_user_id=platform_user_id, item=item, verdict="approve"
                ),
                "shapes": drawn.get(item.pk, []),
                "bases": {one.id: seen.encode(one, item=item.pk) for one in bodies.get(item.pk, [])},
            }
            for item in items
        ],
        "rows": [_row(row, len(drawn)) for row in rows_of(drawn)],
        "waiting": sum(item.state == AWAITING for item in items),
        "read_at": timezone.now().isoformat(),
    }


def _row(row: Row, labelers: int) -> dict[str, Any]:
    """``stands``: the key that stands unless the reviewer says otherwise, or null when they have to choose."""
    return {
        "id": row.id,
        "stands": standing(row, labelers),
        "groups": [
            {
                "kind": group.medoid.line["kind"],
                "concept": group.medoid.line["concept"],
                "value": group.medoid.line["value"],
                "medoid": group.medoid.key,
                "overlap": round(group.mean, 3),
                "marks": [
                    {"key": mark.key, "item": mark.item, "line": mark.line["id"]} for mark in group.marks
                ],
            }
            for group in row.groups
        ],
    }
