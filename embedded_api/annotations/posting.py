"""POST annotations: from what was sent to rows. Source: Clarifai API guide, section POST annotations."""

from dataclasses import dataclass

from django.db import transaction

from embedded_api import clock, fields, ids
from embedded_api.annotations.access import PERMISSION_DENIED, members
from embedded_api.annotations.content import annotation_data, struct
from embedded_api.annotations.printing import print_annotation
from embedded_api.bulk import Bulk
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError, FieldError, denied, duplicate, missing
from embedded_api.fields import Json
from embedded_api.models import Annotation, App, Concept, Input

STATUSES = range(24150, 24160)
SUCCESS = 24150


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
    concepts = Concept.objects.filter(app=app).values_list("public_id", flat=True)
    return Room(app, user_id, is_owner, frozenset(concepts), frozenset(members(app)))


def author(sent: Json, where: str) -> str:
    """`worker.user.id` or the older `user_id`; "" when neither is sent."""
    user = fields.mapping(fields.mapping(sent, "worker", where), "user", f"{where}.worker")
    newer = fields.identifier(user, "id", f"{where}.worker.user", required=False)
    return newer or fields.identifier(sent, "user_id", where, required=False)


def read(sent: Json, where: str, room: Room, inputs: dict[str, int]) -> Annotation:
    """One sent annotation -> an unsaved row. `inputs`: public id -> primary key of those that exist."""
    input_id = fields.identifier(sent, "input_id", where)
    if input_id not in inputs:
        raise missing(f"{where}.input_id: no such input in this app", 30102)
    user_id = author(sent, where) or room.user_id
    if user_id == "me":
        user_id = room.user_id
    if user_id != room.user_id and not room.is_owner:
        raise denied(
            f"{where}.user_id: only the owner of the app may post as another user", PERMISSION_DENIED
        )
    if user_id not in room.members:
        raise FieldError(f"{where}.user_id", "is neither the owner nor a collaborator of this app")
    info = struct(sent, "annotation_info", where)
    task_id = fields.identifier(sent, "task_id", where, required=False)
    if not task_id and "task_id" in info:  # the older home of the link
        task_id = fields.identifier(info, "task_id", f"{where}.annotation_info", required=False)
    code = fields.status_code(sent, "status", where, family=STATUSES)
    return Annotation(
        app=room.app,
        input_id=inputs[input_id],
        public_id=fields.identifier(sent, "id", where, required=False) or ids.new(),
        input_public_id=input_id,
        user_id=user_id,
        task_id=task_id,
        status_code=code or SUCCESS,
        data=dumps(annotation_data(fields.mapping(sent, "data", where), f"{where}.data", room.concepts)),
        annotation_info=dumps(info),
    )


def post(sent_rows: list[Json], room: Room, bulk: Bulk) -> None:
    """Write every good one in one short transaction; each item's outcome goes into `bulk`."""
    named = {row["input_id"] for row in sent_rows if isinstance(row.get("input_id"), str)}
    found = Input.objects.filter(app=room.app, public_id__in=named).values_list("public_id", "pk")
    inputs = dict(found)
    rows: list[tuple[int, Annotation]] = []
    wanted: set[str] = set()
    for place, sent in enumerate(sent_rows):
        try:
            row = read(sent, f"annotations[{place}]", room, inputs)
            if row.public_id in wanted:
                raise duplicate(f"annotations[{place}].id: is given twice in this call")
            wanted.add(row.public_id)
            rows.append((place, row))
        except (FieldError, ApiError) as error:
            bulk.fail(place, error, echo(sent))
    with transaction.atomic():
        taken = set(
            Annotation.objects.filter(app=room.app, public_id__in=wanted).values_list("public_id", flat=True)
        )
        # An input may have been deleted since it was looked up.
        alive = set(Input.objects.filter(pk__in=inputs.values()).values_list("pk", flat=True))
        fresh = [row for _, row in rows if row.public_id not in taken and row.input_id in alive]
        # Taken while this writer is alone, so that who reads "changed since" in the order of commits misses none.
        moment = clock.now()
        for row in fresh:
            row.created_at = row.modified_at = moment
        Annotation.objects.bulk_create(fresh)
    for place, row in rows:
        if row.public_id in taken:
            taken_error = duplicate(f"annotations[{place}].id: an annotation with this id exists")
            bulk.fail(place, taken_error, echo(sent_rows[place]))
        elif row.input_id not in alive:
            gone = missing(f"annotations[{place}].input_id: no such input in this app", 30102)
            bulk.fail(place, gone, echo(sent_rows[place]))
        else:
            bulk.succeed(place, print_annotation(row))


def echo(sent: Json) -> Json:
    """The ids of a failed item, so that the caller can match it."""
    return {name: sent[name] for name in ("id", "input_id") if isinstance(sent.get(name), str)}
