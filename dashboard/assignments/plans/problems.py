"""What is wrong with a plan, said at the field where it can be mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from dashboard.platforms.types import Capabilities, ReviewStrategy, SourceKind, TaskPriority, WorkerStrategy

from .plan import MAX_NAME, TaskPlan, cannot
from .rules import rule_problems

#: Metadata keys that the form's own fields write.
RESERVED = ("input_ids", "assist_model")
MAX_SAMPLE_MS = 24 * 3600 * 1000

Problems = dict[str, str]


def problems(
    plan: TaskPlan,
    *,
    people: Collection[str],
    concepts: Collection[str],
    capabilities: Capabilities,
    made: bool = False,
) -> Problems:
    """{form field: what is wrong}, empty when the task can be sent. ``made``: it exists, its inputs are fixed."""
    wrong: Problems = {}
    if not plan.name.strip():
        wrong["name"] = "Give the task a name."
    elif len(plan.name) > MAX_NAME:
        wrong["name"] = f"A name has at most {MAX_NAME} characters."
    unknown = [concept for concept in plan.concept_ids if concept not in concepts]
    if unknown:
        wrong["concepts"] = f"{unknown[0]} is not a concept of this connection."
    elif not plan.concept_ids:
        wrong["concepts"] = "Choose at least one concept; without one there is nothing to label."
    if not made:
        wrong |= _source_problems(plan, capabilities)
    if plan.details.automatic:
        wrong |= _automatic_problems(plan, capabilities)
    else:
        wrong |= _labeler_problems(plan, people)
    wrong |= _reviewer_problems(plan, people)
    wrong |= _assist_problems(plan, capabilities)
    wrong |= _extra_problems(plan, capabilities)
    return wrong


def _source_problems(plan: TaskPlan, capabilities: Capabilities) -> Problems:
    kind = plan.details.source
    if plan.input_ids is not None and not capabilities.task_input_subset:
        return {"source": cannot(capabilities, "task_input_subset")}
    if why := cannot(capabilities, kind):
        return {"source": why}
    if kind != SourceKind.ALL and not plan.details.source_id:
        words = {SourceKind.DATASET: "dataset", SourceKind.SAVED_SEARCH: "saved search"}
        return {kind.value: f"Choose the {words.get(kind, 'input')}."}
    if plan.input_count == 0:
        return {"source": "No input matches this choice."}
    return {}


def _automatic_problems(plan: TaskPlan, capabilities: Capabilities) -> Problems:
    if why := cannot(capabilities, "auto_annotation"):
        return {"worker": why}
    details = plan.details
    wrong: Problems = {}
    if bool(details.worker_model_id) == bool(details.worker_workflow_id):
        wrong["worker_predictor"] = "Choose the one model or workflow that does the work."
    if not details.rules:
        wrong["rules"] = "Add at least one rule: without one no prediction becomes an annotation."
        return wrong
    ruled = Counter(rule.concept_id for rule in details.rules)
    for concept, times in ruled.items():
        if concept not in plan.concept_ids:
            wrong["rules"] = f"{concept} has a rule, but is not a concept of this task."
        elif times > 1:
            wrong["rules"] = f"{concept} has {times} rules; a concept has one."
    for number, rule in enumerate(details.rules, 1):
        for sentence in rule_problems(rule).values():
            wrong.setdefault("rules", f"Rule {number}: {sentence}")
    return wrong


def _labeler_problems(plan: TaskPlan, people: Collection[str]) -> Problems:
    wrong: Problems = {}
    strangers = [person for person in plan.labelers if person not in people]
    if strangers:
        wrong["labelers"] = f"{strangers[0]} is not on this connection."
    elif not plan.labelers:
        wrong["labelers"] = "Choose at least one labeler."
    if plan.strategy != WorkerStrategy.PARTITIONED:
        return wrong
    if plan.workers_per_input < 1:
        wrong["workers_per_input"] = "Each input needs at least one labeler."
    elif plan.labelers and plan.workers_per_input > len(plan.labelers):
        wrong["workers_per_input"] = (
            f"{plan.workers_per_input} labelers per input are more than the {len(plan.labelers)} chosen."
        )
    if plan.weights:
        wrong |= _weight_problems(plan)
    return wrong


def _weight_problems(plan: TaskPlan) -> Problems:
    total = sum(plan.weights.get(person, 0) for person in plan.labelers)
    if any(weight < 0 for weight in plan.weights.values()) or total <= 0:
        return {"weights": "Weights are numbers from 0 up, and at least one is above 0."}
    if plan.workers_per_input <= 1:
        return {}
    limit = 1 / plan.workers_per_input
    heavy = [p for p in plan.labelers if plan.weights.get(p, 0) / total > limit + 1e-9]
    if not heavy:
        return {}
    return {
        "weights": f"{heavy[0]} has more than {limit:.0%} of the weight; with {plan.workers_per_input} labelers "
        "per input nobody can take a larger share."
    }


def _reviewer_problems(plan: TaskPlan, people: Collection[str]) -> Problems:
    if plan.review == ReviewStrategy.NONE:
        return {}
    strangers = [person for person in plan.reviewers if person not in people]
    if strangers:
        return {"reviewers": f"{strangers[0]} is not on this connection."}
    if not plan.reviewers:
        return {"reviewers": "Choose at least one reviewer, or choose no review."}
    if plan.details.automatic:
        return {}
    if set(plan.reviewers) == set(plan.labelers) and len(set(plan.labelers)) == 1:
        return {"reviewers": "Nobody reviews their own labels: choose somebody else than the only labeler."}
    most = plan.labelers_of_an_input
    if plan.review == ReviewStrategy.CONSENSUS and not 0 <= plan.labeler_threshold <= most:
        return {
            "labeler_threshold": f"Each input has {most} labeler{'s' if most > 1 else ''}, so that {most} can "
            "agree at most. Raise the number of labelers per input, or choose less."
        }
    return {}


def _assist_problems(plan: TaskPlan, capabilities: Capabilities) -> Problems:
    assist = plan.details.assist
    chosen = bool(assist.workflow_id or assist.model_id)
    if chosen and (why := cannot(capabilities, "suggestions")):
        return {"assist": why}
    if not chosen and (assist.min_threshold or assist.max_threshold or assist.relation_ids):
        return {"assist": "Choose the model or workflow that these values are for."}
    wrong: Problems = {}
    for name, value in (("assist_min", assist.min_threshold), ("assist_max", assist.max_threshold)):
        if not 0 <= value <= 1:
            wrong[name] = "A value lies between 0 and 1."
    if not wrong and assist.max_threshold and assist.min_threshold > assist.max_threshold:
        wrong["assist_max"] = "The highest value is below the lowest one."
    return wrong


def _extra_problems(plan: TaskPlan, capabilities: Capabilities) -> Problems:
    details = plan.details
    wrong: Problems = {}
    if details.priority != TaskPriority.NONE and (why := cannot(capabilities, "task_priority")):
        wrong["priority"] = why
    if details.metadata and (why := cannot(capabilities, "task_metadata")):
        wrong["metadata"] = why
    elif reserved := [key for key in RESERVED if key in details.metadata]:
        wrong["metadata"] = f"The key {reserved[0]} is written by the fields of this form; leave it out here."
    if not 0 <= details.sample_ms <= MAX_SAMPLE_MS:
        wrong["sample_ms"] = "A number of milliseconds up to one day, or 0."
    return wrong
