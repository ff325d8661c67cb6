"""What the stored `data` of an annotation says that searches ask for. Pure: no Django, no database."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

# Columns of an annotation that repeat what its data says, named as in Facts.
COLUMNS = ("shape", "place", "mask", "has_text", "has_metadata", "latitude", "longitude")
_decoder = msgspec.json.Decoder()


class Said(NamedTuple):
    """A concept with its value, of the whole (input, frame, segment) or of a region."""

    concept_id: str
    value: float
    in_region: bool


class Facts(NamedTuple):
    """shape: `bounding_box`, `polygon`, ...; `region` for one known by its id alone; "" without a region.

    place: `frame`, `time_segment` or "". mask: file name of the region's mask. Degrees are None without a geo point.
    """

    shape: str
    place: str
    mask: str
    has_text: bool
    has_metadata: bool
    latitude: float | None
    longitude: float | None
    concepts: tuple[Said, ...]


def of(data: str) -> Facts:
    """Checked JSON text of an annotation's `data` -> Facts."""
    return found_in(_decoder.decode(data))


def found_in(top: dict[str, Any]) -> Facts:
    """The same for an annotation's `data` that is not text yet."""
    parts = list(_parts(top))
    info: dict[str, Any] = next((region.get("region_info", {}) for _, region in parts if region), {})
    has_region = any(region for _, region in parts)
    point = top.get("geo", {}).get("geo_point", {})
    place = "frame" if "frames" in top else "time_segment" if "time_segments" in top else ""
    return Facts(
        shape=next(iter(info), "region") if has_region else "",
        place=place,
        mask=info["mask"]["image"]["hosted"]["suffix"] if "mask" in info else "",
        has_text=any("text" in part for part, _ in parts),
        has_metadata="metadata" in top,
        latitude=point.get("latitude"),
        longitude=point.get("longitude"),
        concepts=tuple(dict.fromkeys(_said(parts))),
    )


def _parts(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Every `data` object in `data`, itself first, each with the region that it belongs to."""
    yield data, None
    for name in ("frames", "time_segments"):
        for member in data.get(name, ()):
            yield from _parts(member.get("data", {}))
    for region in data.get("regions", ()):
        yield region.get("data", {}), region


def _said(parts: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> Iterator[Said]:
    for part, region in parts:
        for concept in part.get("concepts", ()):
            yield Said(concept["id"], concept["value"], region is not None)
