"""Addresses of the window, one list per view module.

Everything that belongs to a connection lives under ``c/<slug>/`` and is gated by membership there. A new
route also needs a row in tests/integration/role_table.py, else the suite fails.
"""

from __future__ import annotations

from django.urls import path

from annotations_ui.views import (
    account,
    connections,
    consensus,
    decisions,
    door,
    health,
    home,
    inputs,
    items,
    label_orders,
    media,
    outbox,
    people,
    suggestions,
    tasks,
    workbench,
)

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

home_urls = [
    path("", home.home, name="home"),
    path("c/<slug:slug>/", home.connection_home, name="connection_home"),
]

connection_urls = [
    path("connections/", connections.connection_list, name="connection_list"),
    path("connections/new/", connections.connection_create, name="connection_create"),
    path("c/<slug:slug>/settings/", connections.connection_settings, name="connection_settings"),
    path("c/<slug:slug>/settings/test/", connections.connection_test, name="connection_test"),
    path("c/<slug:slug>/settings/pause/", connections.connection_pause, name="connection_pause"),
    path("c/<slug:slug>/sync/", connections.sync_runs, name="sync_runs"),
]

outbox_urls = [
    path("c/<slug:slug>/outbox/", outbox.outbox, name="outbox"),
    path("c/<slug:slug>/outbox/<int:entry>/", outbox.conflict, name="conflict"),
    path("c/<slug:slug>/light/", outbox.light, name="light"),
]

task_urls = [
    path("c/<slug:slug>/tasks/", tasks.task_list, name="task_list"),
    path("c/<slug:slug>/tasks/new/", tasks.task_create, name="task_create"),
    path("c/<slug:slug>/tasks/preview/", tasks.task_preview, name="task_preview"),
    path("c/<slug:slug>/tasks/<int:task>/", tasks.task_detail, name="task_detail"),
    path("c/<slug:slug>/tasks/<int:task>/edit/", tasks.task_edit, name="task_edit"),
    path("c/<slug:slug>/tasks/<int:task>/state/", tasks.task_state, name="task_state"),
    path("c/<slug:slug>/tasks/<int:task>/delete/", tasks.task_delete, name="task_delete"),
]

label_order_urls = [
    path("c/<slug:slug>/label-orders/", label_orders.label_order_list, name="label_order_list"),
    path("c/<slug:slug>/label-orders/new/", label_orders.label_order_create, name="label_order_create"),
    path("c/<slug:slug>/label-orders/<str:order>/", label_orders.label_order_edit, name="label_order_edit"),
    path(
        "c/<slug:slug>/label-orders/<str:order>/delete/",
        label_orders.label_order_delete,
        name="label_order_delete",
    ),
]

input_urls = [
    path("c/<slug:slug>/inputs/", inputs.input_list, name="input_list"),
    path("c/<slug:slug>/inputs/<int:input>/", inputs.input_detail, name="input_detail"),
    path("c/<slug:slug>/media/<int:input>/<slug:size>/", media.media, name="media"),
]

workbench_urls = [
    path("c/<slug:slug>/tasks/<int:task>/label/", workbench.label, name="label"),
    path("c/<slug:slug>/tasks/<int:task>/label/start/", workbench.label_start, name="label_start"),
    path("c/<slug:slug>/tasks/<int:task>/review/", workbench.review, name="review"),
    path("c/<slug:slug>/tasks/<int:task>/review/grid/", workbench.review_grid, name="review_grid"),
    path("c/<slug:slug>/tasks/<int:task>/consensus/", consensus.consensus, name="consensus"),
    path(
        "c/<slug:slug>/tasks/<int:task>/consensus/queue/", consensus.consensus_queue, name="consensus_queue"
    ),
    path(
        "c/<slug:slug>/tasks/<int:task>/consensus/<int:input>/",
        consensus.consensus_input,
        name="consensus_input",
    ),
    path("c/<slug:slug>/tasks/<int:task>/review/queue/", items.queue, name="queue"),
    path("c/<slug:slug>/items/<int:item>/", items.item_body, name="item_body"),
    path(
        "c/<slug:slug>/items/<int:item>/suggestions/", suggestions.item_suggestions, name="item_suggestions"
    ),
    path(
        "c/<slug:slug>/tasks/<int:task>/suggestions/", suggestions.task_suggestions, name="task_suggestions"
    ),
    path("c/<slug:slug>/items/<int:item>/draft/", items.draft, name="draft"),
    path("c/<slug:slug>/items/<int:item>/submission/", items.submission, name="submission"),
    path("c/<slug:slug>/items/<int:item>/skip/", items.skip, name="skip"),
    path("c/<slug:slug>/items/<int:item>/decisions/", decisions.decisions, name="decisions"),
    path("c/<slug:slug>/decisions/", decisions.decision_states, name="decision_states"),
    path("c/<slug:slug>/decisions/<uuid:operation>/undo/", decisions.decision_undo, name="decision_undo"),
    path("c/<slug:slug>/tasks/<int:task>/bulk/", decisions.bulk_review, name="bulk_review"),
    path("c/<slug:slug>/bulk/<int:bulk>/", decisions.bulk_state, name="bulk_state"),
]

urlpatterns = [
    *home_urls,
    *health_urls,
    *account_urls,
    *people_urls,
    *connection_urls,
    *outbox_urls,
    *task_urls,
    *label_order_urls,
    *input_urls,
    *workbench_urls,
]
