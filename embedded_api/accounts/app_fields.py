"""What an app says about itself: reading, patching. Source: Clarifai API, messages App and PatchAction."""

import json
import re
from typing import Any

from embedded_api import envelope, errors, fields
from embedded_api.errors import FieldError
from embedded_api.models import App
from embedded_api.patching import PatchError, apply_patch
from embedded_api.predictors.catalog import read_workflow

_TEXTS = {"name": 255, "description": 10_000, "notes": 64 * 1024}  # characters
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_STEP = re.compile(r"[^.\[\]]+|\[\d{1,6}\]")


def fill(app: App, sent: fields.Json, where: str) -> None:
    """Take over the fields that were sent, without `metadata`; raises FieldError."""
    for name, limit in _TEXTS.items():
        if name in sent:
            setattr(app, name, fields.text(sent, name, where, limit=limit, line=name == "name"))
    if "default_language" in sent:
        app.default_language = fields.text(sent, "default_language", where) or "en"
        if not _LANGUAGE.fullmatch(app.default_language):
            raise FieldError(f"{where}.default_language", "must be a language code such as en or pt-BR")
    if "sample_ms" in sent:
        app.sample_ms = fields.integer(sent, "sample_ms", where, low=0, high=60_000)
    if "is_template" in sent:
        app.is_template = fields.flag(sent, "is_template", where)
    if "default_workflow" in sent:
        workflow = fields.mapping(sent, "default_workflow", where)
        app.default_workflow_id = (
            read_workflow(workflow, f"{where}.default_workflow")["id"] if workflow else ""
        )
    elif "default_workflow_id" in sent:
        named = fields.text(sent, "default_workflow_id", where)
        app.default_workflow_id = read_workflow({"id": named}, where)["id"] if named else ""
    if fields.visibility(sent, where) != fields.PRIVATE:
        raise FieldError(
            f"{where}.visibility.gettable", "must be PRIVATE: apps are open to their people only"
        )
    if "image" in sent:
        raise FieldError(f"{where}.image", "apps have no image here")


def clear(app: App, sent: fields.Json, where: str) -> None:
    """The action `remove`: the named fields lose what they say."""
    for name in _TEXTS.keys() & sent.keys():
        setattr(app, name, app.public_id if name == "name" else "")
    if {"default_workflow", "default_workflow_id"} & sent.keys():
        app.default_workflow_id = ""
    if "image" in sent:
        raise FieldError(f"{where}.image", "apps have no image here")


def patch_metadata(app: App, sent: fields.Json, body: fields.Json, action: str) -> None:
    """`app.metadata`, by `metadata_action {op, path}` or else by the action of the call.

    op: overwrite, merge (deep; elements of lists meet by their id) or delete; path: such as `a.b[0]`, the place
    that changes ("" is all of it). Raises 400 with 24900.
    """
    how = fields.mapping(body, "metadata_action")
    if "metadata" not in sent and not how:
        return
    wanted = fields.mapping(sent, "metadata", "app")
    op = fields.text(how, "op", "metadata_action") or {"remove": "delete"}.get(action, action)
    if fields.text(how, "merge_conflict_resolution", "metadata_action") not in ("", "merge_by_id"):
        raise _invalid("metadata_action.merge_conflict_resolution: must be merge_by_id or absent")
    steps = _steps(fields.text(how, "path", "metadata_action"))
    metadata = json.loads(app.metadata)
    try:
        app.metadata = envelope.dumps(_changed(metadata, steps, op, wanted))
    except PatchError as error:
        raise _invalid(f"app.metadata: {error}") from None


def _changed(metadata: fields.Json, steps: list[str | int], op: str, wanted: fields.Json) -> fields.Json:
    if op not in ("overwrite", "merge", "delete"):
        raise _invalid("metadata_action.op: must be overwrite, merge or delete")
    if not steps:
        return apply_patch(metadata, wanted, "remove" if op == "delete" else op)
    holder, last = _find(metadata, steps)
    if op == "delete":
        del holder[last]
    elif op == "merge" and isinstance(holder[last], dict):
        holder[last] = apply_patch(holder[last], wanted, "merge")
    else:
        holder[last] = wanted
    return metadata


def _find(metadata: fields.Json, steps: list[str | int]) -> tuple[Any, Any]:
    """The object or list that holds the last step; the place must be there."""
    place: Any = metadata
    for step in steps[:-1]:
        place = _inside(place, step)
    _inside(place, steps[-1])
    return place, steps[-1]


def _inside(place: Any, step: str | int) -> Any:
    fitting = isinstance(place, list) if isinstance(step, int) else isinstance(place, dict)
    if not fitting or (step >= len(place) if isinstance(step, int) else step not in place):
        raise _invalid(f"metadata_action.path: there is nothing at {step}")
    return place[step]


def _steps(path: str) -> list[str | int]:
    """`a.b[0]` -> ["a", "b", 0]."""
    found = _STEP.findall(path)
    if re.sub(r"\.(?=\[)", "", ".".join(found)).replace(".[", "[") != path:
        raise _invalid("metadata_action.path: must be names and numbers such as a.b[0]")
    return [int(step[1:-1]) if step.startswith("[") else step for step in found]


def _invalid(details: str) -> errors.ApiError:
    return errors.invalid(details, 24900)
