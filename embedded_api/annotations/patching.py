"""PATCH annotations: merge, overwrite, remove. Source: Clarifai API guide, section PATCH annotations."""

import json
from typing import Any

from django.db import connection, transaction

from embedded_api import clock, fields
from embedded_api.annotations import facts, masks
from embedded_api.annotations.access import Precondition, may_change
from embedded_api.annotations.content import annotation_data, input_data, struct
from embedded_api.annotations.posting import Room, echo
from embedded_api.annotations.printing import print_annotation
from embedded_api.bulk import Bulk
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError, FieldError, missing
from embedded_api.fields import Json
from embedded_api.inputs.kinds import KINDS
from embedded_api.inputs.pictures import Picture
from embedded_api.models import Annotation, Input
from embedded_api.models.annotations import relink
from embedded_api.patching import PatchError, apply_patch
from embedded_api.status_codes import OF_ANNOTATIONS

_OF_INPUT = ("concepts", "metadata", "geo")


def patched(current: str, sent: Json, action: str, where: str) -> Json:
    """Stored JSON text and what was sent -> the unchecked object after the patch."""
    try:
        return apply_patch(json.loads(current), sent, action)
    except PatchError as error:
        raise FieldError(where, str(error)) from None


def change(row: Annotation, sent: Json, action: str, where: str, room: Room) -> None:
    """Apply one sent annotation to its row, which is not yet saved. Author and times are not the caller's."""
    if "data" in sent:
        place = f"{where}.data"
        after = patched(row.data, fields.mapping(sent, "data", where), action, place)
        row.data = dumps(annotation_data(after, place, room.concepts))
    for name in ("annotation_info", "consensus_info"):
        if name in sent:
            place = f"{where}.{name}"
            after = patched(getattr(row, name), fields.mapping(sent, name, where), action, place)
            setattr(row, name, dumps(struct({name: after}, name, where)))
    if action != "remove":
        code = fields.status_code(sent, "status", where, family=OF_ANNOTATIONS)
        row.status_code = row.status_code if code is None else code
        row.task_id = fields.identifier(sent, "task_id", where, required=False) or row.task_id
        embedder = fields.identifier(sent, "embed_model_version_id", where, required=False)
        row.embed_model_version_id = embedder or row.embed_model_version_id
    row.modified_at = clock.later_than(row.modified_at)


def patch(
    sent_rows: list[Json],
    action: str,
    delete_empty: bool,
    room: Room,
    needed: Precondition,
    bulk: Bulk,
    prefix: str = "",
) -> None:
    """Change every good one in one transaction; each item's outcome goes into `bulk`.

    `prefix`: start of hosted addresses, for masks.
    """
    pictures = _pictures(sent_rows, action, bulk)
    with masks.stored(pictures) as kept:
        changed = _write(sent_rows, action, delete_empty, room, needed, bulk, pictures)
        kept |= {row.public_id for row in changed.values() if row.mask}
    for place, row in changed.items():
        bulk.succeed(place, print_annotation(row, prefix))


def _pictures(sent_rows: list[Json], action: str, bulk: Bulk) -> dict[str, Picture]:
    """New masks by annotation id, decoded before anybody has to wait for this writer."""
    found: dict[str, Picture] = {}
    for place, sent in enumerate(sent_rows if action != "remove" else ()):
        try:
            picture = masks.take(sent, f"annotations[{place}]")
        except FieldError as error:
            bulk.fail(place, error, echo(sent))
            continue
        if picture is not None and isinstance(sent.get("id"), str):
            found[sent["id"]] = picture
    return found


def _write(
    sent_rows: list[Json],
    action: str,
    delete_empty: bool,
    room: Room,
    needed: Precondition,
    bulk: Bulk,
    pictures: dict[str, Picture],
) -> dict[int, Annotation]:
    """Change rows in one transaction; answers the changed ones by their place in the call."""
    named = [row["id"] for row in sent_rows if isinstance(row.get("id"), str)]
    changed: dict[int, Annotation] = {}
    seen: set[str] = set()
    with transaction.atomic():
        found = {row.public_id: row for row in Annotation.objects.filter(app=room.app, public_id__in=named)}
        for place, sent in enumerate(sent_rows):
            if bulk.has_failed(place):
                continue
            where = f"annotations[{place}]"
            try:
                row = _find(found, sent, where)
                may_change(row, room.user_id, room.is_owner)
                if row.public_id in seen:
                    raise FieldError(f"{where}.id", "is given twice in this call")
                needed.check(row)
                _try(row, sent, action, where, room, pictures)
            except (FieldError, ApiError) as error:
                bulk.fail(place, error, echo(sent))
                continue
            changed[place] = row
            seen.add(row.public_id)
        masks.drop(save(list(changed.values())))
        if delete_empty and action == "remove":
            gone = [row.pk for row in changed.values() if row.data == "{}" and not row.input_level]
            Annotation.objects.filter(pk__in=gone).delete()
    return changed


def _try(
    row: Annotation, sent: Json, action: str, where: str, room: Room, pictures: dict[str, Picture]
) -> None:
    """Change a row, or raise and leave it as it was."""
    before = {name: getattr(row, name) for name in _FIELDS}
    try:
        change(row, sent, action, where, room)
        fresh = pictures.get(row.public_id)
        named = facts.of(row.data).mask if '"mask"' in row.data else ""
        masks.check(named, where, row.mask, fresh.name if fresh else "")
    except FieldError:
        for name, value in before.items():
            setattr(row, name, value)
        raise


_FIELDS = (
    *("data", "annotation_info", "consensus_info", "embed_model_version_id"),
    *("status_code", "task_id", "modified_at"),
)
_ALL_FIELDS = (*_FIELDS, *facts.COLUMNS)


def save(rows: list[Annotation]) -> set[str]:
    """Write changed rows; what an input-level annotation says is also what its input shows.

    Answers the masks that are no longer used.
    """
    dropped = _store(rows)
    levels = {row.input_id: row for row in rows if row.input_level}
    if levels:
        inputs = list(Input.objects.filter(pk__in=levels))
        for one in inputs:
            data: dict[str, Any] = json.loads(levels[one.pk].data)
            one.data = dumps({name: data[name] for name in _OF_INPUT if name in data})
            one.modified_at = clock.later_than(one.modified_at)
        Input.objects.bulk_update(inputs, ["data", "modified_at"])
    return dropped


def _store(rows: list[Annotation]) -> set[str]:
    if not rows:
        return set()
    masks_before = {row.mask for row in rows}
    said = [row.describe() for row in rows]
    # One prepared statement for all rows: a fifth of the time of one large CASE per column.
    assigned = ", ".join(f"{name} = %s" for name in _ALL_FIELDS)
    statement = f"UPDATE {Annotation._meta.db_table} SET {assigned} WHERE id = %s"  # noqa: S608
    values = [(*(getattr(row, name) for name in _ALL_FIELDS), row.pk) for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
    relink(rows, said)
    return masks_before - {row.mask for row in rows}


def patch_input(one: Input, sent: Json, action: str, where: str, concepts: frozenset[str]) -> None:
    """PATCH of an input's `data`: the medium stays, the rest is patched, here and in its annotation."""
    known = {name: value for name, value in sent.items() if name not in KINDS}
    after = input_data(patched(one.data, known, action, where), where, concepts)
    one.data = dumps(after)
    one.modified_at = clock.later_than(one.modified_at)
    level = Annotation.objects.filter(input=one, input_level=True).first()
    if level is not None:
        data = json.loads(level.data)
        kept = {name: value for name, value in data.items() if name not in _OF_INPUT}
        level.data = dumps(after | kept)
        level.modified_at = clock.later_than(level.modified_at)
        _store([level])
    one.save(update_fields=["data", "modified_at"])


def _find(found: dict[str, Annotation], sent: Json, where: str) -> Annotation:
    annotation_id = fields.identifier(sent, "id", where)
    input_id = fields.identifier(sent, "input_id", where)
    row = found.get(annotation_id)
    if row is None or row.input_public_id != input_id:
        raise missing(f"{where}: no annotation with this id on this input")
    return row
