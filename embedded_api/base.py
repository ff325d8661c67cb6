"""Base views: body, query, caller, and the app or user that a request speaks of."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from embedded_api import envelope, errors, fields, lookups, rpcs
from embedded_api.auth import Caller
from embedded_api.models import App, Collaborator, User
from embedded_api.query import Query
from embedded_api.refusals.reasons import refusal
from embedded_api.rights import EVERYTHING, Rights

MEGABYTE = 1024 * 1024


class ApiView(APIView):
    """Checks the token; offers `self.caller`, `self.query`, `self.body`; prints every error.

    What a route needs of a key is said once, in `embedded_api.rpcs`.
    """

    body_limit = 8 * MEGABYTE  # bytes; 128 annotations with large polygons fit
    invalid_code = 11102  # status code of a FieldError in this family of routes
    operator_may = False  # whether the operator's key opens this route
    public = False  # open without a key
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    caller: Caller
    query: Query
    rpc: rpcs.Rpc | None  # None: a route without a rule, open only to keys that may do everything

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        verb, route = request.method or "", _route(request)
        if not self.takes(verb):
            refused = refusal(verb, route)
            if refused is not None:
                super().initial(request, *args, **kwargs)  # strangers learn nothing but that they need a key
                raise refused
            # A wrong verb is told before a wrong key: it is true for every caller.
            self.http_method_not_allowed(request)
        if self.public:
            return
        super().initial(request, *args, **kwargs)
        self.caller = request.user  # type: ignore[assignment]  # our authentication answers a Caller
        self.query = Query(request.query_params)
        self.rpc = rpcs.find(verb, route)
        if self.caller.is_operator and not self.operator_may:
            raise errors.denied("the operator's key may only set up users, keys, apps and collaborators")
        if self.caller.app_bound and self.rpc is not None and self.rpc.needs_person:
            raise errors.denied("this needs a personal access token, not the key of one app")
        self.caller.rights.check(self.rpc, "this key")

    @classmethod
    def takes(cls, verb: str) -> bool:
        """Whether the view has a handler for `verb`; what answers GET answers HEAD."""
        name = "get" if verb == "HEAD" else verb.lower()
        return name in cls.http_method_names and hasattr(cls, name)

    @property
    def body(self) -> fields.Json:
        """The JSON body, snake_case, without nulls; {} when there is none."""
        data = self.request.data
        return data if isinstance(data, dict) else {}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # Accept is ignored: this server speaks JSON only, and an error must be JSON as well.
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type or "application/json"

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        return envelope.failure(exc, self.invalid_code)

    def take_path(self, name: str) -> str:
        """Remove a path argument, so that handlers get only those of their own route."""
        # DRF hands this very dict to the handler after `initial`.
        value: str = self.kwargs.pop(name, "")
        return value


def _route(request: Request) -> str:
    """The pattern of the URL conf that led here, such as `v2/models/<str:model_id>`."""
    match = request.resolver_match
    return match.route if match is not None else ""


def resolve_me(user_id: str, caller: Caller) -> str:
    """`me` or nothing -> the caller's id."""
    return caller.user_id if user_id in ("", "me") else user_id


class UserView(ApiView):
    """A route below /v2/users/{user_id}; offers `self.subject`. Only that user or the operator may call."""

    own_only = True
    subject: User

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        named = self.take_path("path_user_id") or self.query.text("user_app_id.user_id")
        wanted = resolve_me(named, self.caller)
        if self.own_only and not self.caller.is_operator and wanted != self.caller.user_id:
            raise errors.denied("this belongs to another user")
        found = User.objects.filter(id=wanted).first()
        if found is None:
            raise errors.missing("no such user")
        self.subject = found

    def apps(self) -> QuerySet[App]:
        """The subject's apps in which the caller may call this rpc."""
        rows = App.objects.filter(owner=self.subject)
        key = self.caller.key
        if key is not None and key.app_id is not None:
            return rows.filter(pk=key.app_id)
        if self.caller.is_operator or self.subject.id == self.caller.user_id:
            return rows
        places = Collaborator.objects.filter(app__owner=self.subject, user_id=self.caller.user_id)
        entered = [row.app_id for row in places if Rights.of(row.scopes, row.endpoints).allow(self.rpc)]
        return rows.filter(pk__in=entered)


class AppView(ApiView):
    """A route of one app, in the long form or the short one; offers `self.app`, `self.is_owner`, `self.rights`.

    Open to the app's owner and, as far as their scopes and endpoints go, its collaborators; for everybody else
    the app does not exist.
    """

    app: App
    is_owner: bool
    rights: Rights  # what the key and the caller's place in the app allow together

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        user_id, app_id = self.take_path("path_user_id"), self.take_path("path_app_id")
        if not app_id:
            user_id, app_id = self._named_app()
        self.app, place = self._open_app(resolve_me(user_id, self.caller), app_id)
        self.is_owner = self.app.owner_id == self.caller.user_id
        place.check(self.rpc, "this collaborator")
        self.rights = self.caller.rights & place

    def _named_app(self) -> tuple[str, str]:
        """`user_app_id` of the body or of the query (short path form)."""
        if self.request.method in ("GET", "HEAD"):
            user_id = self.query.text("user_app_id.user_id")
            app_id = self.query.text("user_app_id.app_id")
        else:
            sent = fields.mapping(self.body, "user_app_id")
            user_id = fields.text(sent, "user_id", "user_app_id")
            app_id = fields.text(sent, "app_id", "user_app_id")
            user_id = user_id or self.query.text("user_app_id.user_id")
            app_id = app_id or self.query.text("user_app_id.app_id")
        key = self.caller.key
        if not app_id and key is not None and key.app is not None:
            return key.app.owner_id, key.app.public_id
        if not app_id:
            raise errors.invalid("user_app_id.app_id: is required with a personal access token")
        return user_id, app_id

    def _open_app(self, user_id: str, app_id: str) -> tuple[App, Rights]:
        """The app, and what the caller's place in it allows."""
        app = lookups.first(App, owner_id=user_id, public_id=app_id)
        hidden = errors.missing("no such app, or it is not open to this key")
        if app is None:
            raise hidden
        place = EVERYTHING
        if not self.caller.is_operator and app.owner_id != self.caller.user_id:
            row = lookups.first(Collaborator, app_id=app.pk, user_id=self.caller.user_id)
            if row is None:
                raise hidden
            place = Rights.of(row.scopes, row.endpoints)
        key = self.caller.key
        if key is not None and key.app_id not in (None, app.pk):
            raise errors.ApiError(401, 11008, "this key is bound to another app")
        return app, place
