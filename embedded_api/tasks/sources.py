"""The inputs that a task takes in. Taken once, when the task is made: later inputs of the source do not join.

Source: Clarifai API, message TaskInputSource.
"""

from __future__ import annotations

import json

from django.db.models import QuerySet

from embedded_api.datasets.membership import inputs_of
from embedded_api.errors import FieldError
from embedded_api.fields import join
from embedded_api.models import App, Dataset, Input, SavedSearch
from embedded_api.searches.running import matching_inputs
from embedded_api.tasks.reading import SOURCE_ALL, SOURCE_DATASET, SOURCE_INPUT, SOURCE_SEARCH, TaskSpec

InputKey = tuple[int, str]
"""(primary key, public id) of an input"""


def chosen_inputs(app: App, spec: TaskSpec) -> list[InputKey]:
    """The inputs that the task takes in, in the order in which they were added to the app."""
    reader = {SOURCE_SEARCH: _of_search, SOURCE_DATASET: _of_dataset, SOURCE_INPUT: _one}
    rows = Input.objects.filter(app=app)
    if spec.source_type != SOURCE_ALL:
        rows = reader[spec.source_type](app, spec)
    found: list[InputKey] = list(rows.order_by("id").values_list("id", "public_id"))
    if spec.source_type == SOURCE_ALL and spec.input_ids is not None:
        return _named(spec, spec.input_ids, found)
    return found


def _one(app: App, spec: TaskSpec) -> QuerySet[Input]:
    rows = Input.objects.filter(app=app, public_id=spec.source_id)
    if not rows.exists():
        raise _unknown(spec, "input")
    return rows


def _of_dataset(app: App, spec: TaskSpec) -> QuerySet[Input]:
    if not Dataset.objects.filter(app=app, public_id=spec.source_id).exists():
        raise _unknown(spec, "dataset")
    return inputs_of(app, spec.source_id)


def _of_search(app: App, spec: TaskSpec) -> QuerySet[Input]:
    saved = SavedSearch.objects.filter(app=app, public_id=spec.source_id).first()
    if saved is None:
        raise _unknown(spec, "saved search")
    query = json.loads(saved.query)
    return matching_inputs(app, query, min_value=saved.min_value, as_of=saved.as_of)


def _unknown(spec: TaskSpec, what: str) -> FieldError:
    return FieldError(join(spec.where, "input_source.id"), f"the app has no {what} {spec.source_id}")


def _named(spec: TaskSpec, wanted: list[str], everything: list[InputKey]) -> list[InputKey]:
    """Only the inputs named in `metadata.input_ids`; raises FieldError for one that the app does not have."""
    known = {public_id for _, public_id in everything}
    for number, public_id in enumerate(wanted):
        if public_id not in known:
            where = join(spec.where, f"metadata.input_ids[{number}]")
            raise FieldError(where, f"the app has no input {public_id}")
    chosen = set(wanted)
    return [key for key in everything if key[1] in chosen]
