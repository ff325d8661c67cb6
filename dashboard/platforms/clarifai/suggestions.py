"""Suggestions: what a model or a workflow of the platform makes of inputs. Calls and their mapping.

Source: Clarifai API guide, section AI assistance. The data of an output has the shape of annotation data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..errors import Ambiguous, PlatformError, Rejected
from ..types import ConceptValue, Suggestion
from .answers import Frame, batch
from .batches import cut
from .bodies import encode
from .codes import SUCCESS, StatusWire, error_of
from .inputs import InputCalls
from .shapes import ConceptWire, DataWire, region, values


class SuggestionCalls(InputCalls):
    """Ask a model or a workflow."""

    # The platform predicts from an address; our own server knows its inputs by their ids.
    predicts_by_id = False

    def suggest(
        self, input_ids: Sequence[str], *, workflow_id: str = "", model_id: str = "", version_id: str = ""
    ) -> dict[str, list[Suggestion]]:
        if bool(workflow_id) == bool(model_id):
            raise Rejected(
                "Suggestions come from one model or one workflow.", fields={"model_id": "exactly one of two"}
            )
        route, name, path = "workflow_results", "results", {"workflow_id": workflow_id}
        if model_id:
            route, name, path = "model_outputs", "outputs", {"model_id": model_id}
            if version_id:
                route, path = "model_version_outputs", path | {"version_id": version_id}
        found: dict[str, list[Suggestion]] = {}
        for part in cut(list(dict.fromkeys(input_ids)), self.capabilities.write_batch):
            inputs = self._to_predict(part)
            if not inputs:
                continue
            body = encode({"inputs": inputs})
            # Nothing is changed by asking, but an answer costs money: only what was not sent is sent again.
            frame = self.client.call(route, batch(name), body=body, path=path)
            found |= self._answered([one["id"] for one in inputs], frame, name)
        return found

    def _to_predict(self, input_ids: Sequence[str]) -> list[dict[str, Any]]:
        if self.predicts_by_id:
            return [{"id": one} for one in input_ids]
        known = {one.id: one for one in self.get_inputs(input_ids) if one.kind == "image" and one.url}
        return [{"id": one, "data": {"image": {"url": known[one].url}}} for one in input_ids if one in known]

    def _answered(self, asked: Sequence[str], frame: Frame, name: str) -> dict[str, list[Suggestion]]:
        """Suggestions of those inputs that were answered; raises the reason when none was."""
        answers = self.each(frame.items(name), name.removesuffix("s"), _read_answer)
        found: dict[str, list[Suggestion]] = {}
        failure: PlatformError | None = None
        for place, answer in enumerate(answers):
            one = (answer.input.id if answer.input else "") or ""
            if not one and len(answers) == len(asked):
                one = asked[place]
            if one not in asked:
                continue
            refused = answer.refusal()
            if refused is None:
                found[one] = suggestions(answer.parts())
            failure = failure or refused
        if not found:
            raise failure or Ambiguous("The platform's answer holds no prediction for these inputs.")
        return found


class _Id(msgspec.Struct):
    id: str | None = ""


class _Output(msgspec.Struct):
    status: StatusWire | None = None
    data: DataWire | None = None


class _Answer(msgspec.Struct):
    """An output of a model, or a result of a workflow with the outputs of its models."""

    input: _Id | None = None
    status: StatusWire | None = None
    data: DataWire | None = None
    outputs: list[_Output] | None = None

    def refusal(self) -> PlatformError | None:
        number = self.status.number if self.status else SUCCESS
        return None if number in (0, SUCCESS) else error_of(self.status, 0)

    def parts(self) -> list[DataWire]:
        good = (one for one in self.outputs or () if (one.status or _FINE).number in (0, SUCCESS))
        return [data for data in (self.data, *(one.data for one in good)) if data is not None]


_FINE = StatusWire(SUCCESS)
_read_answer = msgspec.json.Decoder(_Answer).decode


def suggestions(parts: Iterable[DataWire]) -> list[Suggestion]:
    """Suggestions of one input, surest first; the same thing said twice counts once, with its higher value.

    Of a region the concept with the highest value counts; shapes that we do not draw are left out.
    """
    best: dict[tuple[object, ...], Suggestion] = {}
    for data in parts:
        for one in (*_of_regions(data), *_of_concepts(data.concepts)):
            shape = (one.region.box, one.region.points) if one.region else None
            known = best.get((one.concept_id, shape))
            if known is None or known.value < one.value:
                best[(one.concept_id, shape)] = one
    return sorted(best.values(), key=lambda one: -one.value)


def _of_regions(data: DataWire) -> Iterable[Suggestion]:
    for wire in data.regions or ():
        shape = region(wire, True)
        named = max(shape.concepts, key=lambda one: one.value, default=None)
        if named is None or not named.id or shape.kind == "other":
            continue
        said = any(one.value is not None for one in (wire.data.concepts if wire.data else None) or ())
        value = named.value if said or wire.value is None else wire.value
        chosen = ConceptValue(named.id, 1.0, named.name)
        yield Suggestion(
            named.id,
            _clamped(value),
            msgspec.structs.replace(shape, id="", concepts=(chosen,)),
            named.name,
        )


def _of_concepts(concepts: list[ConceptWire] | None) -> Iterable[Suggestion]:
    for one in values(concepts):
        if one.id:
            yield Suggestion(one.id, _clamped(one.value), None, one.name)


def _clamped(value: float) -> float:
    return min(1.0, max(0.0, value))
