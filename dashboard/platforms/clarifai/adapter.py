"""The Clarifai platform behind our interface: inputs, people, tasks and assignments.

Annotations are in :mod:`.annotations`. One instance acts with one token; it is safe to use from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from ..errors import AlreadyExists, Ambiguous, NotFound, PlatformError, Rejected, Unauthorized, Unsupported
from ..types import (
    Assignment,
    AssignmentAction,
    Capabilities,
    Concept,
    Input,
    InputWrite,
    Outcome,
    PlatformUser,
    StatusCounts,
    Task,
    TaskState,
    TokenReport,
)
from . import bodies, mapping
from . import tasks as task_mapping
from .annotations import AnnotationCalls
from .answers import batch, envelope, match
from .batches import send_all
from .calls import query_parts, understood
from .codes import UNREADABLE
from .pages import gather, pages

STREAM_PAGE = 500
# In base64 and with the rest of a body this stays under the 10 MiB that servers commonly take.
INPUT_BYTES = 6 * 1024 * 1024

_CONFIGS = {
    AssignmentAction.LABEL_SUBMIT: "label_submit_config",
    AssignmentAction.REVIEW_APPROVE: "review_approve_config",
    AssignmentAction.REVIEW_REQUEST_CHANGES: "review_request_changes_config",
    AssignmentAction.REVIEW_REJECT: "review_reject_config",
}


class ClarifaiPlatform(AnnotationCalls):
    """Implements :class:`dashboard.platforms.interface.Platform` for Clarifai v2."""

    capabilities = Capabilities()

    # --- who and what ---------------------------------------------------------------------------------
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
        for person in mapping.each(rows, "collaborator", mapping.collaborator, self.quarantine):
            if person is not None and person.id:
                people.setdefault(person.id, person)
        return list(people.values())

    def list_concepts(self) -> list[Concept]:
        found = list(self.rows("list_concepts", "concepts"))
        return mapping.each(found, "concept", mapping.concept, self.quarantine)

    def create_concepts(self, concepts: Sequence[Concept]) -> None:
        known = {one.id for one in self.list_concepts()}
        new = [one for one in {one.id: one for one in concepts}.values() if one.id not in known]

        def send(part: Sequence[Concept]) -> list[Outcome]:
            body = {"concepts": [{"id": one.id, "name": one.name or one.id} for one in part]}
            return self.write("post_concepts", "concepts", body, [one.id for one in part], _taken)

        for outcome in send_all(new, send, lambda one: one.id, size=self.capabilities.write_batch):
            if outcome.error is not None and not isinstance(outcome.error, AlreadyExists):
                raise outcome.error

    # --- inputs ---------------------------------------------------------------------------------------
    def iter_inputs(self, *, after: str = "") -> Iterator[Input]:
        last = after
        while True:
            query = [("per_page", str(STREAM_PAGE))] + ([("last_id", last)] if last else [])
            found = self.client.call("stream_inputs", envelope, query=query).items("inputs")
            yield from mapping.each(found, "input", mapping.input_, self.quarantine)
            if len(found) < STREAM_PAGE:
                return
            try:
                following = msgspec.json.decode(found[-1], type=_Named).id
            except UNREADABLE:
                following = last
            if not following or following == last:
                raise Ambiguous("The platform's stream of inputs does not move on.")
            last = following

    def get_inputs(self, ids: Sequence[str]) -> list[Input]:
        groups = [(("ids", one),) for one in dict.fromkeys(ids)]
        found: list[Input] = []
        for part in query_parts(groups, (), self.query_bytes) if groups else ():
            raw = self.page("list_inputs", "inputs", part, 1, len(part))
            found += mapping.each(raw, "input", mapping.input_, self.quarantine)
        return found

    def create_inputs(self, inputs: Sequence[InputWrite]) -> list[Outcome]:
        def send(part: Sequence[InputWrite]) -> list[Outcome]:
            body = {"inputs": [bodies.input_body(one) for one in part]}
            return self.write("post_inputs", "inputs", body, [one.id for one in part], _taken)

        size = self.capabilities.write_batch
        return send_all(
            inputs, send, lambda one: one.id, size=size, weigh=lambda one: len(one.content), most=INPUT_BYTES
        )

    def delete_inputs(self, ids: Sequence[str]) -> None:
        self._delete_by_ids("delete_inputs", ids)

    def count_inputs(self) -> int:
        raw = self.client.call("count_inputs", envelope).one("counts")
        counts = understood(_read_counts, raw)
        return sum(
            part or 0 for part in (counts.processed, counts.to_process, counts.errors, counts.processing)
        )

    def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        answer = self.client.http.fetch(url, max_bytes=max_bytes)
        return answer.body, answer.content_type.partition(";")[0].strip().lower()

    # --- tasks ----------------------------------------------------------------------------------------
    def list_tasks(self) -> list[Task]:
        return mapping.each(
            list(self.rows("list_tasks", "tasks")), "task", task_mapping.task, self.quarantine
        )

    def get_task(self, task_id: str) -> Task:
        return understood(task_mapping.task, self._raw_task(task_id))

    def _raw_task(self, task_id: str) -> Raw:
        return self.client.call("get_task", envelope, path={"task_id": task_id}).one("task")

    def create_task(self, task: Task) -> Task:
        body = task_mapping.task_body(task, subset=self.capabilities.task_input_subset)
        return self._write_task("post_tasks", {"tasks": [body]}, task.id)

    def edit_task(self, task: Task) -> Task:
        body = understood(partial(task_mapping.edited_body, new=task), self._raw_task(task.id))
        return self._write_task("patch_tasks", {"tasks": [body], "action": "overwrite"}, task.id)

    def set_task_state(self, task_id: str, state: TaskState) -> None:
        body = task_mapping.state_body(task_id, state)
        self._write_task("patch_tasks", {"tasks": [body], "action": "merge"}, task_id)

    def _write_task(self, route: str, body: dict[str, Any], task_id: str) -> Task:
        frame = self.client.call(route, batch("tasks"), body=bodies.encode(body))
        found = match([task_id], frame.items("tasks"), frame.status.number if frame.status else 0)[0]
        if found.error is not None:
            raise found.error
        assert found.raw is not None
        return understood(task_mapping.task, found.raw)

    def delete_task(self, task_id: str) -> None:
        self._delete_by_ids("delete_tasks", [task_id])

    def annotation_counts(self, task_id: str) -> list[StatusCounts]:
        return self._counts("count_task_annotations", task_id)

    def input_counts(self, task_id: str) -> list[StatusCounts]:
        return self._counts("count_task_inputs", task_id)

    def _counts(self, route: str, task_id: str) -> list[StatusCounts]:
        raw = self.client.call(route, envelope, path={"task_id": task_id}).one("counts")
        rows = understood(msgspec.json.Decoder(list[Raw]).decode, raw)
        return mapping.each(rows, "counts", mapping.counts, self.quarantine)

    # --- assignments ----------------------------------------------------------------------------------
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
            yield from mapping.each(page, "assignment", read, self.quarantine)

    def start_work(self, task_id: str, action: AssignmentAction) -> list[Assignment]:
        if action in _CONFIGS:
            raise Rejected("Only a start action hands out work.", fields={"action": "not a start"})
        body = bodies.encode({"action": action.name})
        # Asking again returns the same assignments (Clarifai API guide, LABEL_START), so it may be repeated.
        frame = self.client.call(
            "put_assignments", envelope, body=body, repeatable=True, path={"task_id": task_id}
        )
        read = partial(mapping.assignment, task_id=task_id)
        return mapping.each(frame.items("task_assignments"), "assignment", read, self.quarantine)

    def act(self, task_id: str, action: AssignmentAction, assignment_ids: Sequence[str]) -> list[Outcome]:
        if action not in _CONFIGS:
            raise Rejected("A start action names no assignments.", fields={"action": "not a decision"})

        def read(one: str, raw: Raw) -> Outcome:
            return Outcome(one, assignment=mapping.assignment(raw, task_id))

        def send(part: Sequence[str]) -> list[Outcome]:
            chosen = {"task_assignments": [{"id": one} for one in part]}
            body = {"action": action.name, _CONFIGS[action]: chosen}
            return self.write(
                "put_assignments", "task_assignments", body, part, read, path={"task_id": task_id}
            )

        return send_all(assignment_ids, send, str, size=self.capabilities.write_batch, split_on=self.split_on)

    # --- people ---------------------------------------------------------------------------------------
    def provision_owner(self, name: str) -> str:
        raise Unsupported("Accounts of this platform are made on the platform itself.")

    def provision_person(self, user_id: str, name: str) -> str:
        raise Unsupported("People of this platform are invited on the platform itself.")

    def _delete_by_ids(self, route: str, ids: Sequence[str]) -> None:
        """Delete; what is already gone counts as deleted, so the call may be repeated."""

        def send(part: Sequence[str]) -> list[Outcome]:
            self.client.call(route, envelope, body=bodies.encode({"ids": list(part)}), repeatable=True)
            return [Outcome(one) for one in part]

        for outcome in send_all(ids, send, str, size=self.capabilities.write_batch):
            if outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error


def _taken(one: str, raw: Raw) -> Outcome:
    return Outcome(one)


class _Named(msgspec.Struct):
    id: str | None = ""


class _App(msgspec.Struct):
    id: str | None = ""
    name: str | None = ""
    user_id: str | None = ""


_read_app = msgspec.json.Decoder(_App).decode


class _InputCounts(msgspec.Struct):
    processed: int | None = 0
    to_process: int | None = 0
    errors: int | None = 0
    processing: int | None = 0


_read_counts = msgspec.json.Decoder(_InputCounts).decode
