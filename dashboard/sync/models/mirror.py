"""The mirror: a read model of what the platform owns. It can be dropped and rebuilt by a full sync.

Only ``sync`` writes here. Every number shown from it carries the time it was read.
"""

from __future__ import annotations

from django.db import models


class Concept(models.Model):
    """A concept of the app; ``position`` gives its colour and number key."""

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="concepts")
    platform_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["connection", "platform_id"], name="one_concept")]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody who may work in the app, as the platform names them; they need not have an account here."""

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="people")
    platform_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    is_owner = models.BooleanField(default=False)

    class Meta:
        ordering = ["platform_id"]
        constraints = [models.UniqueConstraint(fields=["connection", "platform_id"], name="one_person")]

    def __str__(self) -> str:
        return self.name or self.platform_id


class Task(models.Model):
    """A task as the platform last told it, with the counts made at the end of each sync."""

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="tasks")
    platform_id = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    type = models.CharField(max_length=20)  # platforms.types.TaskType
    state = models.CharField(max_length=20)  # platforms.types.TaskState
    concept_ids = models.JSONField(default=list)
    labeler_ids = models.JSONField(default=list)
    reviewer_ids = models.JSONField(default=list)
    worker = models.JSONField(default=dict)  # {"strategy", "workers_per_input", "weights"}
    review = models.JSONField(default=dict)  # {"strategy", "labeler_threshold", "reviewer_threshold"}
    details = models.JSONField(default=dict)  # platforms.types.TaskDetails; see selectors.task_details
    # {"to_do": 3, "in_progress": ...} over work items, written by sync alone after pull and push.
    counts = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True, blank=True)
    # When the platform was last asked for its own counts, and by how much its annotations differed from ours
    # after everything was read: {labeler: difference}. Only another difference is a reason to read again.
    told_at = models.DateTimeField(null=True, blank=True)
    apart = models.JSONField(default=dict)
    # The newest annotation of the last complete reading; None = never read whole.
    pulled_until = models.DateTimeField(null=True, blank=True)
    # When the platform says that assignments changed last; the next incremental pull starts there, minus an
    # overlap.
    assignments_until = models.DateTimeField(null=True, blank=True)
    # Our own clock: when ``assignments_until`` last moved, and when the whole overlap was last read again.
    advanced_at = models.DateTimeField(null=True, blank=True)
    overlapped_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    missing_sweeps = models.PositiveSmallIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["connection", "platform_id"], name="one_task")]

    def __str__(self) -> str:
        return self.name


class Input(models.Model):
    """An input. ``width`` and ``height`` in pixels (0 = not told)."""

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="inputs")
    platform_id = models.CharField(max_length=200)
    name = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=20, default="image")
    url = models.TextField(blank=True)
    large_url = models.TextField(blank=True)
    thumb_url = models.TextField(blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    ready = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    missing_sweeps = models.PositiveSmallIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["connection", "platform_id"], name="one_input")]
        indexes = [models.Index(fields=["connection", "id"])]

    def __str__(self) -> str:
        return self.name or self.platform_id


class WorkItem(models.Model):
    """One labeler's share of one input in one task: what is labeled, submitted and reviewed as a whole."""

    class State(models.TextChoices):
        TO_DO = "to_do", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        AWAITING_REVIEW = "awaiting_review", "Awaiting review"
        CHANGES_ASKED = "changes_asked", "Changes asked"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    connection = models.ForeignKey("accounts.Connection", on_delete=models.CASCADE, related_name="items")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="items")
    input = models.ForeignKey(Input, on_delete=models.CASCADE, related_name="items", db_index=False)
    labeler_id = models.CharField(max_length=200, help_text="Platform user id")
    assignment_id = models.CharField(max_length=200, blank=True)
    # What the platform last said (AssignmentState), and what the person sees: local decisions that wait to be
    # confirmed win over the platform's word.
    platform_state = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.TO_DO)
    # The platform has one word for "not begun" and "sent back"; this remembers which of the two it means.
    sent_back = models.BooleanField(default=False)
    # Our own mark: the labeler passed on this one (the platform has no skip).
    skipped = models.BooleanField(default=False)
    # The platform user whose verdict we delivered last; a sent-back item returns to the same reviewer.
    reviewer_id = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True, help_text="On the platform")
    read_at = models.DateTimeField(null=True, blank=True, help_text="When we read it")
    # For thumbnails: ["box", concept, top, left, bottom, right] or ["polygon", concept, [[row, col], ...]].
    shapes = models.JSONField(default=list)
    shape_count = models.PositiveIntegerField(default=0)
    tags = models.JSONField(default=list)  # image-level concepts: [[concept, value], ...]
    # Annotations that belong to it, and those of its labeler alone (which the platform counts per user).
    annotation_count = models.PositiveIntegerField(default=0)
    own_count = models.PositiveIntegerField(default=0)
    # Missing in so many complete lists of assignments; after the second it is gone: kept for its decisions, but
    # in no queue, list or count.
    missing_sweeps = models.PositiveSmallIntegerField(default=0)
    gone = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["task", "input", "labeler_id"], name="one_work_item"),
        ]
        indexes = [
            # For the list of inputs; with fewer columns SQLite takes the next one and reads a whole task per input.
            models.Index(fields=["input", "task", "state"]),
            models.Index(fields=["task", "state", "id"]),
            models.Index(fields=["task", "labeler_id", "state", "id"]),
            models.Index(fields=["connection", "state", "id"]),
            models.Index(fields=["connection", "labeler_id", "state", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.input_id} by {self.labeler_id}"

    @property
    def status_unknown(self) -> bool:
        """Whether the platform gave it a status that is not known here."""
        return self.platform_state == "unknown"


class WorkItemConcept(models.Model):
    """Which concepts were seen on a work item; exists so that lists can be filtered by concept."""

    item = models.ForeignKey(WorkItem, on_delete=models.CASCADE, related_name="concept_links")
    concept = models.ForeignKey(Concept, on_delete=models.CASCADE, related_name="item_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concept", "item"], name="one_item_concept")]

    def __str__(self) -> str:
        return f"{self.concept_id} on {self.item_id}"


class UserCount(models.Model):
    """The platform's own count of annotations, or of inputs, of one user in one task, per status."""

    class What(models.TextChoices):
        ANNOTATIONS = "annotations", "Annotations"
        INPUTS = "inputs", "Inputs"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="user_counts")
    what = models.CharField(max_length=12, choices=What)
    user_id = models.CharField(max_length=200)
    pending = models.PositiveIntegerField(default=0)
    awaiting_review = models.PositiveIntegerField(default=0)
    success = models.PositiveIntegerField(default=0)
    review_denied = models.PositiveIntegerField(default=0)
    awaiting_consensus_review = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["user_id"]
        constraints = [models.UniqueConstraint(fields=["task", "what", "user_id"], name="one_user_count")]

    def __str__(self) -> str:
        return f"{self.what} of {self.user_id}"

    @property
    def total(self) -> int:
        """All of the user's, whatever their status."""
        return (
            self.pending
            + self.awaiting_review
            + self.success
            + self.review_denied
            + self.awaiting_consensus_review
        )


class DailyCount(models.Model):
    """A task's counts at the last sync of each day, for the small line in the task list."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["task", "day"], name="one_daily_count")]

    def __str__(self) -> str:
        return f"{self.task_id} on {self.day}"
