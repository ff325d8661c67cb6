"""Annotations: what somebody says about an input."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models, transaction

from embedded_api import clock
from embedded_api.annotations import facts
from embedded_api.models.accounts import App
from embedded_api.models.inputs import Input

CHUNK = 1000


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    """Rows come into being here only, so that none is without what searches look at."""

    def bulk_create(  # type: ignore[override]  # fresh rows only: the options for conflicts have no place here
        self, objs: Iterable["Annotation"], batch_size: int | None = None
    ) -> list["Annotation"]:
        """Insert rows with what they say about concepts. One prepared statement, whatever the batch size."""
        rows = list(objs)
        said = [row.describe() for row in rows]
        columns = [field.attname for field in self.model._meta.concrete_fields if not field.primary_key]
        values_of = attrgetter(*columns)
        with transaction.atomic(savepoint=False):
            _insert(self.model, columns, [values_of(row) for row in rows])
            _take_keys(self, rows)
            link(rows, said)
        return rows


def _take_keys(annotations: AnnotationQuerySet, rows: list["Annotation"]) -> None:
    """Give the rows that were just inserted their primary keys."""
    for start in range(0, len(rows), CHUNK):
        part = {(row.app_id, row.public_id): row for row in rows[start : start + CHUNK]}
        found = annotations.filter(
            app__in={app_id for app_id, _ in part}, public_id__in=[public_id for _, public_id in part]
        )
        for app_id, public_id, pk in found.values_list("app", "public_id", "pk"):
            if row := part.get((app_id, public_id)):
                row.pk, row._state.adding = pk, False


def _insert(model: type[models.Model], columns: Sequence[str], values: list[tuple[Any, ...]]) -> None:
    """Plain values, in the order of the columns. Django's own way costs as much as reading the whole call."""
    if not values:
        return
    places = ", ".join(["%s"] * len(columns))
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})", values)  # noqa: S608


class Annotation(models.Model):
    """One statement, with at most one region. Public ids are unique in the app.

    `data`, `annotation_info` and `consensus_info` are JSON text that was checked when it was written, so that a
    page of a list is assembled by joining text. The columns from `shape` on repeat what `data` says, for searches;
    `describe` fills them in. Write through `bulk_create`, or call `describe` and `relink`.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="annotations", db_index=False)
    input = models.ForeignKey(Input, models.CASCADE, related_name="annotations", db_index=False)
    public_id = models.CharField(max_length=128)
    input_public_id = models.CharField(max_length=128)  # copied, so that printing needs no join
    user_id = models.CharField(max_length=128)  # empty when a model or a workflow is the author
    model_id = models.CharField(max_length=128, blank=True, default="")
    model_version_id = models.CharField(max_length=128, blank=True, default="")
    workflow_id = models.CharField(max_length=128, blank=True, default="")
    workflow_version_id = models.CharField(max_length=128, blank=True, default="")
    trusted = models.BooleanField(default=True)
    task_id = models.CharField(max_length=128, blank=True, default="")  # public id of a task, or empty
    status_code = models.IntegerField(default=24150)
    input_level = models.BooleanField(default=False)  # made together with the input, dies with it
    data = models.TextField(default="{}")
    annotation_info = models.TextField(default="{}")
    consensus_info = models.TextField(default="{}")
    embed_model_version_id = models.CharField(max_length=128, blank=True, default="")
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)
    shape = models.CharField(max_length=20, blank=True, default="")  # kind of its region, see `facts.Facts`
    place = models.CharField(max_length=12, blank=True, default="")
    has_text = models.BooleanField(default=False)
    has_metadata = models.BooleanField(default=False)
    latitude = models.FloatField(null=True)  # degrees
    longitude = models.FloatField(null=True)
    mask = models.CharField(
        max_length=80, blank=True, default=""
    )  # file name of its mask, see `annotations.masks`

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="annotation_public_id")]
        indexes = [
            # With `trusted` at the end, so that a list without untrusted ones is read from the index alone.
            models.Index(fields=["app", "id", "trusted"], name="annotation_order"),
            models.Index(fields=["app", "modified_at", "id"], name="annotation_changes"),
            models.Index(fields=["app", "task_id", "modified_at", "id"], name="annotation_task_changes"),
            models.Index(fields=["app", "task_id", "status_code", "user_id"], name="annotation_task_counts"),
            models.Index(fields=["app", "task_id", "id", "trusted"], name="annotation_task_order"),
            models.Index(fields=["app", "user_id", "id"], name="annotation_user_order"),
            models.Index(fields=["input", "id"], name="annotation_input"),
            models.Index(fields=["app", "id"], name="annotation_text", condition=models.Q(has_text=True)),
            models.Index(fields=["app", "id"], name="annotation_meta", condition=models.Q(has_metadata=True)),
            models.Index(
                fields=["app", "latitude", "longitude"],
                name="annotation_geo",
                condition=models.Q(latitude__isnull=False),
            ),
            models.Index(
                fields=["app", "model_version_id", "id"],
                name="annotation_model",
                condition=~models.Q(model_version_id=""),
            ),
            models.Index(
                fields=["app", "workflow_version_id", "id"],
                name="annotation_workflow",
                condition=~models.Q(workflow_version_id=""),
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    def describe(self) -> tuple[facts.Said, ...]:
        """Fill in the columns that repeat `data`; answers what `data` says about concepts."""
        found = facts.of(self.data)
        for name in facts.COLUMNS:
            setattr(self, name, getattr(found, name))
        return found.concepts


class AnnotationConcept(models.Model):
    """An annotation names a concept: what searches by concept read instead of JSON."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="said")
    # Both are copied from the annotation, and the row goes with it.
    app = models.ForeignKey(App, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    input = models.ForeignKey(Input, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    concept_id = models.CharField(max_length=128)  # public id
    value = models.FloatField()  # 0 to 1
    in_region = models.BooleanField()

    class Meta:
        indexes = [
            # Every search by concept is answered from this index alone.
            models.Index(
                fields=["app", "concept_id", "input", "annotation", "value", "in_region"],
                name="annotation_concept_said",
            )
        ]

    def __str__(self) -> str:
        return f"{self.concept_id} = {self.value}"


def link(rows: Iterable[Annotation], said: Iterable[tuple[facts.Said, ...]]) -> None:
    """Store what fresh rows say about concepts; `said` in the order of the rows."""
    columns = ("annotation_id", "app_id", "input_id", "concept_id", "value", "in_region")
    values = [
        (row.pk, row.app_id, row.input_id, *one)
        for row, concepts in zip(rows, said, strict=True)
        for one in concepts
    ]
    _insert(AnnotationConcept, columns, values)


def relink(rows: list[Annotation], said: list[tuple[facts.Said, ...]]) -> None:
    """The same for rows whose `data` has changed."""
    AnnotationConcept.objects.filter(annotation__in=[row.pk for row in rows]).delete()
    link(rows, said)
