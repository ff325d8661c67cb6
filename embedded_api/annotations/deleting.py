"""DELETE annotations. The answer is a bare status, so it names what failed in its details.

Source: Clarifai API guide, section delete annotations.
"""

from collections.abc import Iterable

from django.db import transaction

from embedded_api import errors
from embedded_api.annotations import masks
from embedded_api.annotations.access import Precondition, may_change
from embedded_api.annotations.posting import Room
from embedded_api.errors import ApiError, FieldError
from embedded_api.models import Annotation


def delete(rows: Iterable[Annotation]) -> None:
    """Delete rows and what belongs to them; call inside a transaction."""
    gone = list(rows)
    masks.drop(row.mask for row in gone)
    Annotation.objects.filter(pk__in=[row.pk for row in gone]).delete()


def check(row: Annotation, room: Room, needed: Precondition) -> None:
    """Raises ApiError when this annotation may not be deleted now by this user."""
    may_change(row, room.user_id, room.is_owner)
    if row.input_level:
        raise errors.invalid("an input-level annotation goes only with its input", 24155)
    needed.check(row)


def delete_of_inputs(input_ids: list[str], room: Room, needed: Precondition) -> None:
    """All annotations of these inputs but the input-level ones; all or nothing."""
    with transaction.atomic():
        rows = list(
            Annotation.objects.filter(
                app=room.app, input__app=room.app, input__public_id__in=input_ids, input_level=False
            )
        )
        for row in rows:
            check(row, room, needed)
        delete(rows)


def delete_pairs(input_ids: list[str], wanted: list[str], room: Room, needed: Precondition) -> None:
    """These pairs, all or nothing; what failed is named in the details, a failed precondition first of all."""
    if len(wanted) != len(input_ids):
        raise FieldError("ids", "must be as many as input_ids, pair by pair")
    gone: list[Annotation] = []
    failed: list[ApiError] = []
    with transaction.atomic():
        rows = Annotation.objects.filter(app=room.app, public_id__in=wanted)
        found = {(row.input_public_id, row.public_id): row for row in rows}
        for place, pair in enumerate(zip(input_ids, wanted, strict=True)):
            try:
                row = found.get(pair)
                if row is None:
                    raise errors.missing("no annotation with this id on this input")
                check(row, room, needed)
                gone.append(row)
            except ApiError as error:
                failed.append(ApiError(error.http, error.code, f"ids[{place}]: {error.details}"))
        if failed:
            chief = next((one for one in failed if one.http == 412), failed[0])
            raise ApiError(chief.http, chief.code, "; ".join(one.details for one in failed))
        delete(gone)
