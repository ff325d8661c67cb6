"""Samples of what labelers have done in a task. Source: Clarifai API guide, section tasks, rpc GetInputSamples.

The guide does not say which inputs are taken. Here: of each labeler the ten inputs that he annotated last, each
with his newest annotation of it.
"""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from embedded_api.models import Annotation, App, Task, TaskMember

OF_EACH = 10
AT_MOST = 1000  # hits of one answer


def newest_of_labelers(app: App, task: Task, users: list[str]) -> QuerySet[Annotation]:
    """Annotations with their inputs, labeler by labeler, the newest first. `users`: [] = all workers of the task."""
    wanted = users or list(
        TaskMember.objects.filter(task=task, role=TaskMember.WORKER).values_list("user_id", flat=True)
    )
    mine = Annotation.objects.filter(app=app, task_id=task.public_id, input_level=False)
    newer = mine.filter(input=OuterRef("input"), user_id=OuterRef("user_id"), pk__gt=OuterRef("pk"))
    rank = Window(RowNumber(), partition_by=F("user_id"), order_by=F("pk").desc())
    rows = mine.filter(~Exists(newer), user_id__in=wanted).annotate(rank=rank).filter(rank__lte=OF_EACH)
    return rows.select_related("input").order_by("user_id", "-pk")[:AT_MOST]
