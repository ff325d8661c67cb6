"""A whole pull of the desk: every input, assignment and annotation of a task into an empty mirror."""

from __future__ import annotations

from bench.figures import Figure
from bench.filled import PER_INPUT, filled


def run(annotations: int = 20_000) -> list[Figure]:
    """The figures; about half a minute for 20,000 annotations, several for 100,000."""
    with filled("sync", annotations) as server:
        seen = server.requests()
        pulled = server.run("reading")
        assert pulled["found"] == annotations, pulled
        what = f"{annotations:,} annotations on {annotations // PER_INPUT:,} inputs and assignments"
        return [
            Figure(
                "sync",
                f"A whole pull into an empty mirror: {what}",
                f"{pulled['seconds']:.1f} s, {server.requests() - seen} requests for this and the next, "
                f"{pulled['grown']:.0f} MB more memory",
            ),
            Figure("sync", "The next pull, nothing changed", f"{pulled['again']:.2f} s"),
        ]
