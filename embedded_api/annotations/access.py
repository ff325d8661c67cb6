"""Who may write which annotation, and the preconditions of a write."""

import re

from django.http import HttpRequest
from rest_framework.request import Request

from embedded_api import lookups
from embedded_api.annotations.printing import entity_tag
from embedded_api.errors import ApiError, denied, precondition_failed
from embedded_api.models import Annotation, App

PERMISSION_DENIED = 24156
_TAGS = re.compile(r'\s*(?:"[\x21\x23-\x7e]*"\s*(?:,\s*|$))+')
_TAG = re.compile(r'"[\x21\x23-\x7e]*"')
MAX_TAGS = 1000


def members(app: App) -> set[str]:
    """Ids of the owner and of all collaborators."""
    found = lookups.values("SELECT user_id FROM embedded_api_collaborator WHERE app_id = %s", app.pk)
    return {app.owner_id, *found}


def may_change(annotation: Annotation, user_id: str, is_owner: bool) -> None:
    """The owner of the app changes any annotation, a collaborator only their own; raises ApiError 24156."""
    if not is_owner and annotation.user_id != user_id:
        raise denied("this annotation belongs to another user", PERMISSION_DENIED)


class Precondition:
    """The tags of an If-Match header; without the header everything matches."""

    def __init__(self, request: Request | HttpRequest) -> None:
        header = request.headers.get("If-Match", "").strip()
        self._any = header in ("", "*")
        if not self._any and not _TAGS.fullmatch(header):
            raise ApiError(400, 11102, 'If-Match: must be entity tags such as "id@time", separated by commas')
        self._tags = frozenset(_TAG.findall(header))
        if len(self._tags) > MAX_TAGS:
            raise ApiError(400, 11102, f"If-Match: must have at most {MAX_TAGS} tags")

    def check(self, annotation: Annotation) -> None:
        """Raises ApiError 412 when the annotation is not in a state that the caller has named."""
        if not self._any and entity_tag(annotation.public_id, annotation.modified_at) not in self._tags:
            raise precondition_failed()
