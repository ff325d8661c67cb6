"""What lists show of an item's annotations: small shapes, tags and concepts, kept in the mirror."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from dashboard.platforms.types import Annotation, ReviewStrategy

from . import states
from .models import Concept, WorkItem, WorkItemConcept
from .shapes import main_concept

MAX_SHAPES = 300  # drawn on a thumbnail; more cannot be told apart
MAX_POINTS = 60
_SUMMARY = ("shapes", "shape_count", "tags", "annotation_count", "own_count", "state")


def belongs(author: str, *, labeler_id: str, labelers: Collection[str]) -> bool:
    """Whether an annotation by ``author`` is part of this labeler's item.

    Their own are, and those of people who do not label in the task (a reviewer who added what was missing).
    """
    return author == labeler_id or author not in labelers


class Summary(NamedTuple):
    """What lists show of one item's annotations, as the fields of WorkItem; ``authors`` counts them by user id."""

    shapes: list[Any]
    shape_count: int
    tags: list[Any]
    concepts: set[str]
    authors: Counter[str]


def summarize(annotations: Iterable[Annotation]) -> Summary:
    """The summary of these annotations, which all belong to one item."""
    shapes: list[Any] = []
    count = 0
    tags: list[Any] = []
    concepts: set[str] = set()
    authors: Counter[str] = Counter()
    for annotation in annotations:
        authors[annotation.user_id] += 1
        for concept in annotation.concepts:
            tags.append([concept.id, concept.value])
            concepts.add(concept.id)
        region = annotation.region
        if region is None:
            continue
        count += 1
        concepts.update(concept.id for concept in region.concepts if concept.value > 0)
        name = main_concept(region.concepts)
        if len(shapes) >= MAX_SHAPES:
            continue
        if region.box is not None:
            box = region.box
            edges = [round(edge, 4) for edge in (box.top, box.left, box.bottom, box.right)]
            shapes.append(["box", name.id if name else "", *edges])
        elif region.points:
            step = -(-len(region.points) // MAX_POINTS)
            points = [[round(row, 4), round(column, 4)] for row, column in region.points[::step]]
            shapes.append(["polygon", name.id if name else "", points])
    return Summary(shapes, count, sorted(tags), concepts, authors)


def store(bodies: Mapping[int, Sequence[Annotation]], *, connection_id: int) -> int:
    """Keep what lists show of these items' annotations, just read: {item id: annotations}. See :func:`keep`."""
    return keep({pk: summarize(several) for pk, several in bodies.items()}, connection_id=connection_id)


def keep(found: Mapping[int, Summary], *, connection_id: int) -> int:
    """Put summaries on their items: {item id: summary}. Answers how many items differed.

    Items are locked meanwhile, and their state is settled anew: an item that has annotations is begun.
    """
    if not found:
        return 0
    with transaction.atomic():
        rows = list(
            WorkItem.objects.select_for_update(of=("self",)).filter(pk__in=found).select_related("task")
        )
        moves = states.waiting_moves([row.pk for row in rows])
        now = timezone.now()
        changed: list[WorkItem] = []
        for item in rows:
            summary = found[item.pk]
            before = [getattr(item, name) for name in _SUMMARY]
            item.shapes, item.shape_count, item.tags = summary.shapes, summary.shape_count, summary.tags
            item.annotation_count = summary.authors.total()
            item.own_count = summary.authors[item.labeler_id]
            reviewed = item.task.review.get("strategy") != ReviewStrategy.NONE
            states.settle(item, move=moves.get(item.pk), reviewed=reviewed)
            if before != [getattr(item, name) for name in _SUMMARY]:
                item.read_at = now
                changed.append(item)
        if changed:
            upsert_items(changed, [*_SUMMARY, "read_at"])
        _link({pk: summary.concepts for pk, summary in found.items()}, connection_id)
    return len(changed)


def _link(named: Mapping[int, set[str]], connection_id: int) -> None:
    """Make the concept links of these items what they shall be: {item id: concept ids of the platform}."""
    wanted = {name for names in named.values() for name in names}
    known = dict(
        Concept.objects.filter(connection_id=connection_id, platform_id__in=wanted).values_list(
            "platform_id", "id"
        )
    )
    links = {(known[name], pk) for pk, names in named.items() for name in names if name in known}
    present = {
        (concept, item): pk
        for pk, concept, item in WorkItemConcept.objects.filter(item_id__in=named).values_list(
            "id", "concept_id", "item_id"
        )
    }
    gone = [pk for pair, pk in present.items() if pair not in links]
    if gone:
        WorkItemConcept.objects.filter(id__in=gone).delete()
    WorkItemConcept.objects.bulk_create(
        [
            WorkItemConcept(concept_id=concept, item_id=item)
            for concept, item in sorted(links - present.keys())
        ],
        batch_size=250,
        ignore_conflicts=True,
    )


def upsert_items(items: Sequence[WorkItem], fields: Sequence[str]) -> None:
    """Insert or update work items by (task, input, labeler), writing only these fields of known ones.

    One statement for many rows, where an update row by row would be one each.
    """
    names = [field.attname for field in WorkItem._meta.concrete_fields if not field.primary_key]
    # Without their ids: a row is found by its unique fields, and two targets cannot be named.
    copies = [WorkItem(**{name: getattr(item, name) for name in names}) for item in items]
    WorkItem.objects.bulk_create(
        copies,
        batch_size=250,
        update_conflicts=True,
        unique_fields=["task", "input", "labeler_id"],
        update_fields=list(fields),
    )
