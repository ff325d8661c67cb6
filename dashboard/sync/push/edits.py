"""Writing annotations: read, compare, write, compare again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from django.db.models import Q

from dashboard.platforms.errors import (
    AlreadyExists,
    Ambiguous,
    NotFound,
    PlatformError,
    PreconditionFailed,
)
from dashboard.platforms.types import (
    Annotation,
    AnnotationState,
    AnnotationWrite,
    Outcome,
    PatchAction,
    Region,
)

from .. import outbox, versions
from ..fingerprint import fingerprint
from ..models import OutboxEntry
from .session import Session

Kind = OutboxEntry.Kind
Current = dict[tuple[str, str], Annotation]

_PATCHES = {
    Kind.MERGE: PatchAction.MERGE,
    Kind.OVERWRITE: PatchAction.OVERWRITE,
    Kind.REMOVE: PatchAction.REMOVE,
}
#: After these the truth is read again before anything is said of the entry.
_LOOK_AGAIN = (AlreadyExists, PreconditionFailed, NotFound)

CHANGED = "It was changed on the platform after you saw it."
GONE = "It was deleted on the platform after you saw it."
TAKEN = "The platform has another annotation with this id."
OVERTAKEN = "It may have been written, and was changed again on the platform since."


@dataclass
class Plan:
    """What to do with one entry, seen what the platform holds."""

    entry: OutboxEntry
    current: Annotation | None
    conflict: str = ""
    done: bool = False


def send(session: Session, entries: Sequence[OutboxEntry]) -> None:
    """Deliver edits of different annotations. Every entry ends one way or another. May raise Halt."""
    size = session.platform.capabilities.write_batch
    for start in range(0, len(entries), size):
        part = outbox.renew(session.owner, entries[start : start + size])
        if part:
            _send_part(session, part)


def _send_part(session: Session, part: Sequence[OutboxEntry]) -> None:
    current = _read(session, part)
    if current is None:
        return
    own = own_writes(part)
    plans = [_plan(entry, current.get(_key(entry)), own[entry.pk]) for entry in part]
    _confirm(session, [plan for plan in plans if plan.done])
    for plan in plans:
        if plan.conflict:
            session.conflict(plan.entry, versions.theirs(plan.current), plan.conflict)
    going = [plan for plan in plans if not plan.done and not plan.conflict]
    for plan in going:
        plan.entry.theirs = versions.theirs(plan.current)
    for kind in (Kind.CREATE, Kind.MERGE, Kind.OVERWRITE, Kind.REMOVE, Kind.DELETE):
        several = [plan for plan in going if plan.entry.kind == kind]
        if not several:
            continue
        ours = {entry.pk for entry in outbox.mark_sent(session.owner, [plan.entry for plan in several])}
        several = [plan for plan in several if plan.entry.pk in ours]
        if several:
            _write(session, kind, several)


def _read(session: Session, part: Sequence[OutboxEntry]) -> Current | None:
    """What the platform holds of these, in one list call; None when it could not be read."""
    try:
        found = session.platform.list_annotations(
            input_ids=[_key(entry)[0] for entry in part], ids=[entry.annotation_id for entry in part]
        )
    except PlatformError as error:
        session.unread(part, error)
        return None
    session.heard([None])
    return {(one.input_id, one.id): one for one in found}


def _key(entry: OutboxEntry) -> tuple[str, str]:
    return (entry.item.input.platform_id if entry.item else "", entry.annotation_id)


def own_writes(entries: Iterable[OutboxEntry]) -> dict[int, dict[str, str]]:
    """Per entry: {annotation id: fingerprint after our own latest write} ("" = deleted by us).

    Only writes whose result the author of the entry could not have seen: of the same operation, or still on
    their way when the entry was made.
    """
    entries = list(entries)
    found: dict[int, dict[str, str]] = {entry.pk: {} for entry in entries}
    rows = (
        OutboxEntry.objects.filter(
            Q(chain__in={entry.chain for entry in entries}),
            state=OutboxEntry.State.CONFIRMED,
            kind__in=OutboxEntry.EDITS,
        )
        .order_by("id")
        .values_list("id", "chain", "operation", "annotation_id", "after", "ended_at")
    )
    chains: dict[str, list[OutboxEntry]] = {}
    for entry in entries:
        chains.setdefault(entry.chain, []).append(entry)
    for pk, chain, operation, annotation_id, after, ended_at in rows:
        for entry in chains[chain]:
            unseen = operation == entry.operation or (ended_at and ended_at >= entry.created_at)
            if pk < entry.pk and unseen:
                found[entry.pk][annotation_id] = after
    return found


def _plan(entry: OutboxEntry, current: Annotation | None, own: dict[str, str]) -> Plan:
    if versions.applied(entry, current):
        return Plan(entry, current, done=True)
    if entry.kind == Kind.CREATE:
        return Plan(entry, current, conflict=TAKEN if current is not None else "")
    if current is None:
        return Plan(entry, None, conflict=GONE)
    seen = entry.base.get("fingerprint")
    now = fingerprint(current)
    if seen is not None and now != seen and now != own.get(entry.annotation_id):
        return Plan(entry, current, conflict=CHANGED)
    before = entry.theirs.get("modified_at")
    if entry.ambiguous and before and before != versions.stamp(current.modified_at):
        # Our write may have happened and have been taken back by somebody: sending again would undo that.
        return Plan(entry, current, conflict=OVERTAKEN)
    return Plan(entry, current)


def _confirm(session: Session, plans: Sequence[Plan]) -> None:
    for plan in plans:
        plan.entry.after = fingerprint(plan.current) if plan.current is not None else ""
    if plans:
        session.confirm([plan.entry for plan in plans])


def _write(session: Session, kind: str, plans: Sequence[Plan]) -> None:
    if kind == Kind.DELETE:
        _delete(session, plans)
        return
    tagged = session.platform.capabilities.preconditions
    writes = [_build(plan, tagged=tagged) for plan in plans]
    try:
        if kind == Kind.CREATE:
            outcomes = session.platform.create_annotations(writes)
        else:
            outcomes = session.platform.patch_annotations(writes, _PATCHES[Kind(kind)])
    except PlatformError as error:
        outcomes = [Outcome(write.id, error) for write in writes]
    doubtful: list[tuple[Plan, Exception | None]] = []
    done: list[Plan] = []
    for plan, outcome in zip(plans, outcomes, strict=True):
        answered = outcome.annotation
        if outcome.error is None and answered is not None and versions.applied(plan.entry, answered):
            plan.current = answered
            done.append(plan)
        elif outcome.error is None or isinstance(outcome.error, _LOOK_AGAIN):
            doubtful.append((plan, outcome.error))
        else:
            session.refused(plan.entry, outcome.error)
    _confirm(session, done)
    _look_again(session, doubtful)
    session.heard([outcome.error for outcome in outcomes])


def _delete(session: Session, plans: Sequence[Plan]) -> None:
    tags = [plan.current.tag for plan in plans if plan.current is not None and plan.current.tag]
    use_tags = session.platform.capabilities.preconditions and len(tags) == len(plans)
    error: PlatformError | None = None
    try:
        session.platform.delete_annotations(
            [_key(plan.entry) for plan in plans], if_match=tags if use_tags else ()
        )
    except PlatformError as failure:
        error = failure
    if error is None or isinstance(error, Ambiguous | NotFound | PreconditionFailed):
        # One answer for many: only a read tells them apart.
        _look_again(session, [(plan, error) for plan in plans])
    else:
        for plan in plans:
            session.refused(plan.entry, error)
    session.heard([error])


def _look_again(session: Session, doubtful: Sequence[tuple[Plan, Exception | None]]) -> None:
    """Read what became of writes whose answer did not say it."""
    if not doubtful:
        return
    current = _read_back(session, [plan.entry for plan, _ in doubtful])
    if current is None:
        return
    done = []
    for plan, error in doubtful:
        plan.current = current.get(_key(plan.entry))
        if versions.applied(plan.entry, plan.current):
            done.append(plan)
        else:
            _not_applied(session, plan, error)
    _confirm(session, done)


def _read_back(session: Session, entries: Sequence[OutboxEntry]) -> Current | None:
    try:
        found = session.platform.list_annotations(
            input_ids=[_key(entry)[0] for entry in entries], ids=[entry.annotation_id for entry in entries]
        )
    except PlatformError as error:
        for entry in entries:
            session.later(entry, error)
        return None
    return {(one.input_id, one.id): one for one in found}


def _not_applied(session: Session, plan: Plan, error: Exception | None) -> None:
    entry, current = plan.entry, plan.current
    if entry.kind == Kind.CREATE:
        if current is not None:
            session.conflict(entry, versions.theirs(current), TAKEN)
        else:
            session.refused(entry, error or Ambiguous("The platform took it, but does not have it."))
    elif current is None:
        session.conflict(entry, versions.theirs(None), GONE)
    elif fingerprint(current) in (entry.theirs.get("fingerprint"), entry.base.get("fingerprint")):
        # What stood there before still does. Only its status or time moved: the next try has the new tag.
        entry.ambiguous = isinstance(error, Ambiguous)
        session.later(entry, error or Ambiguous("The platform took it, but does not show it."))
    else:
        session.conflict(entry, versions.theirs(current), CHANGED)


def _build(plan: Plan, *, tagged: bool) -> AnnotationWrite:
    entry, current = plan.entry, plan.current
    assert entry.item is not None
    base = AnnotationWrite(id=entry.annotation_id, input_id=entry.item.input.platform_id)
    wanted = versions.intended(entry, current)
    if entry.kind == Kind.CREATE:
        assert wanted is not None
        state = entry.payload.get("state")
        return msgspec.structs.replace(
            base,
            region=wanted.region,
            concepts=wanted.concepts or None,
            user_id=entry.payload.get("user_id") or "",
            task_id=entry.item.task.platform_id,
            state=AnnotationState(state) if state else None,
        )
    assert current is not None
    assert wanted is not None
    tag = current.tag if tagged else ""
    if entry.kind == Kind.OVERWRITE:
        return msgspec.structs.replace(
            base,
            region=wanted.region,
            concepts=wanted.concepts if wanted.region is None or wanted.concepts else None,
            base_raw=current.raw,
            if_match=tag,
        )
    region, concepts = None, None
    if entry.kind == Kind.MERGE:
        sent = versions.concept_values(entry.payload["concepts"])
        if entry.payload.get("in_region") and current.region is not None:
            region = Region(id=current.region.id, concepts=sent)
        else:
            concepts = sent
    else:
        gone = set(entry.payload["concepts"])
        whole = tuple(concept for concept in current.concepts if concept.id in gone)
        concepts = whole or None
        if current.region is not None:
            inside = tuple(concept for concept in current.region.concepts if concept.id in gone)
            region = Region(id=current.region.id, concepts=inside) if inside else None
    return msgspec.structs.replace(base, region=region, concepts=concepts, if_match=tag)
