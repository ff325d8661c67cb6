"""Queries run: the inputs or the annotations that they find, as one SQL statement each.

Ranked hits are those of which something is said about every concept that is asked for, best score first and equal
scores by id; the score is the mean of the concepts' values, for an input of the best value that it has. Other hits
score 1; annotations come in the order of their last change, inputs in the order in which they were added.
"""

from typing import TypeVar

from django.db.models import FloatField, Func, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from embedded_api.fields import Json
from embedded_api.models import Annotation, AnnotationConcept, App, Input
from embedded_api.searches.reading import Filter, Plan, Rank, read

Row = TypeVar("Row", Input, Annotation)


def matching_inputs(
    app: App, query: Json, where: str = "query", *, min_value: float = 0.0, as_of: str = ""
) -> QuerySet[Input]:
    """Inputs of the app that the query finds; raises FieldError for a query it cannot read."""
    return inputs_of(read(app, query, where), min_value, as_of)


def matching_annotations(
    app: App, query: Json, where: str = "query", *, min_value: float = 0.0, as_of: str = ""
) -> QuerySet[Annotation]:
    """Annotations of the app that the query finds; raises FieldError as above."""
    return annotations_of(read(app, query, where), min_value, as_of)


def inputs_of(plan: Plan, min_value: float, as_of: str) -> QuerySet[Input]:
    """An input passes a filter when one of its annotations does."""
    rows: QuerySet[Input] = Input.objects.filter(app=plan.app)
    for one in plan.filters:
        found = one.input
        if one.annotation:
            said = Annotation.objects.filter(one.annotation, app=plan.app)
            found &= Q(pk__in=said.values("input"))
        rows = rows.filter(~found if one.negate else found)
    if as_of:
        rows = rows.filter(created_at__lte=as_of)
    if not plan.ranks:
        return rows.order_by("pk")
    for rank in plan.ranks:
        rows = rows.filter(pk__in=AnnotationConcept.objects.filter(rank.said).values("input"))
    return _ranked(rows, plan.ranks, {"input": OuterRef("pk")}, min_value)


def annotations_of(plan: Plan, min_value: float, as_of: str) -> QuerySet[Annotation]:
    """An annotation passes a filter by itself and by its input."""
    rows: QuerySet[Annotation] = Annotation.objects.filter(app=plan.app)
    for one in plan.filters:
        rows = rows.filter(_of_annotation(plan.app, one))
    if as_of:
        rows = rows.filter(created_at__lte=as_of)
    if not plan.ranks:
        return rows.order_by("modified_at", "pk")
    for rank in plan.ranks:
        rows = rows.filter(pk__in=AnnotationConcept.objects.filter(rank.said).values("annotation"))
    # With the input as well, so that one index answers for both kinds of hits.
    itself = {"input": OuterRef("input"), "annotation": OuterRef("pk")}
    return _ranked(rows, plan.ranks, itself, min_value)


def _of_annotation(app: App, one: Filter) -> Q:
    found = one.annotation
    if one.input:
        found &= Q(input__in=Input.objects.filter(one.input, app=app))
    return ~found if one.negate else found


def _ranked(
    rows: QuerySet[Row], ranks: list[Rank], of_hit: dict[str, OuterRef], min_value: float
) -> QuerySet[Row]:
    # One flat sum: SQLite's parser takes no hundred brackets in one another.
    scores = Func(
        *(_score(rank, of_hit) for rank in ranks),
        template="(%(expressions)s)",
        arg_joiner=" + ",
        output_field=FloatField(),
    )
    rows = rows.annotate(score=scores / float(len(ranks)))
    if min_value:
        rows = rows.filter(score__gte=min_value)
    return rows.order_by("-score", "public_id")


def _score(rank: Rank, of_hit: dict[str, OuterRef]) -> Combinable:
    said = AnnotationConcept.objects.filter(rank.said, **of_hit).order_by()
    best = Subquery(said.values("app").annotate(best=Max("value")).values("best"), output_field=FloatField())
    return 1.0 - best if rank.flip else best
