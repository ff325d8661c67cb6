"""Apps, and what a key may do in them."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields, ids
from embedded_api.accounts.printing import COLLABORATOR_SCOPES, SCOPES, print_app
from embedded_api.base import ApiView, AppView, UserView, resolve_me
from embedded_api.errors import FieldError
from embedded_api.models import App, Input


class Apps(UserView):
    """GET and POST /v2/users/{user_id}/apps; of another user one sees the apps that one works in."""

    operator_may = True
    own_only = False
    scope_family = "Apps"

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = App.objects.filter(owner=self.subject)
        if not self.caller.is_operator and self.subject.id != self.caller.user_id:
            rows = rows.filter(collaborators__user_id=self.caller.user_id)
        if search := self.query.text("search") or self.query.text("query") or self.query.text("name"):
            rows = rows.filter(Q(public_id__icontains=search) | Q(name__icontains=search))
        if app_id := self.query.text("id"):
            rows = rows.filter(public_id=app_id)
        found = rows.order_by("pk")[page.start : page.stop]
        return envelope.answer({"apps": [print_app(app) for app in found]})

    def post(self, request: Request) -> HttpResponse:
        if not self.caller.is_operator and self.subject.id != self.caller.user_id:
            raise errors.denied("apps can be made for oneself only")
        made = []
        for place, sent in enumerate(fields.objects(self.body, "apps")):
            app = App(owner=self.subject, public_id=ids.new())
            _fill(app, sent, f"apps[{place}]")
            app.public_id = fields.identifier(sent, "id", f"apps[{place}]", required=False) or app.public_id
            app.name = app.name or app.public_id
            made.append(app)
        wanted = [app.public_id for app in made]
        if len(set(wanted)) != len(wanted):
            raise FieldError("apps", "the same id is given twice")
        with transaction.atomic():
            known = App.objects.filter(owner=self.subject, public_id__in=wanted)
            if known:
                raise errors.duplicate("an app with this id exists: " + known[0].public_id)
            App.objects.bulk_create(made)
        return envelope.answer({"apps": [print_app(app) for app in made]})


class MyApps(ApiView):
    """GET /v2/apps: the caller's own apps."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        owner = resolve_me(self.query.text("user_app_id.user_id"), self.caller)
        rows = App.objects.filter(owner_id=owner)
        if owner != self.caller.user_id:
            rows = rows.filter(collaborators__user_id=self.caller.user_id)
        found = rows.order_by("pk")[page.start : page.stop]
        return envelope.answer({"apps": [print_app(app) for app in found]})


class OneApp(AppView):
    """GET and PATCH of one app."""

    operator_may = True
    scope_family = "Apps"

    def get(self, request: Request) -> HttpResponse:
        return envelope.answer({"app": print_app(self.app)})

    def patch(self, request: Request) -> HttpResponse:
        if not self.is_owner and not self.caller.is_operator:
            raise errors.denied("only the owner of the app may do this")
        if fields.text(self.body, "action") not in ("overwrite", "merge"):
            raise FieldError("action", "must be overwrite or merge")
        _fill(self.app, fields.mapping(self.body, "app"), "app")
        self.app.modified_at = clock.later_than(self.app.modified_at)
        self.app.save()
        return envelope.answer({"app": print_app(self.app)})


def _fill(app: App, sent: fields.Json, where: str) -> None:
    if "name" in sent:
        app.name = fields.text(sent, "name", where, limit=255)
    if "description" in sent:
        app.description = fields.text(sent, "description", where, limit=10_000, line=False)
    if "metadata" in sent:
        app.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))


class MyAppScopes(AppView):
    """GET U/myscopes: what this key may do in this app."""

    operator_may = True
    scope_family = ""

    def get(self, request: Request) -> HttpResponse:
        held = key_scopes(self)
        scopes = held if self.is_owner else [one for one in held if one in COLLABORATOR_SCOPES]
        return envelope.answer({"scopes": scopes, "app": print_app(self.app), "endpoints": []})


class MyScopes(ApiView):
    """GET /v2/users/{user_id}/myscopes and /v2/myscopesroot: what this key may do at all."""

    operator_may = True

    def get(self, request: Request, **path: Any) -> HttpResponse:
        return envelope.answer({"scopes": key_scopes(self), "endpoints": []})


def key_scopes(view: ApiView) -> list[str]:
    """All scopes of the caller's key; the word All is spelled out."""
    if view.caller.key is None:
        return ["Users_Add", "Keys_Add", "Apps_Add", "Collaborators_Add"]
    held = view.caller.key.scopes
    return list(SCOPES) if "All" in held else list(held)


class ResourceCounts(AppView):
    """GET U/resource_counts; 64-bit numbers travel as text."""

    scope_family = "Inputs"

    def get(self, request: Request) -> HttpResponse:
        inputs = str(Input.objects.filter(app=self.app).count())
        return envelope.answer({"datasets": "0", "models": "0", "workflows": "0", "inputs": inputs})
