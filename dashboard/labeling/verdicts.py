"""What people said of a model's suggestions: checked, kept beside the submission or decision that it came with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.core import signing

from dashboard.accounts.models import User
from dashboard.sync.models import WorkItem
from dashboard.sync.services.suggestions import Offer
from dashboard.sync.shapes import FieldErrors

from .models import SuggestionVerdict

MAX_VERDICTS = 500


class Judged(msgspec.Struct, frozen=True):
    """One suggestion that we had shown, and what was said of it."""

    suggestion: str
    verdict: str
    predictor: str
    concept: str
    value: float


def seal(offer: Offer, *, item: int, predictor: str) -> str:
    """What a suggestion was, signed, to travel through the browser and come back with the verdict."""
    return signing.dumps([predictor, offer.concept, offer.value], salt=_salt(item, offer.id), compress=False)


def parse(raw: Any, *, item: int) -> list[Judged]:
    """``[{"id", "verdict", "base"}]`` of a browser. Raises FieldErrors that name each wrong field."""
    if not isinstance(raw, list) or len(raw) > MAX_VERDICTS:
        raise FieldErrors({"suggestions": f"must be a list of at most {MAX_VERDICTS} verdicts"})
    errors: dict[str, str] = {}
    judged: dict[str, Judged] = {}
    for index, row in enumerate(raw):
        path = f"suggestions.{index}"
        try:
            one = _parse_one(row, path, item)
        except FieldErrors as wrong:
            errors.update(wrong.fields)
            continue
        if one.suggestion in judged:
            errors[f"{path}.id"] = "must not be named twice"
        judged[one.suggestion] = one
    if errors:
        raise FieldErrors(errors)
    return list(judged.values())


def record(judged: Sequence[Judged], *, actor: User, item: WorkItem, operation: UUID) -> None:
    """Keep verdicts; a later one of the same person on the same suggestion replaces the former. One statement."""
    if not judged:
        return
    SuggestionVerdict.objects.bulk_create(
        [
            SuggestionVerdict(
                item=item,
                task_id=item.task_id,
                actor=actor,
                operation=operation,
                **msgspec.structs.asdict(one),
            )
            for one in judged
        ],
        update_conflicts=True,
        unique_fields=["item", "suggestion", "actor"],
        update_fields=["verdict", "predictor", "concept", "value", "operation", "at"],
    )


def forget(*, actor: User, operation: UUID) -> None:
    """The decision was taken back, and what it said of suggestions with it."""
    SuggestionVerdict.objects.filter(actor=actor, operation=operation).delete()


def _parse_one(row: Any, path: str, item: int) -> Judged:
    if not isinstance(row, dict):
        raise FieldErrors({path: "must be an object"})
    if row.get("verdict") not in SuggestionVerdict.Verdict.values:
        raise FieldErrors({f"{path}.verdict": f"must be {', '.join(SuggestionVerdict.Verdict.values)}"})
    name, base = row.get("id"), row.get("base")
    if not isinstance(name, str) or not isinstance(base, str):
        raise FieldErrors({f"{path}.base": "must be a suggestion that this desk has shown"})
    try:
        predictor, concept, value = signing.loads(base, salt=_salt(item, name))
    except signing.BadSignature:
        raise FieldErrors({f"{path}.base": "must be a suggestion that this desk has shown"}) from None
    return Judged(name, row["verdict"], predictor, concept, value)


def _salt(item: int, suggestion: str) -> str:
    return f"proofdesk.suggestion.{item}.{suggestion}"
