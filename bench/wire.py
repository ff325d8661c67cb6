"""Annotations over HTTP by our adapter against the official client: listed, synced and posted on the same server."""

from __future__ import annotations

from bench.figures import Figure, p50
from bench.filled import Filled, filled
from bench.racing import POSTED, SINGLY

WAYS = {
    "list": "listed",
    "changes": "synced (a search for what changed since)",
    "post": f"{POSTED:,} annotations posted",
}
SIDES = ("adapter", "official")
BUDGET = 5


def run(annotations: int = 20_000, rounds: int = 3) -> list[Figure]:
    """The figures; about a minute for 20,000 annotations and a round, several for 100,000."""
    with filled("wire", annotations) as server:
        there = annotations
        found: list[Figure] = []
        for way in WAYS:  # posting comes last: it adds to what is read
            expected = POSTED if way == "post" else there
            found += _race(server, way, expected, rounds)
        return [*found, _singly(server)]


def _race(server: Filled, way: str, expected: int, rounds: int) -> list[Figure]:
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    processor: dict[str, list[float]] = {side: [] for side in SIDES}
    requests: dict[str, int] = {}
    for turn in range(rounds):
        for side in SIDES:
            seen = server.requests()
            told = server.run("racing", side, way, str(turn))
            assert told["found"] == expected, told
            seconds[side].append(told["seconds"])
            processor[side].append(told["processor"])
            requests[side] = server.requests() - seen
    what = WAYS[way] if way == "post" else f"{expected:,} annotations {WAYS[way]}"
    ratios = [b / a for a, b in zip(seconds["adapter"], seconds["official"], strict=True)]
    each = ", ".join(f"{one:.1f}" for one in ratios)
    own, theirs = p50(processor["adapter"]), p50(processor["official"])
    return [
        *(
            Figure("wire", f"{what} by {who}", f"{p50(seconds[side]):.2f} s, {requests[side]} requests")
            for side, who in zip(SIDES, ("our adapter", "the official client"), strict=True)
        ),
        Figure(
            "wire",
            f"Official : ours (rounds: {each})",
            f"{p50(ratios):.1f}x",
            f"{BUDGET}x",
            p50(ratios) >= BUDGET,
        ),
        Figure(
            "wire",
            "The same, processor time of the client's process alone",
            f"{theirs:.2f} s : {own:.2f} s = {theirs / own:.1f}x",
        ),
    ]


def _singly(server: Filled) -> Figure:
    seen = server.requests()
    told = server.run("racing", "official", "post_singly")
    taken = f"{told['seconds']:.2f} s, {server.requests() - seen:,} requests"
    return Figure(
        "wire", f"{SINGLY:,} posted by the official client one a call, as the guide's examples do", taken
    )
