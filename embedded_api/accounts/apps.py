"""Apps. Source: Clarifai API, message App and ListAppsRequest."""

from functools import reduce
from operator import and_, or_

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields, ids
from embedded_api.accounts.additions import additional_fields, resource_counts
from embedded_api.accounts.app_fields import clear, fill, patch_metadata
from embedded_api.accounts.printing import print_app
from embedded_api.base import AppView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import App
from embedded_api.query import Query

_SEARCHED = ("public_id", "name", "description", "notes")
_SORTS = {"sort_by_name": "name", "sort_by_created_at": "created_at", "sort_by_id": "public_id"}


class MyApps(UserView):
    """GET /v2/apps; of another user one sees the apps that one works in."""

    operator_may = True
    own_only = False

    def get(self, request: Request) -> HttpResponse:
        """Without a sort flag the last changed come first. `additional_fields`: stars, counts, all."""
        page = self.query.page()
        asked = additional_fields(self.query, "stars", "counts")
        found = _sorted(_filtered(self.apps(), self.query), self.query)[page.start : page.stop]
        return envelope.answer({"apps": [print_app_with(app, asked) for app in found]})


class Apps(MyApps):
    """GET and POST /v2/users/{user_id}/apps."""

    def post(self, request: Request) -> HttpResponse:
        if not self.caller.is_operator and self.subject.id != self.caller.user_id:
            raise errors.denied("apps can be made for oneself only")
        made = []
        for place, sent in enumerate(fields.objects(self.body, "apps")):
            where = f"apps[{place}]"
            app = App(owner=self.subject, public_id=ids.new())
            fill(app, sent, where)
            app.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))
            app.public_id = fields.identifier(sent, "id", where, required=False) or app.public_id
            app.name = app.name or app.public_id
            made.append(app)
        wanted = [app.public_id for app in made]
        fields.no_repeats(wanted, "apps")
        with transaction.atomic():
            known = App.objects.filter(owner=self.subject, public_id__in=wanted)
            if known:
                raise errors.duplicate("an app with this id exists: " + known[0].public_id)
            App.objects.bulk_create(made)
        return envelope.answer({"apps": [print_app(app) for app in made]})


class NamedApp(AppView):
    """GET /v2/app. `additional_fields`: stars, counts, all."""

    operator_may = True

    def get(self, request: Request) -> HttpResponse:
        asked = additional_fields(self.query, "stars", "counts")
        return envelope.answer({"app": print_app_with(self.app, asked)})


class OneApp(NamedApp):
    """GET and PATCH of one app."""

    def patch(self, request: Request) -> HttpResponse:
        """`overwrite` and `merge` take over what was sent (metadata: replaced, or merged); `remove` clears it."""
        action = fields.action(self.body)
        sent = fields.mapping(self.body, "app")
        if fields.text(sent, "id", "app") not in ("", self.app.public_id):
            raise FieldError("app.id", "cannot be changed")
        with transaction.atomic():
            app = App.objects.get(pk=self.app.pk)  # read again inside, so that two patches do not mix
            (clear if action == "remove" else fill)(app, sent, "app")
            patch_metadata(app, sent, self.body, action)
            app.modified_at = clock.later_than(app.modified_at)
            app.save()
        return envelope.answer({"app": print_app(app)})


class ResourceCounts(AppView):
    """GET U/resource_counts."""

    def get(self, request: Request) -> HttpResponse:
        return envelope.answer(resource_counts(self.app))


def print_app_with(app: App, asked: frozenset[str]) -> fields.Json:
    """An app with what was asked for beside the usual."""
    printed = print_app(app)
    if "stars" in asked:
        printed |= {"is_starred": False, "star_count": 0}  # nobody can give stars here
    if "counts" in asked:
        printed["extra_info"] = {"counts": resource_counts(app)}
    return printed


def _filtered(rows: QuerySet[App], query: Query) -> QuerySet[App]:
    words = (query.text("search") or query.text("query")).split()
    if words:
        rows = rows.filter(reduce(and_, (_has(word, _SEARCHED) for word in words)))
    if name := query.text("name"):
        rows = rows.filter(_has(name, ("public_id", "name", "notes")))
    if app_id := query.text("id"):
        rows = rows.filter(_has(app_id, ("public_id",)) if "*" in app_id else Q(public_id=app_id))
    if query.flag("template_only"):
        rows = rows.filter(is_template=True)
    shown = query.text("visibility.gettable") in ("", "0", "10", "UNKNOWN_VISIBILITY", "PRIVATE")
    # Nothing here has stars or was picked by the vendor, and every app is private.
    if query.flag("starred_only") or query.flag("featured_only") or not shown:
        return rows.none()
    return rows


def _has(word: str, names: tuple[str, ...]) -> Q:
    """The word in one of the columns; `gen*` stands for what begins with gen."""
    start = word.removesuffix("*")
    how = "istartswith" if start != word else "icontains"
    return reduce(or_, (Q((f"{name}__{how}", start)) for name in names))


def _sorted(rows: QuerySet[App], query: Query) -> QuerySet[App]:
    column = next((column for flag, column in _SORTS.items() if query.flag(flag)), "modified_at")
    sign = "" if query.flag("sort_ascending") else "-"
    return rows.order_by(sign + column, sign + "pk")
