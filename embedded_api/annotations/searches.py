"""POST annotations/searches: what changed, what waits for review. Source: Clarifai API, messages Search, Filter."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, fields
from embedded_api.annotations import authors
from embedded_api.annotations.listing import cut
from embedded_api.annotations.posting import STATUSES
from embedded_api.annotations.printing import COLUMNS, print_row
from embedded_api.base import AppView
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import Annotation, App
from embedded_api.query import body_page

_ANNOTATION_FIELDS = frozenset({"id", "task_id", "status", "user_id", "worker", "input_id", "input_level"})


def one_filter(sent: Json, where: str) -> Q:
    """One member of `filters` -> a condition; `negate` turns it round."""
    _only(sent, {"annotation", "input", "last_updated_time_range", "negate"}, where)
    place = join(where, "annotation")
    wanted = fields.mapping(sent, "annotation", where)
    _only(wanted, _ANNOTATION_FIELDS, place)
    found = Q()
    for name, column in (("id", "public_id"), ("task_id", "task_id"), ("input_id", "input_public_id")):
        if value := fields.identifier(wanted, name, place, required=False):
            found &= Q(**{column: value})
    if maker := authors.read(wanted, place):
        found &= Q(**maker)
    if code := fields.status_code(wanted, "status", place, family=STATUSES):
        found &= Q(status_code=code)
    if "input_level" in wanted:
        found &= Q(input_level=fields.flag(wanted, "input_level", place))
    input_place = join(where, "input")
    of_input = fields.mapping(sent, "input", where)
    _only(of_input, {"id"}, input_place)
    if input_id := fields.identifier(of_input, "id", input_place, required=False):
        found &= Q(input_public_id=input_id)
    place = join(where, "last_updated_time_range")
    times = fields.mapping(sent, "last_updated_time_range", where)
    _only(times, {"start_time", "end_time"}, place)
    if "start_time" in times:
        found &= Q(modified_at__gte=fields.moment(times["start_time"], f"{place}.start_time"))
    if "end_time" in times:
        found &= Q(modified_at__lte=fields.moment(times["end_time"], f"{place}.end_time"))
    return ~found if fields.flag(sent, "negate", where) else found


def _only(sent: Json, allowed: set[str] | frozenset[str], where: str) -> None:
    # A filter that is not understood must not pass for one that lets everything through.
    for name, value in sent.items():
        if name not in allowed and value not in ({}, [], ""):
            raise FieldError(join(where, name), "is no filter of this server")


def search(app: App, body: Json) -> QuerySet[Annotation]:
    """All hits, ordered by the time of the last change."""
    sent = fields.objects(body, "searches", low=1, high=1)[0]
    where = "searches[0].query"
    query = fields.mapping(sent, "query", "searches[0]")
    _only(query, {"filters"}, where)
    rows = Annotation.objects.filter(app=app)
    for number, one in enumerate(fields.objects(query, "filters", where, low=0, high=32)):
        rows = rows.filter(one_filter(one, f"{where}.filters[{number}]"))
    return rows.order_by("modified_at", "pk")


class AnnotationSearches(AppView):
    """POST U/annotations/searches -> hits with their annotations, oldest change first."""

    invalid_code = 40002
    scope_family = "Annotations"
    scope_of = {"POST": "Annotations_Get"}

    def post(self, request: Request) -> HttpResponse:
        page = body_page(self.body)
        rows = cut(search(self.app, self.body), page)
        hits = [
            f'{{"score":1,"input":{{"id":"{row[1]}"}},"annotation":{print_row(row)}}}'
            for row in rows.values_list(*COLUMNS)
        ]
        return envelope.answer(raw={"hits": envelope.array(hits)})
