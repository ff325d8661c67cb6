"""Reading the rights that somebody gives: scopes and endpoints of keys and collaborators."""

from collections.abc import Sequence

from embedded_api import errors, fields, rpcs
from embedded_api.errors import FieldError
from embedded_api.rights import Rights


def read_rights(sent: fields.Json, where: str, default: Sequence[str]) -> Rights:
    """`scopes` and `endpoints` of a body. Without scopes: what the endpoints need, or `default`."""
    scopes = _known(sent, "scopes", where, rpcs.SCOPES)
    endpoints = _known(sent, "endpoints", where, rpcs.BY_ENDPOINT)
    if endpoints and not scopes:
        needed = frozenset[str]().union(*(rpcs.BY_ENDPOINT[name].scopes for name in endpoints))
        return Rights.of(needed, endpoints)
    return Rights.of(scopes or default, endpoints)


def check_grant(given: Rights, own: Rights, whose: str) -> None:
    """Raises 403 when somebody gives away more than they have."""
    if not given.within(own):
        raise errors.denied(f"{whose} cannot give scopes or endpoints that it has not itself")


def _known(sent: fields.Json, name: str, where: str, table: Sequence[str] | dict[str, rpcs.Rpc]) -> list[str]:
    values = fields.items(sent, name, where, low=0, high=1000)
    for place, value in enumerate(values):
        if not isinstance(value, str) or value not in table:
            raise FieldError(
                f"{where}.{name}[{place}]", f"is not known; GET /v2/users/me/scopes lists the {name}"
            )
    return values
