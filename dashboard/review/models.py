"""What reviewers decided: our own records, never changed after they are written (but for the undo time)."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class BulkReview(models.Model):
    """Many decisions taken in one action from the grid."""

    operation = models.UUIDField(unique=True)
    task = models.ForeignKey("sync.Task", on_delete=models.CASCADE, related_name="bulk_reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    total = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.total} decisions on task {self.task_id}"


class Decision(models.Model):
    """One verdict of one reviewer on one work item, with the edits that came with it."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approved"
        REQUEST_CHANGES = "request_changes", "Changes asked"
        REJECT = "reject", "Rejected"

    operation = models.UUIDField(unique=True)
    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="decisions")
    item = models.ForeignKey("sync.WorkItem", on_delete=models.CASCADE, related_name="decisions")
    # The item's task, copied: the latest decisions in a task are found by an index alone.
    task = models.ForeignKey("sync.Task", on_delete=models.CASCADE, related_name="decisions", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=16, choices=Verdict)
    reasons = models.JSONField(default=list)
    note = models.TextField(blank=True, max_length=2000)
    # {annotation id: base string} and the browser's changes, both as in the workbench contract.
    base = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    # {annotation id: shape} as the reviewer saw it, for before and after on the item's return.
    seen = models.JSONField(default=dict)
    former_state = models.CharField(max_length=20, blank=True)
    bulk = models.ForeignKey(
        BulkReview, null=True, blank=True, on_delete=models.CASCADE, related_name="decisions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["item", "-id"]),
            models.Index(fields=["task", "-id"]),
            models.Index(fields=["reviewer", "-id"]),
            models.Index(fields=["reviewer", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of item {self.item_id}"
