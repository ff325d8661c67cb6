"""The service layer's own error family.

Callers above this room never see an httpx or vendor exception. Each class says what a caller should do
with it, which is why the outbox can choose between retry, read-back, pause and dead letter by type alone.
"""

from __future__ import annotations


class PlatformError(Exception):
    """Something between us and the platform failed.

    ``code`` is the platform's own status code if it gave one, ``request_id`` its request id. The message is
    fit for a person: it never holds a token or an upstream body.
    """

    retryable = False

    def __init__(self, message: str, *, code: int | None = None, request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.request_id = request_id


class NotSent(PlatformError):
    """The request did not reach the platform (refused, no route, name unknown): safe to send again."""

    retryable = True


class Ambiguous(PlatformError):
    """No usable answer (time-out, reset, 5xx, unreadable body): it may have happened. Read first."""

    retryable = True


class AnswerTooLarge(Ambiguous):
    """The answer was longer than we accept. Asking again brings the same: ask for less."""

    retryable = False


class Throttled(PlatformError):
    """Too many requests. ``retry_after`` is the wait in seconds the platform asked for, if any (1 to 900)."""

    retryable = True

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        code: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after = retry_after


class Unauthorized(PlatformError):
    """The token is missing, wrong, expired or revoked: pause the connection, burn no attempt."""


class Forbidden(PlatformError):
    """The token is good but may not do this (scope, role, somebody else's annotation). Permanent."""


class NotFound(PlatformError):
    """The thing does not exist on the platform, or is not visible to this token. Permanent."""


class Rejected(PlatformError):
    """The platform refused the request as invalid. Permanent until a person edits it.

    ``fields`` maps a field path to the rule it broke, where the platform said so.
    """

    def __init__(
        self,
        message: str,
        *,
        fields: dict[str, str] | None = None,
        code: int | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.fields = fields or {}


class AlreadyExists(Rejected):
    """The id we chose is taken: after an ambiguous create this is the proof that it had worked."""


class PreconditionFailed(PlatformError):
    """The thing changed since it was read (only platforms with ``preconditions``). Becomes a conflict."""


class IllegalMove(PlatformError):
    """The platform refuses this status change from the current status. Becomes a conflict."""


class Unsupported(PlatformError):
    """This platform has no such operation; see :class:`dashboard.platforms.types.Capabilities`."""


class UnsafeAddress(PlatformError):
    """The guard refused the address (private network, odd port, other scheme)."""
