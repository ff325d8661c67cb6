"""Routes of datasets and their inputs. Source: Clarifai API guide, section datasets."""

from __future__ import annotations

import json

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields, ids
from embedded_api.base import AppView, UserView
from embedded_api.bulk import Bulk
from embedded_api.datasets import freezing
from embedded_api.datasets.filters import read_filter
from embedded_api.datasets.membership import add_to, find
from embedded_api.datasets.printing import print_dataset
from embedded_api.errors import FieldError
from embedded_api.inputs.posting import echo
from embedded_api.inputs.printing import media_prefix, print_input
from embedded_api.models import Dataset, DatasetInput, Input
from embedded_api.patching import PatchError, apply_patch
from embedded_api.query import Page, Query
from embedded_api.searches.running import matching_inputs

_SORTS = {"sort_by_created_at": "created_at", "sort_by_modified_at": "modified_at", "sort_by_id": "public_id"}
_ALREADY = 64101


def listed(rows: QuerySet[Dataset], query: Query, page: Page) -> HttpResponse:
    """A page of datasets: `search` in id and description, `id` for a part of the id, one of the sort flags."""
    if part := query.text("search"):
        rows = rows.filter(Q(public_id__icontains=part) | Q(description__icontains=part))
    if part := query.text("id"):
        rows = rows.filter(public_id__icontains=part)
    column = next((column for name, column in _SORTS.items() if query.flag(name)), "pk")
    order = column if query.flag("sort_ascending") or column == "pk" else f"-{column}"
    found = rows.select_related("app").order_by(order, "pk")[page.start : page.stop]
    return envelope.answer({"datasets": [print_dataset(row) for row in found]})


class Datasets(AppView):
    """GET, POST, PATCH, DELETE U/datasets; changes are all or nothing."""

    def get(self, request: Request) -> HttpResponse:
        return listed(Dataset.objects.filter(app=self.app), self.query, self.query.page())

    def post(self, request: Request) -> HttpResponse:
        sent_rows = self._sent()
        rows = []
        with transaction.atomic():
            for place, sent in enumerate(sent_rows):
                where = f"datasets[{place}]"
                row = Dataset(app=self.app, public_id=ids.new())
                row.public_id = fields.identifier(sent, "id", where, required=False) or row.public_id
                self._fill(row, sent, where)
                rows.append(row)
            wanted = [row.public_id for row in rows]
            fields.no_repeats(wanted, "datasets")
            known = Dataset.objects.filter(app=self.app, public_id__in=wanted).first()
            if known is not None:
                raise errors.duplicate("a dataset with this id exists: " + known.public_id)
            Dataset.objects.bulk_create(rows)
        return envelope.answer({"datasets": [print_dataset(row) for row in rows]})

    def patch(self, request: Request) -> HttpResponse:
        action = fields.action(self.body)
        rows = []
        with transaction.atomic():
            for place, sent in enumerate(self._sent()):
                where = f"datasets[{place}]"
                row = find(self.app, fields.identifier(sent, "id", where), f"{where}.id")
                row.app = self.app
                self._patch(row, sent, action, where)
                row.modified_at = clock.later_than(row.modified_at)
                row.save()
                rows.append(row)
        return envelope.answer({"datasets": [print_dataset(row) for row in rows]})

    def delete(self, request: Request) -> HttpResponse:
        wanted = fields.named(self.body, "dataset_ids")
        with transaction.atomic():
            rows = list(Dataset.objects.filter(app=self.app, public_id__in=wanted))
            errors.check_known(wanted, [row.public_id for row in rows], "dataset_ids: the app has no dataset")
            versions = [version for row in rows for version in row.versions.all()]
            Dataset.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for version in versions:
            freezing.remove(version)
        return envelope.answer()

    def _sent(self) -> list[fields.Json]:
        return fields.objects(self.body, "datasets", required=True)

    def _fill(self, row: Dataset, sent: fields.Json, where: str) -> None:
        for name in ("description", "notes"):
            if name in sent:
                setattr(row, name, fields.text(sent, name, where, limit=10_000, line=False))
        if "metadata" in sent:
            row.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))
        if "visibility" in sent:
            row.visibility = fields.visibility(sent, where)
        if "default_annotation_filter" in sent:
            chosen = fields.mapping(sent, "default_annotation_filter", where)
            row.filter_id = read_filter(self.app, chosen, f"{where}.default_annotation_filter")

    def _patch(self, row: Dataset, sent: fields.Json, action: str, where: str) -> None:
        """`metadata` follows the patch rules; the texts and the rest are replaced, or emptied by remove."""
        if action == "remove":
            for name in ("description", "notes"):
                if name in sent:
                    setattr(row, name, "")
            if "default_annotation_filter" in sent:
                row.filter_id = ""
        else:
            self._fill(row, {name: value for name, value in sent.items() if name != "metadata"}, where)
        if "metadata" in sent:
            wanted = fields.mapping(sent, "metadata", where)
            try:
                row.metadata = envelope.dumps(apply_patch(json.loads(row.metadata), wanted, action))
            except PatchError as error:
                raise FieldError(f"{where}.metadata", str(error)) from None


class OneDataset(AppView):
    """GET U/datasets/{dataset_id}."""

    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        row = find(self.app, dataset_id)
        row.app = self.app
        return envelope.answer({"dataset": print_dataset(row)})


class UserDatasets(UserView):
    """GET /v2/users/{user_id}/datasets: of all apps of that user which the caller may enter."""

    own_only = False

    def get(self, request: Request) -> HttpResponse:
        return listed(Dataset.objects.filter(app__in=self.apps()), self.query, self.query.page())


class DatasetInputs(AppView):
    """GET, POST, DELETE U/datasets/{dataset_id}/inputs."""

    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        page = self.query.page()
        rows = DatasetInput.objects.filter(dataset=find(self.app, dataset_id)).order_by("id")
        found = rows.select_related("input")[page.start : page.stop]
        printed = [_print(row, media_prefix(request)) for row in found]
        return envelope.answer(raw={"dataset_inputs": envelope.array(printed)})

    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        """Item by item; with `search` instead, everything that it finds, at once."""
        dataset = find(self.app, dataset_id)
        if "search" in self.body:
            query = fields.mapping(fields.mapping(self.body, "search"), "query", "search")
            add_to(dataset, matching_inputs(self.app, query).values_list("pk", flat=True))
            return envelope.answer({"dataset_inputs": []})
        if "dataset_inputs" not in self.body:
            raise FieldError("dataset_inputs", "is required, or search")
        sent_rows = fields.objects(self.body, "dataset_inputs")
        bulk = Bulk("dataset_inputs", len(sent_rows), self.invalid_code)
        with transaction.atomic():
            for place, sent in enumerate(sent_rows):
                where = f"dataset_inputs[{place}].input"
                given = fields.mapping(sent, "input", f"dataset_inputs[{place}]")
                try:
                    one = self._input(fields.identifier(given, "id", where), where)
                    row, new = DatasetInput.objects.get_or_create(dataset=dataset, input=one)
                    if not new:
                        raise errors.duplicate(f"{where}.id: is in the dataset already", _ALREADY)
                    bulk.succeed(place, _print(row, media_prefix(request)))
                except (FieldError, errors.ApiError) as error:
                    bulk.fail(place, error, echo(given), "input")
        return bulk.answer()

    def _input(self, public_id: str, where: str) -> Input:
        found = Input.objects.filter(app=self.app, public_id=public_id).first()
        if found is None:
            raise errors.missing(f"{where}.id: the app has no input {public_id}", 30102)
        return found

    def delete(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = find(self.app, dataset_id)
        wanted = fields.named(self.body, "input_ids")
        with transaction.atomic():
            rows = DatasetInput.objects.filter(dataset=dataset, input__public_id__in=wanted)
            known = rows.values_list("input__public_id", flat=True)
            errors.check_known(wanted, known, "input_ids: not in the dataset:", 30102)
            rows.delete()
        return envelope.answer()


class OneDatasetInput(AppView):
    """GET U/datasets/{dataset_id}/inputs/{input_id}."""

    def get(self, request: Request, dataset_id: str, input_id: str) -> HttpResponse:
        rows = DatasetInput.objects.filter(dataset=find(self.app, dataset_id), input__public_id=input_id)
        row = rows.select_related("input").first()
        if row is None:
            raise errors.missing("the dataset has no such input", 30102)
        return envelope.answer(raw={"dataset_input": _print(row, media_prefix(request))})


def _print(row: DatasetInput, prefix: str) -> str:
    return f'{{"created_at":"{row.created_at}","input":{print_input(row.input, prefix)}}}'
