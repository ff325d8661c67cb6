"""Who made an annotation: a user, a model or a workflow. Source: Clarifai API, message Worker."""

from embedded_api import fields
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

# Where an id stands in a `worker`, and the column that keeps it.
_PATHS = {
    "user_id": ("user", "id"),
    "model_id": ("model", "id"),
    "model_version_id": ("model", "model_version", "id"),
    "workflow_id": ("workflow", "id"),
    "workflow_version_id": ("workflow", "version", "id"),
}
COLUMNS = tuple(_PATHS)
_KINDS = ("user", "model", "workflow")
# Fields of the annotation itself from before there was `worker`.
_OLDER = ("user_id", "model_version_id", "workflow_version_id")


def read(sent: Json, where: str) -> dict[str, str]:
    """`worker`, or the older `user_id` and `model_version_id` -> {column: id}, {} when nothing is sent."""
    found = _worker(sent, where) if "worker" in sent else {}
    for column in _OLDER:
        if column in sent:
            value = fields.identifier(sent, column, where, required=False)
            if value and found.setdefault(column, value) != value:
                raise FieldError(join(where, column), "differs from worker")
    return found


def _worker(sent: Json, where: str) -> dict[str, str]:
    worker, place = fields.mapping(sent, "worker", where), join(where, "worker")
    if any(name not in _KINDS for name in worker) or len(worker) > 1:
        raise FieldError(place, "must have exactly one of user, model, workflow")
    found: dict[str, str] = {}
    if worker:
        for column, path in _PATHS.items():
            part, here = worker, place
            for name in path[:-1]:
                part, here = fields.mapping(part, name, here), join(here, name)
            if value := fields.identifier(part, path[-1], here, required=False):
                found[column] = value
        if not found:
            raise FieldError(place, "needs the id of a user, model or workflow")
    return found


def worker_of(row: dict[str, str]) -> Json:
    """{column: id} -> the `worker` that is printed."""
    made: Json = {}
    for column, path in _PATHS.items():
        if row[column]:
            part = made
            for name in path[:-1]:
                part = part.setdefault(name, {})
            part[path[-1]] = row[column]
    return made
