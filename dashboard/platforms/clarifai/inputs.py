"""Input calls of the Clarifai adapter: the stream of inputs, chosen ones, new ones, and their pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..errors import Ambiguous, AnswerTooLarge
from ..types import Input, InputWrite, Outcome
from . import bodies, mapping
from .answers import envelope
from .batches import send_all
from .calls import Calls, query_parts, taken, understood
from .codes import UNREADABLE
from .pages import page_size

STREAM_PAGE = 1000
# In base64 and with the rest of a body this stays under the 10 MiB that servers commonly take.
INPUT_BYTES = 6 * 1024 * 1024


class InputCalls(Calls):
    """List, read, add and delete inputs."""

    def iter_inputs(self, *, after: str = "") -> Iterator[Input]:
        last, size = after, STREAM_PAGE
        while True:
            query = [("per_page", str(size))] + ([("last_id", last)] if last else [])
            try:
                found = self.client.call("stream_inputs", envelope, query=query).items("inputs")
            except AnswerTooLarge:
                if size == 1:
                    raise
                # Inputs with much metadata: from here on in smaller parts.
                size //= 2
                continue
            yield from self.each(found, "input", mapping.input_)
            if not page_size(len(found), size):
                return
            try:
                following = msgspec.json.decode(found[-1], type=_Named).id
            except UNREADABLE:
                following = last
            if not following or following == last:
                raise Ambiguous("The platform's stream of inputs does not move on.")
            last = following

    def get_inputs(self, ids: Sequence[str]) -> list[Input]:
        groups = [(("ids", one),) for one in dict.fromkeys(ids)]
        found: list[Input] = []
        for part in query_parts(groups, (), self.query_bytes) if groups else ():
            raw = self.page("list_inputs", "inputs", part, 1, len(part))
            found += self.each(raw, "input", mapping.input_)
        return found

    def create_inputs(self, inputs: Sequence[InputWrite]) -> list[Outcome]:
        def send(part: Sequence[InputWrite]) -> list[Outcome]:
            body = {"inputs": [bodies.input_body(one) for one in part]}
            return self.write("post_inputs", "inputs", body, [one.id for one in part], taken)

        size = self.capabilities.write_batch
        return send_all(
            inputs, send, lambda one: one.id, size=size, weigh=lambda one: len(one.content), most=INPUT_BYTES
        )

    def delete_inputs(self, ids: Sequence[str]) -> None:
        self.delete_by_ids("delete_inputs", ids)

    def count_inputs(self) -> int:
        raw = self.client.call("count_inputs", envelope).one("counts")
        counts = understood(_read_counts, raw)
        return sum(
            part or 0 for part in (counts.processed, counts.to_process, counts.errors, counts.processing)
        )

    def fetch_media(self, url: str, *, max_bytes: int) -> tuple[bytes, str]:
        answer = self.client.fetch(url, max_bytes=max_bytes)
        return answer.body, answer.content_type.partition(";")[0].strip().lower()


class _Named(msgspec.Struct):
    id: str | None = ""


class _InputCounts(msgspec.Struct):
    processed: int | None = 0
    to_process: int | None = 0
    errors: int | None = 0
    processing: int | None = 0


_read_counts = msgspec.json.Decoder(_InputCounts).decode
