"""What a task says, in words: the lines of the set-up card."""

from __future__ import annotations

from annotations_ui.forms.tasks import words
from dashboard.assignments import plans
from dashboard.platforms.types import AutoRule, ReviewStrategy, SourceKind, Task, TaskPriority, WorkerStrategy

Names = dict[str, str]
Facts = list[tuple[str, str]]

_SOURCES = {
    SourceKind.ALL: "All inputs of the app",
    SourceKind.DATASET: "Dataset",
    SourceKind.SAVED_SEARCH: "Saved search",
    SourceKind.INPUT: "Input",
    SourceKind.UNKNOWN: "A source that is not known here",
}


def facts(task: Task, names: Names, *, items: int | None = None) -> Facts:
    """(term, words) of everything that is one line; concepts, rules and metadata are shown apart.

    ``items``: see :func:`source`.
    """
    details = task.details
    found: Facts = [("Inputs", source(task, items=items))]
    if details.sample_ms:
        found.append(("Video", f"one frame per {details.sample_ms} ms"))
    found.append(("Labeling", shared(task)))
    if task.worker.weights:
        found.append(("Shares", shares(task, names)))
    found.append(("Review", review(task)))
    if task.review.strategy != ReviewStrategy.NONE:
        found.append(("Reviewers", ", ".join(names.get(one, one) for one in task.review.user_ids) or "none"))
    found.append(("Assistance", assistance(task)))
    if details.assist.relation_ids:
        found.append(("Relations", ", ".join(details.assist.relation_ids)))
    if details.priority != TaskPriority.NONE:
        found.append(("Priority", words.PRIORITIES[details.priority.value]))
    return found


def source(task: Task, *, items: int | None = None) -> str:
    """Which inputs the task takes in. ``items``: work items, where a task may be over inputs that were picked
    one by one, so that "all" would say too much; None = always all of the source."""
    kind = task.details.source
    if kind != SourceKind.ALL:
        return f"{_SOURCES[kind]} {task.details.source_id}".strip()
    if items is None:
        return _SOURCES[kind]
    if not items or task.worker.strategy == WorkerStrategy.DYNAMIC:
        return "Inputs of the app"
    shared_by = len(task.worker.user_ids) if task.worker.strategy == WorkerStrategy.FULL else 0
    inputs = round(items / max(1, shared_by or task.worker.workers_per_input))
    return f"{inputs:,} input{'s' if inputs != 1 else ''} of the app".replace(",", "\u202f")


def shared(task: Task) -> str:
    """Who works, and how the inputs are given out."""
    details, worker = task.details, task.worker
    if details.automatic:
        does = (
            f"workflow {details.worker_workflow_id}"
            if details.worker_workflow_id
            else f"model {details.worker_model_id}"
        )
        first = "; first deletes its earlier annotations" if details.delete_previous else ""
        return f"By the {does}{first}"
    if worker.strategy == WorkerStrategy.FULL:
        return "Everybody labels every input"
    if worker.strategy == WorkerStrategy.DYNAMIC:
        return "Handed out ten at a time"
    each = worker.workers_per_input
    return (
        f"{each} labeler{'s' if each > 1 else ''} per input{', by weight' if worker.weights else ', evenly'}"
    )


def shares(task: Task, names: Names) -> str:
    """Each labeler's part of the work in percent."""
    total = sum(task.worker.weights.values()) or 1
    return ", ".join(
        f"{names.get(one, one)} {weight / total:.0%}" for one, weight in task.worker.weights.items()
    )


def review(task: Task) -> str:
    """The strategy with its thresholds (Clarifai API, TaskReview)."""
    plan = task.review
    if plan.strategy == ReviewStrategy.NONE:
        return words.REVIEWS["none"]
    decides = words.who_decides(plan.reviewer_threshold).lower()
    if plan.strategy == ReviewStrategy.MANUAL:
        return f"By hand: {decides}"
    if not plan.labeler_threshold:
        return f"By consensus, agreement of labelers not counted: {decides}"
    one = plan.labeler_threshold == 1
    agreeing = "one labeler is enough" if one else f"{plan.labeler_threshold} labelers must agree"
    return f"By consensus: {agreeing}; on the rest {decides}"


def assistance(task: Task) -> str:
    """Who suggests, and between which values."""
    assist = task.details.assist
    if not (assist.workflow_id or assist.model_id):
        return "Nobody suggests"
    who = f"Workflow {assist.workflow_id}" if assist.workflow_id else f"Model {assist.model_id}"
    if assist.version_id:
        who += f", version {assist.version_id}"
    if not (assist.min_threshold or assist.max_threshold):
        return f"{who}, values of any size"
    return f"{who}, values from {assist.min_threshold:g} to {assist.max_threshold or 1:g}"


def values(rule: AutoRule) -> str:
    """The range of values of a rule: "0.5 <= value <= 1" with the signs that hold."""
    lower = "≤" if rule.lower_inclusive else "<"
    upper = "≤" if rule.upper_inclusive else "<"
    return f"{rule.lower:g} {lower} value {upper} {rule.upper:g}"


def becomes(rule: AutoRule) -> str:
    """What a rule makes, and with which state."""
    kinds = ", ".join(plans.DATA_TYPES.get(kind, kind) for kind in rule.data_types) or "nothing"
    return f"{kinds}: {plans.RULE_STATES.get(rule.state, 'a state not known here').lower()}"
