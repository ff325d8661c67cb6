"""Conditions on the place of an annotation. Source: Clarifai API, messages Geo, GeoLimit, GeoBoxedPoint."""

import math

from django.db.models import F, FloatField, Q, Value
from django.db.models.functions import Cos, Power, Radians, Sin
from django.db.models.lookups import LessThanOrEqual

from embedded_api import fields
from embedded_api.annotations.content import geo_point
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

EARTH_KM = 6371.0088  # mean radius
_KM_PER_MILE = 1.609344
# One unit of a limit in radians of a great circle.
UNITS = {
    "kilometers": 1 / EARTH_KM,
    "miles": _KM_PER_MILE / EARTH_KM,
    "radians": 1.0,
    "degrees": math.pi / 180,
}


def condition(sent: Json, where: str) -> Q:
    """`geo_point` with `geo_limit` (a circle), or `geo_box` (two opposite corners)."""
    fields.only(sent, {"geo_point", "geo_limit", "geo_box"}, where)
    if "geo_box" in sent:
        corners = fields.objects(sent, "geo_box", where, low=2, high=2)
        place = join(where, "geo_box")
        points = []
        for number, one in enumerate(corners):
            fields.only(one, {"geo_point"}, f"{place}[{number}]")
            points.append(_point(one, f"{place}[{number}]"))
        return _between("latitude", points) & _between("longitude", points)
    if "geo_point" not in sent or "geo_limit" not in sent:
        raise FieldError(where, "needs geo_box, or geo_point with geo_limit")
    return _circle(
        _point(sent, where), _angle(fields.mapping(sent, "geo_limit", where), join(where, "geo_limit"))
    )


def _point(sent: Json, where: str) -> Json:
    point, place = fields.mapping(sent, "geo_point", where), join(where, "geo_point")
    fields.only(point, {"longitude", "latitude"}, place)
    return geo_point(point, place)


def _between(column: str, points: list[Json]) -> Q:
    edges = sorted(point[column] for point in points)
    return Q(**{f"{column}__gte": edges[0], f"{column}__lte": edges[1]})


def _angle(sent: Json, where: str) -> float:
    """`withinKilometers`, `kilometer` and the like -> radians."""
    fields.only(sent, {"type", "value"}, where)
    kind = fields.text(sent, "type", where).lower().removeprefix("within").removesuffix("s") + "s"
    if kind not in UNITS:
        names = ", ".join(f"within{name.capitalize()}" for name in UNITS)
        raise FieldError(join(where, "type"), f"must be one of {names}")
    value = fields.number(sent, "value", where)
    if value < 0:
        raise FieldError(join(where, "value"), "must not be negative")
    return min(value * UNITS[kind], math.pi)


def _circle(center: Json, angle: float) -> Q:
    """Within `angle` of the center, by the haversine; the band of latitudes is what the index answers."""
    latitude, longitude = center["latitude"], center["longitude"]
    degrees = math.degrees(angle)
    band = Q(latitude__gte=latitude - degrees, latitude__lte=latitude + degrees)
    north = Power(Sin(Radians(F("latitude") - latitude) / 2.0), 2)
    east = Power(Sin(Radians(F("longitude") - longitude) / 2.0), 2)
    scale = Value(math.cos(math.radians(latitude)), output_field=FloatField()) * Cos(Radians(F("latitude")))
    return band & Q(LessThanOrEqual(north + scale * east, math.sin(angle / 2) ** 2))
