"""Datasets and versions -> JSON. Source: Clarifai API, messages Dataset, DatasetVersion, DatasetVersionExport."""

import json
from typing import Any

from embedded_api import envelope
from embedded_api.models import Dataset, DatasetVersion

FORMATS = {"CLARIFAI_DATA_PROTOBUF": 1, "COCO": 2, "CLARIFAI_DATA_JSON": 3}
_EXPORT_FIELDS = {1: "clarifai_data_protobuf", 2: "coco", 3: "clarifai_data_json"}
EXPORTED = 64200


def print_dataset(row: Dataset) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "id": row.public_id,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
        "app_id": row.app.public_id,
        "user_id": row.app.owner_id,
        "description": row.description,
        "notes": row.notes,
        "metadata": json.loads(row.metadata),
        "visibility": {"gettable": row.visibility},
    }
    if row.filter_id:
        printed["default_annotation_filter"] = {"id": row.filter_id}
    return printed


def print_export(kind: int, made: dict[str, Any], prefix: str) -> dict[str, Any]:
    """One export; 64-bit numbers travel as text."""
    return {
        "format": kind,
        "status": envelope.item_status(EXPORTED),
        "url": f"{prefix}/{made['name']}",
        "size": str(made["size"]),
    }


def print_version(row: DatasetVersion, prefix: str) -> dict[str, Any]:
    """`prefix`: start of the addresses of exports."""
    exports = {int(kind): made for kind, made in json.loads(row.exports).items()}
    config: dict[str, Any] = {"ignore_empty_inputs": row.ignore_empty}
    if row.filter_id:
        config["annotation_filter"] = {"id": row.filter_id}
    return {
        "id": row.public_id,
        "created_at": row.created_at,
        "modified_at": row.modified_at,
        "app_id": row.dataset.app.public_id,
        "user_id": row.dataset.app.owner_id,
        "dataset_id": row.dataset.public_id,
        "description": row.description,
        "metadata": json.loads(row.metadata),
        "annotation_filter_config": config,
        "status": envelope.item_status(row.status_code),
        "metrics": {"all": json.loads(row.metrics)},
        "export_info": {
            _EXPORT_FIELDS[kind]: print_export(kind, made, prefix) for kind, made in exports.items()
        },
        "visibility": {"gettable": row.dataset.visibility},
        "request_origin": 1,
    }
