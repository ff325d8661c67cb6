"""What a warm start may leave out: migrations that are applied, static files that are collected."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from devtools import environment


def applied(database: Path) -> set[tuple[str, str]]:
    """(app, migration) pairs that the SQLite file says are applied; empty when it is not there."""
    if not database.is_file():
        return set()
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            return set(connection.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error:
        return set()


def wanted(package: Path) -> set[tuple[str, str]]:
    """(app, migration) pairs of the migration files under `package`; the app is the folder's name."""
    files = package.glob("**/migrations/[0-9]*.py")
    return {(file.parent.parent.name, file.stem) for file in files}


def is_migrated(database: Path, package: Path) -> bool:
    """Whether every migration of `package` is applied. Those of the libraries are covered by `pins`."""
    files = wanted(package)
    return bool(files) and files <= applied(database)


def pins() -> str:
    """Changes with the installed libraries, which bring migrations and static files of their own."""
    return environment.fingerprint(environment.CORE)


def static_files(*folders: Path) -> str:
    """Changes when a static file was added, removed or edited, or the libraries changed."""
    digest = hashlib.sha256(pins().encode())
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            state = path.stat()
            digest.update(f"{path.relative_to(folder)}\0{state.st_size}\0{state.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def recall(mark: Path) -> str:
    """What `remember` wrote last, or ''."""
    try:
        return mark.read_text()
    except OSError:
        return ""


def remember(mark: Path, value: str) -> None:
    """Write `value`, whole or not at all."""
    part = mark.with_suffix(".part")
    part.write_text(value)
    os.replace(part, mark)
