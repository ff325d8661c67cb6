"""Counts of a dataset version, as a whole and per group. Pure. Source: Clarifai API, DatasetVersionMetrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from embedded_api.fields import Json

NAMES = (
    "inputs_count",
    "unlabeled_inputs_count",
    "inputs_with_metadata_count",
    "inputs_with_geo_count",
    "regions_count",
    "bounding_boxes_count",
    "polygons_count",
    "points_count",
    "masks_count",
    "region_inputs_count",
    "frames_count",
    "frame_inputs_count",
    "positive_input_tags_count",
    "positive_region_tags_count",
    "positive_frame_tags_count",
)
_SHAPES = {
    "bounding_box": "bounding_boxes_count",
    "polygon": "polygons_count",
    "point": "points_count",
    "mask": "masks_count",
}
# Group types, by the wire's numbers.
GROUPS = {
    "INPUT_TYPE": 2,
    "CONCEPT_ID": 10,
    "CONCEPTS_COUNT": 11,
    "BOUNDING_BOXES_COUNT": 20,
    "POLYGONS_COUNT": 21,
    "POINTS_COUNT": 22,
    "MASKS_COUNT": 23,
}
_COUNTED = {20: "bounding_boxes_count", 21: "polygons_count", 22: "points_count", 23: "masks_count"}


def of_input(sent: Json, annotations: list[Json]) -> tuple[Counter[str], set[str]]:
    """(counts of one input, the concepts that are present in it). `sent` is the printed input."""
    counts: Counter[str] = Counter(inputs_count=1)
    concepts: set[str] = set()
    data = sent["data"]
    counts["inputs_with_metadata_count"] += bool(data.get("metadata"))
    counts["inputs_with_geo_count"] += bool(data.get("geo"))
    for annotation in annotations:
        body = annotation["data"]
        counts["positive_input_tags_count"] += _positive(body, concepts)
        for region in body.get("regions", []):
            _region(region, counts, concepts)
        for frame in body.get("frames", []):
            counts["frames_count"] += 1
            counts["positive_frame_tags_count"] += _positive(frame.get("data", {}), concepts)
            for region in frame.get("data", {}).get("regions", []):
                _region(region, counts, concepts)
    counts["region_inputs_count"] += counts["regions_count"] > 0
    counts["frame_inputs_count"] += counts["frames_count"] > 0
    counts["unlabeled_inputs_count"] += not annotations
    return counts, concepts


def _region(region: Json, counts: Counter[str], concepts: set[str]) -> None:
    counts["regions_count"] += 1
    for shape in region.get("region_info", {}):
        if shape in _SHAPES:
            counts[_SHAPES[shape]] += 1
    counts["positive_region_tags_count"] += _positive(region.get("data", {}), concepts)


def _positive(data: Json, concepts: set[str]) -> int:
    present = [one["id"] for one in data.get("concepts", []) if one.get("value", 1) > 0]
    concepts.update(present)
    return len(present)


class Measure:
    """Adds up input by input."""

    def __init__(self) -> None:
        self.whole: Counter[str] = Counter()
        self._groups: dict[tuple[int, str | int], Counter[str]] = {}

    def add(self, sent: Json, annotations: list[Json]) -> None:
        counts, concepts = of_input(sent, annotations)
        self.whole += counts
        kind = next((one for one in ("image", "text", "video", "audio") if one in sent["data"]), "other")
        keys: list[tuple[int, str | int]] = [(2, kind), (11, len(concepts))]
        keys += [(10, concept) for concept in concepts]
        keys += [(number, counts[name]) for number, name in _COUNTED.items()]
        for key in keys:
            self._groups.setdefault(key, Counter()).update(counts)

    def metrics(self) -> dict[str, str]:
        """Counts of the whole; 64-bit numbers travel as text."""
        return _printed(self.whole)

    def groups(self) -> Iterator[Json]:
        """Groups by type, then by value."""
        for kind, value in sorted(self._groups, key=lambda key: (key[0], isinstance(key[1], str), key[1])):
            yield {
                "parent_path": "",
                "type": kind,
                "value": value,
                "metrics": _printed(self._groups[kind, value]),
            }


def _printed(counts: Counter[str]) -> dict[str, str]:
    return {name: str(counts[name]) for name in NAMES}
