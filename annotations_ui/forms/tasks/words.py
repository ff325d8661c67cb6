"""The choices of the task forms, in words that the task page uses too."""

from __future__ import annotations

from dashboard.platforms.types import LabelOrderState, ReviewStrategy, TaskPriority, TaskType, WorkerStrategy

TYPES = {
    TaskType.BOXES.value: "Boxes",
    TaskType.POLYGONS.value: "Polygons",
    TaskType.CLASSES.value: "Classes of the whole image",
}
WORKERS = {"people": "People", "automatic": "A model or workflow"}
STRATEGIES = {
    WorkerStrategy.PARTITIONED.value: "Share the inputs out",
    WorkerStrategy.FULL.value: "Everybody labels every input",
    WorkerStrategy.DYNAMIC.value: "Hand out ten at a time",
}
REVIEWS = {
    ReviewStrategy.MANUAL.value: "A reviewer decides on each item",
    ReviewStrategy.CONSENSUS.value: "Agreeing labelers pass, a reviewer decides on the rest",
    ReviewStrategy.NONE.value: "No review: submitted is approved",
}
PRIORITIES = {
    TaskPriority.NONE.value: "None",
    TaskPriority.LOW.value: "Low",
    TaskPriority.MEDIUM.value: "Medium",
    TaskPriority.HIGH.value: "High",
}
ORDER_STATES = {
    LabelOrderState.PENDING.value: "Pending",
    LabelOrderState.IN_PROGRESS.value: "In progress",
    LabelOrderState.RELEASED.value: "Released",
    LabelOrderState.CANCELED.value: "Canceled",
}


def who_decides(threshold: int) -> str:
    """Words for a reviewer threshold: 0 or 1 one, n that many, -1 all (Clarifai API, TaskReview)."""
    if threshold == -1:
        return "All reviewers must agree"
    return f"{threshold} reviewers must agree" if threshold > 1 else "One reviewer decides"
