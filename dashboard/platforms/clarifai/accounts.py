"""Account calls of the Clarifai adapter: people and concepts of the app."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from msgspec import Raw

from ..errors import AlreadyExists
from ..types import Concept, Outcome, PlatformUser
from . import mapping
from .answers import envelope
from .batches import send_all
from .calls import Calls, taken, understood
from .pages import pages


class AccountCalls(Calls):
    """The people and the concepts."""

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
