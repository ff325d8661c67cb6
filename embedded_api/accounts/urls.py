"""Addresses of users, keys, apps, collaborators, scopes, status codes."""

from django.urls import URLPattern, path

from embedded_api.accounts.apps import Apps, MyApps, NamedApp, OneApp, ResourceCounts
from embedded_api.accounts.codes import OneStatusCode, StatusCodes
from embedded_api.accounts.collaborators import Collaborations, Collaborators
from embedded_api.accounts.keys import AppKeys, Keys, OneKey
from embedded_api.accounts.scopes import MyAppScopes, MyScopes, Scopes
from embedded_api.accounts.users import OneUser, Users
from embedded_api.routing import APP, app_route

USER = "v2/users/<str:path_user_id>"

urlpatterns: list[URLPattern] = [
    path("v2/status_codes", StatusCodes.as_view(), name="status_codes"),
    path("v2/status_codes/<str:code>", OneStatusCode.as_view(), name="status_code"),
    path("v2/users", Users.as_view(), name="users"),
    path(USER, OneUser.as_view(), name="user"),
    path(f"{USER}/keys", Keys.as_view(), name="keys"),
    path(f"{USER}/keys/<str:key_id>", OneKey.as_view(), name="key"),
    path(f"{USER}/apps", Apps.as_view(), name="apps"),
    path("v2/apps", MyApps.as_view(), name="apps_short"),
    path(f"{USER}/collaborations", Collaborations.as_view(), name="collaborations"),
    path(f"{USER}/myscopes", MyScopes.as_view(), name="user_scopes"),
    path("v2/myscopesroot", MyScopes.as_view(), name="root_scopes"),
    path(f"{USER}/scopes", Scopes.as_view(), name="scopes"),
    path(APP, OneApp.as_view(), name="app"),
    path("v2/app", NamedApp.as_view(), name="app_short"),
    *app_route("myscopes", MyAppScopes, "app_scopes"),
    path("v2/my_scopes", MyAppScopes.as_view(), name="app_scopes_older"),
    *app_route("keys", AppKeys, "app_keys", short=False),
    *app_route("collaborators", Collaborators, "collaborators", short=False),
    *app_route("resource_counts", ResourceCounts, "resource_counts"),
]
