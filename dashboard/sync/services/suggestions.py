"""What a model or a workflow suggests for work items: asked once an hour per input, cut to what the task wants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID, uuid5

import msgspec
from django.core.cache import cache
from redis.exceptions import RedisError

from dashboard.accounts.models import Connection
from dashboard.platforms.errors import Unsupported
from dashboard.platforms.types import Assist, Box, Region, Suggestion

from ..gateway import capabilities, platform_for
from ..models import WorkItem
from ..shapes import check_box, check_points

KEPT_SECONDS = 3600
#: What one input can show; a model that says more is cut to its surest.
MOST = 500
#: Digits of a coordinate that make a suggestion the same one again (see fingerprint.DIGITS).
DIGITS = 6
#: What a task of a type asks for; one of an unknown type takes all.
KINDS = {"classes": ("tag",), "boxes": ("box",), "polygons": ("polygon",)}
_NAMES = UUID("6f1d3a0e-6f3b-5d0a-9c55-0d6d2f6b7a41")
_decode = msgspec.json.Decoder(list[Suggestion]).decode


class Offer(msgspec.Struct, frozen=True):
    """One suggestion for one work item; coordinates are fractions, ``value`` is the model's own, 0 to 1.

    ``id`` is a UUID made of item, predictor and content. The annotation that an accepted one becomes gets the
    same id, so that accepting twice makes one annotation.
    """

    id: str
    kind: str  # box | polygon | tag
    concept: str
    value: float
    box: Box | None = None
    points: tuple[tuple[float, float], ...] | None = None


class Offers(msgspec.Struct, frozen=True):
    """Suggestions for one item, surest first. ``dropped`` counts those whose concept is not in the task;
    ``why`` says why there is nothing."""

    offers: tuple[Offer, ...] = ()
    dropped: int = 0
    why: str = ""


def predictor(assist: Assist) -> tuple[str, str] | None:
    """("workflow" or "model", id) of who suggests in a task; None where nobody does."""
    if assist.workflow_id:
        return "workflow", assist.workflow_id
    return ("model", assist.model_id) if assist.model_id else None


def bounds(assist: Assist) -> tuple[float, float]:
    """The values (0 to 1) between which a task shows suggestions; an upper bound of 0 is none."""
    return assist.min_threshold, assist.max_threshold or 1.0


def suggestions(
    *, connection: Connection, assist: Assist, items: Sequence[WorkItem], concepts: Collection[str]
) -> dict[int, Offers]:
    """{item id: offers} for items of one task, in at most one call. ``concepts`` are the task's.

    Raises PlatformError when the platform was asked and could not answer.
    """
    source = predictor(assist)
    if source is None:
        return {item.pk: Offers() for item in items}
    why = _why_not(connection)
    try:
        found = {} if why else _read(connection, assist, [item.input.platform_id for item in items])
    except Unsupported as refusal:
        found, why = {}, str(refusal)
    missing = Offers(why=why or f"The {source[0]} gave no answer for this input.")
    return {
        item.pk: _offers(item, source, found[item.input.platform_id], assist, concepts)
        if item.input.platform_id in found
        else missing
        for item in items
    }


def _why_not(connection: Connection) -> str:
    able = capabilities(connection.kind)
    if able.suggestions:
        return ""
    return able.reasons.get("suggestions", "This platform has no models that could be asked.")


def _read(connection: Connection, assist: Assist, input_ids: Sequence[str]) -> dict[str, list[Suggestion]]:
    asked = {"workflow_id": assist.workflow_id}
    if not assist.workflow_id:
        asked = {"model_id": assist.model_id, "version_id": assist.version_id}
    keys = {input_id: _key(connection, asked, input_id) for input_id in input_ids}
    found = _kept(keys)
    missing = [input_id for input_id in keys if input_id not in found]
    if missing:
        told = platform_for(connection).suggest(missing, **asked)
        fresh = {
            name: sorted(told[name], key=lambda one: -one.value)[:MOST] for name in missing if name in told
        }
        _keep({keys[name]: msgspec.json.encode(rows) for name, rows in fresh.items()})
        found |= fresh
    return found


def _key(connection: Connection, asked: dict[str, str], input_id: str) -> str:
    # Hashed: ids of a platform may hold characters that cache keys may not.
    text = json.dumps([connection.pk, asked, input_id])
    return "suggestions:" + hashlib.sha256(text.encode()).hexdigest()


def _kept(keys: dict[str, str]) -> dict[str, list[Suggestion]]:
    try:
        kept = cache.get_many(keys.values())
    except (RedisError, OSError):  # a store that is away costs a call to the platform, nothing else
        return {}
    return {input_id: _decode(kept[key]) for input_id, key in keys.items() if key in kept}


def _keep(rows: dict[str, bytes]) -> None:
    try:
        cache.set_many(rows, KEPT_SECONDS)
    except (RedisError, OSError):
        return


def _offers(
    item: WorkItem,
    source: tuple[str, str],
    found: Iterable[Suggestion],
    assist: Assist,
    concepts: Collection[str],
) -> Offers:
    low, high = bounds(assist)
    wanted = KINDS.get(item.task.type, ("tag", "box", "polygon"))
    offers: dict[str, Offer] = {}
    dropped = 0
    for one in found:
        region = one.region and _inside(one.region)
        kind = region.kind if region else "other" if one.region else "tag"
        if kind not in wanted or not low <= one.value <= high:
            continue
        if one.concept_id not in concepts:
            dropped += 1
            continue
        offer = Offer(
            id=_id(item, source, one.concept_id, region),
            kind=kind,
            concept=one.concept_id,
            value=one.value,
            box=region.box if region else None,
            points=region.points if region else None,
        )
        offers.setdefault(offer.id, offer)
    return Offers(offers=tuple(offers.values()), dropped=dropped)


def _inside(region: Region) -> Region | None:
    """The region cut to the picture, as a person could have drawn it; None where nothing of it is left."""
    if region.box is not None:
        edges = {name: _cut(edge) for name, edge in msgspec.structs.asdict(region.box).items()}
        box = check_box(edges, "box", {})
        return Region(box=box) if box else None
    points = check_points([[_cut(row), _cut(column)] for row, column in region.points or ()], "points", {})
    return Region(points=points) if points else None


def _cut(number: float) -> float:
    return min(1.0, max(0.0, number))


def _id(item: WorkItem, source: tuple[str, str], concept: str, region: Region | None) -> str:
    content = [item.pk, *source, concept, _outline(region)]
    return str(uuid5(_NAMES, json.dumps(content, separators=(",", ":"))))


def _outline(region: Region | None) -> list[float] | list[list[float]] | None:
    if region is None:
        return None
    if region.box is not None:
        box = region.box
        return [round(edge, DIGITS) for edge in (box.top, box.left, box.bottom, box.right)]
    return [[round(number, DIGITS) for number in point] for point in region.points or ()]
