"""Routes of label orders. Source: Clarifai API guide, section label orders."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, fields
from embedded_api.base import AppView
from embedded_api.bulk import Bulk
from embedded_api.label_orders import orders
from embedded_api.label_orders.printing import print_orders
from embedded_api.models import LabelOrder
from embedded_api.tasks import automation


class LabelOrders(AppView):
    """GET, POST, PATCH, DELETE .../label_orders."""

    def get(self, request: Request) -> HttpResponse:
        page = self.query.page()
        rows = LabelOrder.objects.filter(app=self.app).order_by("id")[page.start : page.stop]
        printed = print_orders(self.app, list(rows))
        return envelope.answer(raw={"label_orders": envelope.array(printed)})

    def post(self, request: Request) -> HttpResponse:
        return self._each(lambda sent, where: orders.create(self.app, sent, where))

    def patch(self, request: Request) -> HttpResponse:
        fields.action(self.body, "overwrite")
        return self._each(lambda sent, where: orders.overwrite(self.app, sent, where))

    def delete(self, request: Request) -> HttpResponse:
        orders.delete(self.app, fields.named(self.body, "ids"))
        return envelope.answer()

    def _each(self, act: Callable[[fields.Json, str], LabelOrder]) -> HttpResponse:
        listed = fields.objects(self.body, "label_orders", required=True)
        bulk = Bulk("label_orders", len(listed), self.invalid_code)
        for position, sent in enumerate(listed):
            try:
                order = act(sent, f"label_orders[{position}]")
                bulk.succeed(position, print_orders(self.app, [order])[0])
                if order.task is not None:
                    automation.begin(order.task)
            except Exception as error:  # Bulk raises what is a fault of ours
                echo = sent.get("id")
                bulk.fail(position, error, {"id": echo} if isinstance(echo, str) else {})
        return bulk.answer()


class OneLabelOrder(AppView):
    """GET .../label_orders/{label_order_id}."""

    def get(self, request: Request, label_order_id: str) -> HttpResponse:
        order = orders.find(self.app, label_order_id)
        return envelope.answer(raw={"label_order": print_orders(self.app, [order])[0]})
