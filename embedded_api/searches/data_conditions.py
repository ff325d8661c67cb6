"""The `data` part of a filter -> a condition on annotations. Source: Clarifai API, message Filter.

Parts of one filter are all to be true; of the keys of `metadata` one is enough.
"""

from django.db.models import Q

from embedded_api import fields
from embedded_api.annotations.geometry import KEYPOINTS, SHAPES
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import AnnotationConcept, App, Concept
from embedded_api.searches import geography, stored_json

_KINDS = (*SHAPES, KEYPOINTS)
# Where text may stand in stored data, and where track ids may.
_TEXTS = ("$.text.raw", *(f"$.{name}[0].data.text.raw" for name in ("regions", "frames", "time_segments")))
_TRACKS = ("$.regions[0].track_id", "$.frames[0].data.regions[0].track_id")


def condition(app: App, sent: Json, where: str) -> Q:
    """`data` of a filter; an empty one wants what says nothing about a place in the picture or in time."""
    if not sent:
        return Q(shape="", place="")
    readers = {
        "concepts": _concepts,
        "regions": _region,
        "frames": _frame,
        "time_segments": _segment,
        "geo": _geo,
        "metadata": _metadata,
        "text": _text,
    }
    fields.only(sent, readers, where)
    found = Q()
    for name, reader in readers.items():
        if name in sent:
            found &= reader(app, sent, where)
    return found


def said(sent: Json, where: str, app: App) -> Q:
    """A condition on AnnotationConcept: `id` or `name` of one concept of the app (its value is another matter)."""
    fields.only(sent, {"id", "name", "value"}, where)
    found = Q(app=app)
    if concept_id := fields.identifier(sent, "id", where, required=False):
        found &= Q(concept_id=concept_id)
    if name := fields.text(sent, "name", where):
        found &= Q(concept_id__in=Concept.objects.filter(app=app, name=name).values("public_id"))
    if not concept_id and not name:
        raise FieldError(where, "needs the id or the name of a concept")
    return found


def is_positive(sent: Json, where: str) -> bool:
    """`value` of a wanted concept: 1 (also when absent) present, 0 absent."""
    value = fields.number(sent, "value", where, default=1.0)
    if value not in (0, 1):
        raise FieldError(join(where, "value"), "must be 1 (present) or 0 (absent)")
    return value == 1


def _concepts(app: App, sent: Json, where: str, **more: bool) -> Q:
    found = Q()
    for number, one in enumerate(fields.objects(sent, "concepts", where, high=32)):
        place = f"{join(where, 'concepts')}[{number}]"
        value = Q(value__gt=0) if is_positive(one, place) else Q(value=0)
        rows = AnnotationConcept.objects.filter(said(one, place, app) & value, **more)
        found &= Q(pk__in=rows.values("annotation"))
    return found


def _single(sent: Json, name: str, where: str, allowed: set[str]) -> tuple[Json, str]:
    one, place = fields.objects(sent, name, where, high=1)[0], f"{join(where, name)}[0]"
    fields.only(one, allowed, place)
    return one, place


def _region(app: App, sent: Json, where: str) -> Q:
    region, place = _single(sent, "regions", where, {"region_info", "track_id", "data"})
    found = ~Q(shape="")
    if info := fields.mapping(region, "region_info", place):
        fields.only(info, _KINDS, join(place, "region_info"))
        if info not in ({name: [] if name == KEYPOINTS else {}} for name in _KINDS):
            raise FieldError(join(place, "region_info"), "must have one shape, and that empty")
        found &= Q(shape=next(iter(info)))
    if track := fields.identifier(region, "track_id", place, required=False):
        tracks = Q()
        for path in _TRACKS:
            tracks |= stored_json.equals("data", path, track)
        found &= tracks
    if data := fields.mapping(region, "data", place):
        fields.only(data, {"concepts"}, join(place, "data"))
        found &= _concepts(app, data, join(place, "data"), in_region=True)
    return found


def _frame(app: App, sent: Json, where: str) -> Q:
    return _placed(sent, "frames", "frame_info", where, "frame")


def _segment(app: App, sent: Json, where: str) -> Q:
    return _placed(sent, "time_segments", "time_info", where, "time_segment")


def _placed(sent: Json, name: str, inner: str, where: str, place: str) -> Q:
    one, here = _single(sent, name, where, {inner})
    if fields.mapping(one, inner, here):
        raise FieldError(join(here, inner), "must be empty: only the kind can be searched for")
    return Q(place=place)


def _geo(app: App, sent: Json, where: str) -> Q:
    return Q(latitude__isnull=False) & geography.condition(
        fields.mapping(sent, "geo", where), join(where, "geo")
    )


def _metadata(app: App, sent: Json, where: str) -> Q:
    found = Q()
    wanted = fields.mapping(sent, "metadata", where)
    for one in stored_json.keys_hold("data", "$.metadata", wanted, join(where, "metadata")):
        found |= one
    return Q(has_metadata=True) & found


def _text(app: App, sent: Json, where: str) -> Q:
    wanted, place = fields.mapping(sent, "text", where), join(where, "text")
    fields.only(wanted, {"raw"}, place)
    raw = fields.text(wanted, "raw", place, limit=1000, line=False)
    found = Q()
    for path in _TEXTS if raw else ():
        found |= stored_json.has_text("data", path, raw)
    return Q(has_text=True) & found
