"""Routes of dataset versions, their exports and metrics. Source: Clarifai API guide, section dataset versions.

A version is made while the request waits and is ready in the answer; so is an export. Both stay as they are.
"""

from __future__ import annotations

import json
import re

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.request import Request

from embedded_api import clock, envelope, errors, fields, ids
from embedded_api.base import AppView
from embedded_api.datasets import exporting, freezing
from embedded_api.datasets.filters import read_filter
from embedded_api.datasets.measuring import GROUPS
from embedded_api.datasets.membership import find
from embedded_api.datasets.printing import FORMATS, print_export, print_version
from embedded_api.errors import FieldError
from embedded_api.fields import Json
from embedded_api.inputs.printing import media_prefix
from embedded_api.models import DatasetVersion

NO_VERSION = "the dataset has no such version"
_NAME = re.compile(r"[0-9a-f]{40}\.zip")


class VersionView(AppView):
    """What all routes of versions share."""

    def find_version(self, dataset_id: str, version_id: str) -> DatasetVersion:
        rows = DatasetVersion.objects.filter(dataset=find(self.app, dataset_id), public_id=version_id)
        found = rows.select_related("dataset__app").first()
        if found is None:
            raise errors.missing(NO_VERSION)
        return found

    def print_all(self, rows: list[DatasetVersion]) -> HttpResponse:
        prefix = export_prefix(self.request)
        return envelope.answer({"dataset_versions": [print_version(row, prefix) for row in rows]})


class Versions(VersionView):
    """GET, POST, PATCH, DELETE U/datasets/{dataset_id}/versions; changes are all or nothing."""

    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        page = self.query.page()
        rows = DatasetVersion.objects.filter(dataset=find(self.app, dataset_id))
        found = rows.select_related("dataset__app").order_by("pk")[page.start : page.stop]
        return self.print_all(list(found))

    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = find(self.app, dataset_id)
        dataset.app = self.app
        rows = []
        for place, sent in enumerate(fields.objects(self.body, "dataset_versions", high=8, required=True)):
            where = f"dataset_versions[{place}]"
            row = DatasetVersion(dataset=dataset, filter_id=dataset.filter_id)
            row.public_id = fields.identifier(sent, "id", where, required=False) or ids.new()
            self._fill(row, sent, where)
            rows.append(row)
        wanted = [row.public_id for row in rows]
        fields.no_repeats(wanted, "dataset_versions")
        with transaction.atomic():
            known = DatasetVersion.objects.filter(dataset=dataset, public_id__in=wanted).first()
            if known is not None:
                raise errors.duplicate("a version with this id exists: " + known.public_id)
            for row in rows:
                row.save()
                freezing.freeze(row, media_prefix(request))
                row.save()
        return self.print_all(rows)

    def patch(self, request: Request, dataset_id: str) -> HttpResponse:
        """Description and metadata; what a version holds cannot change."""
        fields.action(self.body, "merge", "overwrite")
        rows = []
        with transaction.atomic():
            for place, sent in enumerate(fields.objects(self.body, "dataset_versions")):
                where = f"dataset_versions[{place}]"
                row = self.find_version(dataset_id, fields.identifier(sent, "id", where))
                if "annotation_filter_config" in sent:
                    raise FieldError(f"{where}.annotation_filter_config", "cannot change in a version")
                self._fill(row, sent, where)
                row.modified_at = clock.later_than(row.modified_at)
                row.save()
                rows.append(row)
        return self.print_all(rows)

    def delete(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = find(self.app, dataset_id)
        wanted = fields.named(self.body, "dataset_version_ids")
        with transaction.atomic():
            rows = list(DatasetVersion.objects.filter(dataset=dataset, public_id__in=wanted))
            known = [row.public_id for row in rows]
            errors.check_known(wanted, known, "dataset_version_ids: the dataset has no version")
            DatasetVersion.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            freezing.remove(row)
        return envelope.answer()

    def _fill(self, row: DatasetVersion, sent: Json, where: str) -> None:
        if "model_predict_config" in sent:
            raise FieldError(f"{where}.model_predict_config", "no model predicts into versions here")
        if "description" in sent:
            row.description = fields.text(sent, "description", where, limit=10_000, line=False)
        if "metadata" in sent:
            row.metadata = envelope.dumps(fields.mapping(sent, "metadata", where))
        if "annotation_filter_config" in sent:
            place = f"{where}.annotation_filter_config"
            config = fields.mapping(sent, "annotation_filter_config", where)
            row.ignore_empty = fields.flag(config, "ignore_empty_inputs", place)
            chosen = fields.mapping(config, "annotation_filter", place)
            row.filter_id = read_filter(self.app, chosen, f"{place}.annotation_filter") or row.filter_id


class OneVersion(VersionView):
    """GET U/datasets/{dataset_id}/versions/{dataset_version_id}."""

    def get(self, request: Request, dataset_id: str, dataset_version_id: str) -> HttpResponse:
        row = self.find_version(dataset_id, dataset_version_id)
        return envelope.answer({"dataset_version": print_version(row, export_prefix(request))})


class VersionExports(VersionView):
    """PUT U/datasets/{dataset_id}/versions/{dataset_version_id}/exports; of an export only `format` is read."""

    def put(self, request: Request, dataset_id: str, dataset_version_id: str) -> HttpResponse:
        self.find_version(dataset_id, dataset_version_id)
        kinds = []
        for place, sent in enumerate(fields.objects(self.body, "exports", high=len(FORMATS), required=True)):
            where = f"exports[{place}].format"
            kind = fields.enum(sent.get("format", ""), FORMATS, where)
            if kind == FORMATS["CLARIFAI_DATA_PROTOBUF"]:
                raise errors.not_implemented(f"{where}: binary messages are not offered; use JSON or COCO")
            kinds.append(kind)
        made = self._make(dataset_id, dataset_version_id, {str(kind) for kind in kinds})
        prefix = export_prefix(request)
        return envelope.answer({"exports": [print_export(kind, made[str(kind)], prefix) for kind in kinds]})

    def _make(self, dataset_id: str, version_id: str, wanted: set[str]) -> Json:
        """All exports of a version after the wanted ones that it had not are made; others may make some meanwhile."""
        row = self.find_version(dataset_id, version_id)
        fresh: dict[str, Json] = {}
        kept: set[str] = set()
        try:
            for kind in sorted(wanted - json.loads(row.exports).keys()):
                fresh[kind] = exporting.make(row, int(kind))
            with transaction.atomic():
                row = self.find_version(dataset_id, version_id)
                made: Json = fresh | json.loads(row.exports)
                row.exports, row.modified_at = envelope.dumps(made), clock.later_than(row.modified_at)
                row.save(update_fields=["exports", "modified_at"])
            kept = {kind for kind in fresh if made[kind] == fresh[kind]}
        except FileNotFoundError:
            raise errors.missing(NO_VERSION) from None
        finally:
            freezing.forget(fresh[kind] for kind in fresh.keys() - kept)
        return made


class VersionMetrics(VersionView):
    """GET U/datasets/{dataset_id}/versions/{dataset_version_id}/metrics, by `types` and `values`."""

    def get(self, request: Request, dataset_id: str, dataset_version_id: str) -> HttpResponse:
        page = self.query.page()
        found = json.loads(self.find_version(dataset_id, dataset_version_id).groups)
        if types := self.query.texts("types"):
            wanted = {fields.enum(one, GROUPS, "types") for one in types}
            found = [group for group in found if group["type"] in wanted]
        if values := self.query.texts("values"):
            found = [group for group in found if str(group["value"]) in values]
        if any(self.query.texts("parent_paths")):
            found = []  # groups are not nested here
        return envelope.answer({"dataset_version_metrics_groups": found[page.start : page.stop]})


def export_prefix(request: Request | HttpRequest) -> str:
    """Start of the address of every export."""
    return media_prefix(request).removesuffix("/media") + "/exports"


def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """GET /exports/<name>: an archive whose name cannot be guessed."""
    if request.method not in ("GET", "HEAD"):
        return envelope.failure(errors.ApiError(405, 11103, "only GET is allowed here"))
    try:
        if _NAME.fullmatch(name) is None:
            raise FileNotFoundError
        file = (freezing.folder() / name).open("rb")
    except FileNotFoundError:
        return envelope.failure(errors.missing("no such file"))
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
