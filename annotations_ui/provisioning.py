"""What account pages ask of the platform, turned into sentences. Never called inside a transaction."""

from __future__ import annotations

import logging

from dashboard.accounts.models import Connection, Membership
from dashboard.accounts.policies import PolicyError
from dashboard.platforms.errors import PlatformError
from dashboard.sync import services as sync

log = logging.getLogger(__name__)


def provision(membership: Membership) -> str:
    """Make the person's platform user and token where the platform is ours. Returns the problem, or ''."""
    if membership.connection.kind != Connection.Kind.EMBEDDED:
        return ""
    try:
        sync.provision_person(membership.connection, membership.user)
    except PlatformError as error:
        log.warning("provisioning on %s failed: %s", membership.connection.slug, error)
        return (
            f"{membership.user} is a member of {membership.connection}, but has no user on the platform yet: "
            f"{error} An admin can try again on the People page."
        )
    return ""


def read_token(connection: Connection, token: str) -> str:
    """Ask the platform whose token this is. Raises PolicyError with a sentence when it is no good."""
    try:
        return str(sync.check_token(connection, token))
    except PlatformError as error:
        raise PolicyError(f"Nothing was saved: {error}") from error
