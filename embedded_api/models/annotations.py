"""Annotations: what somebody says about an input."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App
from embedded_api.models.inputs import Input


class Annotation(models.Model):
    """One statement, with at most one region. Public ids are unique in the app.

    `data` and `annotation_info` are JSON text that was checked when it was written, so that a page of a list
    is assembled by joining text.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="annotations", db_index=False)
    input = models.ForeignKey(Input, models.CASCADE, related_name="annotations", db_index=False)
    public_id = models.CharField(max_length=128)
    input_public_id = models.CharField(max_length=128)  # copied, so that printing needs no join
    user_id = models.CharField(max_length=128)
    task_id = models.CharField(max_length=128, blank=True, default="")  # public id of a task, or empty
    status_code = models.IntegerField(default=24150)
    input_level = models.BooleanField(default=False)  # made together with the input, dies with it
    data = models.TextField(default="{}")
    annotation_info = models.TextField(default="{}")
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="annotation_public_id")]
        indexes = [
            models.Index(fields=["app", "id"], name="annotation_order"),
            models.Index(fields=["app", "modified_at", "id"], name="annotation_changes"),
            models.Index(fields=["app", "task_id", "modified_at", "id"], name="annotation_task_changes"),
            models.Index(fields=["app", "task_id", "status_code", "user_id"], name="annotation_task_counts"),
            models.Index(fields=["app", "task_id", "id"], name="annotation_task_order"),
            models.Index(fields=["app", "user_id", "id"], name="annotation_user_order"),
            models.Index(fields=["input", "id"], name="annotation_input"),
        ]

    def __str__(self) -> str:
        return self.public_id
