"""Who is at the desk: the marks that views carry, and what a request knows about its person.

A view needs sign-in unless it is marked ``@public``. A view under ``/c/<slug>/`` needs a membership of that
connection, and with ``@for_roles("admin")`` one of the named roles there. ``DenyByDefault`` enforces this.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

from django.http import HttpRequest

from dashboard.accounts.models import Connection, Membership, User
from dashboard.accounts.policies import ROLES

View = TypeVar("View", bound=Callable[..., Any])

_SECTIONS = {
    "home": ("home", "connection_home"),
    "tasks": ("task_", "label", "review"),
    "inputs": ("input_",),
    "admin": ("connection_", "people", "invitation", "sync_runs", "outbox", "conflict"),
}


_LAST = "connection"  # session key: slug of the connection last looked at


class DeskRequest(HttpRequest):
    """For type hints: a request that has passed ``DenyByDefault``."""

    desk: Desk


def public(view: View) -> View:
    """Mark a view as open to people who are not signed in."""
    view.desk_public = True  # type: ignore[attr-defined]
    return view


def for_roles(*roles: str) -> Callable[[View], View]:
    """Mark a view as open to these roles only (any of them): on its connection, or on any if it has none."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"unknown or no roles: {sorted(unknown)}")

    def mark(view: View) -> View:
        view.desk_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


class Desk:
    """``request.desk``: the person, the connection of this page, and the roles there.

    ``connection`` and ``membership`` are those of a ``/c/<slug>/`` page, else None; ``current`` is the
    connection that the top bar offers: the page's own, else the one last looked at.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.connection: Connection | None = None
        self.membership: Membership | None = None

    @cached_property
    def user(self) -> User | None:
        user = getattr(self._request, "user", None)
        return cast(User, user) if user is not None and user.is_authenticated else None

    @cached_property
    def memberships(self) -> list[Membership]:
        """The person's memberships with their connections, by name; those without a role are left out."""
        if self.user is None:
            return []
        found = (
            Membership.objects.filter(user=self.user)
            .select_related("connection")
            .order_by("connection__name")
        )
        rows = [membership for membership in found if membership.roles]
        for row in rows:
            row.user = self.user
        return rows

    def enter(self, slug: str) -> bool:
        """Take the page's connection; False when there is none of that name for this person."""
        for membership in self.memberships:
            if membership.connection.slug == slug:
                self.membership, self.connection = membership, membership.connection
                self._remember(slug)
                return True
        return False

    def _remember(self, slug: str) -> None:
        """Pages without a connection (home, account) then offer the one last looked at.

        Only a page that a person went to counts: two open tabs would else rewrite it with every picture.
        """
        session = self._request.session
        if self._request.headers.get("Sec-Fetch-Mode") == "navigate" and session.get(_LAST) != slug:
            session[_LAST] = slug

    @property
    def connections(self) -> list[Connection]:
        return [membership.connection for membership in self.memberships]

    @property
    def here(self) -> Membership | None:
        """The membership of the page's connection, else of the one last looked at, else the first."""
        if self.membership is not None or not self.memberships:
            return self.membership
        last = self._request.session.get(_LAST)
        named = (row for row in self.memberships if row.connection.slug == last)
        return next(named, self.memberships[0])

    @property
    def current(self) -> Connection | None:
        return self.here.connection if self.here else None

    @property
    def roles(self) -> frozenset[str]:
        """Roles on the page's connection; on a page without one, roles held anywhere."""
        if self.membership is not None:
            return frozenset(self.membership.roles)
        held = {role for membership in self.memberships for role in membership.roles}
        return frozenset(held | {"admin"} if self.user is not None and self.user.is_superuser else held)

    @property
    def is_labeler(self) -> bool:
        return self.here is not None and self.here.is_labeler

    @property
    def is_reviewer(self) -> bool:
        return self.here is not None and self.here.is_reviewer

    @property
    def is_admin(self) -> bool:
        return self.here is not None and self.here.is_admin

    @property
    def is_any_admin(self) -> bool:
        """Admin of some connection, or the person who set the desk up: may add and list connections."""
        superuser = self.user is not None and self.user.is_superuser
        return superuser or any(membership.is_admin for membership in self.memberships)

    @property
    def section(self) -> str:
        """The entry of the top bar that this page belongs to; empty when none does."""
        match = self._request.resolver_match
        name = (match.url_name or "") if match else ""
        for section, prefixes in _SECTIONS.items():
            if name.startswith(prefixes):
                return section
        return ""


NOBODY = "(nobody)"  # no platform user is called that: ids there hold no brackets


def only_own(membership: Membership, platform_user_id: str | None) -> str:
    """Whose work somebody may look at: "" for reviewers and admins (everybody's), else their own alone.

    Labelers do not see each other's shapes: where several label the same input, agreement must mean something.
    """
    if membership.is_reviewer or membership.is_admin:
        return ""
    return platform_user_id or NOBODY


def wants_json(request: HttpRequest) -> bool:
    """Whether the asker is a script of ours rather than a page: refusals are then JSON."""
    return (
        request.content_type == "application/json"
        or request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    )
