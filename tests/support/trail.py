"""Tests with real transactions empty all tables at their end, which the audit trail refuses on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.db import connection


def allow() -> None:
    """Take the refusals off the audit table of the present database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in rules().SQLITE:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS audit_append_only ON audit_auditentry")


def refuse() -> None:
    """Put them on again, with the migration's own SQL."""
    allow()
    with connection.cursor() as cursor:
        statements = rules().SQLITE.values() if connection.vendor == "sqlite" else rules().POSTGRESQL[1:]
        for statement in statements:
            cursor.execute(statement)


def rules() -> Any:
    return import_module("dashboard.audit.migrations.0002_append_only")


@contextmanager
def tampering() -> Iterator[None]:
    """As somebody with the database's own password."""
    allow()
    yield
    refuse()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """SQLite empties a table by deleting its rows, so there only changing them stays refused in tests."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_no_delete")
