"""Merge, overwrite and remove on the `data` object of an annotation. Pure: no Django, no database.

The rules follow the Clarifai API guide, section on patching annotations. `current` and `sent` are JSON
objects (dicts of JSON values); neither is changed, and the answer shares no mutable part with them.

| action      | scalar         | object           | list of objects with `id`      | other list     |
|-------------|----------------|------------------|--------------------------------|----------------|
| `merge`     | sent replaces  | key by key, deep | same id: merged into that one; | sent elements  |
|             |                |                  | new id or none: appended       | are appended   |
| `overwrite` | `data` becomes what was sent; keys, elements and ids that were not sent are gone        |
| `remove`    | sent key goes  | key by key, deep | elements with the sent ids go  | equal ones go  |

Details, each chosen where the guide is silent or contradicts itself:

- `null` stands for "not sent" at every depth, as in protobuf JSON.
- `merge`: an empty object or list replaces what is there (it empties it).
- `merge`: a region without the id of the current region is another region and is appended; the caller refuses
  an annotation with two regions.
- `remove`: what is not there is left alone. `false` overwrites a value that is there instead of removing it.
  An empty object or list names nothing, so it removes nothing.
- `remove`: an element sent with its id and with objects or lists of its own is entered (so
  `{"regions": [{"id": r, "data": {"concepts": [{"id": c}]}}]}` takes one concept out of a region); an
  element sent with its id and scalars only is deleted whole.
- `remove`: an object or list that was entered and is empty afterwards goes too, and so does an entered
  element that has nothing left but its id.
- Defaults (a concept without `value` counts as 1) and new ids are the caller's to fill in afterwards.
"""

from __future__ import annotations

from typing import Any, Final, Literal

Action = Literal["merge", "overwrite", "remove"]
ACTIONS: Final[tuple[str, ...]] = ("merge", "overwrite", "remove")
MAX_DEPTH: Final = 64


class PatchError(ValueError):
    """The patch cannot be applied; the text says why."""


def apply_patch(current: dict[str, Any], sent: dict[str, Any], action: Action | str) -> dict[str, Any]:
    """The `data` object after the patch. Raises PatchError for an unknown action, a `sent` that is no object,
    or nesting deeper than 64."""
    if action not in ACTIONS:
        raise PatchError(f"action must be one of merge, overwrite, remove, not {action!r}")
    if not isinstance(sent, dict):
        raise PatchError("data must be an object")
    if action == "overwrite":
        return _copy(sent, 0)
    if action == "merge":
        return _merge_object(current, sent, 0)
    return _remove_object(current, sent, 0)


def _copy(value: Any, depth: int) -> Any:
    """A deep copy without nulls."""
    if depth > MAX_DEPTH:
        raise PatchError(f"data is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {key: _copy(item, depth + 1) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_copy(item, depth + 1) for item in value if item is not None]
    return value


def _id_of(element: Any) -> str | None:
    """The id by which an element of a list is found, or None when it has none."""
    found = element.get("id") if isinstance(element, dict) else None
    return found if isinstance(found, str) and found else None


def _same(first: Any, second: Any) -> bool:
    """Equality of JSON values, for which Python's True == 1 does not hold."""
    return first == second and isinstance(first, bool) == isinstance(second, bool)


def _merge_object(current: dict[str, Any], sent: dict[str, Any], depth: int) -> dict[str, Any]:
    if not sent and depth:
        return {}
    merged = _copy(current, depth)
    for key, value in sent.items():
        if value is None:
            continue
        before = merged.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[key] = _merge_object(before, value, depth + 1)
        elif isinstance(value, list) and isinstance(before, list):
            merged[key] = _merge_list(before, value, depth + 1)
        elif isinstance(value, list):
            # Elements that repeat an id inside one patch meet each other, as they would in two patches.
            merged[key] = _merge_list([], value, depth + 1)
        else:
            merged[key] = _copy(value, depth + 1)
    return merged


def _merge_list(current: list[Any], sent: list[Any], depth: int) -> list[Any]:
    if not sent:
        return []
    merged = _copy(current, depth)
    places = {found: place for place, item in enumerate(merged) if (found := _id_of(item)) is not None}
    for element in sent:
        if element is None:
            continue
        known = _id_of(element)
        if known is not None and known in places:
            merged[places[known]] = _merge_object(merged[places[known]], element, depth + 1)
            continue
        if known is not None:
            places[known] = len(merged)
        merged.append(_copy(element, depth + 1))
    return merged


def _remove_object(current: dict[str, Any], sent: dict[str, Any], depth: int) -> dict[str, Any]:
    left = _copy(current, depth)
    for key, value in sent.items():
        if value is None or key not in left:
            continue
        before = left[key]
        if value is False:
            left[key] = False
        elif value in ({}, []):
            continue
        elif isinstance(value, dict) and isinstance(before, dict):
            left[key] = _remove_object(before, value, depth + 1)
        elif isinstance(value, list) and isinstance(before, list):
            left[key] = _remove_from_list(before, value, depth + 1)
        else:
            del left[key]
            continue
        if left[key] in ({}, []):
            del left[key]
    return left


def _remove_from_list(current: list[Any], sent: list[Any], depth: int) -> list[Any]:
    left = _copy(current, depth)
    for element in sent:
        known = _id_of(element)
        if known is None:
            left = [item for item in left if not _same(item, element)]
            continue
        inner = {key: value for key, value in element.items() if key != "id"}
        if not any(isinstance(value, dict | list) and value for value in inner.values()):
            left = [item for item in left if _id_of(item) != known]
            continue
        kept = []
        for item in left:
            if _id_of(item) == known:
                item = _remove_object(item, inner, depth + 1)
                if set(item) <= {"id"}:
                    continue
            kept.append(item)
        left = kept
    return left
