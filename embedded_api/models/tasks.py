"""Tasks, who works on and reviews them, and the assignments that carry the work."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App, User
from embedded_api.models.inputs import Input
from embedded_api.tasks.transitions import State


class Task(models.Model):
    """A job of labeling; `public_id` is unique in its app. Enumerations hold the wire's numbers."""

    app = models.ForeignKey(App, models.CASCADE, related_name="tasks", db_index=False)
    public_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    type = models.IntegerField()
    status_code = models.IntegerField(default=54001)
    priority = models.IntegerField(default=0)
    metadata = models.TextField(default="{}")  # JSON text
    concept_ids = models.TextField(default="[]")  # JSON text
    auto_rules = models.TextField(default="{}")  # JSON text: concept id -> auto_annotation_config
    source_type = models.IntegerField(default=1)
    source_id = models.CharField(max_length=128, blank=True)
    worker_type = models.IntegerField(default=1)  # people or a model
    auto_worker = models.TextField(default="{}")  # JSON text: the one model or workflow that works
    worker_strategy = models.IntegerField()
    partition = models.IntegerField(default=1)  # evenly or weighted
    workers_per_input = models.IntegerField(default=1)
    weights = models.TextField(default="{}")  # JSON text: user id -> relative number
    review_strategy = models.IntegerField(default=1)
    threshold_labelers = models.IntegerField(default=0)  # 0: off
    threshold_reviewers = models.IntegerField(default=0)  # 0 means 1; -1: all
    sample_percentage = models.FloatField(default=0)  # 0 to 1; kept and printed only
    # JSON text: what is kept and printed as it was checked (assistance, visibility, sample_ms ...)
    extras = models.TextField(default="{}")
    inputs_count = models.IntegerField(default=0)  # inputs taken in at creation
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="task_public_id")]
        indexes = [models.Index(fields=["app", "id"], name="task_order")]

    def __str__(self) -> str:
        return self.public_id


class TaskMember(models.Model):
    """A worker or a reviewer of a task, in the order in which they were named."""

    WORKER, REVIEWER = 1, 2

    task = models.ForeignKey(Task, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    role = models.IntegerField()
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "role", "user"], name="task_member_once")]
        indexes = [models.Index(fields=["user", "role", "task"], name="task_member_user")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.task_id}"


class TaskInput(models.Model):
    """An input that belongs to a task. The set is taken in once, when the task is made."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="task_inputs", db_index=False)
    input = models.ForeignKey(Input, models.CASCADE, related_name="+")
    handed = models.IntegerField(default=0)  # assignments given out so far (dynamic strategy only)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "input"], name="task_input_once")]
        indexes = [models.Index(fields=["task", "handed", "id"], name="task_input_handed")]

    def __str__(self) -> str:
        return f"{self.input_id} in {self.task_id}"


class Assignment(models.Model):
    """One input of one task in the hands of one worker."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments", db_index=False)
    public_id = models.CharField(max_length=128)
    worker = models.ForeignKey(User, models.CASCADE, related_name="+")
    input = models.ForeignKey(Input, models.CASCADE, related_name="+")
    input_public_id = models.CharField(max_length=128)  # copied, so that printing needs no join
    state = models.IntegerField(default=State.PENDING)  # embedded_api.tasks.transitions.State
    started = models.BooleanField(default=False)  # handed to the worker by LABEL_START
    # Who took it by REVIEW_START.
    reviewer = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    approvals = models.TextField(default="[]")  # JSON text: reviewers who approved while more are needed
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "public_id"], name="assignment_public_id"),
            models.UniqueConstraint(fields=["task", "input", "worker"], name="assignment_once"),
        ]
        indexes = [
            models.Index(fields=["task", "modified_at", "public_id"], name="assignment_changes"),
            models.Index(fields=["task", "worker", "state", "id"], name="assignment_worker"),
            models.Index(fields=["task", "state", "reviewer", "id"], name="assignment_review"),
        ]

    def __str__(self) -> str:
        return self.public_id
