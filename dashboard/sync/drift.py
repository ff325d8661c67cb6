"""What a platform's answers held beyond its schema: added up per connection, so that an admin can see it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dashboard.platforms.interface import Platform
from dashboard.platforms.types import DriftRow

from .models import Drift

#: Rows of one connection; a platform that invents names without end fills no table.
MOST = 500


def record(connection_id: int, platforms: Iterable[Platform]) -> None:
    """Add what these adapters counted, at the end of their work: each counts from its own beginning."""
    found: dict[tuple[str, str, str], DriftRow] = {}
    numbers: dict[tuple[str, str, str], int] = {}
    for platform in platforms:
        for row in platform.drift.rows():
            key = (row.kind[:60], row.what[:40], row.name[:120])
            found[key] = row
            numbers[key] = numbers.get(key, 0) + row.count
    if not found:
        return
    now = timezone.now()
    with transaction.atomic():
        rows = Drift.objects.filter(connection_id=connection_id)
        known = {(row.kind, row.what, row.name): row.pk for row in rows}
        for key, number in numbers.items():
            if key in known:
                Drift.objects.filter(pk=known[key]).update(count=F("count") + number, last_seen_at=now)
        new = [key for key in found if key not in known][: max(0, MOST - len(known))]
        Drift.objects.bulk_create(
            [
                Drift(
                    connection_id=connection_id,
                    kind=key[0],
                    what=key[1],
                    name=key[2],
                    count=numbers[key],
                    example=found[key].example[:120],
                    first_seen_at=now,
                    last_seen_at=now,
                )
                for key in new
            ],
            ignore_conflicts=True,  # another worker met it first
        )
