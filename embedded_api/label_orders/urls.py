"""Addresses of label orders."""

from embedded_api.label_orders import views
from embedded_api.routing import app_route

urlpatterns = [
    *app_route("label_orders", views.LabelOrders, "label_orders"),
    *app_route("label_orders/<str:label_order_id>", views.OneLabelOrder, "label_order"),
]
