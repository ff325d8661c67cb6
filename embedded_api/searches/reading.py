"""Queries: checked, and turned into conditions. Source: Clarifai API, messages Query, And, Filter, Rank.

What cannot be answered is refused with its path, never passed over: a filter that is not understood must not let
everything through.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from embedded_api import fields
from embedded_api.annotations import authors
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.inputs.kinds import KINDS
from embedded_api.models import Annotation, App, DatasetInput, Input
from embedded_api.parsing import STRUCT_FIELDS
from embedded_api.searches import data_conditions, stored_json
from embedded_api.status_codes import OF_ANNOTATIONS, OF_INPUTS

MAX_PARTS = 32  # filters, ranks or ands of one query
MAX_DATASETS = 100
MAX_CONDITIONS = 128  # of one query: SQLite refuses expressions that are much longer
_SAID = ("concepts", "geo", "metadata")


@dataclass(frozen=True)
class Filter:
    """One member of `filters`: what is wanted of an annotation, and of its input. An empty Q wants nothing."""

    annotation: Q
    input: Q
    negate: bool


@dataclass(frozen=True)
class Rank:
    """Hits are scored by the value of a concept. `said`: condition on AnnotationConcept; `flip`: 1 - value."""

    said: Q
    flip: bool


@dataclass
class Plan:
    """A checked query."""

    app: App
    filters: list[Filter] = field(default_factory=list)
    ranks: list[Rank] = field(default_factory=list)


def read(app: App, query: Json, where: str) -> Plan:
    """`query` -> Plan; raises FieldError."""
    fields.only(query, {"filters", "ranks", "ands", "language"}, where)
    if _conditions(query) > MAX_CONDITIONS:
        raise FieldError(where, f"must have at most {MAX_CONDITIONS} conditions")
    fields.text(query, "language", where)
    plan = Plan(app)
    for number, one in enumerate(fields.objects(query, "filters", where, low=0, high=MAX_PARTS)):
        plan.filters.append(_filter(app, one, f"{join(where, 'filters')}[{number}]"))
    for number, one in enumerate(fields.objects(query, "ranks", where, low=0, high=MAX_PARTS)):
        place = f"{join(where, 'ranks')}[{number}]"
        fields.only(one, {"negate", "annotation"}, place)
        plan.ranks += _ranks(app, one, "annotation", place)
    for number, one in enumerate(fields.objects(query, "ands", where, low=0, high=MAX_PARTS)):
        _and(plan, one, f"{join(where, 'ands')}[{number}]")
    return plan


def _conditions(sent: Any, name: str = "") -> int:
    """How many single values a query asks for; a list of datasets counts once."""
    if isinstance(sent, dict):
        return sum(_conditions(value, key) for key, value in sent.items()) or 1
    if isinstance(sent, list) and name != "dataset_ids":
        return sum(map(_conditions, sent))
    return 1


def canonical(sent: Any, name: str = "") -> Any:
    """A query that `read` has accepted, as it is stored and printed: numbers for enums, times in one form."""
    if name in STRUCT_FIELDS:
        return sent
    if name == "status":
        return {"code": fields.one_status_code(sent["code"], name)} if "code" in sent else {}
    if name == "worker":
        return authors.worker_of(dict.fromkeys(authors.COLUMNS, "") | authors.read({name: sent}, ""))
    if name in ("start_time", "end_time"):
        return fields.moment(sent, name)
    if isinstance(sent, dict):
        return {key: canonical(value, key) for key, value in sent.items()}
    return [canonical(value) for value in sent] if isinstance(sent, list) else sent


def _and(plan: Plan, sent: Json, where: str) -> None:
    """A member of the older `ands`: `input` and `annotation` filter, `output` ranks."""
    fields.only(sent, {"input", "annotation", "output", "negate"}, where)
    if "output" in sent:
        plan.ranks += _ranks(plan.app, sent, "output", where)
    if "input" in sent or "annotation" in sent:
        older = {name: value for name, value in sent.items() if name != "output"}
        plan.filters.append(_filter(plan.app, older, where))


def _filter(app: App, sent: Json, where: str) -> Filter:
    fields.only(sent, {"annotation", "input", "last_updated_time_range", "negate"}, where)
    times = _times(fields.mapping(sent, "last_updated_time_range", where), f"{where}.last_updated_time_range")
    wanted = fields.mapping(sent, "annotation", where)
    found = times & _annotation(app, wanted, join(where, "annotation"))
    of_input = _input(app, fields.mapping(sent, "input", where), join(where, "input"))
    negate = fields.flag(sent, "negate", where)
    if negate and not found and not of_input:
        raise FieldError(where, "has nothing to negate")
    return Filter(found, of_input, negate)


def _times(sent: Json, where: str) -> Q:
    fields.only(sent, {"start_time", "end_time"}, where)
    found = Q()
    for name, lookup in (("start_time", "modified_at__gte"), ("end_time", "modified_at__lte")):
        if name in sent:
            found &= Q(**{lookup: fields.moment(sent[name], join(where, name))})
    return found


_ANNOTATION = {
    *("id", "input_id", "task_id", "embed_model_version_id", "user_id", "model_version_id"),
    *("workflow_version_id", "worker", "status", "trusted", "input_level", "annotation_info", "data"),
}


def _annotation(app: App, sent: Json, where: str) -> Q:
    fields.only(sent, _ANNOTATION, where)
    found = Q()
    for name, column in (("id", "public_id"), ("task_id", "task_id"), ("embed_model_version_id",) * 2):
        if value := fields.identifier(sent, name, where, required=False):
            found &= Q(**{column: value})
    if input_id := fields.identifier(sent, "input_id", where, required=False):
        found &= Q(input__in=Input.objects.filter(app=app, public_id=input_id))
    if maker := authors.read(sent, where):
        found &= Q(**maker)
    if code := _status(sent, where, OF_ANNOTATIONS):
        found &= Q(status_code=code)
    for name in ("trusted", "input_level"):
        if name in sent:
            found &= Q(**{name: fields.flag(sent, name, where)})
    if info := fields.mapping(sent, "annotation_info", where):
        for one in stored_json.keys_hold("annotation_info", "$", info, join(where, "annotation_info")):
            found &= one
    if "data" in sent:
        found &= data_conditions.condition(app, fields.mapping(sent, "data", where), join(where, "data"))
    return found


def _status(sent: Json, where: str, family: range) -> int | None:
    status = fields.mapping(sent, "status", where)
    fields.only(status, {"code", "description", "details"}, join(where, "status"))
    return fields.status_code(sent, "status", where, family=family)


def _input(app: App, sent: Json, where: str) -> Q:
    fields.only(sent, {"id", "status", "dataset_ids", "data"}, where)
    found = Q()
    if public_id := fields.identifier(sent, "id", where, required=False):
        found &= Q(public_id=public_id)
    if code := _status(sent, where, OF_INPUTS):
        found &= Q(status_code=code)
    if named := fields.identifiers(sent, "dataset_ids", where, limit=MAX_DATASETS):
        members = DatasetInput.objects.filter(dataset__app=app, dataset__public_id__in=named)
        found &= Q(pk__in=members.values("input"))
    if data := fields.mapping(sent, "data", where):
        found &= _input_data(app, data, join(where, "data"))
    return found


def _input_data(app: App, sent: Json, where: str) -> Q:
    """The kind of an input; or what its trusted annotations say."""
    fields.only(sent, {*KINDS, *_SAID}, where)
    found = Q()
    for kind in KINDS:
        if kind in sent:
            medium, place = fields.mapping(sent, kind, where), join(where, kind)
            fields.only(medium, {"raw"} if kind == "text" else {"url"}, place)
            found &= Q(kind=kind)
            if url := fields.text(medium, "url", place, limit=2048):
                found &= Q(source_url=url)
            if raw := fields.text(medium, "raw", place, line=False):
                found &= stored_json.contains("text", raw)
    if asked := {name: sent[name] for name in _SAID if name in sent}:
        rows = Annotation.objects.filter(data_conditions.condition(app, asked, where), app=app, trusted=True)
        found &= Q(pk__in=rows.values("input"))
    return found


def _ranks(app: App, sent: Json, name: str, where: str) -> list[Rank]:
    part, place = fields.mapping(sent, name, where), join(where, name)
    fields.only(part, {"data"}, place)
    data, place = fields.mapping(part, "data", place), join(place, "data")
    fields.only(data, {"concepts"}, place)
    concepts = fields.objects(data, "concepts", place, high=MAX_PARTS)
    if not concepts:
        raise FieldError(
            join(place, "concepts"), "is required: hits are ranked by the values of concepts only"
        )
    negate = fields.flag(sent, "negate", where)
    ranks = []
    for number, one in enumerate(concepts):
        here = f"{join(place, 'concepts')}[{number}]"
        wanted = data_conditions.is_positive(one, here)
        ranks.append(Rank(data_conditions.said(one, here, app), negate == wanted))
    return ranks
