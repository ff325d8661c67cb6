"""Saved searches."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App


class SavedSearch(models.Model):
    """A query under a name; `public_id` is unique in its app. Enumerations hold the wire's numbers."""

    INPUTS, ANNOTATIONS = "inputs", "annotations"

    app = models.ForeignKey(App, models.CASCADE, related_name="saved_searches", db_index=False)
    public_id = models.CharField(max_length=128)
    target = models.CharField(max_length=12, default=INPUTS)  # what it finds when it is run by id
    name = models.CharField(max_length=255, blank=True)
    query = models.TextField(default="{}")  # JSON text, checked by `embedded_api.searches.reading`
    as_of = models.CharField(max_length=27, blank=True)  # only what existed then; empty: no limit
    min_value = models.FloatField(default=0.0)  # hits with a lower score are left out
    algorithm = models.CharField(max_length=32, blank=True)
    metric = models.IntegerField(default=0)
    gettable = models.IntegerField(default=10)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="saved_search_public_id")]
        indexes = [models.Index(fields=["app", "id"], name="saved_search_order")]

    def __str__(self) -> str:
        return self.public_id
