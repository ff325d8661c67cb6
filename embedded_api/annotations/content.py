"""The `data` object of annotations and inputs: checked, and brought into the form that is stored.

Stored form: known keys only, empty parts left out, numbers as numbers, every concept with its value, every
region with an id. Source: Clarifai API, messages Data, Region, Concept.
"""

from collections.abc import Collection

from embedded_api import envelope, fields, ids
from embedded_api.annotations import geometry
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

MAX_CONCEPTS = 1000  # per list
MAX_STRUCT = 64 * 1024  # characters of a free object as JSON text
MAX_TEXT = 100_000
MAX_FRAME = 2**32 - 1
# What places an annotation in the picture or in time; it has at most one of them, with one member.
_PLACES = ("regions", "frames", "time_segments")
_TOP = frozenset({"concepts", "metadata", "text", "geo", *_PLACES})
_IN_FRAME = frozenset({"concepts", "metadata", "text", "regions"})
_INNER = frozenset({"concepts", "metadata", "text"})  # of a region or a time segment
_INPUT = frozenset({"concepts", "metadata", "geo"})


def annotation_data(sent: Json, where: str, known_concepts: Collection[str]) -> Json:
    """`data` of an annotation: at most one region, frame or time segment."""
    _only(sent, _TOP, where)
    made = _shared(sent, where, known_concepts)
    placed = [name for name in _PLACES if sent.get(name)]
    if len(placed) > 1:
        raise FieldError(where, "must have only one of " + ", ".join(_PLACES))
    readers = {"regions": _region, "frames": _frame, "time_segments": _segment}
    for name in placed:
        made[name] = [readers[name](_single(sent, name, where), f"{join(where, name)}[0]", known_concepts)]
    return made


def input_data(sent: Json, where: str, known_concepts: Collection[str]) -> Json:
    """What an input carries beside its medium: concepts, metadata, geo."""
    _only(sent, _INPUT, where)
    return _shared(sent, where, known_concepts)


def struct(sent: Json, name: str, where: str) -> Json:
    """A free object of limited size."""
    value = fields.mapping(sent, name, where)
    if value and len(envelope.dumps(value)) > MAX_STRUCT:
        raise FieldError(join(where, name), f"must have at most {MAX_STRUCT} characters as JSON")
    return value


def _only(sent: Json, allowed: Collection[str], where: str) -> None:
    for name, value in sent.items():
        if name not in allowed and value not in ({}, [], ""):
            raise FieldError(join(where, name), "is not supported here")


def _shared(sent: Json, where: str, known_concepts: Collection[str]) -> Json:
    made: Json = {}
    if "concepts" in sent and (concepts := _concepts(sent, where, known_concepts)):
        made["concepts"] = concepts
    if "metadata" in sent and (metadata := struct(sent, "metadata", where)):
        made["metadata"] = metadata
    if "text" in sent and (text := fields.mapping(sent, "text", where)):
        place = join(where, "text")
        raw = fields.text(text, "raw", place, limit=MAX_TEXT, line=False)
        if not raw.strip():
            raise FieldError(join(place, "raw"), "must not be empty")
        made["text"] = {"raw": raw}
    if "geo" in sent and (geo := fields.mapping(sent, "geo", where)):
        place = join(where, "geo")
        _only(geo, ("geo_point",), place)  # boxes and limits are for searches
        made["geo"] = {"geo_point": geo_point(fields.mapping(geo, "geo_point", place), f"{place}.geo_point")}
    return made


def geo_point(sent: Json, where: str) -> Json:
    """`geo_point` in degrees."""
    longitude = fields.number(sent, "longitude", where)
    latitude = fields.number(sent, "latitude", where)
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise FieldError(where, "longitude must be from -180 to 180 and latitude from -90 to 90")
    return {"longitude": longitude, "latitude": latitude}


def _concepts(sent: Json, where: str, known: Collection[str]) -> list[Json]:
    made: list[Json] = []
    seen: set[str] = set()
    for number, concept in enumerate(fields.objects(sent, "concepts", where, low=0, high=MAX_CONCEPTS)):
        place = f"{join(where, 'concepts')}[{number}]"
        concept_id = fields.identifier(concept, "id", place)
        if concept_id not in known:
            raise FieldError(f"{place}.id", f"no concept {concept_id} in this app")
        if concept_id in seen:
            raise FieldError(f"{place}.id", f"concept {concept_id} is given twice")
        seen.add(concept_id)
        # Absent means present: a concept that is posted without a value counts as 1.
        value = fields.number(concept, "value", place, default=1.0)
        if not 0 <= value <= 1:
            raise FieldError(f"{place}.value", "must be from 0 to 1")
        made.append({"id": concept_id, "value": int(value) if value in (0, 1) else value})
    return made


def _single(sent: Json, name: str, where: str) -> Json:
    members = fields.objects(sent, name, where, low=0, high=128)
    if len(members) > 1:
        word = name.removesuffix("s").replace("_", " ")
        raise FieldError(join(where, name), f"an annotation has at most one {word}")
    return members[0]


def _frame(sent: Json, where: str, known: Collection[str]) -> Json:
    """A frame of a video; `time` in milliseconds, 64-bit and therefore text on the wire."""
    info, place = fields.mapping(sent, "frame_info", where), join(where, "frame_info")
    printed: Json = {
        name: fields.integer(info, name, place, low=0, high=MAX_FRAME)
        for name in ("index", "number")
        if name in info
    }
    printed["time"] = str(fields.integer(info, "time", place, low=0, high=2**63 - 1))
    made: Json = {
        "id": fields.identifier(sent, "id", where, required=False) or ids.new(),
        "frame_info": printed,
    }
    data, place = fields.mapping(sent, "data", where), join(where, "data")
    _only(data, _IN_FRAME, place)
    content = _shared(data, place, known)
    if data.get("regions"):
        content["regions"] = [_region(_single(data, "regions", place), f"{place}.regions[0]", known)]
    return made | ({"data": content} if content else {})


def _segment(sent: Json, where: str, known: Collection[str]) -> Json:
    """A part of a video or a sound; begin and end in seconds."""
    info, place = fields.mapping(sent, "time_info", where), join(where, "time_info")
    begin, end = fields.number(info, "begin_time", place), fields.number(info, "end_time", place)
    if begin < 0:
        raise FieldError(f"{place}.begin_time", "must not be negative")
    if end < begin:
        raise FieldError(f"{place}.end_time", "must not be before begin_time")
    made: Json = {
        "id": fields.identifier(sent, "id", where, required=False) or ids.new(),
        "time_info": {"begin_time": begin, "end_time": end},
    }
    if "num_frames" in info:
        made["time_info"]["num_frames"] = fields.integer(info, "num_frames", place, low=0, high=MAX_FRAME)
    data, place = fields.mapping(sent, "data", where), join(where, "data")
    _only(data, _INNER, place)
    content = _shared(data, place, known)
    return made | ({"data": content} if content else {})


def _region(sent: Json, where: str, known: Collection[str]) -> Json:
    region_id = fields.identifier(sent, "id", where, required=False)
    info = fields.mapping(sent, "region_info", where)
    if not info and not region_id:
        raise FieldError(where, "needs a region_info, or the id of an existing region")
    made: Json = {"id": region_id or ids.new()}
    if info:
        made["region_info"] = geometry.region_info(info, join(where, "region_info"))
    data = fields.mapping(sent, "data", where)
    _only(data, _INNER, join(where, "data"))
    if content := _shared(data, join(where, "data"), known):
        made["data"] = content
    if "value" in sent:
        made["value"] = fields.number(sent, "value", where)
    if track := fields.identifier(sent, "track_id", where, required=False):
        made["track_id"] = track
    return made
