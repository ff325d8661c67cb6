"""A warm start leaves out only what is done already."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from devtools import freshness


def make_migration(package: Path, app: str, name: str) -> None:
    folder = package / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").touch()
    (folder / "__init__.py").touch()


def record(database: Path, app: str, name: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS django_migrations (app TEXT, name TEXT)")
        connection.execute("INSERT INTO django_migrations VALUES (?, ?)", (app, name))


def test_a_database_is_migrated_once_it_records_every_file(tmp_path: Path) -> None:
    package, database = tmp_path / "house", tmp_path / "data.sqlite3"
    make_migration(package, "rooms", "0001_initial")
    make_migration(package, "doors", "0001_initial")
    assert not freshness.is_migrated(database, package), "no database"
    assert not database.exists(), "looking makes no file"
    record(database, "rooms", "0001_initial")
    assert not freshness.is_migrated(database, package)
    record(database, "doors", "0001_initial")
    record(database, "auth", "0001_initial")
    assert freshness.is_migrated(database, package)
    make_migration(package, "rooms", "0002_more")
    assert not freshness.is_migrated(database, package)


def test_a_file_that_is_no_database_is_not_migrated(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a database")
    make_migration(tmp_path / "house", "rooms", "0001_initial")
    assert not freshness.is_migrated(tmp_path / "data", tmp_path / "house")


def test_static_files_are_collected_again_after_any_change(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text("a")
    seen = {freshness.static_files(tmp_path)}
    (tmp_path / "css" / "b.css").write_text("b")
    seen.add(freshness.static_files(tmp_path))
    (tmp_path / "css" / "a.css").write_text("longer")
    seen.add(freshness.static_files(tmp_path))
    (tmp_path / "css" / "b.css").unlink()
    seen.add(freshness.static_files(tmp_path))
    assert len(seen) == 4
    assert freshness.static_files(tmp_path) in seen


def test_a_mark_is_remembered_whole(tmp_path: Path) -> None:
    mark = tmp_path / "static"
    assert freshness.recall(mark) == ""
    freshness.remember(mark, "one")
    freshness.remember(mark, "two")
    assert freshness.recall(mark) == "two"
    assert list(tmp_path.iterdir()) == [mark]
