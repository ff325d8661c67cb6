"""What a token may do, and what there is to allow. Source: Clarifai API, MyScopes, MyScopesUser, ListScopes."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, rpcs
from embedded_api.accounts.printing import print_app
from embedded_api.base import ApiView, AppView, UserView
from embedded_api.errors import FieldError
from embedded_api.models import Key

_OPERATORS = ["Users_Add", "Keys_Add", "Apps_Add", "Collaborators_Add"]


class MyAppScopes(AppView):
    """GET U/myscopes: what this token may do in this app, as its owner or as a collaborator."""

    operator_may = True

    def get(self, request: Request) -> HttpResponse:
        scopes = _OPERATORS if self.caller.is_operator else self.rights.spelled_out()
        endpoints = sorted(self.rights.endpoints)
        return envelope.answer({"scopes": scopes, "app": print_app(self.app), "endpoints": endpoints})


class MyScopes(ApiView):
    """GET /v2/users/{user_id}/myscopes and /v2/myscopesroot: what this token may do at all."""

    operator_may = True

    def get(self, request: Request, **path: Any) -> HttpResponse:
        held = self.caller.rights
        scopes = _OPERATORS if self.caller.is_operator else held.spelled_out()
        return envelope.answer({"scopes": scopes, "endpoints": sorted(held.endpoints)})


class Scopes(UserView):
    """GET /v2/users/{user_id}/scopes: all scopes, and what each endpoint needs.

    The vendor answers this to its own web pages only; here a personal access token is enough.
    """

    def get(self, request: Request) -> HttpResponse:
        kind = self.query.text("key_type") or Key.APP
        if kind not in (Key.APP, Key.PERSONAL):
            raise FieldError("key_type", f"must be {Key.APP} or {Key.PERSONAL}")
        open_to_kind = [
            rpc for rpc in rpcs.BY_ENDPOINT.values() if kind == Key.PERSONAL or not rpc.needs_person
        ]
        held = frozenset[str]().union(*(rpc.scopes for rpc in open_to_kind))
        scopes = [
            {"scope": scope, "depending_scopes": _beside(scope)} for scope in rpcs.SCOPES if scope in held
        ]
        endpoints = [
            {"endpoint": rpc.endpoint, "depending_scopes": sorted(rpc.scopes)} for rpc in open_to_kind
        ]
        return envelope.answer({"scope_deps": scopes, "endpoint_deps": endpoints})


def _beside(scope: str) -> list[str]:
    """The scopes without which one is of no use: those that every rpc with it needs as well."""
    together = [rpc.scopes for rpc in rpcs.RPCS if scope in rpc.scopes]
    return sorted(frozenset.intersection(*together) - {scope})
