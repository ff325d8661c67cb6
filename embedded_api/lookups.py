"""Reads that nearly every request makes, as plain SQL: the ORM takes five times as long to put them together."""

from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def first(model: type[Row], **columns: Any) -> Row | None:
    """A row of `model` with these values in these columns; None when there is none."""
    where = " AND ".join(f"{name} = %s" for name in columns)
    statement = f"SELECT * FROM {model._meta.db_table} WHERE {where}"  # noqa: S608 (names from our code)
    return next(iter(model._base_manager.raw(statement, [*columns.values()])), None)


def values(statement: str, *parameters: Any) -> list[Any]:
    """The first column of what a SELECT finds."""
    return [row[0] for row in pairs(statement, *parameters)]


def pairs(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows that a SELECT finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
