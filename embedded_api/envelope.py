"""The status envelope around every answer. Source: Clarifai API guide, section responses."""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from rest_framework import exceptions

from embedded_api import errors, status_codes

logger = logging.getLogger(__name__)
request_id: ContextVar[str] = ContextVar("request_id", default="")
_encoder = msgspec.json.Encoder()


def dumps(value: Any) -> str:
    """Compact JSON text of plain values (finite numbers, text without surrogates)."""
    return _encoder.encode(value).decode()


def status(code: int, details: str = "", http: int | None = None) -> dict[str, Any]:
    """The `status` object of a whole answer."""
    body: dict[str, Any] = {"code": code, "description": status_codes.description(code)}
    if details:
        body["details"] = details
    body["req_id"] = request_id.get()
    if http is not None and http >= 400:
        body["http_status_code"] = http
    return body


def item_status(code: int, details: str = "") -> dict[str, Any]:
    """The `status` object of one item inside an answer."""
    body: dict[str, Any] = {"code": code, "description": status_codes.description(code)}
    if details:
        body["details"] = details
    return body


def answer(
    fields: Mapping[str, Any] | None = None,
    *,
    raw: Mapping[str, str] | None = None,
    http: int = 200,
    code: int = 10000,
    details: str = "",
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """`{"status": ..., **fields, **raw}`; `raw` values are JSON text that is joined in unparsed."""
    parts = ['{"status":', dumps(status(code, details, http))]
    for name, value in (fields or {}).items():
        parts += [',"', name, '":', dumps(value)]
    for name, text in (raw or {}).items():
        parts += [',"', name, '":', text]
    parts.append("}")
    response = HttpResponse("".join(parts), status=http, content_type="application/json")
    for header, text in (headers or {}).items():
        response[header] = text
    return response


def array(texts: list[str]) -> str:
    """JSON texts -> the text of one array."""
    return "[" + ",".join(texts) + "]"


def as_api_error(error: Exception, invalid_code: int = 11102) -> errors.ApiError:
    """Any exception -> the error that the caller gets. Faults of ours are logged here, once."""
    if isinstance(error, errors.ApiError):
        return error
    if isinstance(error, errors.FieldError):
        return errors.invalid(str(error), invalid_code)
    if isinstance(error, exceptions.MethodNotAllowed):
        return errors.ApiError(405, 11103, str(error.detail))
    if isinstance(error, exceptions.UnsupportedMediaType):
        return errors.ApiError(415, 11100, "the body must be sent as application/json")
    if isinstance(error, exceptions.APIException):
        return errors.ApiError(error.status_code, 11100, str(error.detail))
    if isinstance(error, Http404):
        return errors.missing("no such address")
    if isinstance(error, RequestDataTooBig):
        return errors.ApiError(413, 40033, "the body is too large")
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return errors.invalid("the request cannot be read", 11100)
    if isinstance(error, OperationalError) and "locked" in str(error):
        logger.warning("database was locked for the whole waiting time")
        return errors.ApiError(503, 40031, "the database is busy, try again", {"Retry-After": "1"})
    logger.error("unhandled error, request %s", request_id.get(), exc_info=error)
    return errors.ApiError(500, 99009, "an internal error was logged under this req_id")


def failure(error: Exception, invalid_code: int = 11102) -> HttpResponse:
    """The envelope for an exception."""
    known = as_api_error(error, invalid_code)
    return answer(http=known.http, code=known.code, details=known.details, headers=known.headers)
