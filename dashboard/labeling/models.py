"""A labeler's own things: drafts, submissions, skips; and what people said of a model's suggestions. The platform
has none of them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Draft(models.Model):
    """Unsubmitted shapes of one labeler on one work item. ``revision`` grows with every save."""

    item = models.ForeignKey("sync.WorkItem", on_delete=models.CASCADE, related_name="drafts")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    revision = models.PositiveIntegerField(default=0)
    shapes = models.JSONField(default=list)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "labeler"], name="one_draft")]

    def __str__(self) -> str:
        return f"draft {self.revision} of item {self.item_id}"


class Submission(models.Model):
    """One submit of one work item; the operation id makes a double click one submission."""

    operation = models.UUIDField(unique=True)
    item = models.ForeignKey("sync.WorkItem", on_delete=models.CASCADE, related_name="submissions")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shapes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"submission of item {self.item_id}"


class Skip(models.Model):
    """A labeler passed on an item, with the reason."""

    item = models.ForeignKey("sync.WorkItem", on_delete=models.CASCADE, related_name="skips")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reason}: item {self.item_id}"


class SuggestionVerdict(models.Model):
    """What one person said of one suggestion of a model on one work item.

    ``suggestion`` is the id made of its content (dashboard.sync.services.suggestions), ``predictor`` is
    "model:<id>" or "workflow:<id>", ``value`` the model's own at that time, 0 to 1. ``operation`` is the
    submission or decision that it came with.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        EDITED = "edited", "Edited"
        REFUSED = "refused", "Refused"

    item = models.ForeignKey("sync.WorkItem", on_delete=models.CASCADE, related_name="suggestion_verdicts")
    # The item's task, copied: a task's verdicts are counted by an index alone.
    task = models.ForeignKey("sync.Task", on_delete=models.CASCADE, related_name="+", db_index=False)
    suggestion = models.CharField(max_length=40)
    predictor = models.CharField(max_length=220)
    concept = models.CharField(max_length=200)
    value = models.FloatField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    operation = models.UUIDField(db_index=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "suggestion", "actor"], name="one_suggestion_verdict")
        ]
        indexes = [models.Index(fields=["task", "predictor", "verdict"])]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.concept} on item {self.item_id}"
