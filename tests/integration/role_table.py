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
    # home
    "home": SIGNED_IN,
    "connection_home": MEMBER,
    # connections
    "connection_list": ADMIN,
    "connection_create": ADMIN,
    "connection_settings": ADMIN,
    "connection_test": ADMIN,
    "connection_pause": ADMIN,
    "sync_runs": ADMIN,
    # outbox: others than admins see their own writes only
    "outbox": MEMBER,
    "conflict": MEMBER,
    "light": MEMBER,
    # tasks
    "task_list": MEMBER,
    "task_detail": MEMBER,
    "task_create": ADMIN,
    "task_preview": ADMIN,
    "task_edit": ADMIN,
    "task_state": ADMIN,
    "task_delete": ADMIN,
    # label orders: read live from the platform with the connection's token
    "label_order_list": ADMIN,
    "label_order_create": ADMIN,
    "label_order_edit": ADMIN,
    "label_order_delete": ADMIN,
    # inputs
    "input_list": MEMBER,
    "input_detail": MEMBER,
    "media": MEMBER,
    # workbench
    "label": LABELER,
    "label_start": LABELER,
    "review": REVIEWER | ADMIN,
    "review_grid": REVIEWER | ADMIN,
    "consensus": REVIEWER | ADMIN,
    "consensus_queue": REVIEWER | ADMIN,
    "consensus_input": REVIEWER | ADMIN,
    "queue": MEMBER,
    "item_body": MEMBER,
    "item_suggestions": MEMBER,
    "task_suggestions": MEMBER,
    "draft": LABELER,
    "submission": LABELER,
    "skip": LABELER,
    "decisions": REVIEWER,
    "decision_states": REVIEWER,
    "decision_undo": REVIEWER,
    "bulk_review": REVIEWER,
    "bulk_state": REVIEWER,
}

# Values for the parts of an address; ids that exist nowhere, so an allowed request may end in 404.
SAMPLES: dict[str, object] = {
    "slug": "demo",
    "token": "no-such-token",
    "order": "no-such-order",
    "size": "small",
    "operation": "00000000-0000-4000-8000-000000000000",
}
NO_SUCH_ID = 987654
