"""Annotations: what somebody says about an input."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from django.db import connection, models, transaction

from embedded_api import clock
from embedded_api.annotations import facts
from embedded_api.models.accounts import App
from embedded_api.models.inputs import Input

# Rows of one INSERT. More are no faster, and every number of rows is a statement that is prepared by itself.
ROWS = 64
Values = dict[str, Any]  # column -> value; `concepts`: what the annotation says, see `facts.Facts`


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    """Rows come into being here only, so that none is without what searches look at."""

    def bulk_create(  # type: ignore[override]  # fresh rows only: the options for conflicts have no place here
        self, objs: Iterable["Annotation"], batch_size: int | None = None
    ) -> list["Annotation"]:
        """Insert rows with what they say about concepts; raises IntegrityError when an id is taken."""
        rows = list(objs)
        keys = _store([vars(row) | {"concepts": row.describe()} for row in rows])
        for row in rows:
            row.pk, row._state.adding = keys[row.app_id, row.public_id], False
        return rows

    def add_new(self, rows: Sequence[Values]) -> set[str]:
        """The same for plain values (see `blank`); a row whose id is taken is left out.

        Answers the public ids of those that were added.
        """
        return {public_id for _, public_id in _store(rows, "ON CONFLICT (app_id, public_id) DO NOTHING")}


@cache
def blank() -> Values:
    """The columns of a new annotation with their defaults, without its times; to be copied.

    A dictionary, because making a model instance takes as long as all else that is done for a row.
    """
    columns = [field for field in Annotation._meta.concrete_fields if not field.primary_key]
    return {field.attname: field.get_default() for field in columns if field.attname not in _TIMES}


_TIMES = ("created_at", "modified_at")


def _store(rows: Sequence[Values], on_conflict: str = "") -> dict[tuple[int, str], int]:
    """Primary keys of the inserted rows by app and public id."""
    with transaction.atomic(savepoint=False):
        columns = (*blank(), *_TIMES)
        values = list(map(itemgetter(*columns), rows))
        inserted = _insert(Annotation, columns, values, f"{on_conflict} RETURNING app_id, public_id, id")
        keys = {(app_id, public_id): pk for app_id, public_id, pk in inserted}
        found = ((keys.get((row["app_id"], row["public_id"])), row) for row in rows)
        _link((pk, row["app_id"], row["input_id"], row["concepts"]) for pk, row in found if pk is not None)
    return keys


def _insert(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]], ending: str = ""
) -> list[tuple[Any, ...]]:
    """Plain values, in the order of the columns; answers what `ending` returns of them.

    Django's own way costs as much as reading the whole call.
    """
    one = f"({', '.join(['%s'] * len(columns))})"
    start = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES "  # noqa: S608
    returned: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for first in range(0, len(rows), ROWS):
            part = rows[first : first + ROWS]
            cursor.execute(f"{start}{', '.join([one] * len(part))} {ending}", list(chain.from_iterable(part)))
            returned += cursor.fetchall() if ending else []
    return returned


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


_LINK = ("annotation_id", "app_id", "input_id", "concept_id", "value", "in_region")


def _link(said: Iterable[tuple[int, int, int, Iterable[facts.Said]]]) -> None:
    """Store what rows say about concepts: primary keys of annotation, app and input, and the concepts."""
    _insert(AnnotationConcept, _LINK, [(*keys, *one) for *keys, concepts in said for one in concepts])


def relink(rows: list[Annotation], said: list[tuple[facts.Said, ...]]) -> None:
    """The same for rows whose `data` has changed."""
    AnnotationConcept.objects.filter(annotation__in=[row.pk for row in rows]).delete()
    _link((row.pk, row.app_id, row.input_id, one) for row, one in zip(rows, said, strict=True))
