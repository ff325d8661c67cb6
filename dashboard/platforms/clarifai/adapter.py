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

    capabilities = Capabilities(
        reasons={
            "assignment_listing": (
                "Clarifai hands out assignments ten at a time and lists them nowhere; the state of the work is read "
                "from its annotations and counts."
            ),
            "task_input_subset": (
                "Clarifai makes tasks over all inputs, a dataset, a saved search or one input. To choose inputs, put "
                "them into a dataset there."
            ),
            "preconditions": (
                "Clarifai keeps no versions of an annotation: of two changes at the same moment the later one stays."
            ),
            "act_for_others": (
                "Clarifai counts a submission or review for the person whose token sends it, so everybody needs a "
                "token of their own."
            ),
            "provision_people": "People are invited on Clarifai itself.",
        }
    )

    def provision_owner(self, name: str) -> str:
        raise Unsupported("Accounts of this platform are made on the platform itself.")

    def provision_person(self, user_id: str, name: str) -> str:
        raise Unsupported("People of this platform are invited on the platform itself.")
