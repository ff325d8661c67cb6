"""Records of the corridor's own work."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class SyncRun(models.Model):
    """One pull of a connection. ``done`` of ``total`` moves while it runs; ``total`` 0 = not yet known."""

    class Mode(models.TextChoices):
        INCREMENTAL = "incremental", "What changed"
        FULL = "full", "Everything"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="runs")
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.INCREMENTAL)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Somebody, or a command, wants it now and not only the clock: people and concepts are read as well.
    asked = models.BooleanField(default=False)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life")
    stage = models.CharField(max_length=120, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    # Of a full run: what the platform told against what the mirror holds afterwards; see pull.proof.
    proof = models.JSONField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["connection", "-id"])]
        constraints = [
            # One pull at a time per connection, whoever asks and however many workers there are.
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state="running"), name="one_running_sync"
            ),
            # Whoever asks while one waits shares it.
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state="queued"), name="one_queued_sync"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} sync {self.pk} ({self.state})"


class ChangeMark(models.Model):
    """How far the annotations of a connection's app were read; the next incremental pull starts there.

    ``until`` is on the platform's clock; ``advanced_at`` (when it last moved) and ``overlapped_at`` (when the
    whole overlap was last read again) are on ours. ``seen`` holds what was read within the overlap: pairs of
    8 bytes, time in seconds and digest (see pull.changes).
    """

    connection = models.OneToOneField(
        "accounts.Connection", on_delete=models.CASCADE, related_name="change_mark"
    )
    until = models.DateTimeField(null=True, blank=True)
    advanced_at = models.DateTimeField(null=True, blank=True)
    overlapped_at = models.DateTimeField(null=True, blank=True)
    # When people and concepts were last read: they change seldom.
    listed_at = models.DateTimeField(null=True, blank=True)
    seen = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"changes of {self.connection_id} until {self.until}"


class Drift(models.Model):
    """Something in the platform's answers that we did not expect; survived, counted and shown."""

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="drift")
    kind = models.CharField(max_length=60)  # the message it was in
    what = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    count = models.PositiveIntegerField(default=0)
    example = models.CharField(max_length=120, blank=True)  # a type's name or a number, never data of people
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "what", "name"], name="one_drift")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} {self.name}"


class Heartbeat(models.Model):
    """The last time a background duty was done, so that a stopped worker is seen."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
