"""Regions and concepts inside annotation data and predictions: Clarifai JSON -> our types. Pure.

A missing number is 0, a missing concept value is 1 (Clarifai API guide, section JSON form).
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..types import Box, ConceptValue, Region


class ConceptWire(msgspec.Struct, gc=False):
    id: str = ""
    name: str | None = ""
    value: float | None = None


class _Edges(msgspec.Struct, gc=False):
    top_row: float | None = 0.0
    left_col: float | None = 0.0
    bottom_row: float | None = 0.0
    right_col: float | None = 0.0


class _Point(msgspec.Struct, gc=False):
    row: float | None = 0.0
    col: float | None = 0.0


class _Polygon(msgspec.Struct, gc=False):
    points: list[_Point] | None = None


class _RegionInfo(msgspec.Struct, gc=False):
    bounding_box: _Edges | None = None
    polygon: _Polygon | None = None
    mask: dict[str, Any] | None = None
    point: dict[str, Any] | None = None
    span: dict[str, Any] | None = None
    token: dict[str, Any] | None = None


class _RegionData(msgspec.Struct, gc=False):
    concepts: list[ConceptWire] | None = None


class RegionWire(msgspec.Struct, gc=False):
    id: str | None = ""
    region_info: _RegionInfo | None = None
    data: _RegionData | None = None
    value: float | None = None


class DataWire(msgspec.Struct, gc=False):
    concepts: list[ConceptWire] | None = None
    regions: list[RegionWire] | None = None


read_data = msgspec.json.Decoder(DataWire | None).decode


def values(concepts: list[ConceptWire] | None) -> tuple[ConceptValue, ...]:
    """Concepts with their values; a missing value means 1."""
    return tuple(
        ConceptValue(c.id, 1.0 if c.value is None else c.value, c.name or "") for c in concepts or ()
    )


def region(wire: RegionWire, alone: bool) -> Region:
    """One region. ``alone``: it is the only one of its annotation."""
    info = wire.region_info
    concepts = values(wire.data.concepts) if wire.data else ()
    box = points = None
    # Two shapes in one region, or two regions, are shown but not edited: kind "other".
    if alone and info and not (info.mask or info.point or info.span or info.token):
        edges, polygon = info.bounding_box, info.polygon
        if edges and not polygon:
            box = Box(
                edges.top_row or 0.0, edges.left_col or 0.0, edges.bottom_row or 0.0, edges.right_col or 0.0
            )
        elif polygon and not edges:
            points = tuple((p.row or 0.0, p.col or 0.0) for p in polygon.points or ())
    return Region(wire.id or "", box, points, concepts)
