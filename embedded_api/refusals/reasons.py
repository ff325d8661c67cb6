"""Which routes this server refuses, and why. Pure: no Django.

What is served is said by `embedded_api.rpcs`; of the rest, only what a rule below names is refused with its reason.
"""

import re

from embedded_api import errors, rpcs
from embedded_api.refusals.listed import FURTHER, LISTED, Route

_RULES = (
    (r"/modules", "modules are programs for the vendor's own web pages"),
    (r"/runners", "runners bring models of one's own; this server has built-in ones only"),
    (r"/trending_metrics", "how often things are looked at is not counted here"),
    (r"/stats/values", "no values of one's own are kept; tasks, inputs and concepts have their counts"),
    (r"/evaluations|/models/.*/metrics$", "models are not evaluated here"),
    (r"/validate_password$", "there are no passwords here; a token is the only key"),
    (r"/duplications", "apps are not copied here"),
    (r"/bulk_operations", "changes are sent as calls with up to 128 items"),
    (
        r"track_annotations|annotation_tracks|/stream/live$",
        "tracks of videos and live streams are not kept here",
    ),
    (
        r"/models|/workflows",
        "models and workflows are built in: they can be listed, read and asked for outputs only",
    ),
)


def _reason(route: Route) -> str:
    if rpcs.find(*route) is not None:
        return ""
    return next((reason for rule, reason in _RULES if re.search(rule, route.path)), "")


REFUSED = {route: reason for route in (*LISTED, *FURTHER) if (reason := _reason(route))}
_BY_PATH = {(route.verb, rpcs.blank(route.path)): (route, reason) for route, reason in REFUSED.items()}


def refusal(verb: str, route: str) -> errors.ApiError | None:
    """501 with 10040 for a verb and a route of the URL conf that are refused, else None."""
    found = _BY_PATH.get((verb, rpcs.blank(route)))
    if found is None:
        return None
    named, reason = found
    return errors.not_implemented(f"{named} is not implemented: {reason}")
