"""Public door of the corridor for whatever changes something or asks the platform; see the modules.

``delivery`` outbox, ``people`` tokens and names, ``work`` live annotations and pictures, ``tasks`` and
``label_orders`` of the platform, ``choices`` what a task can be made from, ``syncing`` pulls and pauses.
"""

from __future__ import annotations

from dashboard.accounts.models import Connection, PlatformIdentity, User

from . import people


def provision_person(connection: Connection, user: User) -> PlatformIdentity:
    """See :func:`people.provision_person`."""
    return people.provision_person(connection=connection, user=user)


def check_token(connection: Connection, token: str) -> str:
    """The platform user id that a token belongs to. Raises PlatformError when it is no good."""
    return people.check_token(connection=connection, token=token).user_id
