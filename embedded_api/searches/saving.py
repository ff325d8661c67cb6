"""Searches as they are sent, saved and printed. Source: Clarifai API, message Search."""

import json
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from embedded_api import clock, errors, fields, ids
from embedded_api.envelope import dumps
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import App, SavedSearch
from embedded_api.patching import PatchError, apply_patch
from embedded_api.searches.reading import Plan, canonical, read

METRICS = {"METRIC_NOT_SET": 0, "EUCLIDEAN_DISTANCE": 1, "COSINE_DISTANCE": 2}
# Kept and printed; hits are ranked by concept values only, for which all of them are the same.
ALGORITHMS = ("", "nearest_neighbor", "brute_force", "avg_concept_brute_force")
_PATCHED = ("query", "name", "as_of", "min_value", "algorithm", "metric", "visibility")
_SENT = frozenset({*_PATCHED, "id", "save", "application_id", "git_hash", "created_at", "modified_at"})


@dataclass(frozen=True)
class Sent:
    """A checked search: the row that it is or would be, and how its query runs."""

    row: SavedSearch
    plan: Plan
    save: bool


def read_search(app: App, sent: Json, where: str, target: str) -> Sent:
    """One member of `searches`; raises FieldError."""
    fields.only(sent, _SENT, where)
    query = fields.mapping(sent, "query", where)
    plan = read(app, query, join(where, "query"))
    min_value = fields.number(sent, "min_value", where)
    if not 0 <= min_value <= 1:
        raise FieldError(join(where, "min_value"), "must be from 0 to 1")
    algorithm = fields.text(sent, "algorithm", where)
    if algorithm not in ALGORITHMS:
        raise FieldError(join(where, "algorithm"), "must be one of " + ", ".join(ALGORITHMS[1:]))
    row = SavedSearch(
        app=app,
        public_id=fields.identifier(sent, "id", where, required=False),
        target=target,
        name=fields.text(sent, "name", where, limit=255),
        query=dumps(canonical(query)),
        as_of=fields.moment(sent["as_of"], join(where, "as_of")) if "as_of" in sent else "",
        min_value=min_value,
        algorithm=algorithm,
        metric=fields.enum(sent.get("metric", 0), METRICS, join(where, "metric")),
        gettable=fields.visibility(sent, where),
    )
    return Sent(row, plan, fields.flag(sent, "save", where))


def save(found: list[Sent]) -> None:
    """Store new searches, all or none."""
    moment = clock.now()
    with transaction.atomic():
        for number, one in enumerate(found):
            row = one.row
            row.public_id = row.public_id or ids.new()
            row.created_at = row.modified_at = moment
            if SavedSearch.objects.filter(app=row.app_id, public_id=row.public_id).exists():
                raise errors.duplicate(f"searches[{number}].id: a search with this id exists")
            row.save()


def patch(app: App, sent_rows: list[Json], action: str) -> list[SavedSearch]:
    """Change saved searches, all or none; answers them as they are now."""
    changed = []
    with transaction.atomic():
        for number, sent in enumerate(sent_rows):
            where = f"searches[{number}]"
            fields.only(sent, _SENT, where)
            row = find(app, fields.identifier(sent, "id", where))
            after = _patched(row, sent, action, where)
            fresh = read_search(app, after, where, row.target).row
            fresh.pk, fresh.public_id, fresh.created_at = row.pk, row.public_id, row.created_at
            fresh.modified_at = clock.later_than(row.modified_at)
            fresh.save(force_update=True)
            changed.append(fresh)
    return changed


def _patched(row: SavedSearch, sent: Json, action: str, where: str) -> Json:
    current = {name: value for name, value in printed(row).items() if name in _PATCHED}
    change = {name: value for name, value in sent.items() if name in _PATCHED}
    if action == "overwrite":  # of a search, not of one field in it: what is not sent stays
        return current | change
    try:
        return apply_patch(current, change, action)
    except PatchError as error:
        raise FieldError(where, str(error)) from None


def find(app: App, public_id: str) -> SavedSearch:
    """The saved search of this id; raises ApiError."""
    found = all_of(app).filter(public_id=public_id).first()
    if found is None:
        raise errors.missing("no such search in this app")
    return found


def all_of(app: App) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.filter(app=app).order_by("pk")


def printed(row: SavedSearch, *, saved: bool = True) -> Json:
    """A search as it is answered; one that was only run has no id, owner and times of its own."""
    made: Json = {"query": json.loads(row.query), "min_value": row.min_value, "metric": row.metric}
    made |= {name: getattr(row, name) for name in ("name", "as_of", "algorithm") if getattr(row, name)}
    made["visibility"] = {"gettable": row.gettable}
    if saved:
        made |= {"id": row.public_id, "application_id": row.app.public_id, "save": True}
        made |= {"created_at": row.created_at, "modified_at": row.modified_at}
    return made
