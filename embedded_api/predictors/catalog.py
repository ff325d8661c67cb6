"""The one model and the one workflow that every app of this server has. Pure.

`demo-detector` is no trained network: see `embedded_api.predictors.seeing` for what it does. `demo-assist` is a
workflow with that model as its only node. Source: Clarifai API, messages Model, Workflow and Worker.
"""

from __future__ import annotations

from typing import Any, Final

from embedded_api import fields
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join

MODEL_ID: Final = "demo-detector"
MODEL_VERSION_ID: Final = "demo-detector-1"
WORKFLOW_ID: Final = "demo-assist"
WORKFLOW_VERSION_ID: Final = "demo-assist-1"
MODEL_TYPE: Final = "visual-detector"
MAX_CONCEPTS: Final = 20  # of an answer, when output_config.max_concepts is 0
_TEXT: Final = "Demo: finds things that stand out by their colour and names them by the colours of this app."


def read_model(sent: Json, where: str) -> Json:
    """A `Model` that names ours -> {id, model_version: {id}}; raises FieldError for any other."""
    model_id = fields.identifier(sent, "id", where)
    version = fields.mapping(sent, "model_version", where)
    version_id = fields.identifier(version, "id", f"{where}.model_version", required=False)
    if model_id != MODEL_ID:
        raise FieldError(join(where, "id"), f"the app has no model {model_id}")
    if version_id not in ("", MODEL_VERSION_ID):
        raise FieldError(f"{where}.model_version.id", f"the model has no version {version_id}")
    return {"id": MODEL_ID, "model_version": {"id": MODEL_VERSION_ID}}


def read_workflow(sent: Json, where: str) -> Json:
    """A `Workflow` that names ours -> {id, version: {id}}; raises FieldError for any other."""
    workflow_id = fields.identifier(sent, "id", where)
    version_id = fields.identifier(
        fields.mapping(sent, "version", where), "id", f"{where}.version", required=False
    )
    if workflow_id != WORKFLOW_ID:
        raise FieldError(join(where, "id"), f"the app has no workflow {workflow_id}")
    if version_id not in ("", WORKFLOW_VERSION_ID):
        raise FieldError(f"{where}.version.id", f"the workflow has no version {version_id}")
    return {"id": WORKFLOW_ID, "version": {"id": WORKFLOW_VERSION_ID}}


def read_worker(sent: Json, where: str) -> Json:
    """A `Worker` that is a model or a workflow, not both and no user -> the same with its version."""
    kinds = [name for name in ("user", "model", "workflow") if sent.get(name)]
    if kinds == ["model"]:
        return {"model": read_model(fields.mapping(sent, "model", where), f"{where}.model")}
    if kinds == ["workflow"]:
        return {"workflow": read_workflow(fields.mapping(sent, "workflow", where), f"{where}.workflow")}
    raise FieldError(where, "must be exactly one model or workflow with type WORKER_AUTO")


def print_model(user_id: str, app_id: str, since: str) -> dict[str, Any]:
    """The model as the app `app_id` of `user_id` shows it; `since` is the time the app was made."""
    return {
        "id": MODEL_ID,
        "name": "Demo detector",
        "display_name": "Demo detector",
        "description": _TEXT,
        "user_id": user_id,
        "app_id": app_id,
        "created_at": since,
        "modified_at": since,
        "model_type_id": MODEL_TYPE,
        "output_info": {"output_config": {"max_concepts": MAX_CONCEPTS, "min_value": 0.0}},
        "model_version": {
            "id": MODEL_VERSION_ID,
            "user_id": user_id,
            "app_id": app_id,
            "created_at": since,
            "status": {"code": 21100, "description": "Model is trained and ready"},
        },
    }


def print_workflow(user_id: str, app_id: str, since: str) -> dict[str, Any]:
    """The workflow as an app shows it."""
    nodes = [{"id": "detect", "model": print_model(user_id, app_id, since)}]
    owned = {"user_id": user_id, "app_id": app_id, "created_at": since, "modified_at": since}
    version = {"id": WORKFLOW_VERSION_ID, "workflow_id": WORKFLOW_ID, "nodes": nodes} | owned
    return {"id": WORKFLOW_ID, "description": _TEXT, "nodes": nodes, "version": version} | owned
