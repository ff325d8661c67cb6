"""The two errors that views raise; everything else is a fault of ours."""

from collections.abc import Collection


class ApiError(Exception):
    """An answer other than success.

    http: HTTP status, code: status code of the dialect, details: one sentence for the caller.
    """

    def __init__(self, http: int, code: int, details: str = "", headers: dict | None = None) -> None:
        super().__init__(details)
        self.http = http
        self.code = code
        self.details = details
        self.headers = headers or {}


class FieldError(Exception):
    """A value breaks a rule; the view turns it into HTTP 400 with its family's code (`invalid_code`)."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.where = where
        self.rule = rule


def invalid(details: str, code: int = 11102) -> ApiError:
    """HTTP 400."""
    return ApiError(400, code, details)


def missing(details: str, code: int = 11101) -> ApiError:
    """HTTP 404, also for what the caller may not know of."""
    return ApiError(404, code, details)


def check_known(wanted: Collection[str], known: Collection[str], what: str, code: int = 11101) -> None:
    """Raises 404 that names the wanted ids which are unknown, five at most, after the words `what`."""
    if unknown := sorted(set(wanted) - set(known)):
        raise missing(f"{what} {', '.join(unknown[:5])}", code)


def denied(details: str, code: int = 11007) -> ApiError:
    """HTTP 403."""
    return ApiError(403, code, details)


def duplicate(details: str, code: int = 40010) -> ApiError:
    """HTTP 409."""
    return ApiError(409, code, details)


def not_implemented(details: str) -> ApiError:
    """HTTP 501: known, and not offered here."""
    return ApiError(501, 10040, details)


def precondition_failed() -> ApiError:
    """HTTP 412: the entity tag of If-Match is not the present one."""
    return ApiError(412, 40017, "precondition failed")
