"""What a person does with a write that is in conflict or failed: retry, discard, theirs, mine, merge."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.audit import services as audit

from .. import states, versions
from ..models import OutboxEntry, WorkItem
from . import waking

State = OutboxEntry.State
Kind = OutboxEntry.Kind
STUCK = (State.CONFLICT, State.FAILED)


class Unresolvable(ValueError):
    """This cannot be done with this entry; the message says why, in a sentence for a person."""


def retry(entry: OutboxEntry, actor: User) -> None:
    """Send a failed write again, with all its tries. Raises Unresolvable when it is not failed."""
    with transaction.atomic():
        entry = _locked(entry, (State.FAILED,), "Only a failed write can be sent again.")
        _rearm(entry)
        _record(entry, actor, "outbox.retry", {"error": entry.error})


def discard(entry: OutboxEntry, actor: User, reason: str) -> None:
    """Drop a write for good, with a reason; what stands behind it goes on. Raises Unresolvable."""
    if not reason.strip():
        raise Unresolvable("Say why this write is dropped: the reason is kept in the audit trail.")
    with transaction.atomic():
        entry = _locked(entry, STUCK, "Only a failed write, or one in conflict, can be dropped.")
        _drop(entry, reason.strip()[:300])
        _record(entry, actor, "outbox.discard", {"reason": reason.strip()[:300], "error": entry.error})


def resolve(entry: OutboxEntry, actor: User, choice: str, take: dict[str, str] | None = None) -> None:
    """Settle a conflict. ``choice`` is theirs, mine or merge; ``take`` says for a merge whose shape and whose
    concept stands: {"shape": "mine"|"theirs", "concept": "mine"|"theirs"}. Raises Unresolvable.
    """
    with transaction.atomic():
        entry = _locked(entry, (State.CONFLICT,), "This is no longer in conflict.")
        if choice == "theirs":
            _drop(entry, "Kept what the platform has")
        elif choice == "mine":
            _insist(entry)
        elif choice == "merge":
            _combine(entry, take or {})
        else:
            raise Unresolvable("Choose theirs, mine or merge.")
        _record(
            entry, actor, "outbox.resolve", {"choice": choice, "take": take or {}, "theirs": entry.theirs}
        )


def _locked(entry: OutboxEntry, states_allowed: tuple[str, ...], otherwise: str) -> OutboxEntry:
    found = OutboxEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if found.state not in states_allowed:
        raise Unresolvable(otherwise)
    return found


def _rearm(entry: OutboxEntry) -> None:
    """Waiting again, as if new; it will read before it writes."""
    entry.state = State.PENDING
    entry.attempts = 0
    entry.ambiguous = False
    entry.error = entry.error_class = ""
    entry.due_at = timezone.now()
    entry.lease_owner, entry.lease_until = "", None
    entry.save()
    transaction.on_commit(partial(waking.push, entry.connection_id), robust=True)


def _drop(entry: OutboxEntry, reason: str) -> None:
    entry.state = State.DISCARDED
    entry.discard_reason = reason
    entry.ended_at = timezone.now()
    entry.save()
    if entry.annotation_id:
        _rebase_followers(entry, _now(entry))
    elif entry.item_id:
        _fall_back(entry.item_id)
    transaction.on_commit(partial(waking.push, entry.connection_id), robust=True)


def _now(entry: OutboxEntry) -> str:
    """Fingerprint of the annotation as far as we know it now; "" = it does not exist."""
    if entry.state == State.DISCARDED and entry.theirs and "fingerprint" in entry.theirs:
        return str(entry.theirs["fingerprint"])
    return str(entry.base.get("fingerprint", ""))


def _rebase_followers(entry: OutboxEntry, now: str, *, renamed: str = "") -> None:
    """Tell what follows in the same operation that the annotation is not what it counted on."""
    followers = OutboxEntry.objects.select_for_update(of=("self",)).filter(
        operation=entry.operation, chain=entry.chain, id__gt=entry.pk, state__in=OutboxEntry.BLOCKING
    )
    for follower in followers:
        if follower.annotation_id == entry.annotation_id and follower.kind != Kind.CREATE:
            follower.base = {**follower.base, "fingerprint": now}
        elif follower.kind in OutboxEntry.MOVES and "annotations" in follower.base:
            seen: dict[str, str] = dict(follower.base["annotations"])
            seen.pop(entry.annotation_id, None)
            if now and not renamed:
                seen[entry.annotation_id] = now
            follower.base = {**follower.base, "annotations": seen}
        else:
            continue
        follower.save(update_fields=["base"])


def _insist(entry: OutboxEntry) -> None:
    """Mine: what the platform has is now what was seen, so the write goes over it."""
    if not entry.annotation_id:
        if entry.base.get("annotations") is not None:
            entry.base = {**entry.base, "annotations": entry.theirs.get("annotations", {})}
        _rearm(entry)
        return
    mine = versions.mine(entry)
    if entry.theirs.get("gone"):
        _create_again(entry, mine)
    elif mine:
        # Whole, as the page shows it: a box that was only moved keeps the concept that its author saw on it.
        _overwrite(entry, mine)
    else:
        entry.base = {**entry.base, "fingerprint": entry.theirs.get("fingerprint", "")}
    _rearm(entry)


def _combine(entry: OutboxEntry, take: dict[str, str]) -> None:
    if not entry.annotation_id:
        raise Unresolvable("A verdict cannot be merged: keep yours, or take what the platform has.")
    mine, theirs = versions.mine(entry), entry.theirs.get("shape") or []
    if len(mine) != 1 or len(theirs) != 1:
        raise Unresolvable("There is nothing to merge field by field here: choose one of the two.")
    merged = {
        **theirs[0],
        **(
            {key: mine[0].get(key) for key in ("kind", "box", "points")}
            if take.get("shape") == "mine"
            else {}
        ),
        **({key: mine[0][key] for key in ("concept", "value")} if take.get("concept") == "mine" else {}),
    }
    _overwrite(entry, [merged])
    _rearm(entry)


def _overwrite(entry: OutboxEntry, shape: list[dict[str, Any]]) -> None:
    entry.kind = Kind.OVERWRITE
    outline = {key: shape[0][key] for key in ("box", "points") if shape and shape[0].get(key)}
    entry.payload = {
        **outline,
        "concepts": [{"id": line["concept"], "value": line["value"]} for line in shape],
    }
    entry.base = {"fingerprint": entry.theirs.get("fingerprint", ""), "shape": entry.theirs.get("shape", [])}


def _create_again(entry: OutboxEntry, shape: list[dict[str, Any]]) -> None:
    if len(shape) != 1:
        raise Unresolvable("It was deleted on the platform and cannot be made again from here.")
    _rebase_followers(entry, "", renamed="yes")
    entry.kind = Kind.CREATE
    entry.annotation_id = str(uuid.uuid4())
    author = entry.item.labeler_id if entry.item else ""
    entry.payload = {**shape[0], "id": entry.annotation_id, "user_id": author, "state": "awaiting_review"}
    entry.base = {}


def _fall_back(item_id: int) -> None:
    item = WorkItem.objects.select_for_update(of=("self",)).select_related("task").get(pk=item_id)
    move = states.waiting_moves([item.pk]).get(item.pk)
    if item.platform_state != "pending":
        item.sent_back = False
    states.settle(item, move=move, reviewed=item.task.review.get("strategy") != "none")
    item.save(update_fields=["state", "sent_back"])


def _record(entry: OutboxEntry, actor: User, action: str, data: dict[str, Any]) -> None:
    audit.record(
        actor=actor,
        connection=entry.connection,
        action=action,
        target=entry.chain,
        data={"entry": entry.pk, "kind": entry.kind, "operation": str(entry.operation), **data},
    )
