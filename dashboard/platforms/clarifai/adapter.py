"""The Clarifai platform behind our interface, put together from its groups of calls.

One instance acts with one token; it is safe to use from several threads.
"""

from __future__ import annotations

from ..errors import Unsupported
from ..types import Capabilities
from .accounts import AccountCalls
from .annotations import AnnotationCalls
from .assignments import AssignmentCalls
from .checking import CheckCalls
from .choices import ChoiceCalls
from .label_orders import LabelOrderCalls
from .suggestions import SuggestionCalls
from .task_calls import TaskCalls


class ClarifaiPlatform(
    AccountCalls,
    CheckCalls,
    AnnotationCalls,
    TaskCalls,
    AssignmentCalls,
    ChoiceCalls,
    SuggestionCalls,
    LabelOrderCalls,
):
    """Implements :class:`dashboard.platforms.interface.Platform` for Clarifai v2."""

    capabilities = Capabilities()

    def provision_owner(self, name: str) -> str:
        raise Unsupported("Accounts of this platform are made on the platform itself.")

    def provision_person(self, user_id: str, name: str) -> str:
        raise Unsupported("People of this platform are invited on the platform itself.")
