"""Masks: sent as a PNG in base64, kept as hosted files, printed with their address.

In the stored `data` a mask has the name of its file only; each file belongs to one annotation and goes with it.
Source: Clarifai API, messages Mask and Image.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from embedded_api.annotations import geometry
from embedded_api.errors import ApiError, FieldError
from embedded_api.fields import Json
from embedded_api.inputs import pictures
from embedded_api.models import Annotation, Input

MAX_BYTES = 2 * 1024 * 1024
NEEDS_PICTURE = "must be a PNG in base64, or the present mask of this annotation"


def take(sent: Json, where: str) -> pictures.Picture | None:
    """Replace the base64 of a sent annotation's mask by its name to be; answers the picture, not yet stored."""
    image, place = _image(sent, where)
    encoded = image.pop("base64", None)
    if encoded is None:
        return None
    if not isinstance(encoded, str) or len(encoded) > MAX_BYTES * 4 // 3 + 4:
        raise FieldError(f"{place}.base64", f"must be base64 text of at most {MAX_BYTES} bytes")
    try:
        picture = pictures.read(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise FieldError(f"{place}.base64", "is not base64") from None
    except ApiError as error:
        raise FieldError(f"{place}.base64", error.details) from None
    if picture.format != "PNG":
        raise FieldError(f"{place}.base64", "must be a PNG")
    image.clear()
    image["hosted"] = {"suffix": picture.name}
    return picture


def check(named: str, where: str, *allowed: str) -> None:
    """Raises FieldError unless the mask that an annotation's new `data` names belongs to this annotation."""
    if named and named not in allowed:
        raise FieldError(f"{where}.data", f"the image of the mask {NEEDS_PICTURE}")


@contextmanager
def stored(fresh: dict[str, pictures.Picture]) -> Iterator[set[str]]:
    """Files of new masks, by annotation id, are on the disk while rows are written.

    The body adds the ids that were written to the set that it gets; the files of all others go again.
    """
    kept: set[str] = set()
    for picture in fresh.values():
        pictures.store(picture)
    try:
        yield kept
    finally:
        for public_id in fresh.keys() - kept:
            pictures.remove(fresh[public_id].name)


def drop(names: Iterable[str]) -> None:
    """Delete the files of masks, if the transaction that is open now succeeds."""
    for name in names:
        if name:
            transaction.on_commit(partial(pictures.remove, name))


def drop_of_inputs(inputs: QuerySet[Input]) -> None:
    """The same for all masks on inputs that are about to go; call inside the transaction."""
    drop(Annotation.objects.filter(input__in=inputs).exclude(mask="").values_list("mask", flat=True))


def _image(sent: Json, where: str) -> tuple[Json, str]:
    """`image` of the mask in `data` or in its frame, and its place; ({}, "") when there is none."""
    data, place = sent.get("data"), f"{where}.data"
    frame = _first(data, "frames")
    if frame:
        data, place = frame.get("data"), f"{place}.frames[0].data"
    info: Any = _first(data, "regions").get("region_info")
    mask = info.get("mask") if isinstance(info, dict) else None
    image = mask.get("image") if isinstance(mask, dict) else None
    if not isinstance(image, dict):
        return {}, ""
    return image, f"{place}.regions[0].region_info.mask.image"


def _first(data: Any, name: str) -> Json:
    """The first member of a list, {} when there is none. What has another form is refused where `data` is read."""
    members = data.get(name) if isinstance(data, dict) else None
    found = members[0] if isinstance(members, list) and members else None
    return found if isinstance(found, dict) else {}


def shown(data: str, name: str, prefix: str) -> str:
    """JSON text of `data` with the address of its mask filled in. `prefix`: start of hosted addresses."""
    stored = geometry.MASK.format(name=name)
    full = f'"url":"{prefix}/orig/{name}","hosted":{{"prefix":"{prefix}","suffix":"{name}","sizes":["orig"]}}'
    return data.replace(stored, full)
