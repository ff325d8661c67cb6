"""Inputs that come in bulk: uploads in parts, and the jobs that turn archives and folders into inputs."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App


class AddJob(models.Model):
    """What callers watch: the inputs of one post, upload or data source. Its state follows from its parts."""

    app = models.ForeignKey(App, models.CASCADE, related_name="+", db_index=False)
    public_id = models.CharField(max_length=128)
    cancelled = models.BooleanField(default=False)
    # Inputs that were posted under the job's id; those of extraction jobs are counted there.
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="add_job_public_id")]
        indexes = [models.Index(fields=["app", "id"], name="add_job_order")]

    def __str__(self) -> str:
        return self.public_id


class Upload(models.Model):
    """A file that comes in parts, each kept as a file of its own until it is needed."""

    app = models.ForeignKey(App, models.CASCADE, related_name="+", db_index=False)
    add_job = models.ForeignKey(AddJob, models.CASCADE, null=True, related_name="uploads")
    public_id = models.CharField(max_length=128)
    folder = models.CharField(max_length=32)  # where the parts lie; never shown
    status_code = models.IntegerField(default=68000)
    content_name = models.CharField(max_length=255, blank=True)
    content_length = models.BigIntegerField()  # bytes
    expires_at = models.CharField(max_length=27)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="upload_public_id")]
        indexes = [
            models.Index(fields=["app", "id"], name="upload_order"),
            models.Index(fields=["status_code", "expires_at"], name="upload_expiry"),
        ]

    def __str__(self) -> str:
        return self.public_id


class UploadPart(models.Model):
    """Bytes `start` to `start + size` of an upload."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts", db_index=False)
    number = models.IntegerField()
    start = models.BigIntegerField()
    size = models.BigIntegerField()
    file = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "number"], name="upload_part_once")]

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class ExtractionJob(models.Model):
    """An archive, a file or a folder on its way to becoming inputs.

    `place` and `done` say how far it is: containers that are finished (a folder's plain files, then each of its
    archives), and members of the present one. They move together with the inputs, in one transaction, so a job whose
    worker died goes on where it stood.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="+", db_index=False)
    add_job = models.ForeignKey(AddJob, models.CASCADE, related_name="extraction_jobs")
    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, related_name="extraction_jobs")
    public_id = models.CharField(max_length=128)
    user_id = models.CharField(max_length=128)
    url = models.TextField(blank=True)
    resolution = models.IntegerField(default=0)
    template = models.TextField(default="{}")  # JSON text: data and dataset_ids for every input
    status_code = models.IntegerField(default=64000)
    details = models.TextField(blank=True)  # the first thing that went wrong
    images = models.BigIntegerField(default=0)
    videos = models.BigIntegerField(default=0)
    audios = models.BigIntegerField(default=0)
    texts = models.BigIntegerField(default=0)
    archives = models.IntegerField(default=0)
    archives_open = models.IntegerField(default=0)  # 0 or 1
    archives_done = models.IntegerField(default=0)
    archives_failed = models.IntegerField(default=0)
    members = models.BigIntegerField(default=0)  # known so far
    in_progress = models.BigIntegerField(default=0)
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    place = models.IntegerField(default=0)
    entered = models.BooleanField(
        default=False
    )  # whether the members of the container at `place` are counted
    done = models.IntegerField(default=0)
    claim = models.CharField(max_length=32, blank=True)  # who works on it
    claimed_until = models.CharField(max_length=27, blank=True)
    tries = models.IntegerField(default=0)  # claims since it last moved
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="extraction_public_id")]
        indexes = [
            models.Index(fields=["app", "id"], name="extraction_order"),
            models.Index(fields=["status_code", "id"], name="extraction_queue"),
        ]

    def __str__(self) -> str:
        return self.public_id
