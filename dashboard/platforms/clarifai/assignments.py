"""Assignment calls of the Clarifai adapter: listing, handing out, and moving work on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from msgspec import Raw

from ..errors import Rejected, Unsupported
from ..types import Assignment, AssignmentAction, Outcome
from . import bodies, mapping
from .answers import envelope
from .batches import send_all
from .calls import Calls, query_parts
from .pages import gather

_CONFIGS = {
    AssignmentAction.LABEL_SUBMIT: "label_submit_config",
    AssignmentAction.REVIEW_APPROVE: "review_approve_config",
    AssignmentAction.REVIEW_REQUEST_CHANGES: "review_request_changes_config",
    AssignmentAction.REVIEW_REJECT: "review_reject_config",
}


class AssignmentCalls(Calls):
    """Assignments of one task."""

    def iter_assignments(
        self,
        task_id: str,
        *,
        changed_since: datetime | None = None,
        ids: Sequence[str] = (),
        input_ids: Sequence[str] = (),
    ) -> Iterator[Assignment]:
        if not self.capabilities.assignment_listing:
            raise Unsupported("This platform cannot list assignments; it hands them out ten at a time.")
        return self._iter_assignments(task_id, changed_since, ids, input_ids)

    def _iter_assignments(
        self, task_id: str, since: datetime | None, ids: Sequence[str], input_ids: Sequence[str]
    ) -> Iterator[Assignment]:
        read = partial(mapping.assignment, task_id=task_id)
        fixed = [("modified_since", mapping.rfc3339(since))] if since else []
        if ids and input_ids:
            raise Rejected(
                "Choose assignments by their ids or by their inputs.", fields={"ids": "one of two"}
            )
        chosen = [("ids", one) for one in ids] or [("input_ids", one) for one in input_ids]
        fetches = [
            partial(
                self.page, "list_assignments", "task_assignments", [*fixed, *part], path={"task_id": task_id}
            )
            for part in query_parts([(one,) for one in chosen], fixed, self.query_bytes)
        ]
        for page in gather(fetches, self.capabilities.page_size, self.ahead):
            yield from self.each(page, "assignment", read)

    def start_work(self, task_id: str, action: AssignmentAction) -> list[Assignment]:
        if action in _CONFIGS:
            raise Rejected("Only a start action hands out work.", fields={"action": "not a start"})
        body = bodies.encode({"action": action.name})
        # Asking again returns the same assignments (Clarifai API guide, LABEL_START), so it may be repeated.
        frame = self.client.call(
            "put_assignments", envelope, body=body, repeatable=True, path={"task_id": task_id}
        )
        read = partial(mapping.assignment, task_id=task_id)
        return self.each(frame.items("task_assignments"), "assignment", read)

    def act(self, task_id: str, action: AssignmentAction, assignment_ids: Sequence[str]) -> list[Outcome]:
        if action not in _CONFIGS:
            raise Rejected("A start action names no assignments.", fields={"action": "not a decision"})

        understand = self.stated("assignment", partial(mapping.assignment, task_id=task_id))

        def read(one: str, raw: Raw) -> Outcome:
            return Outcome(one, assignment=understand(raw))

        def send(part: Sequence[str]) -> list[Outcome]:
            chosen = {"task_assignments": [{"id": one} for one in part]}
            body = {"action": action.name, _CONFIGS[action]: chosen}
            return self.write(
                "put_assignments", "task_assignments", body, part, read, path={"task_id": task_id}
            )

        return send_all(assignment_ids, send, str, size=self.capabilities.write_batch, split_on=self.split_on)
