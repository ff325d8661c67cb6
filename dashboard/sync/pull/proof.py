"""The proof of a full pull: what the platform told while it was read, against what the mirror holds afterwards.

Both sides are written down as rows (sort, key, value, weight) in a temporary database and compared row by row;
the mirror's rows are read back from its tables, never from memory. What differs is asked of the platform once
more, because others go on working while we read. Decisions that wait here to be delivered are no differences:
they change what a person sees, not what the mirror knows of the platform.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from dashboard.platforms import types

from .. import mirroring
from ..models import Concept, Input, OutboxEntry, Task, WorkItem, WorkItemConcept
from ..summaries import Summary
from .progress import Progress
from .spool import scratch

#: Differences that are kept to be shown, and those that are asked again.
SHOWN = 20
ASKED_AGAIN = 200
CHUNK = 500
_DIFFERENCES = (
    "SELECT sort, key, t.value, h.value, t.input, t.task FROM told t LEFT JOIN held h USING (sort, key) "
    "WHERE h.value IS NULL OR h.value <> t.value UNION ALL "
    "SELECT h.sort, h.key, NULL, h.value, h.input, h.task FROM held h LEFT JOIN told t USING (sort, key) "
    "WHERE t.value IS NULL"
)
SORTS = ("inputs", "tasks", "concepts", "items", "annotations")


class Row(NamedTuple):
    """``key`` names the thing to a person, ``value`` is compared, ``weight`` is how many it stands for."""

    sort: str
    key: str
    value: str
    weight: int = 1


class Ledger:
    """The two sides. Input ids go along with the rows of work items, so that they can be asked again."""

    def __init__(self, connection_id: int) -> None:
        self.connection_id = connection_id
        self._base = scratch()
        for side in ("told", "held"):
            self._base.execute(
                f"CREATE TABLE {side} (sort TEXT, key TEXT, value TEXT, weight INTEGER, input TEXT, task TEXT, "
                "PRIMARY KEY (sort, key)) WITHOUT ROWID"
            )
        self._concepts: set[str] | None = None

    def close(self) -> None:
        self._base.close()

    # --- the platform's side ----------------------------------------------------------------------------
    def tell_tasks(self, tasks: Iterable[types.Task]) -> None:
        self._write("told", (_task_row(one.id, mirroring.task_fields(one)) for one in tasks))

    def tell_concepts(self, concepts: Iterable[types.Concept]) -> None:
        self._write("told", (Row("concepts", one.id, (one.name or one.id)[:200]) for one in concepts))

    def tell_inputs(self, inputs: Iterable[types.Input]) -> None:
        rows = (_input_row(one.id, mirroring.input_fields(one)) for one in inputs)
        self._write("told", rows)

    def tell_assignments(self, task: Task, assignments: Iterable[types.Assignment]) -> None:
        for one in assignments:
            row = Row("items", item_key(task, one.input_id, one.user_id), _state(one.id, one.state.value))
            self._write("told", [row], one.input_id, task.platform_id)

    def tell_summary(self, task: Task, input_id: str, labeler_id: str, summary: Summary) -> None:
        """What the annotations of one item say together. Concepts that the app does not have are left out."""
        if self._concepts is None:
            rows = Concept.objects.filter(connection_id=self.connection_id)
            self._concepts = set(rows.values_list("platform_id", flat=True))
        row = _body_row(
            item_key(task, input_id, labeler_id),
            (summary.shapes, summary.shape_count, summary.tags, sorted(summary.concepts & self._concepts)),
            summary.authors.total(),
        )
        self._write("told", [row], input_id, task.platform_id)

    # --- the mirror's side ------------------------------------------------------------------------------
    def hold_lists(self) -> None:
        """Read back tasks, concepts and inputs. A concept that the platform has no more is kept on purpose."""
        tasks = Task.objects.filter(connection_id=self.connection_id, deleted_at=None)
        names = ("platform_id", *mirroring.TASK_FIELDS)
        self._write("held", (_task_row(row.pop("platform_id"), row) for row in tasks.values(*names)))
        told = {key for (key,) in self._base.execute("SELECT key FROM told WHERE sort = 'concepts'")}
        concepts = Concept.objects.filter(connection_id=self.connection_id).values_list("platform_id", "name")
        self._write("held", (Row("concepts", key, name) for key, name in concepts if key in told))
        self.hold_inputs()

    def hold_inputs(self, only: Sequence[str] | None = None) -> None:
        inputs = Input.objects.filter(connection_id=self.connection_id, deleted_at=None)
        if only is not None:
            inputs = inputs.filter(platform_id__in=only)
        rows = inputs.values("platform_id", *mirroring.INPUT_FIELDS).iterator(chunk_size=2000)
        self._write("held", (_input_row(row.pop("platform_id"), row) for row in rows))

    def hold_items(
        self, task: Task, progress: Progress, *, listed: bool, only: Sequence[str] | None = None
    ) -> None:
        """Read back a task's work items. ``listed``: the platform lists assignments.

        Where it does not, an item without annotations is known from handing it out alone: it is left out.
        """
        rows = WorkItem.objects.filter(task=task, gone=False)
        if only is not None:
            rows = rows.filter(input__platform_id__in=only)
        if not listed:
            rows = rows.filter(annotation_count__gt=0)
        for part in _by_id(rows):
            links: dict[int, list[str]] = {}
            linked = WorkItemConcept.objects.filter(item_id__in=[row["id"] for row in part])
            for item, concept in linked.values_list("item_id", "concept__platform_id"):
                links.setdefault(item, []).append(concept)
            for row in part:
                name = row["input__platform_id"]
                key = item_key(task, name, row["labeler_id"])
                state = _state(row["assignment_id"] if listed else "", row["platform_state"])
                concepts = sorted(links.get(row["id"], []))
                body = (row["shapes"], row["shape_count"], row["tags"], concepts)
                pair = [Row("items", key, state), _body_row(key, body, row["annotation_count"])]
                self._write("held", pair, name, task.platform_id)
            progress.step(done=len(part))  # a large task takes longer than a run may be silent

    # --- the comparison ---------------------------------------------------------------------------------
    def differing(self) -> dict[str, list[str]]:
        """{task id ("" = the input itself): input ids} of what differs and can be asked again."""
        found: dict[str, list[str]] = {}
        for sort, key, _, _, name, task in self._differences(ASKED_AGAIN):
            if sort in ("inputs", "items", "annotations"):
                names = found.setdefault(task, [])
                if (name or key) not in names:
                    names.append(name or key)
        return found

    def forget(self, task_id: str, names: Sequence[str]) -> None:
        """Drop both sides of these inputs (of one task's items, or "" of the inputs), to be told and held anew."""
        marks = ",".join("?" * len(names))
        column = "input" if task_id else "sort = 'inputs' AND key"
        for side in ("told", "held"):
            query = f"DELETE FROM {side} WHERE task = ? AND {column} IN ({marks})"  # noqa: S608 (our own words)
            self._base.execute(query, (task_id, *names))

    def proof(self) -> dict[str, Any]:
        """As SyncRun.proof: ``{<sort>: [platform, mirror], "equal", "differences", "more", "waiting"}``."""
        found: dict[str, Any] = {
            sort: [self._weight("told", sort), self._weight("held", sort)] for sort in SORTS
        }
        lines = [_sentence(*row[:4]) for row in self._differences(SHOWN)]
        number = self._base.execute(f"SELECT COUNT(*) FROM ({_DIFFERENCES})").fetchone()[0]  # noqa: S608
        waiting = OutboxEntry.objects.filter(connection_id=self.connection_id, state__in=OutboxEntry.BLOCKING)
        return found | {
            "equal": not lines,
            "differences": lines,
            "more": number - len(lines),
            "waiting": waiting.order_by().values("item_id").distinct().count(),
        }

    def _weight(self, side: str, sort: str) -> int:
        query = f"SELECT COALESCE(SUM(weight), 0) FROM {side} WHERE sort = ?"  # noqa: S608 (our own words)
        return int(self._base.execute(query, (sort,)).fetchone()[0])

    def _differences(self, limit: int) -> list[tuple[str, str, str | None, str | None, str, str]]:
        """(sort, key, platform's value, mirror's value, input, task), in the order of sorts and keys."""
        query = f"{_DIFFERENCES} ORDER BY 1, 2 LIMIT ?"
        return self._base.execute(query, (limit,)).fetchall()

    def _write(self, side: str, rows: Iterable[Row], input_id: str = "", task_id: str = "") -> None:
        self._base.executemany(
            f"INSERT OR REPLACE INTO {side} VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 (our own words)
            ((*row, input_id, task_id) for row in rows),
        )


def item_key(task: Task, input_id: str, labeler_id: str) -> str:
    return f"{task.platform_id} / {input_id} / {labeler_id}"


def _by_id(rows: Any) -> Iterator[list[dict[str, Any]]]:
    names = (
        "id",
        "input__platform_id",
        "labeler_id",
        "assignment_id",
        "platform_state",
        "shapes",
        "shape_count",
        "tags",
        "annotation_count",
    )
    last = 0
    while part := list(rows.filter(id__gt=last).order_by("id").values(*names)[:CHUNK]):
        last = part[-1]["id"]
        yield part


def _input_row(key: str, fields: dict[str, Any]) -> Row:
    return Row("inputs", key, _digest([fields[name] for name in mirroring.INPUT_FIELDS]))


def _task_row(key: str, fields: dict[str, Any]) -> Row:
    return Row("tasks", key, _digest([fields[name] for name in mirroring.TASK_FIELDS]))


def _body_row(key: str, body: tuple[list[Any], int, list[Any], list[str]], annotations: int) -> Row:
    shapes, number, tags, concepts = body
    # Lists of the same annotations come in different orders.
    whole = [sorted(json.dumps(one) for one in shapes), number, sorted(tags), concepts]
    return Row("annotations", key, f"{annotations} annotations, {_digest(whole)}", annotations)


def _state(assignment_id: str, state: str) -> str:
    return f"{state} {assignment_id}".strip()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sentence(sort: str, key: str, told: str | None, held: str | None) -> str:
    what = {"inputs": "input", "tasks": "task", "concepts": "concept", "items": "item"}.get(
        sort, "annotations of"
    )
    if told is None:
        return f"{what} {key}: here, but not on the platform"
    if held is None:
        return f"{what} {key}: on the platform, but not here"
    return f"{what} {key}: the platform says {told}, the mirror {held}"
