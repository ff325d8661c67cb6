"""Auto-annotation: the demo model works through the inputs of AUTO tasks, in a thread of this process.

A task with worker type AUTO that is in progress (54001) is worked on, some inputs at a time; afterwards it is idle
(54006), or failed (54005) when something of ours went wrong. Setting it in progress again works on what is left.
What is done stands in the database (`TaskInput.handed`), so that a new process goes on where the last one ended.
Source: Clarifai API guide, section auto-annotation; status code TASK_IDLE.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from django.db import OperationalError, transaction

from embedded_api import clock, ids
from embedded_api.annotations import authors
from embedded_api.annotations.deleting import delete
from embedded_api.background import Background
from embedded_api.envelope import dumps
from embedded_api.fields import Json
from embedded_api.models import Annotation, Task, TaskInput
from embedded_api.predictors.answering import Answer, Wish, answers
from embedded_api.tasks import rules
from embedded_api.tasks.crew import AUTO
from embedded_api.tasks.moves import annotation_stamp
from embedded_api.tasks.reading import IDLE, IN_PROGRESS

logger = logging.getLogger(__name__)
BATCH = 16  # inputs; between two batches the database is free for others
FAILED = 54005
_EVERYTHING = Wish(most=1000, least=0.0, only=frozenset())


def work_off() -> None:
    """Work on all AUTO tasks that are due, one after the other."""
    due = Task.objects.filter(worker_type=AUTO, status_code=IN_PROGRESS).order_by("pk")
    while (task := due.select_related("app").first()) is not None:
        try:
            while step(task):
                pass
        except OperationalError:
            raise
        except Exception:
            logger.exception("task %s failed", task.public_id)
            Task.objects.filter(pk=task.pk).update(status_code=FAILED, modified_at=clock.now())


def step(task: Task) -> bool:
    """Annotate the next inputs of a task; false when it has none left, is gone or was stopped."""
    left = TaskInput.objects.filter(task=task, handed=0).order_by("id").select_related("input")
    batch = list(left[:BATCH])
    found = answers(task.app, [{"id": row.input.public_id} for row in batch], _EVERYTHING, "")
    made = [(row, list(_annotations(task, row, answer))) for row, answer in zip(batch, found, strict=True)]
    with transaction.atomic():
        present = Task.objects.filter(pk=task.pk, worker_type=AUTO, status_code=IN_PROGRESS)
        if not present.exists():
            return False
        if not batch:
            present.update(status_code=IDLE, modified_at=clock.later_than(task.modified_at))
            return False
        _delete_previous(task)
        # Another process may have done some of them meanwhile, and inputs may be gone.
        open_rows = set(left.filter(pk__in=[row.pk for row in batch]).values_list("pk", flat=True))
        moment = annotation_stamp(task.app_id)
        fresh = [one for row, rows in made if row.pk in open_rows for one in rows]
        for one in fresh:
            one.created_at = one.modified_at = moment
        Annotation.objects.bulk_create(fresh)
        TaskInput.objects.filter(pk__in=open_rows).update(handed=1)
    return True


def _annotations(task: Task, row: TaskInput, answer: Answer | Exception) -> Iterator[Annotation]:
    """What the rules of the task let through; inputs that the model cannot look at get nothing."""
    if not isinstance(answer, Answer):
        return
    wanted, config = set(json.loads(task.concept_ids)), json.loads(task.auto_rules)
    author = authors.read({"worker": json.loads(task.auto_worker)}, "")
    now = datetime.now(UTC).time()
    for concept, data, box in _predictions(answer.data):
        rule = config.get(concept["id"], {})
        if concept["id"] in wanted and rules.passes(rule, task.type, concept["value"], box, now):
            yield Annotation(
                app=task.app,
                input=row.input,
                input_public_id=row.input.public_id,
                public_id=ids.new(),
                user_id="",
                trusted=False,
                task_id=task.public_id,
                status_code=rules.status_of(rule),
                data=dumps(data),
                **author,
            )


def _predictions(data: Json) -> Iterator[tuple[Json, Json, Json | None]]:
    """(concept, `data` of an annotation that says so, box) of each tag and of the likeliest concept of each box."""
    for concept in data.get("concepts", []):
        yield concept, {"concepts": _stored([concept])}, None
    for region in data.get("regions", []):
        likeliest = region["data"]["concepts"][:1]
        made = region | {"id": ids.new(), "data": {"concepts": _stored(likeliest)}}
        yield likeliest[0], {"regions": [made]}, region["region_info"]["bounding_box"]


def _stored(concepts: Iterable[Json]) -> list[Json]:
    return [{"id": concept["id"], "value": concept["value"]} for concept in concepts]


def _delete_previous(task: Task) -> None:
    """Before the first batch, if the task says so: what other AUTO tasks made with this worker and concepts."""
    if not json.loads(task.extras).get("delete_previous_annotations"):
        return
    if TaskInput.objects.filter(task=task, handed__gt=0).exists():
        return
    author = authors.read({"worker": json.loads(task.auto_worker)}, "")
    older = Annotation.objects.filter(
        app=task.app, said__concept_id__in=json.loads(task.concept_ids), **author
    )
    delete(older.exclude(task_id__in=("", task.public_id)).distinct())


wake = Background("auto-annotation", work_off).wake


def begin(task: Task) -> None:
    """Have a task worked on if it is an AUTO task in progress; answers at once."""
    if task.worker_type == AUTO and task.status_code == IN_PROGRESS:
        wake()
