"""What models do in a task: assistance of labelers, and the rules of auto-annotation. Pure.

Everything here is checked, kept and printed as it was checked. Source: Clarifai API, messages TaskAIAssistant,
AiAssistParameters and TaskConceptAutoAnnotationConfig.
"""

from __future__ import annotations

from typing import Final

from embedded_api import fields
from embedded_api.annotations import geometry
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.predictors import catalog
from embedded_api.status_codes import OF_ANNOTATIONS
from embedded_api.tasks.crew import fraction

DATA_TYPES: Final = 63  # all bits of AnnotationDataType: tag, box, polygon, point, span, mask
MAX_RELATIONS: Final = 1000
_CLOCK: Final = (("hours", 24), ("minutes", 59), ("seconds", 60), ("nanos", 999_999_999))


def read_extras(body: Json, where: str) -> Json:
    """The fields of a task that this server keeps and prints; only those that say something."""
    made: Json = {}
    if sent := fields.mapping(body, "ai_assistant", where):
        made["ai_assistant"] = _assistant(sent, join(where, "ai_assistant"))
    if sent := fields.mapping(body, "ai_assist_params", where):
        made["ai_assist_params"] = _parameters(sent, join(where, "ai_assist_params"))
    if number := fields.visibility(body, where, default=0):
        made["visibility"] = {"gettable": number}
    if sample_ms := fields.integer(body, "sample_ms", where, low=0, high=2**32 - 1):
        made["sample_ms"] = sample_ms
    if fields.flag(body, "delete_previous_annotations", where):
        made["delete_previous_annotations"] = True
    return made


def _assistant(sent: Json, where: str) -> Json:
    """Both spellings of the workflow are read, and both are printed."""
    older = fields.identifier(sent, "workflow_id", where, required=False)
    newer = fields.mapping(sent, "workflow", where)
    if older and newer and newer.get("id") != older:
        raise FieldError(f"{where}.workflow.id", f"is not the same as workflow_id, {older}")
    if not older and not newer:
        return {}
    if newer:
        workflow = catalog.read_workflow(newer, f"{where}.workflow")
    elif older != catalog.WORKFLOW_ID:
        raise FieldError(f"{where}.workflow_id", f"the app has no workflow {older}")
    else:
        workflow = catalog.read_workflow({"id": older}, where)
    return {"workflow_id": workflow["id"], "workflow": workflow}


def _parameters(sent: Json, where: str) -> Json:
    low, high = fraction(sent, "min_threshold", where), fraction(sent, "max_threshold", where)
    if high and low > high:
        raise FieldError(join(where, "min_threshold"), "must be at most max_threshold")
    made: Json = {"min_threshold": low, "max_threshold": high}
    if relations := fields.identifiers(sent, "concept_relation_ids", where, limit=MAX_RELATIONS):
        made["concept_relation_ids"] = relations
    return made


def read_rule(sent: Json, where: str) -> Json:
    """`auto_annotation_config` of one concept; {} when nothing is said."""
    made: Json = {}
    if kinds := fields.integer(sent, "annotation_data_types", where, low=0, high=DATA_TYPES):
        made["annotation_data_types"] = kinds
    if values := fields.mapping(sent, "threshold_range", where):
        made["threshold_range"] = _values(values, join(where, "threshold_range"))
    if sent.get("status_code"):
        place = join(where, "status_code")
        made["status_code"] = fields.one_status_code(sent["status_code"], place, OF_ANNOTATIONS)
    if times := fields.mapping(sent, "time_of_day_range", where):
        made["time_of_day_range"] = _times(times, join(where, "time_of_day_range"))
    if area := fields.mapping(sent, "polygon", where):
        made["polygon"] = geometry.polygon(area, join(where, "polygon"))
    return made


def _values(sent: Json, where: str) -> Json:
    low, high = fraction(sent, "lower", where), fraction(sent, "upper", where)
    if low > high:
        raise FieldError(join(where, "lower"), "must be at most upper")
    ends = {name: fields.flag(sent, name, where) for name in ("is_lower_inclusive", "is_upper_inclusive")}
    return ends | {"lower": low, "upper": high}


def _times(sent: Json, where: str) -> Json:
    """Two times of day; the first may be later than the second (a range over midnight)."""
    made: Json = {}
    for name in ("start", "end"):
        place, time = join(where, name), fields.mapping(sent, name, where)
        made[name] = {part: fields.integer(time, part, place, low=0, high=top) for part, top in _CLOCK}
        if made[name]["hours"] == 24 and any(made[name][part] for part, _ in _CLOCK[1:]):
            raise FieldError(place, "must not be later than 24:00")
    return made | {
        name: fields.flag(sent, name, where) for name in ("is_start_inclusive", "is_end_inclusive")
    }
