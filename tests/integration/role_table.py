"""Who may open which route. A route of the window without a row here fails the suite.

``PUBLIC``: no sign-in. ``SIGNED_IN``: everybody with an account. ``MEMBER``: any role on the connection.
A set of roles: one of them is needed, on the connection of the route (or on any, where it has none).
"""

from __future__ import annotations

PUBLIC = "public"
SIGNED_IN = "signed in"
MEMBER = "member"
ADMIN = frozenset({"admin"})
REVIEWER = frozenset({"reviewer"})
LABELER = frozenset({"labeler"})

ROLE_TABLE: dict[str, str | frozenset[str]] = {
    # health
    "healthz": PUBLIC,
    "readyz": PUBLIC,
    # in and out, own account
    "sign_in": PUBLIC,
    "sign_out": PUBLIC,
    "invitation": PUBLIC,
    "account": SIGNED_IN,
    "password_change": SIGNED_IN,
    "own_token": MEMBER,
    "own_token_delete": MEMBER,
    # people
    "people": ADMIN,
    "people_roles": ADMIN,
    "people_platform": ADMIN,
    "people_provision": ADMIN,
    "people_remove": ADMIN,
    "invitation_revoke": ADMIN,
}

# Values for the parts of an address; ids that exist nowhere, so an allowed request may end in 404.
SAMPLES: dict[str, object] = {
    "slug": "demo",
    "token": "no-such-token",
    "size": "small",
    "operation": "00000000-0000-4000-8000-000000000000",
}
NO_SUCH_ID = 987654
