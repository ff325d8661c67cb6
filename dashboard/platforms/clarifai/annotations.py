"""Annotation calls of the Clarifai adapter, over the shared ways of calling in :mod:`.calls`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Raw

from ..errors import NotFound, Rejected
from ..types import Annotation, AnnotationState, AnnotationWrite, Outcome, PatchAction
from . import bodies, mapping
from .answers import SomeFailed, batch, envelope
from .batches import send_all
from .calls import Calls, query_parts
from .codes import UNREADABLE
from .pages import FetchPage, gather, pages

# One header line stays below the 8,190 bytes that common servers take; more lines add up (RFC 9110, 5.3).
IF_MATCH_BYTES = 6000


class AnnotationCalls(Calls):
    """List, create, patch, delete."""

    def list_annotations(
        self,
        *,
        input_ids: Sequence[str] = (),
        ids: Sequence[str] = (),
        task_id: str = "",
        user_ids: Sequence[str] = (),
    ) -> list[Annotation]:
        if ids and len(ids) != len(input_ids):
            raise Rejected("Annotation ids and input ids must pair one to one.", fields={"ids": "pairs"})
        fixed = [("user_ids", one) for one in user_ids]
        if task_id:
            fixed.append(("task_id", task_id))
        groups: list[tuple[tuple[str, str], ...]]
        if ids:
            groups = [(("input_ids", a), ("ids", b)) for a, b in zip(input_ids, ids, strict=True)]
        else:
            groups = [(("input_ids", a),) for a in dict.fromkeys(input_ids)]
        fetches = [
            partial(self.page, "list_annotations", "annotations", [*fixed, *part])
            for part in query_parts(groups, fixed, self.query_bytes)
        ]
        found: list[Annotation] = []
        for page in gather(fetches, self.capabilities.page_size, self.ahead):
            found += self._annotations(page)
        return found

    def iter_annotations(
        self, *, task_id: str, changed_since: datetime | None = None
    ) -> Iterator[Annotation]:
        fetch: FetchPage
        if changed_since is None:
            fetch = partial(self.page, "list_annotations", "annotations", [("task_id", task_id)])
        else:
            fetch = self._changed(task_id, changed_since)
        return self._listed(fetch)

    def iter_changes(self, since: datetime) -> Iterator[Annotation]:
        return self._listed(self._changed("", since))

    def _listed(self, fetch: FetchPage) -> Iterator[Annotation]:
        """Pages of annotations; of a search only those that a list has as well."""
        for page in pages(fetch, self.capabilities.page_size, self.ahead):
            yield from (one for one in self._annotations(page) if not one.by_model)

    def _changed(self, task_id: str, since: datetime) -> Callable[[int, int], list[Raw]]:
        """Pages of a search over one task, or over the whole app."""
        filters: list[dict[str, object]] = [{"annotation": {"task_id": task_id}}] if task_id else []
        filters.append({"last_updated_time_range": {"start_time": mapping.rfc3339(since)}})

        def fetch(page: int, size: int) -> list[Raw]:
            body = {
                "searches": [{"query": {"filters": filters}}],
                "pagination": {"page": page, "per_page": size},
            }
            frame = self.client.call(
                "search_annotations", envelope, body=bodies.encode(body), repeatable=True
            )
            return [_hit(raw) for raw in frame.items("hits")]

        return fetch

    def _annotations(self, page: list[Raw]) -> list[Annotation]:
        read = partial(mapping.annotation, tagged=self.capabilities.preconditions)
        return self.each(page, "annotation", read)

    def create_annotations(self, writes: Sequence[AnnotationWrite]) -> list[Outcome]:
        def send(part: Sequence[AnnotationWrite]) -> list[Outcome]:
            body = {"annotations": [bodies.create_body(one) for one in part]}
            return self._write("post_annotations", part, body, ())

        return self._send(writes, send)

    def patch_annotations(self, writes: Sequence[AnnotationWrite], action: PatchAction) -> list[Outcome]:
        def send(part: Sequence[AnnotationWrite]) -> list[Outcome]:
            body = {
                "annotations": [bodies.patch_body(one, action) for one in part],
                "action": action.value,
            }
            return self._write("patch_annotations", part, body, _if_match(one.if_match for one in part))

        # With the header every annotation of a call needs its tag in it, so those without go separately.
        tagged = [place for place, one in enumerate(writes) if one.if_match]
        plain = [place for place, one in enumerate(writes) if not one.if_match]
        outcomes: dict[int, Outcome] = {}
        for places in (tagged, plain):
            found = self._send([writes[place] for place in places], send)
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[place] for place in range(len(writes))]

    def set_annotation_state(self, pairs: Sequence[tuple[str, str]], state: AnnotationState) -> list[Outcome]:
        writes = [AnnotationWrite(id=one, input_id=input_id, state=state) for input_id, one in pairs]
        return self.patch_annotations(writes, PatchAction.MERGE)

    def delete_annotations(self, pairs: Sequence[tuple[str, str]], *, if_match: Iterable[str] = ()) -> None:
        headers = _if_match(if_match)

        def send(part: Sequence[tuple[str, str]]) -> list[Outcome]:
            body = {"input_ids": [one[0] for one in part], "ids": [one[1] for one in part]}
            frame = self.client.call(
                "delete_annotations",
                batch("annotations"),
                body=bodies.encode(body),
                headers=headers,
                repeatable=True,
            )
            ids = [one[1] for one in part]
            # By the schema a bare status; a server that tells the items apart is heard all the same.
            if frame.annotations:
                return self.outcomes(ids, frame, "annotations", lambda one, raw: Outcome(one))
            return [Outcome(one) for one in ids]

        outcomes = send_all(
            pairs,
            send,
            lambda one: one[1],
            size=self.capabilities.write_batch,
            split_on=(*self.split_on, SomeFailed),
        )
        for outcome in outcomes:
            if outcome.error is not None and not isinstance(outcome.error, NotFound):
                raise outcome.error

    def _send(
        self,
        writes: Sequence[AnnotationWrite],
        send: Callable[[Sequence[AnnotationWrite]], list[Outcome]],
    ) -> list[Outcome]:
        return send_all(
            writes,
            send,
            lambda one: one.id,
            size=self.capabilities.write_batch,
            split_on=self.split_on,
            key=lambda one: one.input_id,
            abreast=self.abreast,
        )

    def _write(
        self,
        route: str,
        part: Sequence[AnnotationWrite],
        body: Mapping[str, object],
        headers: Sequence[tuple[str, str]],
    ) -> list[Outcome]:
        frame = self.client.call(route, batch("annotations"), body=bodies.encode(body), headers=headers)
        understand = self.stated(
            "annotation", partial(mapping.annotation, tagged=self.capabilities.preconditions)
        )

        def read(one: str, raw: Raw) -> Outcome:
            return Outcome(one, annotation=understand(raw))

        return self.outcomes([one.id for one in part], frame, "annotations", read)


class _Hit(msgspec.Struct):
    annotation: Raw


_read_hit = msgspec.json.Decoder(_Hit).decode


def _hit(raw: Raw) -> Raw:
    try:
        return _read_hit(raw).annotation
    except UNREADABLE:
        return raw  # ends in the quarantine as an annotation without an id


def _if_match(tags: Iterable[str]) -> list[tuple[str, str]]:
    """If-Match header lines with all the tags; none when there is no tag."""
    lines: list[list[str]] = []
    length = 0
    for tag in tags:
        if not tag:
            continue
        if not tag.isascii() or any(ch in tag for ch in "\r\n"):
            raise Rejected("The annotation's version tag is not one that the platform gave.")
        if not lines or length + len(tag) > IF_MATCH_BYTES:
            lines.append([])
            length = 0
        lines[-1].append(tag)
        length += len(tag) + 2
    return [("If-Match", ", ".join(line)) for line in lines]
