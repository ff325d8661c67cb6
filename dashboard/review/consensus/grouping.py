"""Which shapes of several labelers mean the same object (pure).

Shapes of different labelers belong together when kind, concept and value are the same and every pair of them
overlaps by half (intersection over union). Closest pairs are joined first; a group holds one shape of a labeler at
most. Groups of different concepts at the same place are one row: there the labelers disagree on what it is.
The outcome does not depend on the order in which the labelers are given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from .overlap import overlap

SAME = 0.5  # intersection over union from which two shapes mean the same object
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Mark:
    """One shape of one labeler: the work item and the line of the workbench."""

    item: int
    line: Line

    @property
    def key(self) -> str:
        """Names the mark in a pick: ``<item>/<line id>``."""
        return f"{self.item}/{self.line['id']}"

    @property
    def meaning(self) -> tuple[str, str, float]:
        return str(self.line["kind"]), str(self.line["concept"]), float(self.line["value"])


@dataclass(frozen=True)
class Group:
    """Shapes that mean the same object, one per labeler at most. ``medoid`` overlaps most with the others."""

    marks: tuple[Mark, ...]
    medoid: Mark
    mean: float  # mean overlap of all pairs, 1 for a single shape


@dataclass(frozen=True)
class Row:
    """One decision: groups at one place, of which at most one stands. Several groups are a disagreement."""

    id: str
    groups: tuple[Group, ...]

    @property
    def marks(self) -> dict[str, Mark]:
        return {mark.key: mark for group in self.groups for mark in group.marks}


def rows_of(shapes: Mapping[int, Sequence[Line]]) -> list[Row]:
    """{work item: its lines} -> rows, those that most labelers share first."""
    marks = sorted((Mark(item, line) for item in shapes for line in shapes[item]), key=lambda mark: mark.key)
    groups = _groups(marks)
    rows = [
        Row(id=min(mark.key for group in part for mark in group.marks), groups=tuple(part))
        for part in _places(groups)
    ]
    return sorted(rows, key=lambda row: (-max(len(group.marks) for group in row.groups), row.id))


def standing(row: Row, labelers: int) -> str | None:
    """The key of the shape that stands by itself: the medoid of a group that more than half of them share."""
    for group in row.groups:
        if 2 * len(group.marks) > labelers:
            return group.medoid.key
    return None


def _groups(marks: Sequence[Mark]) -> list[Group]:
    together = [[mark] for mark in marks]
    place = {mark.key: number for number, mark in enumerate(marks)}
    found: dict[tuple[str, str], float] = {}
    alike: dict[tuple[str, str, float], list[Mark]] = defaultdict(list)
    for mark in marks:
        alike[mark.meaning].append(mark)
    for same in alike.values():
        for first, second in combinations(same, 2):
            if first.item != second.item and (shared := overlap(first.line, second.line)):
                found[first.key, second.key] = shared
    pairs = sorted((pair for pair in found.items() if pair[1] >= SAME), key=lambda pair: (-pair[1], pair[0]))
    for (first_key, second_key), _ in pairs:
        one, other = together[place[first_key]], together[place[second_key]]
        if one is other or not _fit(one, other, found):
            continue
        one.extend(other)
        for mark in other:
            place[mark.key] = place[first_key]
    kept = {id(together[number]): together[number] for number in place.values()}
    return [_group(sorted(part, key=lambda mark: mark.key), found) for part in kept.values()]


def _fit(one: Sequence[Mark], other: Sequence[Mark], found: Mapping[tuple[str, str], float]) -> bool:
    """No labeler twice, and every shape of the one overlaps with every shape of the other."""
    if {mark.item for mark in one} & {mark.item for mark in other}:
        return False
    return all(_pair(first, second, found) >= SAME for first in one for second in other)


def _pair(first: Mark, second: Mark, found: Mapping[tuple[str, str], float]) -> float:
    low, high = sorted((first.key, second.key))
    return found.get((low, high), 0.0)


def _group(marks: Sequence[Mark], found: Mapping[tuple[str, str], float]) -> Group:
    def closeness(mark: Mark) -> float:
        return sum(_pair(mark, other, found) for other in marks if other is not mark)

    pairs = [_pair(first, second, found) for first, second in combinations(marks, 2)]
    medoid = min(marks, key=lambda mark: (-closeness(mark), mark.key))
    return Group(marks=tuple(marks), medoid=medoid, mean=sum(pairs) / len(pairs) if pairs else 1.0)


def _places(groups: Sequence[Group]) -> list[list[Group]]:
    """Groups of different meaning at the same place, put together; everything else alone.

    A tag's place is the whole picture, so only the two values of one concept contradict each other.
    """
    parts: list[list[Group]] = []
    for group in sorted(groups, key=lambda group: (-len(group.marks), group.medoid.key)):
        home = next((part for part in parts if all(_contradict(group, other) for other in part)), None)
        if home is None:
            parts.append([group])
        else:
            home.append(group)
    return parts


def _contradict(first: Group, second: Group) -> bool:
    kind, concept, _ = first.medoid.meaning
    if first.medoid.meaning == second.medoid.meaning:
        return False
    if kind == "tag":
        return second.medoid.meaning[:2] == (kind, concept)
    if {mark.item for mark in first.marks} & {mark.item for mark in second.marks}:
        return False  # one labeler drew both: two objects in one place are meant
    return overlap(first.medoid.line, second.medoid.line) >= SAME
