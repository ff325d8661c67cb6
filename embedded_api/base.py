"""Base views: body, query, caller, and the app or user that a request speaks of."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from embedded_api import envelope, errors, fields
from embedded_api.auth import Caller
from embedded_api.models import App, Collaborator, User
from embedded_api.query import Query

MEGABYTE = 1024 * 1024
# The second half of the scope that a verb needs; the first half is the family of the route.
SCOPE_VERBS = {"GET": "Get", "HEAD": "Get", "POST": "Add", "PATCH": "Patch", "DELETE": "Delete"}


class ApiView(APIView):
    """Checks the token; offers `self.caller`, `self.query`, `self.body`; prints every error."""

    body_limit = 8 * MEGABYTE  # bytes; 128 annotations with large polygons fit
    invalid_code = 11102  # status code of a FieldError in this family of routes
    operator_may = False  # whether the operator's key opens this route
    public = False  # open without a key
    scope_family: str = ""  # "Inputs" and a GET need the scope Inputs_Get; "" needs none
    scope_of: Mapping[str, str] = {}  # verb -> scope, where the family's rule does not fit
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    caller: Caller
    query: Query

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # A wrong verb is told before a wrong key: it is true for every caller.
        if (request.method or "").lower() not in self.http_method_names:
            self.http_method_not_allowed(request)
        if not hasattr(self, (request.method or "").lower()):
            self.http_method_not_allowed(request)
        if self.public:
            return
        super().initial(request, *args, **kwargs)
        self.caller = request.user  # type: ignore[assignment]  # our authentication answers a Caller
        self.query = Query(request.query_params)
        if self.caller.is_operator and not self.operator_may:
            raise errors.denied("the operator's key may only set up users, keys, apps and collaborators")
        self._check_scope(request.method or "")

    def _check_scope(self, verb: str) -> None:
        key = self.caller.key
        if key is None or "All" in key.scopes or not self.scope_family:
            return
        needed = self.scope_of.get(verb) or f"{self.scope_family}_{SCOPE_VERBS[verb]}"
        if needed not in key.scopes:
            raise errors.denied(f"this key lacks the scope {needed}")

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


def resolve_me(user_id: str, caller: Caller) -> str:
    """`me` or nothing -> the caller's id."""
    return caller.user_id if user_id in ("", "me") else user_id


class UserView(ApiView):
    """A route below /v2/users/{user_id}; offers `self.subject`. Only that user or the operator may call."""

    own_only = True
    app_keys_may = False  # whether a key of one app opens this route
    subject: User

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.caller.key is not None and self.caller.key.app_id is not None and not self.app_keys_may:
            raise errors.denied("this needs a personal access token, not the key of one app")
        wanted = resolve_me(self.take_path("path_user_id"), self.caller)
        if self.own_only and not self.caller.is_operator and wanted != self.caller.user_id:
            raise errors.denied("this belongs to another user")
        found = User.objects.filter(id=wanted).first()
        if found is None:
            raise errors.missing("no such user")
        self.subject = found


class AppView(ApiView):
    """A route of one app, in the long form or the short one; offers `self.app` and `self.is_owner`.

    Open to the app's owner and its collaborators; for everybody else the app does not exist.
    """

    owner_only = False
    # A route that does not say more belongs to the task flow, whose PUT writes annotations.
    scope_family = "Tasks"
    scope_of = {"PUT": "Annotations_Add"}
    app: App
    is_owner: bool

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        user_id, app_id = self.take_path("path_user_id"), self.take_path("path_app_id")
        if not app_id:
            user_id, app_id = self._named_app()
        self.app = self._open_app(resolve_me(user_id, self.caller), app_id)
        self.is_owner = self.app.owner_id == self.caller.user_id
        if self.owner_only and not self.is_owner and not self.caller.is_operator:
            raise errors.denied("only the owner of the app may do this")

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

    def _open_app(self, user_id: str, app_id: str) -> App:
        app = App.objects.filter(owner_id=user_id, public_id=app_id).first()
        hidden = errors.missing("no such app, or it is not open to this key")
        if app is None:
            raise hidden
        if self.caller.is_operator or app.owner_id == self.caller.user_id:
            mine = True
        else:
            mine = Collaborator.objects.filter(app=app, user_id=self.caller.user_id).exists()
        if not mine:
            raise hidden
        key = self.caller.key
        if key is not None and key.app_id is not None and key.app_id != app.pk:
            raise errors.ApiError(401, 11008, "this key is bound to another app")
        return app
