"""Label orders: calls and their mapping."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from ..errors import Rejected
from ..types import LabelOrder, LabelOrderState, Task
from . import mapping, task_bodies
from .answers import envelope
from .calls import Calls, understood
from .codes import LABEL_ORDER_NAMES, LABEL_ORDER_STATES, StatusWire


class LabelOrderCalls(Calls):
    """List, make, change and delete orders."""

    def list_label_orders(self) -> list[LabelOrder]:
        found = list(self.rows("list_label_orders", "label_orders"))
        return self.each(found, "label order", label_order)

    def create_label_order(self, order: LabelOrder, task: Task) -> LabelOrder:
        body = order_body(order) | {
            "task": task_bodies.task_body(task, subset=self.capabilities.task_input_subset)
        }
        return self._write_order("post_label_orders", {"label_orders": [body]}, order.id)

    def edit_label_order(self, order: LabelOrder) -> LabelOrder:
        path = {"label_order_id": order.id}
        current = self.client.call("get_label_order", envelope, path=path).one("label_order")
        body = understood(partial(edited_order, new=order), current)
        return self._write_order(
            "patch_label_orders", {"label_orders": [body], "action": "overwrite"}, order.id
        )

    def delete_label_order(self, order_id: str) -> None:
        self.delete_by_ids("delete_label_orders", [order_id])

    def _write_order(self, route: str, body: dict[str, Any], order_id: str) -> LabelOrder:
        return self.single("label order", label_order, self.write_one(route, "label_orders", body, order_id))


class _Id(msgspec.Struct):
    id: str | None = ""


class _LabelOrder(msgspec.Struct):
    id: str
    name: str | None = ""
    status: StatusWire | None = None
    auto_release: bool | None = False
    allow_empty_tag: bool | None = False
    desired_fulfill_time: str | None = ""
    estimate_fulfill_time: str | None = ""
    task: _Id | None = None
    created_at: str | None = ""
    modified_at: str | None = ""


_read_order = msgspec.json.Decoder(_LabelOrder).decode
# Kept by the platform, never sent back.
_READ_ONLY = ("created_at", "modified_at")


def label_order(raw: bytes | Raw) -> LabelOrder:
    """One label order."""
    wire = _read_order(raw)
    number = wire.status.number if wire.status else 0
    return LabelOrder(
        id=wire.id,
        name=wire.name or "",
        state=LABEL_ORDER_STATES.get(number, LabelOrderState.UNKNOWN),
        auto_release=bool(wire.auto_release),
        allow_empty=bool(wire.allow_empty_tag),
        wanted_at=mapping.moment(wire.desired_fulfill_time),
        expected_at=mapping.moment(wire.estimate_fulfill_time),
        task_id=(wire.task.id if wire.task else "") or "",
        created_at=mapping.moment(wire.created_at),
        modified_at=mapping.moment(wire.modified_at),
    )


def order_body(order: LabelOrder) -> dict[str, Any]:
    """The JSON object of an order to create, without its task."""
    if not order.name.strip():
        raise Rejected("The order has no name.", fields={"name": "required"})
    body: dict[str, Any] = {
        "id": order.id,
        "name": order.name,
        "auto_release": order.auto_release,
        "allow_empty_tag": order.allow_empty,
    }
    times: dict[str, datetime | None] = {
        "desired_fulfill_time": order.wanted_at,
        "estimate_fulfill_time": order.expected_at,
    }
    return body | {key: mapping.rfc3339(when) for key, when in times.items() if when is not None}


def edited_order(current: bytes | Raw, new: LabelOrder) -> dict[str, Any]:
    """The whole order as read, with what ``new`` says put in; of its task only the id is named."""
    former: dict[str, Any] = msgspec.json.decode(current, type=dict[str, Any])
    dropped = (*_READ_ONLY, "desired_fulfill_time", "estimate_fulfill_time", "status", "task")
    body = {key: value for key, value in former.items() if key not in dropped} | order_body(new)
    if new.state in LABEL_ORDER_NAMES:
        body["status"] = {"code": LABEL_ORDER_NAMES[new.state]}
    task = former.get("task")
    if isinstance(task, dict) and task.get("id"):
        body["task"] = {"id": task["id"]}
    return body
