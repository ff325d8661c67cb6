"""What a key, and a collaborator's place in an app, allow. Pure: no Django."""

from collections.abc import Iterable
from dataclasses import dataclass

from embedded_api import errors, rpcs


@dataclass(frozen=True)
class Rights:
    """`scopes` hold what each rpc needs (`All` is everything); `endpoints`, unless empty, name the only rpcs open.

    Source: Clarifai API, messages Key and Collaborator.
    """

    scopes: frozenset[str]
    endpoints: frozenset[str] = frozenset()

    @classmethod
    def of(cls, scopes: Iterable[str], endpoints: Iterable[str] = ()) -> "Rights":
        """From the lists of a key or a collaborator."""
        return cls(frozenset(scopes), frozenset(endpoints))

    def check(self, rpc: rpcs.Rpc | None, whose: str) -> None:
        """Raises 403 with 11007 that names what is missing; a route without a rule needs `All`."""
        if rpc is None:
            needed = frozenset({"All"})
        elif not rpc.scopes:
            return
        elif self.endpoints and rpc.endpoint not in self.endpoints:
            raise errors.denied(f"{whose} is limited to endpoints without {rpc.endpoint}")
        else:
            needed = rpc.scopes
        if "All" not in self.scopes and (lacking := sorted(needed - self.scopes)):
            raise errors.denied(f"{whose} lacks the scope {', '.join(lacking)}")

    def allow(self, rpc: rpcs.Rpc | None) -> bool:
        """`check` as a question."""
        try:
            self.check(rpc, "")
        except errors.ApiError:
            return False
        return True

    def spelled_out(self) -> list[str]:
        """The scopes in the order of `rpcs.SCOPES`; `All` brings every one."""
        if "All" in self.scopes:
            return list(rpcs.SCOPES)
        return [scope for scope in rpcs.SCOPES if scope in self.scopes]

    def within(self, other: "Rights") -> bool:
        """Whether these rights are no more than `other`: nobody gives away what they have not."""
        scopes_fit = "All" in other.scopes or self.scopes <= other.scopes
        endpoints_fit = not other.endpoints or (bool(self.endpoints) and self.endpoints <= other.endpoints)
        return scopes_fit and endpoints_fit

    def __and__(self, other: "Rights") -> "Rights":
        """What both allow."""
        if "All" in self.scopes:
            scopes = other.scopes
        else:
            scopes = self.scopes if "All" in other.scopes else self.scopes & other.scopes
        if not self.endpoints or not other.endpoints:
            return Rights(scopes, self.endpoints or other.endpoints)
        # Two lists without a common member leave nothing open; an empty list would mean no limit.
        return Rights(scopes, (self.endpoints & other.endpoints) or frozenset({"none"}))


EVERYTHING = Rights(frozenset({"All"}))
