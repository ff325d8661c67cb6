"""What the workbench's JSON routes share: reading ids, finding items, turning refusals into answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404

from annotations_ui.access import DeskRequest
from annotations_ui.json_body import BadBody, refuse
from dashboard.accounts.models import Connection, Membership
from dashboard.accounts.policies import PolicyError
from dashboard.labeling.policies import NotYourTurn
from dashboard.labeling.services import OperationTaken, StaleDraft
from dashboard.platforms.errors import PlatformError, Throttled
from dashboard.review.services import OperationReused
from dashboard.review.transitions import IllegalMove
from dashboard.sync.models import Task, WorkItem
from dashboard.sync.shapes import FieldErrors

View = Callable[..., HttpResponseBase]


def json_route(view: View) -> View:
    """Answer every expected refusal as JSON with a code, a sentence and, for bad input, the fields."""

    @wraps(view)
    def answered(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except BadBody as bad:
            return refuse(bad.status, "field", bad.detail, bad.fields)
        except FieldErrors as bad:
            return refuse(400, "field", "Some fields are not right.", bad.fields)
        except (IllegalMove, NotYourTurn, StaleDraft, OperationReused, OperationTaken) as refusal:
            return refuse(409, "conflict", str(refusal))
        except PolicyError as refusal:
            return refuse(403, "denied", str(refusal))
        except Http404:
            return refuse(404, "gone", "This does not exist, or you may not see it.")
        except Throttled:
            return refuse(
                503, "platform", "The platform asks us to slow down. Trying again in a moment helps."
            )
        except PlatformError as problem:
            return refuse(502, "platform", f"The platform did not answer as it should: {problem.message}")

    return answered


def here(request: DeskRequest) -> tuple[Connection, Membership]:
    """Connection and membership of a ``/c/<slug>/`` page; the middleware has made sure of both."""
    if request.desk.connection is None or request.desk.membership is None:
        raise Http404
    return request.desk.connection, request.desk.membership


def find_task(connection: Connection, pk: int) -> Task:
    return get_object_or_404(Task, pk=pk, connection=connection, deleted_at=None)


def find_item(connection: Connection, pk: int) -> WorkItem:
    """A work item of this connection with its task and input; 404 for any other."""
    return get_object_or_404(
        WorkItem.objects.select_related("task", "input", "connection"),
        pk=pk,
        connection=connection,
        task__deleted_at=None,
    )


def operation_id(value: Any) -> UUID:
    """The browser's operation id. Raises FieldErrors when it is not a UUID."""
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise FieldErrors({"operation": "must be a UUID made when the item was opened"}) from None


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise FieldErrors({name: "must be a text"})
    return value


def texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise FieldErrors({name: "must be a list of texts"})
    return value


def versions(body: dict[str, Any], name: str = "base") -> dict[str, str]:
    """{annotation id: version seen}. Raises FieldErrors."""
    value = body.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(version, str) for version in value.values()):
        raise FieldErrors({name: "must map annotation ids to the versions that were shown"})
    return value
