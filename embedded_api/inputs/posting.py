"""POST inputs: rows for what was read. Source: Clarifai API, section inputs."""

import time

from django.db import transaction

from embedded_api import clock, fields, ids
from embedded_api.bulk import Bulk
from embedded_api.datasets import membership
from embedded_api.errors import ApiError, FieldError, duplicate
from embedded_api.fields import Json
from embedded_api.inputs import pictures
from embedded_api.inputs.printing import print_input
from embedded_api.inputs.reading import Draft, read
from embedded_api.inputs.shelves import Shelf
from embedded_api.models import Annotation, App, Input

FETCH_SECONDS = 60.0  # for all addresses of one call together
DUPLICATE = 30100
# What to do with a known id: refuse it, answer the input that is there, or store under a longer id.
REFUSE, SKIP, SUFFIX = 0, 1, 2
RESOLUTIONS = {"INPUT_ID_CONFLICT_RESOLUTION_NOT_SET": REFUSE, "SKIP": SKIP, "SUFFIX": SUFFIX}


def resolution_of(sent: Json, where: str = "") -> int:
    """`input_id_conflict_resolution` of a request; raises FieldError."""
    name = "input_id_conflict_resolution"
    return fields.enum(sent.get(name, REFUSE), RESOLUTIONS, fields.join(where, name))


def longer_id(public_id: str) -> str:
    """Another id for the same name (SUFFIX); still at most 128 characters."""
    return f"{public_id[:119]}-{ids.new()[:8]}"


def taken_ids(app: App, wanted: list[str]) -> set[str]:
    """Those of the ids that inputs of the app have already."""
    return set(Input.objects.filter(app=app, public_id__in=wanted).values_list("public_id", flat=True))


def post(sent_rows: list[Json], shelf: Shelf, prefix: str, bulk: Bulk, resolution: int = REFUSE) -> int:
    """Store every good one; each item's outcome goes into `bulk`. Files first, then one short transaction.

    Answers the number of inputs that are new.
    """
    named = [one["id"] for one in sent_rows if isinstance(one.get("id"), str)]
    taken = taken_ids(shelf.app, named)
    kept = Input.objects.filter(app=shelf.app, public_id__in=taken) if resolution == SKIP else []
    there = {row.public_id: row for row in kept}
    drafts: list[tuple[int, Draft]] = []
    deadline = time.monotonic() + FETCH_SECONDS
    for place, sent in enumerate(sent_rows):
        where = f"inputs[{place}]"
        try:
            known = fields.text(sent, "id", where)
            if known in there:
                bulk.succeed(place, print_input(there[known], prefix))
                continue
            if known and known in taken and resolution == SUFFIX:
                sent = sent | {"id": longer_id(known)}
            elif known and known in taken:  # told before a file is fetched or decoded
                raise duplicate(f"{where}.id: an input with this id exists", DUPLICATE)
            draft = read(sent, where, shelf, deadline)
            taken.add(draft.row.public_id)
            drafts.append((place, draft))
        except (FieldError, ApiError) as error:
            bulk.fail(place, error, echo(sent))
    outcome = store([draft for _, draft in drafts], shelf)
    for (place, draft), error_text in zip(drafts, outcome, strict=True):
        if error_text:
            bulk.fail(place, duplicate(f"inputs[{place}].{error_text}", DUPLICATE), echo(sent_rows[place]))
        else:
            bulk.succeed(place, print_input(draft.row, prefix))
    return outcome.count("")


def store(drafts: list[Draft], shelf: Shelf) -> list[str]:
    """Insert what can be inserted; files of the rest are removed. Answers "" or the reason, one for each draft."""
    try:
        outcome = _write(drafts, shelf)
    except BaseException:
        discard(drafts)
        raise
    discard([draft for draft, reason in zip(drafts, outcome, strict=True) if reason])
    return outcome


def discard(drafts: list[Draft]) -> None:
    """Remove the files of drafts that do not become rows."""
    for draft in drafts:
        pictures.remove(draft.row.media)


def _write(drafts: list[Draft], shelf: Shelf) -> list[str]:
    """Inputs, their input-level annotations and their places in datasets, in one transaction."""
    outcome: list[str] = []
    fresh: list[Draft] = []
    with transaction.atomic():
        urls = {draft.row.source_url for draft in drafts if draft.row.source_url}
        taken = taken_ids(shelf.app, [draft.row.public_id for draft in drafts])
        rows = Input.objects.filter(app=shelf.app, source_url__in=urls)
        known_urls = set(rows.values_list("source_url", flat=True)) if urls else set()
        for draft in drafts:
            row = draft.row
            if row.public_id in taken:
                outcome.append("id: an input with this id exists")
                continue
            if row.source_url in known_urls and not draft.url_may_repeat:
                outcome.append(f"data.{row.kind}.url: this address is an input already")
                continue
            if row.source_url:
                known_urls.add(row.source_url)
            taken.add(row.public_id)
            outcome.append("")
            fresh.append(draft)
        _insert(fresh, shelf)
    return outcome


def _insert(drafts: list[Draft], shelf: Shelf) -> None:
    rows = [draft.row for draft in drafts]
    moment = clock.now()  # inside the transaction: times follow the order of commits
    for row in rows:
        row.created_at = row.modified_at = moment
    Input.objects.bulk_create(rows)
    Annotation.objects.bulk_create([_level(row, shelf.user_id) for row in rows])
    for dataset_id in sorted({name for draft in drafts for name in draft.dataset_ids}):
        members = [draft.row.pk for draft in drafts if dataset_id in draft.dataset_ids]
        membership.add_to(shelf.datasets[dataset_id], members)


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
