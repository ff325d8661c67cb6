"""The file of a dataset version: one line of JSON per input with its annotations, compressed."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from embedded_api import envelope
from embedded_api.annotations import printing as annotations
from embedded_api.datasets.filters import annotations_of
from embedded_api.datasets.measuring import Measure
from embedded_api.fields import Json
from embedded_api.inputs import printing as inputs
from embedded_api.models import DatasetInput, DatasetVersion, Input

CHUNK = 500  # inputs read at once


def folder() -> Path:
    """Where versions and exports lie; made with mode 0700."""
    path: Path = settings.DATA_DIR / "embedded_versions"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def path_of(version: DatasetVersion) -> Path:
    return folder() / f"{version.pk}.jsonl.gz"


def freeze(version: DatasetVersion, prefix: str) -> None:
    """Write the file of a stored version and put its counts on the row. `prefix`: of hosted media."""
    measure = Measure()
    draft = path_of(version).with_suffix(".draft")
    with gzip.open(draft, "wb", compresslevel=4) as file:
        for sent, found in _content(version, prefix):
            measure.add(sent, found)
            file.write(envelope.dumps({"input": sent, "annotations": found}).encode() + b"\n")
    draft.replace(path_of(version))
    version.metrics = envelope.dumps(measure.metrics())
    version.groups = envelope.dumps(list(measure.groups()))


def read(version: DatasetVersion) -> Iterator[tuple[Json, list[Json]]]:
    """(input, its annotations), as they were when the version was made."""
    with gzip.open(path_of(version), "rb") as file:
        for line in file:
            row = json.loads(line)
            yield row["input"], row["annotations"]


def remove(version: DatasetVersion) -> None:
    """Delete the files of a version."""
    path_of(version).unlink(missing_ok=True)
    forget(json.loads(version.exports).values())


def forget(exports: Iterable[Json]) -> None:
    """Delete the files of exports."""
    for made in exports:
        (folder() / made["name"]).unlink(missing_ok=True)


def _content(version: DatasetVersion, prefix: str) -> Iterator[tuple[Json, list[Json]]]:
    """Inputs in the order in which they came into the dataset, read in chunks: memory stays bounded."""
    wanted = annotations_of(version.dataset.app, version.filter_id)
    last = 0
    while True:
        rows = DatasetInput.objects.filter(dataset=version.dataset, id__gt=last).order_by("id")
        members = list(rows.values_list("id", "input_id")[:CHUNK])
        if not members:
            return
        last = members[-1][0]
        keys = [key for _, key in members]
        by_key = {one.pk: one for one in Input.objects.filter(pk__in=keys)}
        found: dict[str, list[Json]] = {}
        for text in annotations.print_query(wanted.filter(input_id__in=keys).order_by("id")):
            one = json.loads(text)
            if one["data"]:  # the annotation made with an input is often empty and says nothing
                found.setdefault(one["input_id"], []).append(one)
        for key in keys:
            if key not in by_key:
                continue  # deleted while we read
            mine = found.get(by_key[key].public_id, [])
            if mine or not version.ignore_empty:
                yield json.loads(inputs.print_input(by_key[key], prefix)), mine
