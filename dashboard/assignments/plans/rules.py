"""Rules of automatic annotation: when a prediction becomes an annotation by itself."""

from __future__ import annotations

from dashboard.platforms.types import AnnotationState, AutoRule

#: What a rule can make, in the platform's order (Clarifai API, AnnotationDataType).
DATA_TYPES = {
    "tag": "Tag of the whole input",
    "box": "Box",
    "polygon": "Polygon",
    "point": "Point",
    "span": "Text span",
    "mask": "Mask",
}
RULE_STATES = {
    AnnotationState.AWAITING_REVIEW: "Awaiting review",
    AnnotationState.APPROVED: "Approved",
    AnnotationState.PENDING: "To do",
    AnnotationState.AWAITING_CONSENSUS: "Awaiting consensus",
    AnnotationState.REJECTED: "Rejected",
}


def rule_problems(rule: AutoRule) -> dict[str, str]:
    """{field of the rule: what is wrong}, empty when it can be sent. Values lie between 0 and 1."""
    wrong: dict[str, str] = {}
    if not rule.data_types:
        wrong["data_types"] = "Choose at least one kind of annotation."
    elif unknown := [kind for kind in rule.data_types if kind not in DATA_TYPES]:
        wrong["data_types"] = f"{unknown[0]} is no kind of annotation."
    for name, value in (("lower", rule.lower), ("upper", rule.upper)):
        if not 0 <= value <= 1:  # also refuses what is not a number
            wrong[name] = "A value lies between 0 and 1."
    if not wrong.keys() & {"lower", "upper"}:
        if rule.lower > rule.upper:
            wrong["upper"] = "The upper value is below the lower one."
        elif rule.lower == rule.upper and not (rule.lower_inclusive and rule.upper_inclusive):
            wrong["upper"] = "No value fits: the two are equal, and one of them is left out."
    if rule.state not in RULE_STATES:
        wrong["state"] = "Choose what becomes of the annotation."
    return wrong
