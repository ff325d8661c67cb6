"""Server time of the list pages at 1,000, 10,000 and 100,000 work items, and how it grows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from bench.figures import Figure, p50, p95
from devtools.environment import ROOT
from tests.support.stores import running_postgres, short_folder

SIZES = (1_000, 10_000, 100_000)
BUDGETS = {"SQLite": 100, "PostgreSQL": 50}  # milliseconds, p95


def run(postgres: bool = False) -> list[Figure]:
    """The figures; about five minutes for each database."""
    found = _figures("SQLite", _measure())
    if postgres:
        with running_postgres() as url:
            found += _figures("PostgreSQL", _measure(DATABASE_URL=url))
    return found


def _measure(**more: str) -> list[dict[str, Any]]:
    with short_folder("lists") as folder:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "PROOFDESK_DATA_DIR": str(folder),
            "PROOFDESK_SECRET_KEY": "only-for-the-benchmark-" + "0" * 32,
            **more,
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.list_pages", *map(str, SIZES)],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return told


def _figures(store: str, told: list[dict[str, Any]]) -> list[Figure]:
    figures = []
    most = BUDGETS[store]
    for page in dict.fromkeys(one["page"] for one in told):
        by_size = {one["size"]: one for one in told if one["page"] == page}
        times = [by_size[size]["processor"] for size in SIZES]
        last = by_size[SIZES[-1]]
        value = (
            f"{' / '.join(f'{p50(each):.0f}' for each in times)} ms, p95 {p95(times[-1]):.0f} ms, "
            f"grows {p50(times[-1]) / p50(times[0]):.1f}x; clock p50 {p50(last['wall']):.0f} ms; "
            f"{last['queries']} queries"
        )
        met = p95(times[-1]) <= most
        figures.append(Figure("lists", f"{store}: {page}", value, f"p95 {most} ms", met))
    return figures
