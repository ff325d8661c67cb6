"""A small second opinion on merge, overwrite and remove, in its own terms: three flat tables, no recursion.

It knows image-level concepts, regions with a box and concepts, and metadata with plain values, which is all
that the state machines send.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Box = tuple[float, float, float, float]
EDGES = ("top_row", "left_col", "bottom_row", "right_col")


@dataclass
class Region:
    box: Box | None = None
    concepts: dict[str, float] = field(default_factory=dict)


@dataclass
class Body:
    """The content of an annotation, or of a patch. In a patch for `remove` the values do not matter."""

    tags: dict[str, float] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    notes: dict[str, str | int] = field(default_factory=dict)

    def merged(self, sent: Body) -> Body:
        after = copy.deepcopy(self)
        after.tags.update(sent.tags)
        after.notes.update(sent.notes)
        for name, region in sent.regions.items():
            known = after.regions.setdefault(name, Region())
            known.box = region.box or known.box
            known.concepts.update(region.concepts)
        return after

    def without(self, sent: Body) -> Body:
        """A region that is sent with concepts loses these; one that is sent bare goes whole."""
        after = copy.deepcopy(self)
        for tag in sent.tags:
            after.tags.pop(tag, None)
        for note in sent.notes:
            after.notes.pop(note, None)
        for name, region in sent.regions.items():
            known = after.regions.get(name)
            if known is None:
                continue
            for concept in region.concepts:
                known.concepts.pop(concept, None)
            if not region.concepts or (known.box is None and not known.concepts):
                del after.regions[name]
        return after

    def wire(self, *, values: bool = True) -> dict[str, Any]:
        """As JSON `data`; empty tables are not sent. `values=False` leaves concept values and boxes out."""

        def listed(concepts: dict[str, float]) -> list[dict[str, Any]]:
            return [
                {"id": name, "value": value} if values else {"id": name} for name, value in concepts.items()
            ]

        data: dict[str, Any] = {}
        if self.tags:
            data["concepts"] = listed(self.tags)
        if self.notes:
            data["metadata"] = dict(self.notes)
        for name, region in self.regions.items():
            sent: dict[str, Any] = {"id": name}
            if region.box and values:
                sent["region_info"] = {"bounding_box": dict(zip(EDGES, region.box, strict=True))}
            if region.concepts:
                sent["data"] = {"concepts": listed(region.concepts)}
            data.setdefault("regions", []).append(sent)
        return data


def read(data: dict[str, Any]) -> Body:
    """JSON `data` as a Body; fails on an id that stands twice."""

    def table(listed: list[dict[str, Any]]) -> dict[str, float]:
        found = {item["id"]: item["value"] for item in listed}
        assert len(found) == len(listed), listed
        return found

    regions: dict[str, Region] = {}
    for region in data.get("regions", []):
        assert region["id"] not in regions, data
        box = region.get("region_info", {}).get("bounding_box")
        regions[region["id"]] = Region(
            tuple(box[edge] for edge in EDGES) if box else None,
            table(region.get("data", {}).get("concepts", [])),
        )
    return Body(table(data.get("concepts", [])), regions, dict(data.get("metadata", {})))
