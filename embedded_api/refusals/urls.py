"""Addresses of which no verb is served. Where another verb of the address is, `embedded_api.base` refuses."""

import re

from django.urls import path

from embedded_api import rpcs
from embedded_api.base import ApiView
from embedded_api.refusals.reasons import REFUSED


class Refused(ApiView):
    """Has no handlers, so that every verb is refused."""


def _route(address: str) -> str:
    """`/v2/models/{model_id}` -> `v2/models/<str:model_id>`."""
    return re.sub(r"\{(\w+)\}", r"<str:\1>", address.removeprefix("/"))


_addresses = dict.fromkeys(route.path for route in REFUSED if not rpcs.is_served(route.path))
urlpatterns = [path(_route(address), Refused.as_view()) for address in _addresses]
