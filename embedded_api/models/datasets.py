"""Datasets: named sets of inputs, and versions of them that do not change any more."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App
from embedded_api.models.inputs import Input

READY = 64015


class Dataset(models.Model):
    """A set of inputs; `public_id` is unique in its app. `filter_id` names the default annotation filter."""

    app = models.ForeignKey(App, models.CASCADE, related_name="datasets", db_index=False)
    public_id = models.CharField(max_length=128)
    description = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    metadata = models.TextField(default="{}")  # JSON text
    visibility = models.IntegerField(default=10)
    filter_id = models.CharField(max_length=128, blank=True)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="dataset_public_id")]

    def __str__(self) -> str:
        return self.public_id


class DatasetInput(models.Model):
    """An input in a dataset."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="members", db_index=False)
    input = models.ForeignKey(Input, models.CASCADE, related_name="memberships")
    created_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "input"], name="dataset_input_once")]
        indexes = [models.Index(fields=["dataset", "id"], name="dataset_input_order")]

    def __str__(self) -> str:
        return f"{self.input_id} in {self.dataset_id}"


class AnnotationFilter(models.Model):
    """A query that says which annotations belong to a dataset version. `query` is checked JSON text."""

    app = models.ForeignKey(App, models.CASCADE, related_name="annotation_filters", db_index=False)
    public_id = models.CharField(max_length=128)
    query = models.TextField(default="{}")
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="annotation_filter_id")]

    def __str__(self) -> str:
        return self.public_id


class DatasetVersion(models.Model):
    """What a dataset held at one moment: inputs and annotations lie in a file of their own, and never change.

    `metrics`, `groups` and `exports` are JSON text: counts of the whole, counts per group, and
    {"2": {"name": file name, "size": bytes}} by export format.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="versions", db_index=False)
    public_id = models.CharField(max_length=128)
    description = models.TextField(blank=True)
    metadata = models.TextField(default="{}")
    filter_id = models.CharField(max_length=128, blank=True)
    ignore_empty = models.BooleanField(default=False)
    status_code = models.IntegerField(default=READY)
    metrics = models.TextField(default="{}")
    groups = models.TextField(default="[]")
    exports = models.TextField(default="{}")
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "public_id"], name="dataset_version_id")]

    def __str__(self) -> str:
        return self.public_id
