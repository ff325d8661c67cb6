"""What a task can be made from: datasets, saved searches, models and workflows. Calls and their mapping."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import Raw

from ..types import Dataset, Predictor, SavedSearch
from .calls import Calls
from .codes import MODEL_TRAINED, StatusWire
from .pages import together, whole

# A model's type says what it makes ("visual-detector", "embedding-classifier"); without one it is offered too.
_USEFUL = ("detect", "classif")


class ChoiceCalls(Calls):
    """Lists to choose from when a task is made."""

    def list_datasets(self) -> list[Dataset]:
        found = list(self.rows("list_datasets", "datasets"))
        return self.each(found, "dataset", _dataset)

    def list_saved_searches(self) -> list[SavedSearch]:
        found = list(self.rows("list_searches", "searches"))
        return self.each(found, "search", _search)

    def list_predictors(self) -> list[Predictor]:
        size = self.capabilities.page_size
        lists = together(
            {
                "workflows": partial(whole, partial(self.page, "list_workflows", "workflows", ()), size),
                "models": partial(whole, partial(self.page, "list_models", "models", ()), size),
            }
        )
        workflows, models = lists["workflows"](), lists["models"]()
        found = self.each(models, "model", _model)
        return [
            *self.each(workflows, "workflow", _workflow),
            *(one for one in found if one is not None),
        ]


class _Dataset(msgspec.Struct):
    id: str
    description: str | None = ""


class _Search(msgspec.Struct):
    id: str
    name: str | None = ""


class _Version(msgspec.Struct):
    id: str | None = ""
    status: StatusWire | None = None


class _Model(msgspec.Struct):
    id: str
    name: str | None = ""
    display_name: str | None = ""
    model_type_id: str | None = ""
    model_version: _Version | None = None


class _Workflow(msgspec.Struct):
    id: str
    version: _Version | None = None


_read_dataset = msgspec.json.Decoder(_Dataset).decode
_read_search = msgspec.json.Decoder(_Search).decode
_read_model = msgspec.json.Decoder(_Model).decode
_read_workflow = msgspec.json.Decoder(_Workflow).decode


def _dataset(raw: Raw) -> Dataset:
    wire = _read_dataset(raw)
    return Dataset(wire.id, wire.description or "")


def _search(raw: Raw) -> SavedSearch:
    wire = _read_search(raw)
    return SavedSearch(wire.id, wire.name or wire.id)


def _workflow(raw: Raw) -> Predictor:
    wire = _read_workflow(raw)
    return Predictor("workflow", wire.id, wire.id, (wire.version.id if wire.version else "") or "")


def _model(raw: Raw) -> Predictor | None:
    """A model that detects or classifies; None for another one and for one that is not trained."""
    wire = _read_model(raw)
    version = wire.model_version or _Version()
    if version.status and version.status.number not in (0, MODEL_TRAINED):
        return None
    kind = wire.model_type_id or ""
    if kind and not any(word in kind for word in _USEFUL):
        return None
    return Predictor("model", wire.id, wire.display_name or wire.name or wire.id, version.id or "")
