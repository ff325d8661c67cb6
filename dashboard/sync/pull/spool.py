"""A place on disk for more annotations than memory should hold, given back by input."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

import msgspec

from dashboard.platforms.types import Annotation

_decode = msgspec.msgpack.Decoder(Annotation).decode
_encode = msgspec.msgpack.Encoder().encode


def scratch() -> sqlite3.Connection:
    """A private temporary database, which SQLite keeps in memory while small and on disk when not.

    Nothing of it outlives the process, and other connections cannot see it.
    """
    base = sqlite3.connect("", isolation_level=None)
    base.execute("PRAGMA journal_mode=OFF")
    base.execute("PRAGMA synchronous=OFF")
    return base


class Spool:
    """Annotations put aside; used by one thread."""

    def __init__(self) -> None:
        self._base = scratch()
        self._base.execute("CREATE TABLE spool (input TEXT, body BLOB)")
        self._indexed = False

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def add(self, annotations: Iterable[Annotation]) -> None:
        """Put some aside. What the platform sent beside our own fields is not kept."""
        rows = [(one.input_id, _encode(msgspec.structs.replace(one, raw=b""))) for one in annotations]
        self._base.executemany("INSERT INTO spool VALUES (?, ?)", rows)

    def take(self, names: Sequence[str]) -> dict[str, list[Annotation]]:
        """{input id: its annotations in the order they were added} for these inputs (at most 1,000)."""
        if not self._indexed:
            self._base.execute("CREATE INDEX by_input ON spool (input)")
            self._indexed = True
        found: dict[str, list[Annotation]] = {name: [] for name in names}
        marks = ",".join("?" * len(names))
        query = f"SELECT input, body FROM spool WHERE input IN ({marks}) ORDER BY rowid"  # noqa: S608 (marks only)
        for name, body in self._base.execute(query, list(names)):
            found[name].append(_decode(body))
        return found

    def inputs(self, size: int = 250) -> Iterator[list[str]]:
        """The ids of all inputs that have annotations, in lists of at most ``size``."""
        last = ""
        while True:
            rows = self._base.execute(
                "SELECT DISTINCT input FROM spool WHERE input > ? ORDER BY input LIMIT ?", (last, size)
            ).fetchall()
            if not rows:
                return
            yield [name for (name,) in rows]
            last = rows[-1][0]
