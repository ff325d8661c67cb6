"""The outbox: every write to a platform is a row here before it is a request."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class OutboxEntry(models.Model):
    """One write to a platform, with its state, tries and answer. See the README's section on delivery.

    Order is kept per ``chain`` (one work item): an entry is claimed only when no older unfinished entry has
    the same chain. ``base`` is what the person saw, ``payload`` what shall be; the relay reads before it
    writes.
    """

    class State(models.TextChoices):
        HELD = "held", "Held for undo"
        PENDING = "pending", "Waiting to be sent"
        SENT = "sent", "Sent, not confirmed"
        CONFIRMED = "confirmed", "Confirmed by the platform"
        CONFLICT = "conflict", "Conflict"
        FAILED = "failed", "Failed"
        WITHDRAWN = "withdrawn", "Undone before sending"
        DISCARDED = "discarded", "Discarded"

    class Kind(models.TextChoices):
        CREATE = "create", "Add annotation"
        MERGE = "merge", "Merge into annotation"
        OVERWRITE = "overwrite", "Overwrite annotation"
        REMOVE = "remove", "Remove from annotation"
        DELETE = "delete", "Delete annotation"
        SUBMIT = "submit", "Submit assignment"
        APPROVE = "approve", "Approve"
        REQUEST_CHANGES = "request_changes", "Ask for changes"
        REJECT = "reject", "Reject"

    UNFINISHED = (State.HELD, State.PENDING, State.SENT)
    BLOCKING = (*UNFINISHED, State.CONFLICT, State.FAILED)
    EDITS = (Kind.CREATE, Kind.MERGE, Kind.OVERWRITE, Kind.REMOVE, Kind.DELETE)
    MOVES = (Kind.SUBMIT, Kind.APPROVE, Kind.REQUEST_CHANGES, Kind.REJECT)

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="outbox")
    item = models.ForeignKey("sync.WorkItem", null=True, on_delete=models.SET_NULL, related_name="outbox")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The decision or submission this write belongs to; several entries may share it.
    operation = models.UUIDField()
    batch = models.UUIDField(null=True, blank=True, help_text="The bulk decision it came from")
    chain = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind)
    annotation_id = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)
    base = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # Set after an answer that left open whether the write happened: the next try reads first.
    ambiguous = models.BooleanField(default=False)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_class = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # For a conflict what the platform holds now; for a write that was sent what stood there before.
    theirs = models.JSONField(default=dict)
    # Fingerprint of the annotation once this write was confirmed ("" = it is gone, or not about an annotation).
    after = models.CharField(max_length=16, blank=True)
    discard_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["chain", "state", "id"]),
            models.Index(fields=["operation"]),
            models.Index(fields=["batch", "state"], condition=Q(batch__isnull=False), name="outbox_batch"),
            models.Index(fields=["connection", "state", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.annotation_id or self.chain} ({self.state})"
