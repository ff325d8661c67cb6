"""A Pascal VOC folder, read image by image.

Layout: `Annotations/*.xml`, `JPEGImages/`, optionally `ImageSets/Main/<name>.txt` with one name a line.

Pixels. VOC counts pixels from 1 and includes both corners: a box over a whole picture of 640 x 480 is
written 1, 1, 640, 480. Our fractions measure edges, so the default (`Pixels.ONE_BASED`) is

    left = (xmin - 1) / width    right = xmax / width    top = (ymin - 1) / height    bottom = ymax / height

Some tools write edges from 0 instead (a whole picture is 0, 0, 640, 480); for those there is
`Pixels.ZERO_BASED`, a plain division. The convention is the caller's choice and never guessed: under
`ONE_BASED` a corner at 0 lies outside and is reported as such, with a hint.

Nothing is changed in silence. A box that leaves the picture is reported and skipped, not clipped. A box
whose xmax is not above its xmin (or ymax not above ymin) has zero size, the trace of a click without a
drag, and is reported and skipped too. A picture whose real size is not the written one is skipped whole,
because the pixels cannot be trusted.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from dashboard.interchange.loss import LossReport, Problem, Severity
from dashboard.interchange.voc_xml import MAX_BYTES, RawObject, VocXmlError, parse_annotation

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


class VocFolderError(ValueError):
    """The folder is no VOC folder; the message says which part is missing."""


class Pixels(StrEnum):
    """How the numbers of a `<bndbox>` are meant (see the module text)."""

    ONE_BASED = "one-based"
    ZERO_BASED = "zero-based"


@dataclass(frozen=True, slots=True)
class PixelBox:
    """The four numbers exactly as written in the file."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True, slots=True)
class FractionBox:
    """Edges as fractions 0..1 of height (top, bottom) and width (left, right), origin at the top left."""

    top: float
    left: float
    bottom: float
    right: float


@dataclass(frozen=True, slots=True)
class VocBox:
    """A usable box. `index` is the 0-based place of its `<object>` in the file, stable between runs."""

    index: int
    concept: str
    pixels: PixelBox
    fractions: FractionBox


@dataclass(frozen=True, slots=True)
class VocImage:
    """One annotation file. `path` is None (and boxes are empty) when the image cannot be used; `problems`
    says why.

    `name` is the annotation file's name without its suffix; width and height are pixels (0 when unknown).
    `found` is the number of `<object>` elements in the file, usable or not.
    """

    name: str
    path: Path | None
    width: int = 0
    height: int = 0
    boxes: tuple[VocBox, ...] = ()
    problems: tuple[Problem, ...] = ()
    found: int = 0


def count_voc(folder: Path, *, image_set: str | None = None) -> int:
    """How many annotation files `read_voc` would yield. Raises VocFolderError."""
    return len(_names(Path(folder), image_set))


def read_voc(
    folder: Path,
    *,
    image_set: str | None = None,
    pixels: Pixels = Pixels.ONE_BASED,
    report: LossReport | None = None,
) -> Iterator[VocImage]:
    """Yield the images of a folder in the order of their names, one at a time.

    `image_set` limits the run to the names in `ImageSets/Main/<image_set>.txt`, in that file's order. Each
    image and its problems are also counted in `report`. Raises VocFolderError at the first step when the
    folder lacks `Annotations` or `JPEGImages` or the image set; bad files inside the folder never raise.
    """
    root = Path(folder)
    names = _names(root, image_set)
    pictures = root / "JPEGImages"
    if not pictures.is_dir():
        raise VocFolderError(f"{root.name}: the folder JPEGImages is missing")
    seen: dict[Path, str] = {}
    for name in names:
        image = _read_one(root, name, pixels)
        if image.path is not None:
            first = seen.setdefault(image.path, name)
            if first != name:
                image = _unusable(
                    name, "image_twice", f"names the same picture as {first}.xml", found=image.found
                )
        if report is not None:
            report.images_found += 1
            report.images_read += image.path is not None
            report.boxes_found += image.found
            report.boxes_read += len(image.boxes)
            report.extend(image.problems)
        yield image


def fractions_of(box: PixelBox, width: int, height: int, pixels: Pixels = Pixels.ONE_BASED) -> FractionBox:
    """Convert written pixels to fractions by the chosen convention. No check of the range; see
    `check_box`."""
    start = 1 if pixels is Pixels.ONE_BASED else 0
    return FractionBox(
        top=(box.ymin - start) / height,
        left=(box.xmin - start) / width,
        bottom=box.ymax / height,
        right=box.xmax / width,
    )


def check_box(box: PixelBox, width: int, height: int, pixels: Pixels) -> tuple[str, str] | None:
    """None for a usable box, else (kind, sentence)."""
    first = 1 if pixels is Pixels.ONE_BASED else 0
    written = f"{box.xmin:g}, {box.ymin:g}, {box.xmax:g}, {box.ymax:g}"
    if box.xmax <= box.xmin or box.ymax <= box.ymin:
        return "box_zero_size", f"box {written} has no size: each maximum must be above its minimum"
    if box.xmin < first or box.ymin < first or box.xmax > width or box.ymax > height:
        hint = "; the file may count pixels from 0" if first and 0 in (box.xmin, box.ymin) else ""
        return (
            "box_outside",
            f"box {written} leaves the picture of {width} x {height} (pixels from {first}){hint}",
        )
    return None


def _names(root: Path, image_set: str | None) -> list[str]:
    annotations = root / "Annotations"
    if not annotations.is_dir():
        raise VocFolderError(f"{root.name}: the folder Annotations is missing")
    if image_set is None:
        with os.scandir(annotations) as entries:
            return sorted(entry.name[:-4] for entry in entries if entry.name.lower().endswith(".xml"))
    if not _plain(image_set):
        raise VocFolderError("the image set must be a plain name, without a folder")
    listing = root / "ImageSets" / "Main" / f"{image_set}.txt"
    try:
        lines = listing.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise VocFolderError(f"the image set {image_set} cannot be read") from error
    # A line may carry a second column (1 or -1 for one concept); the first one is the name.
    return list(dict.fromkeys(line.split()[0] for line in lines if line.strip()))


def _plain(name: str) -> bool:
    """Whether a name stays inside its folder on every system: no separator, no drive, no dot name, no
    NUL."""
    return bool(name) and name not in (".", "..") and not any(mark in name for mark in "/\\:\0")


def _unusable(name: str, kind: str, detail: str, *, found: int = 0) -> VocImage:
    problem = Problem(kind, Severity.IMAGE_SKIPPED, f"{name}.xml", detail)
    return VocImage(name=name, path=None, problems=(problem,), found=found)


def _read_one(root: Path, name: str, pixels: Pixels) -> VocImage:
    if not _plain(name):
        return _unusable(name, "name_refused", "the name in the image set leaves the folder")
    source = root / "Annotations" / f"{name}.xml"
    try:
        with source.open("rb") as file:
            raw = parse_annotation(file.read(MAX_BYTES + 1))
    except OSError as error:
        return _unusable(name, "xml_unreadable", f"the file cannot be read: {error.strerror or error}")
    except VocXmlError as error:
        return _unusable(name, "xml_refused", str(error))
    found = len(raw.objects)

    picture = _picture(root / "JPEGImages", raw.filename, name)
    if isinstance(picture, tuple):
        return _unusable(name, *picture, found=found)
    real = _picture_size(picture)
    if real is None:
        return _unusable(name, "image_broken", f"{picture.name} is no picture that can be read", found=found)
    problems: list[Problem] = []
    if raw.width is None or raw.height is None:
        detail = f"no usable <size>; {real[0]} x {real[1]} was read from the picture"
        problems.append(Problem("size_from_picture", Severity.NOTE, f"{name}.xml", detail))
    elif (raw.width, raw.height) != real:
        detail = f"<size> says {raw.width} x {raw.height}, the picture has {real[0]} x {real[1]}"
        return _unusable(name, "size_mismatch", detail, found=found)

    boxes: list[VocBox] = []
    for index, raw_object in enumerate(raw.objects):
        box, trouble = _read_object(raw_object, index, f"{name}.xml", real, pixels)
        problems += trouble
        if box is not None:
            boxes.append(box)
    return VocImage(name, picture, real[0], real[1], tuple(boxes), tuple(problems), found)


def _read_object(
    raw: RawObject, index: int, file: str, size: tuple[int, int], pixels: Pixels
) -> tuple[VocBox | None, list[Problem]]:
    concept = raw.name or None

    def skipped(kind: str, detail: str, box: PixelBox | None = None) -> tuple[None, list[Problem]]:
        corners = (box.xmin, box.ymin, box.xmax, box.ymax) if box else None
        return None, [Problem(kind, Severity.BOX_SKIPPED, file, detail, index, concept, corners)]

    if raw.corners is None:
        shapes = f" (only {', '.join(raw.extras)})" if raw.extras else ""
        return skipped("box_missing", f"object {index} has no <bndbox>{shapes}")
    if None in raw.corners:
        return skipped("box_not_numbers", f"object {index} has a corner that is missing or no finite number")
    written = PixelBox(*(corner for corner in raw.corners if corner is not None))
    if concept is None:
        return skipped("concept_missing", f"object {index} has no <name>", written)
    if trouble := check_box(written, *size, pixels):
        return skipped(*trouble, written)
    notes = []
    if raw.flags:
        detail = f"object {index}: {', '.join(raw.flags)} is not kept"
        notes.append(Problem("flag_not_kept", Severity.NOTE, file, detail, index, concept))
    if raw.extras:
        detail = f"object {index}: {', '.join(raw.extras)} is not kept beside the box"
        notes.append(Problem("shape_not_kept", Severity.NOTE, file, detail, index, concept))
    return VocBox(index, concept, written, fractions_of(written, *size, pixels)), notes


def _picture(folder: Path, filename: str, name: str) -> Path | tuple[str, str]:
    """The picture's path, or (kind, sentence) when it is refused or missing."""
    if filename and not _plain(filename):
        return "filename_refused", f"<filename> {filename[:80]!r} leaves the folder JPEGImages"
    stem = filename or name
    candidates = [stem] if stem.lower().endswith(SUFFIXES) else [stem + suffix for suffix in SUFFIXES]
    for candidate in candidates:
        path = folder / candidate
        try:
            if not path.is_file():
                continue
            inside = path.resolve().is_relative_to(folder.resolve())
        except (OSError, ValueError):
            continue
        if not inside:
            return "filename_refused", f"{candidate[:80]!r} is a link that leaves the folder JPEGImages"
        return path
    return "image_missing", f"there is no picture {candidates[0][:80]!r} in JPEGImages"


def _picture_size(path: Path) -> tuple[int, int] | None:
    """Width and height from the picture's header; the pixels are not decoded. None when it is no
    picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                return picture.size
    except (
        OSError,
        ValueError,
        SyntaxError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        return None
