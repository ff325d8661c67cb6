"""What a benchmark says: figures with their budget, percentiles, and the table of the README."""

from __future__ import annotations

import math
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True)
class Figure:
    """One line of the table. `met` is None where there is no budget, or none at this size."""

    part: str
    what: str
    value: str
    budget: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return {None: "", True: "met", False: "**missed**"}[self.met]


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of at least one value; `share` from 0 to 1."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def p95(values: Sequence[float]) -> float:
    return percentile(values, 0.95)


def milliseconds(values: Sequence[float]) -> str:
    """`p50 12 ms, p95 20 ms (40)` of values in milliseconds."""
    return f"p50 {p50(values):.1f} ms, p95 {p95(values):.1f} ms ({len(values)})"


def machine() -> str:
    """One line on where and when: the table means nothing without it."""
    load = os.getloadavg()[0]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{now}; {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; load average {load:.1f} at the end of the part"
    )


def table(figures: Sequence[Figure]) -> str:
    """The figures as Markdown."""
    lines = ["| what | measured | budget | |", "|---|---|---|---|"]
    lines += [f"| {one.what} | {one.value} | {one.budget} | {one.verdict} |" for one in figures]
    return "\n".join(lines)


def write(part: str, text: str) -> None:
    """Put a part's table between its marks in the README."""
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    whole = README.read_text()
    block = f"{start}\n{text}\n{end}"
    found = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if not found.search(whole):
        raise SystemExit(f"bench/README.md has no place for {part}: it needs the lines {start} and {end}.")
    README.write_text(found.sub(lambda _: block, whole))
