"""One Pascal VOC annotation file, parsed with care: plain data out, nothing fetched, nothing expanded.

The files come from strangers, so a document type, an entity declaration or a processing instruction that
could make a parser read something else is refused outright (VOC files have none), as are files that are
too large or too deep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 16
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class VocXmlError(ValueError):
    """The file is no VOC annotation that we read; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """An `<object>` as written. `corners` is None when there is no `<bndbox>`; a corner that is no finite
    number is None. `flags` names which of truncated, difficult, occluded are set; `extras` names shapes
    that we do not read."""

    name: str
    corners: tuple[float | None, float | None, float | None, float | None] | None
    flags: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawAnnotation:
    """A VOC file as written. `filename` is '' when absent; width and height are None when absent or not
    above 0."""

    filename: str
    width: int | None
    height: int | None
    objects: tuple[RawObject, ...]


def parse_annotation(data: bytes) -> RawAnnotation:
    """Parse the bytes of one file.

    Raises VocXmlError when the bytes are not well-formed XML, hold a document type or entity, nest deeper
    than MAX_DEPTH, are larger than MAX_BYTES, or when the root element is not `<annotation>`.
    """
    root = _parse_tree(data)
    if root.tag != "annotation":
        raise VocXmlError(f"the root element is <{root.tag[:40]}>, not <annotation>")
    return RawAnnotation(
        filename=_text(root, "filename"),
        width=_size(_text(root, "size/width")),
        height=_size(_text(root, "size/height")),
        objects=tuple(_object(element) for element in root.findall("object")),
    )


def _parse_tree(data: bytes) -> Element:
    if len(data) > MAX_BYTES:
        raise VocXmlError(f"the file is larger than {MAX_BYTES // 2**20} MB")
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise VocXmlError(f"elements are nested deeper than {MAX_DEPTH}")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> int:
        raise VocXmlError("the file declares a document type or an entity, which is refused")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise VocXmlError(f"the XML is broken: {error}") from error
    except (LookupError, ValueError) as error:
        if isinstance(error, VocXmlError):
            raise
        raise VocXmlError(f"the XML cannot be decoded: {error}") from error
    return builder.close()


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _size(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number >= 1 and number == int(number) else None


def _number(text: str) -> float | None:
    """A finite number below a million in size, or None. Some tools write pixels with decimals; that is
    allowed."""
    if not text.isascii() or len(text) > 40 or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e6 else None


def _object(element: Element) -> RawObject:
    box = element.find("bndbox")
    corners = None
    if box is not None:
        xmin, ymin, xmax, ymax = (_number(_text(box, corner)) for corner in _CORNERS)
        corners = (xmin, ymin, xmax, ymax)
    flags = tuple(
        flag
        for flag in ("truncated", "difficult", "occluded")
        if _text(element, flag) not in ("", "0", "false")
    )
    extras = tuple(tag for tag in ("polygon", "robndbox", "part", "mask") if element.find(tag) is not None)
    return RawObject(name=_text(element, "name"), corners=corners, flags=flags, extras=extras)
