"""Fills the embedded platform's database with inputs or annotations; run by the sync part as a program.

    DJANGO_SETTINGS_MODULE=embedded_api.settings python -m bench.platform_rows inputs APP NUMBER
    DJANGO_SETTINGS_MODULE=embedded_api.settings python -m bench.platform_rows annotations APP TASK NUMBER

Rows are written directly because only reading is measured; each annotation is a copy of one that the server
stored itself, so its text is what the server writes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import django

django.setup()

from django.db import transaction  # noqa: E402

from embedded_api import clock  # noqa: E402
from embedded_api.envelope import dumps  # noqa: E402
from embedded_api.models import Annotation, App, Input, Task  # noqa: E402

CHUNK = 2_000


def add_inputs(app: App, number: int) -> None:
    first = Input.objects.filter(app=app).first()
    assert first is not None, "one input is posted before"
    same = {
        name: getattr(first, name)
        for name in ("data", "width", "height", "format", "color_mode", "size", "media")
    }
    rows = (Input(app=app, public_id=f"in-{place:06}", **same) for place in range(1, number))
    _insert(Input, rows)


def add_annotations(app: App, task: Task, number: int) -> None:
    """Spread evenly over the app's inputs, in the name of the first worker, awaiting review."""
    model = Annotation.objects.filter(app=app, task_id=task.public_id).exclude(data="{}").get()
    data = json.loads(model.data)
    # One a second up to now: a pull reads the last minutes again, and all at once would be a rare case.
    latest = datetime.now(UTC)
    inputs = list(Input.objects.filter(app=app).order_by("pk").values_list("pk", "public_id"))

    def rows() -> Iterator[Annotation]:
        for place in range(1, number):
            pk, public_id = inputs[place % len(inputs)]
            region = data["regions"][0]
            region["id"] = f"rg{place:030}"
            edge = (place % 997) / 2000
            region["region_info"]["bounding_box"] = {
                "top_row": edge,
                "left_col": round(edge / 3, 6),
                "bottom_row": edge + 0.4,
                "right_col": round(edge / 3 + 0.3, 6),
            }
            yield Annotation(
                app=app,
                input_id=pk,
                input_public_id=public_id,
                public_id=f"an{place:030}",
                user_id=model.user_id,
                task_id=task.public_id,
                status_code=model.status_code,
                data=dumps(data),
                modified_at=(latest - timedelta(seconds=number - place)).strftime(clock.FORMAT),
            )

    _insert(Annotation, rows())


def _insert(model: type, rows: Iterator[object]) -> None:
    with transaction.atomic():
        while part := list(islice(rows, CHUNK)):
            model.objects.bulk_create(part, batch_size=500)


def main(what: str, app_id: str, *rest: str) -> None:
    app = App.objects.get(public_id=app_id)
    if what == "inputs":
        add_inputs(app, int(rest[0]))
    else:
        add_annotations(app, Task.objects.get(app=app, public_id=rest[0]), int(rest[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
