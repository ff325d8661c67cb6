"""Shapes of a region, checked and brought into one form. Unit: fractions of height and width, 0 to 1.

An absent edge or coordinate means 0, because clients of this dialect leave zeros out.
"""

import re

from embedded_api import fields
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

TOLERANCE = 1e-6  # rounding of clients; beyond it a coordinate is refused
MAX_POINTS = 10_000
# How a mask stands in stored JSON text.
MASK = '"hosted":{{"suffix":"{name}"}}'
_MASK_NAME = re.compile(r"[0-9a-f]{40}\.png")
_FLAT = 1e-12  # twice the area of the largest triangle that still counts as a line


def fraction(obj: Json, name: str, where: str) -> float:
    """A coordinate from 0 to 1; within 1e-6 outside it is moved to the edge."""
    value = fields.number(obj, name, where)
    if 0 <= value <= 1:
        return value + 0.0  # -0.0 becomes 0.0
    if not -TOLERANCE <= value <= 1 + TOLERANCE:
        raise FieldError(join(where, name), "must be from 0 to 1")
    return 0.0 if value < 0 else 1.0


def box(sent: Json, where: str) -> Json:
    """`bounding_box`: all four edges, top above bottom, left of right."""
    top, left = fraction(sent, "top_row", where), fraction(sent, "left_col", where)
    bottom, right = fraction(sent, "bottom_row", where), fraction(sent, "right_col", where)
    if not top < bottom:
        raise FieldError(join(where, "bottom_row"), "must be greater than top_row")
    if not left < right:
        raise FieldError(join(where, "right_col"), "must be greater than left_col")
    return {"top_row": top, "left_col": left, "bottom_row": bottom, "right_col": right}


def point(sent: Json, where: str) -> Json:
    """`point`: row and col; z and visibility only when sent."""
    made: Json = {"row": fraction(sent, "row", where), "col": fraction(sent, "col", where)}
    if "z" in sent:
        made["z"] = fields.number(sent, "z", where)
    if "visibility" in sent:
        names = {"NOT_SET": 0, "VISIBLE": 1, "NOT_VISIBLE": 2, "NOT_PRESENT": 3}
        made["visibility"] = fields.enum(sent["visibility"], names, join(where, "visibility"))
    return made


def polygon(sent: Json, where: str) -> Json:
    """`polygon`: 3 to 10,000 points that are not all on one line."""
    place = join(where, "points")
    sent_points = fields.objects(sent, "points", where, low=3, high=MAX_POINTS)
    points = [point(one, f"{place}[{number}]") for number, one in enumerate(sent_points)]
    first = points[0]
    far = max(points, key=lambda p: abs(p["row"] - first["row"]) + abs(p["col"] - first["col"]))
    rows, cols = far["row"] - first["row"], far["col"] - first["col"]
    widest = max(abs(rows * (p["col"] - first["col"]) - cols * (p["row"] - first["row"])) for p in points)
    if widest <= _FLAT:
        raise FieldError(place, "must not all be on one line")
    return {"points": points}


def span(sent: Json, where: str) -> Json:
    """`span` and `token`: characters from start to end of a text."""
    start = fields.integer(sent, "char_start", where, low=0, high=2**31 - 1)
    end = fields.integer(sent, "char_end", where, low=0, high=2**31 - 1)
    if not start < end:
        raise FieldError(join(where, "char_end"), "must be greater than char_start")
    raw = fields.text(sent, "raw_text", where, limit=100_000, line=False)
    return {"char_start": start, "char_end": end} | ({"raw_text": raw} if raw else {})


def mask(sent: Json, where: str) -> Json:
    """`mask`: the name of a hosted file, which `masks` has put there or which is read from a printed address."""
    image, place = fields.mapping(sent, "image", where), join(where, "image")
    hosted = fields.mapping(image, "hosted", place)
    name = fields.text(hosted, "suffix", join(place, "hosted")) or fields.text(
        image, "url", place, limit=2048
    )
    name = name.rpartition("/")[2]
    if not _MASK_NAME.fullmatch(name):
        raise FieldError(join(place, "base64"), "is required: a PNG in base64")
    return {"image": {"hosted": {"suffix": name}}}


def keypoints(sent: list[Json], where: str) -> list[Json]:
    """`keypoint_locations`: points in the order of the concept's keypoint names."""
    return [point(one, f"{where}[{number}]") for number, one in enumerate(sent)]


SHAPES = {"bounding_box": box, "polygon": polygon, "point": point, "span": span, "token": span, "mask": mask}
KEYPOINTS = "keypoint_locations"


def region_info(sent: Json, where: str) -> Json:
    """`region_info`: exactly one shape of the supported kinds."""
    for name in sent:
        if name not in SHAPES and name != KEYPOINTS:
            raise FieldError(
                join(where, name), "is not supported; use one of " + ", ".join((*SHAPES, KEYPOINTS))
            )
    if len(sent) != 1:
        raise FieldError(where, "must have exactly one shape")
    name = next(iter(sent))
    if name == KEYPOINTS:
        return {name: keypoints(fields.objects(sent, name, where, high=1000), join(where, name))}
    return {name: SHAPES[name](fields.mapping(sent, name, where), join(where, name))}
