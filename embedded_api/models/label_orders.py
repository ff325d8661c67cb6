"""Label orders: labeling that was commissioned as a whole, with the task that carries it out."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App
from embedded_api.models.tasks import Task


class LabelOrder(models.Model):
    """An order; `public_id` is unique in its app. The task outlives it, and it may outlive its task."""

    app = models.ForeignKey(App, models.CASCADE, related_name="label_orders", db_index=False)
    public_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255)
    status_code = models.IntegerField(default=55001)
    auto_release = models.BooleanField(default=False)
    allow_empty_tag = models.BooleanField(default=False)
    desired_fulfill_time = models.CharField(max_length=27, blank=True)
    estimate_fulfill_time = models.CharField(max_length=27, blank=True)
    task = models.OneToOneField(Task, models.SET_NULL, null=True, related_name="label_order")
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="label_order_public_id")]
        indexes = [models.Index(fields=["app", "id"], name="label_order_order")]

    def __str__(self) -> str:
        return self.public_id
