"""Markup in every text that people or platforms give, shown on every page by a real browser: it stays text.

A payload that ran would set a flag on the window, ask for an address below /attack/, or be reported by the content
security policy; each page must show none of the three.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.accounts.services import invite
from dashboard.platforms import types
from dashboard.review.models import Decision
from dashboard.sync.models import Concept, Input, OutboxEntry, Person, SyncRun, Task, UserCount, WorkItem
from tests.support.browser import watched
from tests.support.memory_desk import MemoryDesk, make_desk
from tests.support.people import PASSWORD, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUN = "window.attacked=(window.attacked||0)+1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"</script><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"<!--<script>{RUN}</script>-->",
    f"<img src=x onerror={RUN}>",
    f'"><img src="/attack/1" onerror="{RUN}">',
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'" onmouseover="{RUN}" autofocus onfocus="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus tabindex=1 x='",
    f"<details open ontoggle={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    '<iframe src="/attack/frame">',
    f"<a href=javascript:{RUN}>x</a>",
    f"<form action=/attack/form><button formaction=javascript:{RUN}>x",
    '<link rel=stylesheet href="/attack/style">',
    '<style>@import "/attack/import";body{background:url(/attack/css)}</style>',
    '<meta http-equiv=refresh content="0;url=/attack/meta">',
    '<base href="/attack/">',
    '<script src="/attack/script"></script>',
    '<div hx-get="/attack/hx" hx-trigger="load">x</div>',
    f"<div hx-on::load='{RUN}'>x</div>",
    f"<math><mtext><table><mglyph><style><img src onerror={RUN}></style></table>",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}{{% debug %}}",
    f"javascript:{RUN}",
    f"&lt;img src=x onerror={RUN}&gt;",
)
EVERYTHING = " ".join(PAYLOADS)
SHORT = ("<img src=x onerror=window.attacked=1>", '"><script>window.attacked=1</script>')
THEIRS = {"id": "x", "kind": "box", "concept": SHORT[1], "value": 1, "box": None, "points": None}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, live_server: Any) -> MemoryDesk:
    """A desk whose every text is hostile: names as long as their fields allow, payloads by turns."""
    desk = make_desk(monkeypatch, inputs=tuple(f"in-{n}" for n in range(len(PAYLOADS))))
    connection = desk.connection
    for number, payload in enumerate(PAYLOADS):
        desk.annotate(f"an-{number}", f"in-{number}", concept=("rbc", "wbc")[number % 2])
        Input.objects.filter(connection=connection, platform_id=f"in-{number}").update(
            name=payload, url="javascript:window.attacked=1", thumb_url=payload, large_url=payload
        )
    desk.pull()
    Concept.objects.filter(connection=connection, platform_id="rbc").update(name=SHORT[0])
    Concept.objects.filter(connection=connection, platform_id="wbc").update(name=SHORT[1])
    Task.objects.filter(connection=connection).update(name=EVERYTHING[:300], description=EVERYTHING)
    Person.objects.filter(connection=connection).update(name=SHORT[0])
    Connection.objects.filter(pk=connection.pk).update(
        name=PAYLOADS[1], paused_at=timezone.now(), paused_reason=EVERYTHING[:300]
    )
    User.objects.filter(pk=desk.labeler.pk).update(display_name=PAYLOADS[6])
    User.objects.filter(pk=desk.reviewer.pk).update(display_name=PAYLOADS[0])
    back = desk.item("in-3")
    WorkItem.objects.filter(pk=back.pk).update(state="changes_asked", sent_back=True)
    for item in WorkItem.objects.all()[:6]:
        entry = OutboxEntry.objects.create(
            connection=connection,
            item=item,
            actor=desk.reviewer,
            operation=uuid.uuid4(),
            chain=f"item:{item.pk}",
            kind="merge",
            annotation_id=f"an-{item.pk}",
            state="failed" if item.pk % 2 else "conflict",
            error_class="Rejected",
            error=EVERYTHING[:500],
            due_at=timezone.now(),
            payload={"concepts": [[SHORT[0], 1]]},
            theirs={
                "shape": [
                    {"id": "x", "kind": "box", "concept": SHORT[1], "value": 1, "box": None, "points": None}
                ]
            },
        )
        Decision.objects.create(
            operation=entry.operation,
            connection=connection,
            item=item,
            task=item.task,
            reviewer=desk.reviewer,
            verdict="request_changes",
            reasons=["other"],
            note=EVERYTHING[:2000],
        )
    UserCount.objects.create(task=desk.task, what="annotations", user_id=SHORT[1], counted_at=timezone.now())
    SyncRun.objects.create(connection=connection, mode="full", state="failed", error=EVERYTHING[:500])
    return desk


@pytest.fixture
def person(desk: MemoryDesk) -> User:
    """Somebody with all roles, whose name is hostile too."""
    user = make_person(desk.connection, "labeler", "reviewer", "admin", username="the-guest")
    PlatformIdentity.objects.create(user=user, connection=desk.connection, platform_user_id="a-1")
    User.objects.filter(pk=user.pk).update(display_name=PAYLOADS[7])
    task = desk.task
    task.labeler_ids, task.reviewer_ids = ["l-1", SHORT[0]], ["r-1", "a-1", SHORT[1]]
    task.save()
    return user


def sign_in(page: Page, url: str, username: str) -> None:
    page.goto(f"{url}/sign-in/?next=/account/")
    page.get_by_label("Login name").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/account/")


def test_hostile_texts_stay_text_on_every_page(
    desk: MemoryDesk, person: User, live_server: Any, chromium: Browser
) -> None:
    actor = Membership.objects.get(user=person)
    _, token = invite(actor=actor, roles=["labeler"], note=SHORT[0], trail=lambda *_: None)
    slug, task, item = desk.connection.slug, desk.task.pk, desk.item("in-0")
    entries = OutboxEntry.objects.values_list("pk", flat=True)[:2]
    User.objects.filter(pk=desk.labeler.pk).update(username="the-labeler")
    visits = [
        *((name, [slug], "") for name in ("connection_home", "people", "task_list", "input_list", "outbox")),
        *((name, [slug], "") for name in ("connection_settings", "sync_runs", "task_create", "light")),
        *((name, [], "") for name in ("account", "connection_list", "connection_create")),
        *((name, [slug, task], "") for name in ("task_edit", "task_detail", "review", "review_grid")),
        ("task_detail", [slug, task], "?view=table"),
        ("review", [slug, task], f"?item={item.pk}"),
        ("task_list", [slug], "?q={payload}&order={payload}&state={payload}"),
        ("input_list", [slug], "?q={payload}&concept={payload}&labeler={payload}"),
        ("task_detail", [slug, task], "?labeler={payload}&state={payload}"),
        ("input_detail", [slug, item.input_id], ""),
        *(("conflict", [slug, entry], "") for entry in entries),
        ("invitation", [token], ""),
    ]
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(15_000)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.add_init_script(
        "window.refused = []; document.addEventListener('securitypolicyviolation',"
        " (e) => window.refused.push(e.violatedDirective + ' ' + e.blockedURI));"
    )
    page = context.new_page()
    watch = watched(page)
    # Pictures do not exist here; that is no business of this test.
    watch.expect("Failed to load resource")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))

    def visit(path: str) -> None:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.attacked || 0") == 0, path
        assert page.evaluate("window.refused") == [], path
        markup = "script:not([src]):not([type='application/json']), iframe, base, [hx-get^='/attack']"
        assert page.locator(markup).count() == 0, path
        assert page.locator("img[src='x'], a[href^='javascript:'], [onerror], [onload]").count() == 0, path

    sign_in(page, live_server.url, "the-guest")
    for name, parts, query in visits:
        visit(reverse(name, args=parts) + query.format(payload=_quoted(EVERYTHING[:180])))
    assert page.evaluate("document.title") is not None
    context.clear_cookies()
    sign_in(page, live_server.url, "the-labeler")
    for path in (reverse("label", args=[slug, task]), reverse("connection_home", args=[slug])):
        visit(path)
    hostile = [url for url in asked if "/attack/" in url.split("?")[0]]
    assert hostile == []
    assert watch.unexpected() == []
    context.close()


def test_the_review_page_shows_the_hostile_names_as_they_are(
    desk: MemoryDesk, person: User, live_server: Any, page: Page
) -> None:
    """Shown, not merely dropped: else the test above would prove nothing."""
    page.watch.expect("Failed to load resource")  # type: ignore[attr-defined]
    sign_in(page, live_server.url, "the-guest")
    item = desk.item("in-0")
    page.goto(
        live_server.url + reverse("review", args=[desk.connection.slug, desk.task.pk]) + f"?item={item.pk}"
    )
    page.get_by_text(SHORT[0]).first.wait_for()
    page.get_by_text(PAYLOADS[0]).first.wait_for()
    page.goto(live_server.url + reverse("task_detail", args=[desk.connection.slug, desk.task.pk]))
    page.get_by_text(PAYLOADS[1]).first.wait_for()
    # A request still in the server's hands would hold the tables that are emptied next.
    page.wait_for_load_state("networkidle")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def test_payloads_are_enough_and_different() -> None:
    assert len(set(PAYLOADS)) >= 30
    assert types.Concept("x", SHORT[0]).name == SHORT[0]
