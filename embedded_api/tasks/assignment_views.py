"""Routes of assignments, counts and the statuses of a task's annotations."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors, fields
from embedded_api.annotations.printing import print_annotation
from embedded_api.base import AppView
from embedded_api.bulk import Bulk
from embedded_api.errors import FieldError
from embedded_api.inputs import printing as inputs
from embedded_api.models import Annotation, Assignment, Input
from embedded_api.status_codes import OF_ANNOTATIONS
from embedded_api.tasks import actions, counts, handout, moves, samples
from embedded_api.tasks.editing import find_task
from embedded_api.tasks.printing import ASSIGNMENT_COLUMNS, print_assignment, print_assignment_row
from embedded_api.tasks.transitions import STATE_CODE

ASSIGNMENT_CODES = range(54200, 54205)


class Assignments(AppView):
    """GET and PUT .../tasks/{task_id}/assignments."""

    def get(self, request: Request, task_id: str) -> HttpResponse:
        """ListNextTaskAssignments: the inputs that LABEL_START would give; nothing is handed out by looking."""
        task = find_task(self.app, task_id)
        next_rows = list(handout.labelers_turn(task, self.caller.user_id)[: handout.BATCH])
        found = Input.objects.filter(pk__in=[row.input_id for row in next_rows])
        prefix = inputs.media_prefix(request)
        printed = {row.pk: inputs.print_input(row, prefix) for row in found}
        texts = [printed[row.input_id] for row in next_rows]
        return envelope.answer(raw={"inputs": envelope.array(texts)})

    def put(self, request: Request, task_id: str) -> HttpResponse:
        """PutTaskAssignments: answers the assignments that were named, handed out or moved."""
        order = actions.read_order(self.body)
        outcomes = actions.carry_out(self.app, task_id, order, self.caller.user_id)
        bulk = Bulk("task_assignments", len(outcomes), self.invalid_code)
        for position, outcome in enumerate(outcomes):
            if outcome.error is None and outcome.row is not None:
                bulk.succeed(position, print_assignment(outcome.row))
            else:
                error = outcome.error or errors.missing("no such assignment", 54102)
                bulk.fail(position, error, {"id": outcome.id})
        return bulk.answer()


class AllAssignments(AppView):
    """GET .../tasks/{task_id}/assignments/all, an extension: every assignment, by (modified_at, id).

    `modified_since` is inclusive; with `after_id` the list continues strictly behind (modified_since, after_id),
    at the same cost for every page. Filters: user_ids, input_ids, ids, status_codes.
    """

    def get(self, request: Request, task_id: str) -> HttpResponse:
        task = find_task(self.app, task_id)
        page = self.query.page()
        rows = Assignment.objects.filter(task=task).order_by("modified_at", "public_id")
        names = (("user_ids", "worker__in"), ("input_ids", "input_public_id__in"), ("ids", "public_id__in"))
        for name, column in names:
            wanted = self.query.identifiers(name)
            if wanted:
                rows = rows.filter(**{column: wanted})
        codes = self.query.status_codes("status_codes", ASSIGNMENT_CODES)
        if codes:
            rows = rows.filter(state__in=[state for state, code in STATE_CODE.items() if code in codes])
        since, after = self.query.text("modified_since"), self.query.identifiers("after_id")
        if after and not since:
            raise FieldError("after_id", "is only possible together with modified_since")
        if since:
            since = fields.moment(since, "modified_since")
            rows = rows.filter(modified_at__gte=since)
        if after:
            rows = rows.filter(Q(modified_at__gt=since) | Q(public_id__gt=after[-1]))
        found = rows.values_list(*ASSIGNMENT_COLUMNS)[page.start : page.stop]
        texts = [print_assignment_row(row) for row in found]
        return envelope.answer(raw={"task_assignments": envelope.array(texts)})


class AnnotationCounts(AppView):
    """GET .../tasks/{task_id}/annotations/count."""

    def get(self, request: Request, task_id: str) -> HttpResponse:
        task = find_task(self.app, task_id)
        rows = counts.annotation_counts(self.app, task, counts.Asked.read(self.query))
        return envelope.answer({"app_id": self.app.public_id, "task_id": task.public_id, "counts": rows})


class InputCounts(AppView):
    """GET .../tasks/{task_id}/inputs/count."""

    def get(self, request: Request, task_id: str) -> HttpResponse:
        task = find_task(self.app, task_id)
        rows = counts.assignment_counts(task, counts.Asked.read(self.query))
        return envelope.answer({"app_id": self.app.public_id, "task_id": task.public_id, "counts": rows})


class InputSamples(AppView):
    """GET .../tasks/{task_id}/inputs/samples: what the task's labelers (or these users) annotated last."""

    def get(self, request: Request, task_id: str) -> HttpResponse:
        task, prefix = find_task(self.app, task_id), inputs.media_prefix(request)
        rows = samples.newest_of_labelers(self.app, task, self.query.identifiers("user_ids"))
        hits = [_hit(row, prefix) for row in rows]
        return envelope.answer(raw={"hits": envelope.array(hits)})


def _hit(row: Annotation, prefix: str) -> str:
    input_text, annotation_text = inputs.print_input(row.input, prefix), print_annotation(row, prefix)
    return f'{{"score":1,"input":{input_text},"annotation":{annotation_text}}}'


class AnnotationsStatus(AppView):
    """PATCH .../task/{task_id}/annotations/status: annotations of these users in these statuses get another.

    Assignments do not move. Open to the owner and the task's reviewers, to others for their own annotations.
    """

    invalid_code = 24155

    def patch(self, request: Request, task_id: str) -> HttpResponse:
        body = self.body
        fields.action(body, "overwrite")
        users = fields.identifiers(body, "user_ids")
        sent = fields.items(body, "status_codes", low=0, high=100)
        codes = [
            fields.one_status_code(value, f"status_codes[{place}]", OF_ANNOTATIONS)
            for place, value in enumerate(sent)
        ]
        for name, found in (
            ("user_ids", users),
            ("status_codes", codes),
            ("status_code", "status_code" in body),
        ):
            if not found:
                raise FieldError(name, "is required")
        code = fields.one_status_code(body["status_code"], "status_code", OF_ANNOTATIONS)
        with transaction.atomic():
            task = find_task(self.app, task_id)
            caller = self.caller.user_id
            if not self.is_owner and set(users) != {caller} and caller not in moves.reviewers_of(task):
                raise errors.denied("only the owner and the reviewers may do this for other users", 24156)
            rows = Annotation.objects.filter(
                app=self.app,
                task_id=task.public_id,
                user_id__in=users,
                status_code__in=codes,
                input_level=False,
            ).exclude(status_code=code)
            changed = rows.update(status_code=code, modified_at=moves.annotation_stamp(self.app.pk))
        return envelope.answer({"user_ids": users, "updated_count": changed})
