"""POST annotations: from what was sent to rows. Source: Clarifai API guide, section POST annotations."""

from dataclasses import dataclass

from embedded_api import fields, ids, lookups
from embedded_api.annotations import authors, facts, masks, plain
from embedded_api.annotations.access import PERMISSION_DENIED, members
from embedded_api.annotations.content import annotation_data, struct
from embedded_api.annotations.printing import print_values
from embedded_api.annotations.writing import inputs_of, insert
from embedded_api.bulk import Bulk
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError, FieldError, denied, duplicate, missing
from embedded_api.fields import Json, join
from embedded_api.inputs.pictures import Picture
from embedded_api.models import App
from embedded_api.models.annotations import Values, blank
from embedded_api.status_codes import APPROVED, OF_ANNOTATIONS


@dataclass(frozen=True)
class Room:
    """What is known about the app while one call is read."""

    app: App
    user_id: str
    is_owner: bool
    concepts: frozenset[str]
    members: frozenset[str]


def room_of(app: App, user_id: str, is_owner: bool) -> Room:
    """Two small reads for the whole call."""
    concepts = lookups.values("SELECT public_id FROM embedded_api_concept WHERE app_id = %s", app.pk)
    return Room(app, user_id, is_owner, frozenset(concepts), frozenset(members(app)))


def author(sent: Json, where: str, room: Room) -> dict[str, str]:
    """Columns of the author, the caller when none is sent; raises when the caller may not post as that one."""
    found = authors.read(sent, where)
    if not found or found.get("user_id") == "me":
        found["user_id"] = room.user_id
    if "user_id" in found and len(found) > 1:
        raise FieldError(join(where, "worker"), "an annotation is made by a user, a model or a workflow")
    if found.get("user_id") != room.user_id and not room.is_owner:
        place = join(where, "user_id" if "user_id" in found else "worker")
        raise denied(f"{place}: only the owner of the app may post as somebody else", PERMISSION_DENIED)
    if "user_id" in found and found["user_id"] not in room.members:
        raise FieldError(join(where, "user_id"), "is neither the owner nor a collaborator of this app")
    return found


def read(sent: Json, where: str, room: Room, inputs: dict[str, int]) -> Values:
    """One sent annotation -> a row that is not written yet. `inputs`: public id -> primary key of those that exist."""
    input_id = fields.identifier(sent, "input_id", where)
    if input_id not in inputs:
        raise missing(f"{where}.input_id: no such input in this app", 30102)
    maker = author(sent, where, room)
    info = struct(sent, "annotation_info", where)
    task_id = fields.identifier(sent, "task_id", where, required=False)
    if not task_id and "task_id" in info:  # the older home of the link
        task_id = fields.identifier(info, "task_id", f"{where}.annotation_info", required=False)
    code = fields.status_code(sent, "status", where, family=OF_ANNOTATIONS)
    data = annotation_data(fields.mapping(sent, "data", where), f"{where}.data", room.concepts)
    known = {
        "app_id": room.app.pk,
        "input_id": inputs[input_id],
        "public_id": fields.identifier(sent, "id", where, required=False) or ids.new(),
        "input_public_id": input_id,
        "task_id": task_id,
        "status_code": code or APPROVED,
        "data": dumps(data),
        "annotation_info": dumps(info),
        "consensus_info": dumps(struct(sent, "consensus_info", where)),
        "embed_model_version_id": fields.identifier(sent, "embed_model_version_id", where, required=False),
        # People are trusted; of a model or a workflow whoever posts for it says whether it is.
        "trusted": fields.flag(sent, "trusted", where) or "user_id" in maker,
    }
    return blank() | known | maker | facts.found_in(data)._asdict()


def post(sent_rows: list[Json], room: Room, bulk: Bulk, prefix: str = "") -> None:
    """Write every good one in one short transaction (see `writing`); each item's outcome goes into `bulk`.

    `prefix`: start of hosted addresses, for masks.
    """
    inputs = inputs_of(
        room.app, {row["input_id"] for row in sent_rows if isinstance(row.get("input_id"), str)}
    )
    rows: list[tuple[int, Values]] = []
    wanted: set[str] = set()
    fresh_masks: dict[str, Picture] = {}
    for place, sent in enumerate(sent_rows):
        try:
            where, picture = f"annotations[{place}]", None
            row = plain.read(sent, room, inputs)
            if row is None:
                picture = masks.take(sent, where)
                row = read(sent, where, room, inputs)
            if row["public_id"] in wanted:
                raise duplicate(f"{where}.id: is given twice in this call")
            masks.check(row["mask"], where, picture.name if picture else "")
            wanted.add(row["public_id"])
            rows.append((place, row))
            if picture is not None:
                fresh_masks[row["public_id"]] = picture
        except (FieldError, ApiError) as error:
            bulk.fail(place, error, echo(sent))
    with masks.stored(fresh_masks) as kept:
        alive, added = insert(room.app, [row for _, row in rows])
        kept |= added
    for place, row in rows:
        if row["public_id"] in added:
            bulk.succeed(place, print_values(row, prefix))
        elif row["input_id"] in alive:
            taken = duplicate(f"annotations[{place}].id: an annotation with this id exists")
            bulk.fail(place, taken, echo(sent_rows[place]))
        else:
            gone = missing(f"annotations[{place}].input_id: no such input in this app", 30102)
            bulk.fail(place, gone, echo(sent_rows[place]))


def echo(sent: Json) -> Json:
    """The ids of a failed item, so that the caller can match it."""
    return {name: sent[name] for name in ("id", "input_id") if isinstance(sent.get(name), str)}
