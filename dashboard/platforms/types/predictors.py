"""Models and workflows, and what they suggest."""

from __future__ import annotations

import msgspec

from .annotations import Region


class Predictor(msgspec.Struct, frozen=True):
    """A model or a workflow that can be asked for suggestions; ``kind`` is model or workflow."""

    kind: str
    id: str
    name: str = ""
    version_id: str = ""


class Suggestion(msgspec.Struct, frozen=True):
    """What a model thinks is there: a region with its concept, or a concept of the whole input (no region).

    ``value`` is the model's own confidence, 0 to 1.
    """

    concept_id: str
    value: float
    region: Region | None = None
    concept_name: str = ""
