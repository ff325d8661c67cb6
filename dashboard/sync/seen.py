"""What a person saw of an annotation, as one opaque text that travels through the browser and back.

``<fingerprint>:<signed shape>``. The fingerprint is what a write is compared with before it is sent; the signed
shape lets the server know the former state without reading the platform again and without storing every page
that was ever shown. A browser can shorten it to the fingerprint where only the comparison is needed.

The signature also names the work item on whose page the version was shown: what was seen there cannot be used to
write to it from another item, where other rules hold.
"""

from __future__ import annotations

from typing import Any

from django.core import signing

from dashboard.platforms.types import Annotation, Box, ConceptValue, Region

from .fingerprint import fingerprint

_SALT = "proofdesk.seen"


def encode(annotation: Annotation, *, item: int) -> str:
    """The text for one annotation as it was read just now for this work item."""
    region = annotation.region
    shape: dict[str, Any] = {"i": annotation.input_id, "c": _pairs(annotation.concepts)}
    if region is not None:
        shape["r"] = {"id": region.id, "c": _pairs(region.concepts)}
        if region.box is not None:
            shape["r"]["b"] = [region.box.top, region.box.left, region.box.bottom, region.box.right]
        if region.points is not None:
            shape["r"]["p"] = region.points
    signed = signing.dumps(shape, salt=_salt(item, annotation.id), compress=False)
    return f"{fingerprint(annotation)}:{signed}"


def fingerprint_of(text: str) -> str:
    """The fingerprint part; the text may have been shortened to it."""
    return text.partition(":")[0]


def decode(annotation_id: str, text: str, *, item: int) -> Annotation:
    """The annotation as it was seen. Raises ValueError when the text is not one that we made for it and the item."""
    try:
        shape = signing.loads(text.partition(":")[2], salt=_salt(item, annotation_id))
    except signing.BadSignature:
        raise ValueError("is not a version that this desk has shown") from None
    region = None
    if "r" in shape:
        part = shape["r"]
        points = part.get("p")
        region = Region(
            id=part["id"],
            box=Box(*part["b"]) if "b" in part else None,
            points=tuple((row, col) for row, col in points) if points else None,
            concepts=_concepts(part["c"]),
        )
    return Annotation(id=annotation_id, input_id=shape["i"], region=region, concepts=_concepts(shape["c"]))


def _salt(item: int, annotation_id: str) -> str:
    return f"{_SALT}.{item}.{annotation_id}"


def _pairs(concepts: tuple[ConceptValue, ...]) -> list[list[Any]]:
    return [[concept.id, concept.value] for concept in concepts]


def _concepts(pairs: list[list[Any]]) -> tuple[ConceptValue, ...]:
    return tuple(ConceptValue(id=str(name), value=float(value)) for name, value in pairs)
