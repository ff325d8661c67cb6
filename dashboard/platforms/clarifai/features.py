"""Which scopes a token needs for which of our features, and what a token's scopes are good for. Data, and one rule.

Source: Clarifai API, the scopes that each rpc says it depends on (schema 12.6.0). A test holds the table to it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..types import Capabilities, Feature


class _Need(msgspec.Struct, frozen=True):
    """``calls`` are the rpcs that a feature makes, ``scopes`` all that these need; ``tried`` are the checks of
    :mod:`.checking` without which it does not work."""

    name: str
    calls: str
    scopes: str
    tried: tuple[str, ...] = ()


NEEDS = (
    _Need(
        "sync_inputs",
        calls=(
            "StreamInputs ListInputs GetInputCount ListTasks ListAnnotations PostAnnotationsSearches "
            "GetTaskInputCount"
        ),
        scopes=(
            "Annotations_Get Apps_Get Concepts_Get Inputs_Get Models_Get SavedSearch_Get Search "
            "Tasks_Get Workflows_Get"
        ),
        tried=("inputs", "tasks", "annotations"),
    ),
    _Need(
        "label",
        calls="ListInputs ListAnnotations PostAnnotations PatchAnnotations PutTaskAssignments",
        scopes=(
            "Annotations_Add Annotations_Get Apps_Get Concepts_Get Datasets_Get Inputs_Get Models_Get "
            "Tasks_Get Workflows_Get"
        ),
        tried=("tasks", "annotations"),
    ),
    _Need(
        "review",
        calls="ListInputs ListAnnotations PatchAnnotations DeleteAnnotations PutTaskAssignments",
        scopes=(
            "Annotations_Add Annotations_Delete Annotations_Get Apps_Get Concepts_Get Datasets_Get "
            "Inputs_Get Models_Get Tasks_Get Workflows_Get"
        ),
        tried=("tasks", "annotations"),
    ),
    _Need(
        "create_tasks",
        calls="GetTask PostTasks PatchTasks DeleteTasks",
        scopes=(
            "Annotations_Add Annotations_Get Apps_Get Concepts_Get Inputs_Get Models_Get "
            "SavedSearch_Get Search Tasks_Add Tasks_Delete Tasks_Get Workflows_Get"
        ),
        tried=("tasks",),
    ),
    _Need(
        "add_inputs",
        calls="PostInputs DeleteInputs",
        scopes=(
            "Annotations_Add Annotations_Delete Annotations_Get Apps_Get Concepts_Get Inputs_Add "
            "Inputs_Delete Inputs_Get Models_Get Predict Workflows_Get"
        ),
        tried=("inputs",),
    ),
    _Need(
        "concepts",
        calls="ListConcepts PostConcepts",
        scopes="Apps_Get Concepts_Add Concepts_Get",
        tried=(),
    ),
    _Need(
        "people",
        calls="ListCollaborators",
        scopes="Apps_Get Collaborators_Get",
        tried=(),
    ),
    _Need(
        "datasets",
        calls="ListDatasets ListSearches",
        scopes="Apps_Get Datasets_Get SavedSearch_Get",
        tried=(),
    ),
    _Need(
        "label_orders",
        calls="ListLabelOrders GetLabelOrder PostLabelOrders PatchLabelOrders DeleteLabelOrders",
        scopes=(
            "Apps_Get Concepts_Get Inputs_Get LabelOrders_Add LabelOrders_Delete LabelOrders_Get "
            "Models_Get SavedSearch_Get Tasks_Add Tasks_Delete Tasks_Get Workflows_Get"
        ),
        tried=(),
    ),
    _Need(
        "suggestions",
        calls="ListModels ListWorkflows PostModelOutputs PostWorkflowResults",
        scopes="Apps_Get Concepts_Get Models_Get Predict Workflows_Get",
        tried=(),
    ),
    _Need(
        "media",
        calls="ListInputs",
        scopes="Annotations_Get Apps_Get Concepts_Get Inputs_Get",
        tried=("inputs",),
    ),
)
EVERYTHING = "All"


def features(
    scopes: tuple[str, ...] | None, missing: Mapping[str, str], capabilities: Capabilities
) -> tuple[Feature, ...]:
    """Each feature with what stands in its way.

    ``scopes`` None: the platform did not say, so only what was tried counts. ``missing`` maps a failed check to its
    reason.
    """
    held = None if scopes is None else {one.replace(":", "_").lower() for one in scopes}
    return tuple(_feature(need, held, missing, capabilities) for need in NEEDS)


def _feature(
    need: _Need, held: set[str] | None, missing: Mapping[str, str], capabilities: Capabilities
) -> Feature:
    if not getattr(capabilities, need.name, True):
        return Feature(
            need.name, False, (), capabilities.reasons.get(need.name, "The platform has no such thing.")
        )
    lacking: tuple[str, ...] = ()
    if held is not None and EVERYTHING.lower() not in held:
        lacking = tuple(one for one in need.scopes.split() if one.lower() not in held)
    if lacking:
        noun = "scope" if len(lacking) == 1 else "scopes"
        return Feature(need.name, False, lacking, f"The token lacks the {noun} {', '.join(lacking)}.")
    refused = next((missing[one] for one in need.tried if one in missing), "")
    return Feature(need.name, not refused, (), refused)
