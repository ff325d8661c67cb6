"""Addresses of the window, one list per view module.

Everything that belongs to a connection lives under ``c/<slug>/`` and is gated by membership there. A new
route also needs a row in tests/integration/role_table.py, else the suite fails.
"""

from __future__ import annotations

from django.urls import path

from annotations_ui.views import account, door, health, people

health_urls = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

account_urls = [
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("invite/<str:token>/", door.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password_change, name="password_change"),
    path("c/<slug:slug>/own-token/", account.own_token, name="own_token"),
    path("c/<slug:slug>/own-token/delete/", account.own_token_delete, name="own_token_delete"),
]

people_urls = [
    path("c/<slug:slug>/people/", people.people, name="people"),
    path("c/<slug:slug>/people/<int:membership>/roles/", people.people_roles, name="people_roles"),
    path("c/<slug:slug>/people/<int:membership>/platform/", people.people_platform, name="people_platform"),
    path(
        "c/<slug:slug>/people/<int:membership>/provision/", people.people_provision, name="people_provision"
    ),
    path("c/<slug:slug>/people/<int:membership>/remove/", people.people_remove, name="people_remove"),
    path(
        "c/<slug:slug>/people/invitations/<int:invitation>/revoke/",
        people.invitation_revoke,
        name="invitation_revoke",
    ),
]

urlpatterns = [
    *health_urls,
    *account_urls,
    *people_urls,
]
