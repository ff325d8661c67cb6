"""A platform in memory: the whole interface, in the process of the test, with faults where the test wants them.

It keeps an effect log, so that a test can say what really happened, whatever the caller was told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from dashboard.platforms.clarifai.features import features
from dashboard.platforms.drift import Drift
from dashboard.platforms.errors import (
    AlreadyExists,
    Ambiguous,
    Forbidden,
    IllegalMove,
    NotFound,
    NotSent,
    PlatformError,
    PreconditionFailed,
    Throttled,
    Unauthorized,
)
from dashboard.platforms.types import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    Assignment,
    AssignmentAction,
    AssignmentState,
    Capabilities,
    Concept,
    ConceptValue,
    Dataset,
    Input,
    InputWrite,
    LabelOrder,
    Outcome,
    PatchAction,
    PlatformUser,
    Predictor,
    Region,
    SavedSearch,
    StatusCounts,
    Suggestion,
    Task,
    TaskState,
    TokenReport,
)
from dashboard.sync.fingerprint import fingerprint


class Crash(BaseException):
    """The worker's process ends here; nothing after it runs."""


OWNER = "owner"
EMBEDDED = Capabilities(
    assignment_listing=True,
    task_input_subset=True,
    preconditions=True,
    act_for_others=True,
    provision_people=True,
)
_AFTER = {
    AssignmentAction.LABEL_SUBMIT: AssignmentState.AWAITING_REVIEW,
    AssignmentAction.REVIEW_APPROVE: AssignmentState.APPROVED,
    AssignmentAction.REVIEW_REQUEST_CHANGES: AssignmentState.PENDING,
    AssignmentAction.REVIEW_REJECT: AssignmentState.REJECTED,
}
_ANNOTATION = {
    AssignmentState.AWAITING_REVIEW: AnnotationState.AWAITING_REVIEW,
    AssignmentState.APPROVED: AnnotationState.APPROVED,
    AssignmentState.PENDING: AnnotationState.PENDING,
    AssignmentState.REJECTED: AnnotationState.REJECTED,
}

#: What a fault hook may answer for a call; None = no fault.
FAULTS = (
    "refused",
    "lost_before",
    "lost_after",
    "half",
    "item",
    "throttle",
    "token",
    "crash_before",
    "crash_after",
)


class MemoryApp:
    """The app's data. ``fault(call, token) -> one of FAULTS or None`` is asked before every call."""

    def __init__(self, capabilities: Capabilities = EMBEDDED) -> None:
        self.capabilities = capabilities
        self.people: dict[str, PlatformUser] = {OWNER: PlatformUser(OWNER, "Owner", True)}
        self.concepts: list[Concept] = []
        self.inputs: dict[str, Input] = {}
        self.tasks: dict[str, Task] = {}
        self.annotations: dict[tuple[str, str], Annotation] = {}
        self.assignments: dict[str, Assignment] = {}
        self.tokens: dict[str, str] = {"owner-token": OWNER}
        self.datasets: list[Dataset] = []
        self.searches: list[SavedSearch] = []
        self.predictors: list[Predictor] = []
        #: what every predictor says, by input id; an input that is not in it fails
        self.suggestions: dict[str, list[Suggestion]] = {}
        self.orders: dict[str, LabelOrder] = {}
        self.effects: list[tuple[str, str]] = []
        #: (annotation id, fingerprint before, fingerprint after) of every write of ours; "" = not there.
        self.writes: list[tuple[str, str, str]] = []
        self.calls: list[str] = []
        self.fault: Callable[[str, str], str | None] = lambda call, token: None
        self.before: Callable[[str], None] = lambda call: None
        self._time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Later than anything before."""
        self._time += timedelta(milliseconds=7)
        return self._time

    def open(self, kind: str = "embedded", *, token: str = "owner-token", **_: str) -> MemoryPlatform:
        """Stands in for ``registry.open_platform``."""
        return MemoryPlatform(self, token)

    # --- what other people do on the platform ---------------------------------------------------------
    def put(self, annotation: Annotation) -> Annotation:
        """Store as somebody else would: no fault, no effect of ours."""
        when = self.now()
        tag = f'"{annotation.id}@{when.isoformat()}"' if self.capabilities.preconditions else ""
        stored = msgspec.structs.replace(
            annotation, modified_at=when, created_at=annotation.created_at or when, tag=tag
        )
        self.annotations[(annotation.input_id, annotation.id)] = stored
        return stored

    def assign(self, task: str, input_id: str, user: str, state: AssignmentState) -> Assignment:
        name = f"as-{task}-{input_id}-{user}"
        made = Assignment(name, task, input_id, user, state, self.now())
        self.assignments[name] = made
        return made


class MemoryPlatform:
    """One token's view of a :class:`MemoryApp`; implements ``dashboard.platforms.interface.Platform``."""

    def __init__(self, app: MemoryApp, token: str) -> None:
        self.app = app
        self.token = token
        self.drift = Drift()
        self.requests = 0

    @property
    def capabilities(self) -> Capabilities:
        return self.app.capabilities

    @property
    def me(self) -> str:
        return self.app.tokens[self.token]

    # --- faults ---------------------------------------------------------------------------------------
    def _call(self, name: str, *, write: bool = False) -> str | None:
        """Raise what happens before the call; answer what shall happen with or after a write."""
        self.app.calls.append(name)
        self.requests += 1
        self.app.before(name)
        fault = self.app.fault(name, self.token)
        if self.token not in self.app.tokens or fault == "token":
            raise Unauthorized("The token is not accepted.")
        if fault == "refused":
            raise NotSent("Connection refused.")
        if fault == "lost_before" or (not write and fault in ("lost_after", "half", "item")):
            raise Ambiguous("No answer in time.")
        if fault == "throttle":
            raise Throttled("Too many requests.", retry_after=1.0)
        if fault == "crash_before" or (not write and fault == "crash_after"):
            raise Crash(name)
        return fault

    def _batch(self, name: str, items: Sequence[object], do: Callable[[int], Outcome]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for start in range(0, len(items), self.capabilities.write_batch):
            places = range(start, min(start + self.capabilities.write_batch, len(items)))
            try:
                fault = self._call(name, write=True)
            except PlatformError as error:
                outcomes += [Outcome("", error) for _ in places]
                continue
            kept = places if fault != "half" else places[: len(places) // 2]
            done = [do(place) for place in kept]
            if fault == "crash_after":
                raise Crash(name)
            if fault in ("lost_after", "half"):
                done = [Outcome("", Ambiguous("The answer was lost.")) for _ in places]
            if fault == "item":
                done[0] = Outcome(done[0].id, Ambiguous("This item's answer could not be read."))
            outcomes += done
        return outcomes

    # --- who and what ---------------------------------------------------------------------------------
    def close(self) -> None:
        return None

    def check(self) -> TokenReport:
        self._call("check")
        return TokenReport(
            user_id=self.me,
            owner=self.me == OWNER,
            inputs=len(self.app.inputs),
            tasks=len(self.app.tasks),
            features=features(None, {}, self.capabilities),
        )

    def list_people(self) -> list[PlatformUser]:
        self._call("list_people")
        return list(self.app.people.values())

    def list_concepts(self) -> list[Concept]:
        self._call("list_concepts")
        return list(self.app.concepts)

    def create_concepts(self, concepts: Sequence[Concept]) -> None:
        self._call("create_concepts")
        self.app.concepts += concepts

    def provision_person(self, user_id: str, name: str) -> str:
        self._call("provision_person", write=True)
        self.app.people[user_id] = PlatformUser(user_id, name)
        token = f"token-{user_id}"
        self.app.tokens[token] = user_id
        return token

    # --- inputs ---------------------------------------------------------------------------------------
    def iter_inputs(self, *, after: str = "") -> Iterator[Input]:
        self._call("iter_inputs")
        names = list(self.app.inputs)
        if after and after not in self.app.inputs:
            raise NotFound("There is no such input.")
        for number, name in enumerate(names[names.index(after) + 1 if after else 0 :]):
            if number and number % 100 == 0:
                self._call("iter_inputs")
            yield self.app.inputs[name]

    def get_inputs(self, ids: Sequence[str]) -> list[Input]:
        self._call("get_inputs")
        return [self.app.inputs[one] for one in ids if one in self.app.inputs]

    def create_inputs(self, inputs: Sequence[InputWrite]) -> list[Outcome]:
        def do(place: int) -> Outcome:
            one = inputs[place]
            if one.id in self.app.inputs:
                return Outcome(one.id, AlreadyExists("taken"))
            self.app.inputs[one.id] = Input(one.id, name=one.name, url=one.url, width=640, height=480)
            return Outcome(one.id)

        return self._batch("create_inputs", inputs, do)

    def delete_inputs(self, ids: Sequence[str]) -> None:
        self._call("delete_inputs")
        for one in ids:
            self.app.inputs.pop(one, None)

    def count_inputs(self) -> int:
        self._call("count_inputs")
        return len(self.app.inputs)

    def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        self._call("fetch_media")
        return b"\x89PNG\r\n\x1a\n" + url.encode(), "image/png"

    # --- annotations ----------------------------------------------------------------------------------
    def list_annotations(
        self,
        *,
        input_ids: Sequence[str] = (),
        ids: Sequence[str] = (),
        task_id: str = "",
        user_ids: Sequence[str] = (),
    ) -> list[Annotation]:
        self._call("list_annotations")
        pairs = set(zip(input_ids, ids, strict=True)) if ids else None
        return [
            one
            for key, one in self.app.annotations.items()
            if (key in pairs if pairs is not None else not input_ids or key[0] in input_ids)
            and (not task_id or one.task_id == task_id)
            and (not user_ids or one.user_id in user_ids)
        ]

    def iter_annotations(
        self, *, task_id: str, changed_since: datetime | None = None
    ) -> Iterator[Annotation]:
        self._call("iter_annotations")
        yield from self._changed(changed_since, task_id)

    def iter_changes(self, since: datetime) -> Iterator[Annotation]:
        self._call("iter_changes")
        yield from self._changed(since)

    def _changed(self, since: datetime | None, task_id: str = "") -> Iterator[Annotation]:
        rows = [one for one in self.app.annotations.values() if not task_id or one.task_id == task_id]
        for one in sorted(rows, key=lambda row: (row.modified_at or datetime.min, row.id)):
            if since is None or (one.modified_at and one.modified_at >= since):
                yield one

    def create_annotations(self, writes: Sequence[AnnotationWrite]) -> list[Outcome]:
        def do(place: int) -> Outcome:
            one = writes[place]
            key = (one.input_id, one.id)
            if key in self.app.annotations:
                return Outcome(one.id, AlreadyExists("The id is taken."))
            self.app.effects.append(("create", one.id))
            made = Annotation(
                id=one.id,
                input_id=one.input_id,
                user_id=one.user_id or self.me,
                task_id=one.task_id,
                state=one.state or AnnotationState.APPROVED,
                region=msgspec.structs.replace(one.region, id=f"rg-{one.id}") if one.region else None,
                concepts=one.concepts or (),
            )
            self.app.writes.append((one.id, "", fingerprint(made)))
            return Outcome(one.id, annotation=self.app.put(made))

        return self._batch("create_annotations", writes, do)

    def patch_annotations(self, writes: Sequence[AnnotationWrite], action: PatchAction) -> list[Outcome]:
        def do(place: int) -> Outcome:
            one = writes[place]
            current = self.app.annotations.get((one.input_id, one.id))
            if current is None:
                return Outcome(one.id, NotFound("There is no such annotation."))
            if one.if_match and one.if_match != current.tag:
                return Outcome(one.id, PreconditionFailed("It changed."))
            changed = _patched(current, one, action)
            if one.region is not None or one.concepts is not None:
                self.app.effects.append((action.value, one.id))
                self.app.writes.append((one.id, fingerprint(current), fingerprint(changed)))
            return Outcome(one.id, annotation=self.app.put(changed))

        return self._batch("patch_annotations", writes, do)

    def delete_annotations(self, pairs: Sequence[tuple[str, str]], *, if_match: Iterable[str] = ()) -> None:
        tags = set(if_match)
        fault = self._call("delete_annotations", write=True)
        present = [self.app.annotations[pair] for pair in pairs if pair in self.app.annotations]
        if tags and any(one.tag not in tags for one in present):
            raise PreconditionFailed("One of them changed.")
        for one in present if fault != "half" else present[: len(present) // 2]:
            self.app.effects.append(("delete", one.id))
            self.app.writes.append((one.id, fingerprint(one), ""))
            del self.app.annotations[(one.input_id, one.id)]
        if fault == "crash_after":
            raise Crash("delete_annotations")
        if fault in ("lost_after", "half", "item"):
            raise Ambiguous("The answer was lost.")

    def set_annotation_state(self, pairs: Sequence[tuple[str, str]], state: AnnotationState) -> list[Outcome]:
        writes = [AnnotationWrite(id=name, input_id=input_id, state=state) for input_id, name in pairs]
        return self.patch_annotations(writes, PatchAction.MERGE)

    # --- tasks ----------------------------------------------------------------------------------------
    def list_tasks(self) -> list[Task]:
        self._call("list_tasks")
        return list(self.app.tasks.values())

    def get_task(self, task_id: str) -> Task:
        self._call("get_task")
        if task_id not in self.app.tasks:
            raise NotFound("There is no such task.")
        return self.app.tasks[task_id]

    def create_task(self, task: Task) -> Task:
        self._call("create_task")
        if task.id in self.app.tasks:
            raise AlreadyExists("taken")
        made = msgspec.structs.replace(task, created_at=self.app.now(), modified_at=self.app.now())
        self.app.tasks[task.id] = made
        return made

    def edit_task(self, task: Task) -> Task:
        self._call("edit_task")
        self.app.tasks[task.id] = msgspec.structs.replace(task, modified_at=self.app.now())
        return self.app.tasks[task.id]

    def set_task_state(self, task_id: str, state: TaskState) -> None:
        self._call("set_task_state")
        self.app.tasks[task_id] = msgspec.structs.replace(self.app.tasks[task_id], state=state)

    def delete_task(self, task_id: str) -> None:
        self._call("delete_task")
        if self.app.tasks.pop(task_id, None) is None:
            raise NotFound("There is no such task.")

    def annotation_counts(self, task_id: str) -> list[StatusCounts]:
        self._call("annotation_counts")
        return []

    def input_counts(self, task_id: str) -> list[StatusCounts]:
        self._call("input_counts")
        found: dict[str, dict[str, int]] = {}
        fields = {
            "approved": "success",
            "rejected": "review_denied",
            "awaiting_consensus": "awaiting_consensus_review",
        }
        for one in self.app.assignments.values():
            if one.task_id == task_id:
                counts = found.setdefault(one.user_id, {})
                name = fields.get(one.state.value, one.state.value)
                counts[name] = counts.get(name, 0) + 1
        return [StatusCounts(user_id=user, **counts) for user, counts in found.items()]

    # --- what a task can be made from ------------------------------------------------------------------
    def list_datasets(self) -> list[Dataset]:
        self._call("list_datasets")
        return list(self.app.datasets)

    def list_saved_searches(self) -> list[SavedSearch]:
        self._call("list_saved_searches")
        return list(self.app.searches)

    def list_predictors(self) -> list[Predictor]:
        self._call("list_predictors")
        return list(self.app.predictors)

    def suggest(
        self, input_ids: Sequence[str], *, workflow_id: str = "", model_id: str = "", version_id: str = ""
    ) -> dict[str, list[Suggestion]]:
        self._call("suggest")
        if not any(one.id in (workflow_id, model_id) for one in self.app.predictors):
            raise NotFound("There is no such model or workflow.")
        return {one: self.app.suggestions[one] for one in input_ids if one in self.app.suggestions}

    # --- label orders ---------------------------------------------------------------------------------
    def list_label_orders(self) -> list[LabelOrder]:
        self._call("list_label_orders")
        return list(self.app.orders.values())

    def create_label_order(self, order: LabelOrder, task: Task) -> LabelOrder:
        self._call("create_label_order")
        if order.id in self.app.orders or task.id in self.app.tasks:
            raise AlreadyExists("taken")
        details = msgspec.structs.replace(task.details, label_order_id=order.id)
        when = self.app.now()
        self.app.tasks[task.id] = msgspec.structs.replace(
            task, details=details, created_at=when, modified_at=when
        )
        made = msgspec.structs.replace(order, task_id=task.id, created_at=when, modified_at=when)
        self.app.orders[order.id] = made
        return made

    def edit_label_order(self, order: LabelOrder) -> LabelOrder:
        self._call("edit_label_order")
        if order.id not in self.app.orders:
            raise NotFound("There is no such label order.")
        former = self.app.orders[order.id]
        self.app.orders[order.id] = msgspec.structs.replace(
            order, task_id=former.task_id, created_at=former.created_at, modified_at=self.app.now()
        )
        return self.app.orders[order.id]

    def delete_label_order(self, order_id: str) -> None:
        self._call("delete_label_order")
        self.app.orders.pop(order_id, None)

    # --- assignments ----------------------------------------------------------------------------------
    def iter_assignments(
        self,
        task_id: str,
        *,
        changed_since: datetime | None = None,
        ids: Sequence[str] = (),
        input_ids: Sequence[str] = (),
    ) -> Iterator[Assignment]:
        self._call("iter_assignments")
        rows = [one for one in self.app.assignments.values() if one.task_id == task_id]
        for one in sorted(rows, key=lambda row: (row.modified_at or datetime.min, row.id)):
            if (
                (not ids or one.id in ids)
                and (not input_ids or one.input_id in input_ids)
                and (changed_since is None or (one.modified_at and one.modified_at >= changed_since))
            ):
                yield one

    def start_work(self, task_id: str, action: AssignmentAction) -> list[Assignment]:
        self._call("start_work")
        rows = [one for one in self.app.assignments.values() if one.task_id == task_id]
        if action == AssignmentAction.LABEL_START:
            return [one for one in rows if one.user_id == self.me][:10]
        return [one for one in rows if one.state == AssignmentState.AWAITING_REVIEW][:10]

    def act(self, task_id: str, action: AssignmentAction, assignment_ids: Sequence[str]) -> list[Outcome]:
        def do(place: int) -> Outcome:
            one = assignment_ids[place]
            current = self.app.assignments.get(one)
            if current is None:
                return Outcome(one, NotFound("There is no such assignment."))
            after = _AFTER[action]
            if current.state == after:
                return Outcome(one, assignment=current)
            source = AssignmentState.AWAITING_REVIEW
            if action == AssignmentAction.LABEL_SUBMIT:
                source = AssignmentState.PENDING
                if self.me not in (current.user_id, OWNER):
                    return Outcome(one, Forbidden("It is another worker's."))
            if current.state != source:
                return Outcome(one, IllegalMove(f"It is {current.state}."))
            self.app.effects.append((action.value, one))
            moved = msgspec.structs.replace(current, state=after, modified_at=self.app.now())
            self.app.assignments[one] = moved
            for annotation in list(self.app.annotations.values()):
                if (annotation.task_id, annotation.input_id) == (task_id, current.input_id):
                    self.app.put(msgspec.structs.replace(annotation, state=_ANNOTATION[after]))
            return Outcome(one, assignment=moved)

        return self._batch("act", assignment_ids, do)


def _patched(current: Annotation, write: AnnotationWrite, action: PatchAction) -> Annotation:
    changes: dict[str, object] = {"state": write.state or current.state}
    region = current.region
    if action == PatchAction.OVERWRITE:
        changes["region"] = write.region if write.region is not None else region
        changes["concepts"] = write.concepts if write.concepts is not None else current.concepts
    elif write.region is not None:
        assert region is not None
        assert write.region.id == region.id, "the current region's id has to be sent"
        changes["region"] = msgspec.structs.replace(
            region, concepts=_concepts(region.concepts, write.region.concepts, action)
        )
    if write.concepts is not None and action != PatchAction.OVERWRITE:
        changes["concepts"] = _concepts(current.concepts, write.concepts, action)
    return msgspec.structs.replace(current, **changes)


def _concepts(
    present: tuple[ConceptValue, ...], sent: tuple[ConceptValue, ...], action: PatchAction
) -> tuple[ConceptValue, ...]:
    named = {concept.id: concept for concept in sent}
    if action == PatchAction.REMOVE:
        return tuple(concept for concept in present if concept.id not in named)
    kept = {concept.id: concept for concept in present}
    return tuple((kept | named).values())


def region(box: tuple[float, float, float, float], concept: str, name: str = "") -> Region:
    """A box with one concept: (top, left, bottom, right)."""
    from dashboard.platforms.types import Box

    return Region(id=name, box=Box(*box), concepts=(ConceptValue(concept),))
