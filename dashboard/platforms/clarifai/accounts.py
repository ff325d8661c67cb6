"""Account calls of the Clarifai adapter: who the token is, people and concepts of the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from ..errors import AlreadyExists, PlatformError, Unauthorized
from ..types import Concept, Outcome, PlatformUser, TokenReport
from . import mapping
from .answers import envelope
from .batches import send_all
from .calls import Calls, taken, understood
from .pages import pages


class AccountCalls(Calls):
    """The token, the people, the concepts."""

    def check(self) -> TokenReport:
        missing: dict[str, str] = {}

        def attempt(feature: str, ask: Callable[[], Any]) -> Any:
            try:
                return ask()
            except Unauthorized:
                raise
            except PlatformError as error:
                if error.retryable:
                    raise
                missing[feature] = error.message
                return None

        scopes = self.client.call("my_scopes", envelope)
        try:
            me = self._me()
        except PlatformError as error:
            if error.retryable:
                raise
            # An app's own key has no user behind it: it acts as the app's owner.
            me = PlatformUser(self.user_id)
        app = attempt("app", lambda: self.client.call("get_app", envelope).one("app"))
        named = understood(_read_app, app) if app is not None else _App()
        tasks = attempt("tasks", self.list_tasks)
        attempt("annotations", lambda: self.page("list_annotations", "annotations", (), 1, 1))
        return TokenReport(
            user_id=me.id,
            app_name=named.name or named.id or self.app_id,
            owner=me.id == (named.user_id or self.user_id),
            scopes=tuple(scopes.scopes) if isinstance(scopes.scopes, list) else (),
            inputs=attempt("inputs", self.count_inputs),
            tasks=None if tasks is None else len(tasks),
            missing=missing,
        )

    def _me(self) -> PlatformUser:
        raw = self.client.call("get_user", envelope, path={"user_id": "me"}).one("user")
        return understood(mapping.user, raw)

    def list_people(self) -> list[PlatformUser]:
        people: dict[str, PlatformUser] = {}

        def fetch(page: int, size: int) -> list[Raw]:
            frame = self.client.call(
                "list_collaborators", envelope, query=[("page", str(page)), ("per_page", str(size))]
            )
            if isinstance(frame.app_owner, Raw):
                found = understood(partial(mapping.user, owner=True), frame.app_owner)
                people[found.id] = found
            return frame.items("collaborators")

        rows = [raw for page in pages(fetch, self.capabilities.page_size, 1) for raw in page]
        people.setdefault(self.user_id, PlatformUser(self.user_id, self.user_id, True))
        for person in self.each(rows, "collaborator", mapping.collaborator):
            if person is not None and person.id:
                people.setdefault(person.id, person)
        return list(people.values())

    def list_concepts(self) -> list[Concept]:
        found = list(self.rows("list_concepts", "concepts"))
        return self.each(found, "concept", mapping.concept)

    def create_concepts(self, concepts: Sequence[Concept]) -> None:
        known = {one.id for one in self.list_concepts()}
        new = [one for one in {one.id: one for one in concepts}.values() if one.id not in known]

        def send(part: Sequence[Concept]) -> list[Outcome]:
            body = {"concepts": [{"id": one.id, "name": one.name or one.id} for one in part]}
            return self.write("post_concepts", "concepts", body, [one.id for one in part], taken)

        for outcome in send_all(new, send, lambda one: one.id, size=self.capabilities.write_batch):
            if outcome.error is not None and not isinstance(outcome.error, AlreadyExists):
                raise outcome.error


class _App(msgspec.Struct):
    id: str | None = ""
    name: str | None = ""
    user_id: str | None = ""


_read_app = msgspec.json.Decoder(_App).decode
