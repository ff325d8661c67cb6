"""Small Pascal VOC folders for tests, written in the way labeling tools write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

VocObject = tuple[str, object, object, object, object]


def annotation_xml(filename: str, size: tuple[object, object] | None, objects: Sequence[VocObject]) -> str:
    """The text of one annotation file; numbers are written as given, even when they are no numbers."""
    parts = ["<annotation>", f"<folder>JPEGImages</folder><filename>{escape(filename)}</filename>"]
    if size is not None:
        parts.append(f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>")
    for name, xmin, ymin, xmax, ymax in objects:
        parts.append(
            f"<object><name>{escape(name)}</name><truncated>0</truncated><bndbox><xmin>{xmin}</xmin>"
            f"<ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax></bndbox></object>"
        )
    parts.append("</annotation>")
    return "".join(parts)


class VocFolder:
    """A folder under construction."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
            (root / part).mkdir(parents=True, exist_ok=True)

    def picture(self, filename: str, size: tuple[int, int] = (64, 48), color: str = "teal") -> Path:
        path = self.root / "JPEGImages" / filename
        Image.new("RGB", size, color).save(path)
        return path

    def xml(self, name: str, text: str | bytes) -> Path:
        path = self.root / "Annotations" / f"{name}.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def add(
        self,
        name: str,
        objects: Sequence[VocObject] = (),
        *,
        size: tuple[int, int] = (64, 48),
        written: tuple[object, object] | str | None = "same",
        color: str = "teal",
    ) -> None:
        """A picture with its annotation file; `written` is the size in the file when it differs."""
        self.picture(f"{name}.jpg", size, color)
        told = size if isinstance(written, str) else written
        self.xml(name, annotation_xml(f"{name}.jpg", told, objects))
