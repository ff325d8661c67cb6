"""Making, changing and deleting label orders. Source: Clarifai API guide, section label orders.

An order is posted together with its task, which it keeps for life. The platform's own staff moves an order from
pending (55001) over in progress (55002) to released (55003) or cancelled (55004); here its owner sets the status.
Nothing that happens to an order changes the status of its task.
"""

from __future__ import annotations

from django.db import transaction

from embedded_api import clock, errors, fields, ids
from embedded_api.errors import FieldError
from embedded_api.fields import Json, join
from embedded_api.models import App, LabelOrder
from embedded_api.tasks.creation import create_task
from embedded_api.tasks.editing import patch_task
from embedded_api.tasks.reading import read_task

CODES = range(55001, 55005)
PENDING = 55001


def find(app: App, public_id: str) -> LabelOrder:
    """The order; raises ApiError 11101."""
    found = LabelOrder.objects.filter(app=app, public_id=public_id).first()
    if found is None:
        raise errors.missing(f"the app has no label order {public_id[:128]}")
    return found


def create(app: App, sent: Json, where: str) -> LabelOrder:
    """One member of PostLabelOrders: the order and its task, or neither."""
    order = LabelOrder(app=app, public_id=fields.identifier(sent, "id", where, required=False) or ids.new())
    _fill(order, sent, where)
    if not fields.mapping(sent, "task", where):
        raise FieldError(join(where, "task"), "is required")
    spec = read_task(sent["task"], join(where, "task"))
    if spec.label_order_id not in ("", order.public_id):
        raise FieldError(f"{where}.task.label_order_id", f"is not the id of this order, {order.public_id}")
    spec.label_order_id = ""
    with transaction.atomic():
        if LabelOrder.objects.filter(app=app, public_id=order.public_id).exists():
            raise errors.duplicate(f"{join(where, 'id')}: {order.public_id} is taken")
        order.task = create_task(app, spec)
        order.created_at = order.modified_at = clock.now()
        order.save()
    return order


def overwrite(app: App, sent: Json, where: str) -> LabelOrder:
    """One member of PatchLabelOrders: the order becomes what is sent; a status that is not sent stays.

    A `task` that is sent must be the order's own; what it holds beside its id overwrites the task.
    """
    public_id = fields.identifier(sent, "id", where)
    task, place = fields.mapping(sent, "task", where), join(where, "task")
    with transaction.atomic():
        order = find(app, public_id)
        _fill(order, sent, where)
        if task:
            own = order.task.public_id if order.task else ""
            if fields.identifier(task, "id", place) != own:
                raise FieldError(f"{place}.id", f"must be the order's task, {own or 'which is deleted'}")
            if set(task) != {"id"}:
                patch_task(app, task, place, "overwrite")
        order.modified_at = clock.later_than(order.modified_at)
        order.save()
    return order


def delete(app: App, public_ids: list[str]) -> None:
    """Delete orders; their tasks stay. All or nothing: raises ApiError 11101."""
    with transaction.atomic():
        rows = LabelOrder.objects.filter(app=app, public_id__in=public_ids)
        errors.check_known(public_ids, rows.values_list("public_id", flat=True), "the app has no label order")
        rows.delete()


def _fill(order: LabelOrder, sent: Json, where: str) -> None:
    order.name = fields.text(sent, "name", where, limit=255)
    if not order.name.strip():
        raise FieldError(join(where, "name"), "is required")
    order.auto_release = fields.flag(sent, "auto_release", where)
    order.allow_empty_tag = fields.flag(sent, "allow_empty_tag", where)
    for name in ("desired_fulfill_time", "estimate_fulfill_time"):
        value = sent.get(name, "")
        setattr(order, name, fields.moment(value, join(where, name)) if value else "")
    code = fields.status_code(sent, "status", where, family=CODES)
    order.status_code = code or order.status_code or PENDING
