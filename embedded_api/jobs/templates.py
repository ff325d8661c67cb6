"""`input_template`: what every input of a job gets beside its file."""

import json

from embedded_api import fields
from embedded_api.annotations.content import input_data
from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.inputs.shelves import Shelf, dataset_ids


def read(sent: Json, where: str, shelf: Shelf) -> str:
    """`input_template` of a request as JSON text that is stored; raises FieldError."""
    template, place = fields.mapping(sent, "input_template", where), join(where, "input_template")
    if template.get("id"):
        raise FieldError(join(place, "id"), "cannot be the id of every input")
    data = input_data(fields.mapping(template, "data", place), join(place, "data"), shelf.concepts)
    named = dataset_ids(template, place, shelf)
    return dumps(({"data": data} if data else {}) | ({"dataset_ids": named} if named else {}))


def sent_datasets(sent: Json) -> Json:
    """The template as far as the reading of a shelf looks at it."""
    template = sent.get("input_template")
    return template if isinstance(template, dict) else {}


def data_for(template: str, name: str) -> str:
    """`data` (JSON text) of the input that is made from the file `name`."""
    data: Json = json.loads(template).get("data", {})
    return dumps(data | {"metadata": data.get("metadata", {}) | {"filename": name}})
