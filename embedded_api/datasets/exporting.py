"""A dataset version as a file: COCO, or the dialect's own messages as JSON.

COCO: one `annotations.json` with pictures, boxes and polygons in pixels; concepts of whole pictures, points,
masks, texts, video and audio have no place there and are left out, which `info.left_out` counts.
Clarifai JSON: parts of 1,000 inputs, each a MultiInputResponse message whose inputs carry the concepts, regions,
frames and time segments of their annotations in `data`.
"""

import secrets
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO

from embedded_api import envelope
from embedded_api.datasets import freezing
from embedded_api.fields import Json
from embedded_api.models import DatasetVersion

PART = 1000
COCO, CLARIFAI_JSON = 2, 3
_LISTS = ("concepts", "regions", "frames", "time_segments")
Content = Iterable[tuple[Json, list[Json]]]


def make(version: DatasetVersion, kind: int) -> Json:
    """Write the archive of one format: {"name": file name, "size": bytes}. Raises FileNotFoundError when the version
    is deleted."""
    name = f"{secrets.token_hex(20)}.zip"
    path = freezing.folder() / name
    draft = path.with_suffix(".draft")
    write = _write_coco if kind == COCO else _write_clarifai
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            write(archive, version)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return {"name": name, "size": path.stat().st_size}


def _write_clarifai(archive: zipfile.ZipFile, version: DatasetVersion) -> None:
    for number, part in enumerate(_parts(freezing.read(version))):
        body = {"inputs": [_whole(sent, found) for sent, found in part]}
        archive.writestr(f"all/{number:05}.json", envelope.dumps(body))


def _parts(content: Content) -> Iterator[list[tuple[Json, list[Json]]]]:
    part: list[tuple[Json, list[Json]]] = []
    for row in content:
        part.append(row)
        if len(part) == PART:
            yield part
            part = []
    yield part  # an empty dataset has one empty part


def _whole(sent: Json, annotations: list[Json]) -> Json:
    """The input with everything that its annotations say in its own `data`."""
    data = {name: value for name, value in sent["data"].items() if name not in _LISTS}
    for annotation in annotations:
        for name in _LISTS:
            data.setdefault(name, []).extend(annotation["data"].get(name, []))
    return sent | {"data": {name: value for name, value in data.items() if value != []}}


def _write_coco(archive: zipfile.ZipFile, version: DatasetVersion) -> None:
    with archive.open("annotations.json", "w", force_zip64=True) as file:
        write_coco(file, freezing.read(version), version.dataset.public_id)


def write_coco(file: IO[bytes], content: Content, name: str) -> None:
    """Two passes in one: pictures are written as they come, annotations are kept as text until the end."""
    left_out: Counter[str] = Counter()
    categories: dict[str, int] = {}
    annotations: list[bytes] = []
    pictures = 0
    file.write(b'{"images":[')
    for sent, found in content:
        image = sent["data"].get("image")
        size = (image or {}).get("image_info", {})
        width, height = size.get("width", 0), size.get("height", 0)
        if not width or not height:
            left_out["inputs without a picture"] += 1
            continue
        pictures += 1
        row = {
            "id": pictures,
            "file_name": sent["id"],
            "width": width,
            "height": height,
            "coco_url": image["url"],
        }
        file.write((b"," if pictures > 1 else b"") + envelope.dumps(row).encode())
        for region in _regions(found, left_out):
            for one in _coco(region, width, height, categories, left_out):
                one |= {"id": len(annotations) + 1, "image_id": pictures, "iscrowd": 0}
                annotations.append(envelope.dumps(one).encode())
    listed = [{"id": number, "name": concept} for concept, number in categories.items()]
    tail = {"categories": listed, "info": {"description": name, "left_out": dict(left_out)}}
    file.write(b'],"annotations":[' + b",".join(annotations) + b"]," + envelope.dumps(tail).encode()[1:])


def _regions(annotations: list[Json], left_out: Counter[str]) -> Iterator[Json]:
    for annotation in annotations:
        data = annotation["data"]
        left_out["concepts of whole inputs"] += len(data.get("concepts", []))
        left_out["frames"] += len(data.get("frames", []))
        yield from data.get("regions", [])


def _coco(
    region: Json, width: int, height: int, categories: dict[str, int], left_out: Counter[str]
) -> Iterator[Json]:
    """One COCO annotation per present concept; boxes are [x, y, width, height] in pixels."""
    info = region.get("region_info", {})
    outline: list[float] = []
    if "bounding_box" in info:
        box = info["bounding_box"]
        left, top = box["left_col"] * width, box["top_row"] * height
        wide, high = box["right_col"] * width - left, box["bottom_row"] * height - top
        area = wide * high
    elif "polygon" in info:
        points = [(one["col"] * width, one["row"] * height) for one in info["polygon"]["points"]]
        outline = [edge for point in points for edge in point]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        left, top, wide, high = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
        area = _area(points)
    else:
        left_out["regions of other shapes"] += 1
        return
    for concept in region.get("data", {}).get("concepts", []):
        if concept.get("value", 1) <= 0:
            left_out["negative concepts"] += 1
            continue
        yield {
            "category_id": categories.setdefault(concept["id"], len(categories) + 1),
            "bbox": [round(edge, 4) for edge in (left, top, wide, high)],
            "area": round(area, 4),
            "segmentation": [[round(edge, 4) for edge in outline]] if outline else [],
        }


def _area(points: list[tuple[float, float]]) -> float:
    """Of a simple polygon."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
