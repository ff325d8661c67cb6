"""The list of status codes, open to everybody."""

from django.http import HttpResponse
from rest_framework.request import Request

from embedded_api import envelope, errors
from embedded_api.base import ApiView
from embedded_api.status_codes import CODES


class StatusCodes(ApiView):
    """GET /v2/status_codes."""

    public = True

    def get(self, request: Request) -> HttpResponse:
        return envelope.answer({"statuses": [envelope.item_status(code) for code in CODES]})


class OneStatusCode(ApiView):
    """GET /v2/status_codes/{code}: the code asked for is the status of the answer."""

    public = True

    def get(self, request: Request, code: str) -> HttpResponse:
        if not (code.isascii() and code.isdecimal() and len(code) < 10 and int(code) in CODES):
            raise errors.missing("no such status code")
        return envelope.answer(code=int(code))
