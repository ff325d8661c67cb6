"""Metrics of a task by reviewer. Source: Clarifai API, message TaskReviewMetrics (`..._per_reviewer`).

Lists in the order of `review.users`. A reviewer has reviewed an input that he approved or rejected; one that he
sent back counts again when it comes back. Where one review is enough, what nobody has taken yet is shared out in
equal parts for the estimate.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from embedded_api.models import Assignment, Task
from embedded_api.tasks.crew import CONSENSUS
from embedded_api.tasks.transitions import Review, State

COUNTS = "inputs_count_estimated_per_reviewer"
REVIEWABLE = "inputs_reviewable_count_estimated_per_reviewer"
PERCENT = "inputs_percent_estimated_per_reviewer"


@dataclass
class _Tally:
    """Numbers of inputs of one task, by reviewer where it says so."""

    reviewed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rejected: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    agreed: int = 0  # approved by the labelers' agreement: nobody reviews them


def per_reviewer(
    tasks: Sequence[Task], reviewers: Mapping[int, list[str]], totals: Mapping[int, int]
) -> dict[int, dict[str, list[str] | list[int]]]:
    """The three lists by task primary key, in one query. Counts are text (64-bit numbers)."""
    tallies = _count(tasks)
    found: dict[int, dict[str, list[str] | list[int]]] = {}
    for task in tasks:
        names, tally = reviewers.get(task.pk, []), tallies[task.pk]
        done = [tally.reviewed[name] for name in names]
        able = _reviewable(task, names, tally, totals.get(task.pk, 0))
        found[task.pk] = {
            COUNTS: [str(number) for number in done],
            REVIEWABLE: [str(number) for number in able],
            PERCENT: [min(one * 100 // of, 100) if of else 0 for one, of in zip(done, able, strict=True)],
        }
    return found


def _count(tasks: Sequence[Task]) -> dict[int, _Tally]:
    by_key = {task.pk: task for task in tasks}
    tallies: dict[int, _Tally] = defaultdict(_Tally)
    groups = (
        Assignment.objects.filter(task__in=tasks)
        .values_list("task_id", "reviewer_id", "approvals", "state")
        .annotate(inputs=Count("input_id", distinct=True))
        .order_by()
    )
    for task_pk, reviewer, approvals, state, inputs in groups:
        tally = tallies[task_pk]
        voters = set(json.loads(approvals))
        if reviewer:
            tally.taken[reviewer] += inputs
            if state in (State.SUCCESS, State.REJECTED):
                voters.add(reviewer)
            if state == State.REJECTED:
                tally.rejected[reviewer] += inputs
        for name in voters:
            tally.reviewed[name] += inputs
        by_agreement = by_key[task_pk].review_strategy == CONSENSUS and state == State.SUCCESS
        if by_agreement and not voters:
            tally.agreed += inputs
    return tallies


def _reviewable(task: Task, names: list[str], tally: _Tally, total: int) -> list[int]:
    """How many inputs each reviewer gets to see."""
    if task.review_strategy == Review.NONE or not names:
        return [0] * len(names)
    left = max(total - tally.agreed, 0)
    if task.threshold_reviewers not in (0, 1):
        rejected = sum(tally.rejected.values())
        return [max(left - rejected + tally.rejected[name], 0) for name in names]
    share, more = divmod(max(left - sum(tally.taken[name] for name in names), 0), len(names))
    return [tally.taken[name] + share + (place < more) for place, name in enumerate(names)]
