"""The interface that every platform adapter implements.

It is drawn so that Clarifai v2, the embedded platform and Hasty v1 fit: what one of them lacks is a flag in
:class:`~dashboard.platforms.types.Capabilities` and raises :class:`~dashboard.platforms.errors.Unsupported`.
All calls are synchronous, may block on the network, raise only the family of ``errors`` and must never be
made inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from .drift import Drift
from .types import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    Assignment,
    AssignmentAction,
    Capabilities,
    Concept,
    Dataset,
    Input,
    InputWrite,
    LabelOrder,
    Outcome,
    PatchAction,
    PlatformUser,
    Predictor,
    SavedSearch,
    StatusCounts,
    Suggestion,
    Task,
    TaskState,
    TokenReport,
)


class Platform(Protocol):
    """One connection's account on a platform, acting with one token."""

    capabilities: Capabilities

    @property
    def drift(self) -> Drift:
        """What this object was answered that its platform's schema does not say (``drift.rows()``)."""

    @property
    def requests(self) -> int:
        """Requests that this object has sent, repeated ones counted each time."""

    def close(self) -> None:
        """Give back the pooled connections."""

    # --- who and what ---------------------------------------------------------------------------------
    def check(self) -> TokenReport:
        """Say who the token is and what it may do. Raises Unauthorized when it is not accepted."""

    def list_people(self) -> list[PlatformUser]:
        """Owner and collaborators of the app."""

    def list_concepts(self) -> list[Concept]: ...

    def create_concepts(self, concepts: Sequence[Concept]) -> None:
        """Make what is missing; a known id is left alone."""

    # --- inputs ---------------------------------------------------------------------------------------
    def iter_inputs(self, *, after: str = "") -> Iterator[Input]:
        """Every input in the order of addition, streamed; ``after`` is the id of the last one seen."""

    def get_inputs(self, ids: Sequence[str]) -> list[Input]:
        """These inputs (any number); unknown ids are left out."""

    def create_inputs(self, inputs: Sequence[InputWrite]) -> list[Outcome]:
        """Add inputs, at most ``write_batch``; a known id comes back as AlreadyExists in its outcome."""

    def delete_inputs(self, ids: Sequence[str]) -> None: ...

    def count_inputs(self) -> int: ...

    def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        """Bytes and content type of a hosted picture. Only addresses that the guard allows."""

    # --- annotations ----------------------------------------------------------------------------------
    def list_annotations(
        self,
        *,
        input_ids: Sequence[str] = (),
        ids: Sequence[str] = (),
        task_id: str = "",
        user_ids: Sequence[str] = (),
    ) -> list[Annotation]:
        """All matching annotations of people. ``ids`` pairs with ``input_ids`` one to one when given."""

    def iter_annotations(
        self, *, task_id: str, changed_since: datetime | None = None
    ) -> Iterator[Annotation]:
        """Annotations of a task, oldest change first, streamed page by page."""

    def iter_changes(self, since: datetime) -> Iterator[Annotation]:
        """Annotations of people in the whole app that changed at or after ``since``, oldest change first
        (``changed_since``). What only a model made is left out, as in every list."""

    def create_annotations(self, writes: Sequence[AnnotationWrite]) -> list[Outcome]:
        """Add annotations with ids chosen by us, in batches; one outcome per write, in order."""

    def patch_annotations(self, writes: Sequence[AnnotationWrite], action: PatchAction) -> list[Outcome]:
        """Change annotations, in batches; one outcome per write, in order."""

    def delete_annotations(self, pairs: Sequence[tuple[str, str]], *, if_match: Iterable[str] = ()) -> None:
        """Delete (input id, annotation id) pairs; what is already gone counts as deleted."""

    def set_annotation_state(self, pairs: Sequence[tuple[str, str]], state: AnnotationState) -> list[Outcome]:
        """Change only the status of (input id, annotation id) pairs."""

    # --- tasks ----------------------------------------------------------------------------------------
    def list_tasks(self) -> list[Task]: ...

    def get_task(self, task_id: str) -> Task: ...

    def create_task(self, task: Task) -> Task:
        """Make a task with the id we chose; the same id again raises AlreadyExists."""

    def edit_task(self, task: Task) -> Task:
        """Replace all that the task says except its status; start from the task as the platform has it.

        What the platform does not let be changed comes back as Rejected. What we do not model stays as it is.
        """

    def set_task_state(self, task_id: str, state: TaskState) -> None: ...

    def delete_task(self, task_id: str) -> None: ...

    def annotation_counts(self, task_id: str) -> list[StatusCounts]: ...

    def input_counts(self, task_id: str) -> list[StatusCounts]: ...

    # --- what a task can be made from ------------------------------------------------------------------
    def list_datasets(self) -> list[Dataset]: ...

    def list_saved_searches(self) -> list[SavedSearch]: ...

    def list_predictors(self) -> list[Predictor]:
        """Models and workflows of the app that can suggest annotations (``suggestions``)."""

    def suggest(
        self, input_ids: Sequence[str], *, workflow_id: str = "", model_id: str = "", version_id: str = ""
    ) -> dict[str, list[Suggestion]]:
        """Suggestions by input id from one workflow or one model. An input that failed is left out."""

    # --- label orders (``label_orders``) -----------------------------------------------------------------
    def list_label_orders(self) -> list[LabelOrder]: ...

    def create_label_order(self, order: LabelOrder, task: Task) -> LabelOrder:
        """Make an order together with its task; the ids we chose again raise AlreadyExists."""

    def edit_label_order(self, order: LabelOrder) -> LabelOrder:
        """Replace name, times, switches and state of an order."""

    def delete_label_order(self, order_id: str) -> None:
        """Delete the order; its task stays as it is."""

    # --- assignments ----------------------------------------------------------------------------------
    def iter_assignments(
        self,
        task_id: str,
        *,
        changed_since: datetime | None = None,
        ids: Sequence[str] = (),
        input_ids: Sequence[str] = (),
    ) -> Iterator[Assignment]:
        """Assignments with their status, oldest change first (``assignment_listing``)."""

    def start_work(self, task_id: str, action: AssignmentAction) -> list[Assignment]:
        """LABEL_START or REVIEW_START: up to ten assignments, handed to the token's owner."""

    def act(self, task_id: str, action: AssignmentAction, assignment_ids: Sequence[str]) -> list[Outcome]:
        """Submit, approve, request changes or reject, in batches; one outcome per id, in order."""

    # --- people (``provision_people`` only) -------------------------------------------------------------
    def provision_owner(self, name: str) -> str:
        """Create the account of this connection itself, owner and app, and answer a token of the owner."""

    def provision_person(self, user_id: str, name: str) -> str:
        """Create the platform user as a collaborator and answer a token of theirs."""
