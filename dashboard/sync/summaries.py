"""What lists show of an item's annotations: small shapes, tags and concepts, kept in the mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dashboard.platforms.types import Annotation

from .models import Concept, WorkItem, WorkItemConcept
from .shapes import main_concept

MAX_SHAPES = 300  # drawn on a thumbnail; more cannot be told apart
MAX_POINTS = 60


def belongs(author: str, *, labeler_id: str, labelers: Collection[str]) -> bool:
    """Whether an annotation by ``author`` is part of this labeler's item.

    Their own are, and those of people who do not label in the task (a reviewer who added what was missing).
    """
    return author == labeler_id or author not in labelers


def summarize(annotations: Iterable[Annotation]) -> tuple[list[Any], int, list[Any], set[str]]:
    """(shapes, number of shapes, tags, concept ids), as the fields of WorkItem."""
    shapes: list[Any] = []
    count = 0
    tags: list[Any] = []
    concepts: set[str] = set()
    for annotation in annotations:
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
    return shapes, count, sorted(tags), concepts


def write(items: Mapping[int, WorkItem], concepts: Mapping[int, set[str]], *, connection_id: int) -> None:
    """Save the shape fields of these items and replace their concept links; inside the caller's transaction."""
    if not items:
        return
    WorkItem.objects.bulk_update(
        list(items.values()), ["shapes", "shape_count", "tags", "state", "read_at"], batch_size=100
    )
    wanted = {name for names in concepts.values() for name in names}
    known = dict(
        Concept.objects.filter(connection_id=connection_id, platform_id__in=wanted).values_list(
            "platform_id", "id"
        )
    )
    links = {(known[name], pk) for pk, names in concepts.items() for name in names if name in known}
    present = {
        (concept, item): pk
        for pk, concept, item in WorkItemConcept.objects.filter(item_id__in=concepts).values_list(
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
        batch_size=500,
        ignore_conflicts=True,
    )
