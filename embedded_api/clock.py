"""Times as RFC 3339 UTC text with microseconds: sorts as text and is printed as stored."""

from datetime import UTC, datetime, timedelta

FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    """The present moment, for example `2026-03-01T10:00:00.000001Z`."""
    return datetime.now(UTC).strftime(FORMAT)


def later_than(previous: str) -> str:
    """Now, or one microsecond after `previous` when the clock has not passed it (strictly greater)."""
    present = now()
    if present > previous:
        return present
    return (datetime.strptime(previous, FORMAT) + timedelta(microseconds=1)).strftime(FORMAT)


def parse(value: str) -> str:
    """Any RFC 3339 time with a zone -> our own form; raises ValueError."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, such as Z")
    try:
        return moment.astimezone(UTC).strftime(FORMAT).rjust(27, "0")
    except OverflowError:
        raise ValueError("out of range") from None
