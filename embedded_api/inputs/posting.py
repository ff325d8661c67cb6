"""POST inputs: from what was sent to rows and files. Source: Clarifai API, section inputs."""

import base64
import binascii
import time
from dataclasses import dataclass

from django.db import transaction

from embedded_api import clock, fields, ids
from embedded_api.annotations.content import input_data
from embedded_api.bulk import Bulk
from embedded_api.envelope import dumps
from embedded_api.errors import ApiError, FieldError, duplicate
from embedded_api.fields import Json
from embedded_api.inputs import pictures
from embedded_api.inputs.fetching import fetch
from embedded_api.inputs.printing import print_input
from embedded_api.models import Annotation, App, Input

# Words that stand where an id would stand in the addresses.
RESERVED = frozenset({"stream", "status", "searches", "jobs", "annotations", "uploads", "data_sources"})
MAX_TEXT = 1_000_000
FETCH_SECONDS = 60.0  # for all addresses of one call together
DUPLICATE = 30100
# What to do with a known id: refuse it, answer the input that is there, or store under a longer id.
REFUSE, SKIP, SUFFIX = 0, 1, 2
RESOLUTIONS = {"INPUT_ID_CONFLICT_RESOLUTION_NOT_SET": REFUSE, "SKIP": SKIP, "SUFFIX": SUFFIX}


@dataclass
class Draft:
    """A read input with its files, not yet stored."""

    row: Input
    picture: pictures.Picture | None
    url_may_repeat: bool


def read(sent: Json, where: str, app: App, concepts: frozenset[str], deadline: float) -> Draft:
    """One sent input; raises FieldError or ApiError. Fetching ends at `deadline` (monotonic seconds)."""
    public_id = fields.identifier(sent, "id", where, required=False) or ids.new()
    if public_id in RESERVED:
        raise FieldError(f"{where}.id", "this word is reserved")
    row = Input(app=app, public_id=public_id)
    data, place = fields.mapping(sent, "data", where), f"{where}.data"
    for name in ("video", "audio"):
        if name in data:
            raise ApiError(415, 30101, f"{place}.{name}: this server takes pictures and texts only")
    media = [name for name in ("image", "text") if name in data]
    if len(media) != 1:
        raise FieldError(place, "must have exactly one of image and text")
    rest = {name: value for name, value in data.items() if name not in media}
    row.data = dumps(input_data(rest, place, concepts))
    medium = fields.mapping(data, media[0], place)
    if media[0] == "text":
        row.kind, row.text = "text", _text(medium, f"{place}.text")
        return Draft(row, None, True)
    row.source_url = fields.text(medium, "url", f"{place}.image", limit=2048)
    picture = _picture(medium, f"{place}.image", row.source_url, deadline)
    row.media, row.width, row.height = picture.name, picture.width, picture.height
    row.format, row.color_mode = picture.format, picture.color_mode
    row.size, row.sha256 = len(picture.files["orig"]), picture.sha256
    return Draft(row, picture, fields.flag(medium, "allow_duplicate_url", f"{place}.image"))


def _picture(medium: Json, where: str, url: str, deadline: float) -> pictures.Picture:
    """The checked picture; the error of a bad one says where it stands."""
    try:
        return pictures.read(_bytes(medium, where, url, deadline))
    except ApiError as error:
        raise ApiError(error.http, error.code, f"{where}: {error.details}") from None


def _text(medium: Json, where: str) -> str:
    if "url" in medium:
        raise ApiError(415, 30101, f"{where}.url: texts are taken as raw only")
    raw = fields.text(medium, "raw", where, limit=MAX_TEXT, line=False)
    if not raw.strip():
        raise FieldError(f"{where}.raw", "must not be empty")
    return raw


def _bytes(medium: Json, where: str, url: str, deadline: float) -> bytes:
    encoded = medium.get("base64", "")
    if not isinstance(encoded, str):
        raise FieldError(f"{where}.base64", "must be text")
    if bool(encoded) == bool(url):
        raise FieldError(where, "must have exactly one of base64 and url")
    if url:
        return fetch(url, pictures.MAX_BYTES, deadline)
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError(f"{where}.base64", "is not base64") from None


def post(
    sent_rows: list[Json],
    app: App,
    user_id: str,
    concepts: frozenset[str],
    prefix: str,
    bulk: Bulk,
    resolution: int = REFUSE,
) -> None:
    """Store every good one; each item's outcome goes into `bulk`. Files first, then one short transaction."""
    named = [one["id"] for one in sent_rows if isinstance(one.get("id"), str)]
    taken = set(Input.objects.filter(app=app, public_id__in=named).values_list("public_id", flat=True))
    drafts: list[tuple[int, Draft]] = []
    deadline = time.monotonic() + FETCH_SECONDS
    for place, sent in enumerate(sent_rows):
        where = f"inputs[{place}]"
        try:
            known = fields.text(sent, "id", where)
            if known and known in taken and resolution == SKIP:
                there = Input.objects.filter(app=app, public_id=known).first()
                if there is not None:
                    bulk.succeed(place, print_input(there, prefix))
                    continue
            if known and known in taken and resolution == SUFFIX:
                sent = sent | {"id": f"{known[:119]}-{ids.new()[:8]}"}
            elif known and known in taken:  # told before a picture is fetched or decoded
                raise duplicate(f"{where}.id: an input with this id exists", DUPLICATE)
            draft = read(sent, where, app, concepts, deadline)
            taken.add(draft.row.public_id)
            if draft.picture is not None:
                pictures.store(draft.picture)
                draft.picture = None  # 128 pictures at once would fill the memory
            drafts.append((place, draft))
        except (FieldError, ApiError) as error:
            bulk.fail(place, error, echo(sent))
    try:
        outcome = _write([draft for _, draft in drafts], app, user_id)
    except BaseException:
        for _, draft in drafts:
            pictures.remove(draft.row.media)
        raise
    for (place, draft), error_text in zip(drafts, outcome, strict=True):
        if error_text:
            pictures.remove(draft.row.media)
            bulk.fail(place, duplicate(f"inputs[{place}].{error_text}", DUPLICATE), echo(sent_rows[place]))
        else:
            bulk.succeed(place, print_input(draft.row, prefix))


def _write(drafts: list[Draft], app: App, user_id: str) -> list[str]:
    """Insert inputs and their input-level annotations; answers "" or the reason, one for each draft."""
    outcome: list[str] = []
    fresh: list[Input] = []
    with transaction.atomic():
        rows = Input.objects.filter(app=app)
        named = [draft.row.public_id for draft in drafts]
        urls = {draft.row.source_url for draft in drafts if draft.row.source_url}
        taken = set(rows.filter(public_id__in=named).values_list("public_id", flat=True))
        known_urls = (
            set(rows.filter(source_url__in=urls).values_list("source_url", flat=True)) if urls else set()
        )
        for draft in drafts:
            row = draft.row
            if row.public_id in taken:
                outcome.append("id: an input with this id exists")
                continue
            if row.source_url in known_urls and not draft.url_may_repeat:
                outcome.append("data.image.url: this address is an input already")
                continue
            if row.source_url:
                known_urls.add(row.source_url)
            outcome.append("")
            fresh.append(row)
        moment = clock.now()  # inside the transaction: times follow the order of commits
        for row in fresh:
            row.created_at = row.modified_at = moment
        Input.objects.bulk_create(fresh)
        Annotation.objects.bulk_create([_level(row, user_id) for row in fresh])
    return outcome


def _level(row: Input, user_id: str) -> Annotation:
    """The one annotation that is born and dies with its input."""
    return Annotation(
        app_id=row.app_id,
        input=row,
        public_id=ids.new(),
        input_public_id=row.public_id,
        user_id=user_id,
        input_level=True,
        data=row.data,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def echo(sent: Json) -> Json:
    """The id of a failed item, so that the caller can match it."""
    return {"id": sent["id"]} if isinstance(sent.get("id"), str) else {}
