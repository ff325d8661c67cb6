"""Runs the benchmarks that are named, or all, and prints their tables.

python3 dev.py bench                     every part
python3 dev.py bench latency sync        these parts
python3 dev.py bench --write lists       put the table into bench/README.md
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from bench import figures  # noqa: E402

PARTS = {
    "latency": "decision to next item in Chromium, saving a decision, first paint",
    "bulk": "1,000 approvals in one action: requests to the platform",
    "lists": "server time of the list pages as rows grow",
    "wire": "listing, syncing and posting annotations against the official client",
    "sync": "a whole pull into an empty mirror",
    "memory": "resident memory and start times of the whole product",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description="Benchmarks. Parts: " + "; ".join(f"{name} ({what})" for name, what in PARTS.items()),
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; none = all")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    parser.add_argument("--size", type=int, help="annotations of the wire and sync parts (default 20000)")
    parser.add_argument("--rounds", type=int, help="rounds of the wire part (default 3)")
    parser.add_argument("--postgres", action="store_true", help="the lists part on PostgreSQL as well")
    parser.add_argument("--cold", action="store_true", help="the memory part also installs a fresh clone")
    parser.add_argument("--ahead", action="store_true", help="run ahead of other programs (needs root)")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    options: dict[str, dict[str, object]] = {
        "wire": {"annotations": chosen.size or 20_000, "rounds": chosen.rounds or 3},
        "sync": {"annotations": chosen.size or 20_000},
        "lists": {"postgres": chosen.postgres},
        "memory": {"cold": chosen.cold},
    }
    if chosen.ahead:
        os.nice(-15)  # on a machine that others use too; everything started here inherits it
    for name in chosen.parts or PARTS:
        print(f"\n{name}: {PARTS[name]}", flush=True)
        found = importlib.import_module(f"bench.{name}").run(**options.get(name, {}))
        how = "; run ahead of the machine's other programs" if chosen.ahead else ""
        text = f"{figures.machine()}{how}\n\n{figures.table(found)}"
        print(f"\n{text}", flush=True)
        if chosen.write:
            figures.write(name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
