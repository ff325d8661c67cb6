"""Ids of an import, derived from the data set's name and the files in it (pure).

The same folder under the same data set name always gives the same ids, which is what makes an import
resumable: what is already there answers "already exists" and nothing is doubled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from dashboard.platforms.types import Concept

_NOT_SAFE = re.compile(r"[^a-z0-9]+")
_MAX = 60


def slug(text: str) -> str:
    """Lower-case letters, digits and single hyphens; may be empty."""
    return _NOT_SAFE.sub("-", text.lower()).strip("-")


def digest(*parts: str, length: int = 32) -> str:
    """Hexadecimal digest of the parts, which cannot run into each other."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]


def input_id(dataset: str, name: str) -> str:
    """Id of the input of one file: readable, unique, at most 60 characters."""
    plain = slug(f"{dataset}-{name}")
    tail = digest(dataset, name, length=8)
    return f"{plain[: _MAX - 9].strip('-') or 'input'}-{tail}"


def annotation_id(dataset: str, name: str, index: int) -> str:
    """Id of the annotation of the object at a 0-based place in one file."""
    return digest("annotation", dataset, name, str(index))


def task_id(dataset: str, task_name: str) -> str:
    """Id of the task that an import makes."""
    plain = slug(f"{dataset}-{task_name}")
    return f"{plain[: _MAX - 9].strip('-') or 'task'}-{digest('task', dataset, task_name, length=8)}"


def concept_ids(names: Iterable[str], existing: Iterable[Concept]) -> dict[str, Concept]:
    """The concept that stands for each written name.

    A concept of the app whose name or id is exactly the written name is taken. Otherwise the id is a slug
    of the name, with a digest behind it when another concept holds that slug. The order of names does not
    matter.
    """
    known = list(existing)
    by_name = {concept.name: concept for concept in reversed(known) if concept.name}
    by_id = {concept.id: concept for concept in known}
    found: dict[str, Concept] = {}
    wanted = sorted(set(names))
    slugs: dict[str, list[str]] = {}
    for name in wanted:
        taken = by_name.get(name) or by_id.get(name)
        if taken is not None:
            found[name] = taken
        else:
            slugs.setdefault(slug(name), []).append(name)
    held = set(by_id)
    for plain, claimants in slugs.items():
        for name in claimants:
            alone = plain and len(claimants) == 1 and plain not in held
            chosen = plain[:_MAX] if alone else f"{plain[: _MAX - 9] or 'concept'}-{digest(name, length=8)}"
            found[name] = Concept(id=chosen, name=name)
    return found
