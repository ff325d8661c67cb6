"""The people of the demo: accounts with generated passwords, roles, and users with tokens on the
platform."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.audit import services as audit
from dashboard.demo.plan import APP_ID, CONNECTION_NAME, OWNER_ID, OWNER_NAME, PEOPLE, SLUG, DemoPerson
from dashboard.sync.services.people import platform_for, provision_person

# Letters and digits that nobody takes for one another when copying from a terminal.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def make_connection() -> Connection:
    """The demo's connection with its app on the embedded platform; both are made once."""
    known = Connection.objects.filter(slug=SLUG).first()
    if known is not None and known.token:
        return known
    values = {
        "name": CONNECTION_NAME,
        "kind": Connection.Kind.EMBEDDED,
        # Empty: the embedded platform is where EMBEDDED_URL says, also after a start on another port.
        "base_url": "",
        "platform_user_id": OWNER_ID,
        "platform_app_id": APP_ID,
    }
    operator = platform_for(
        Connection(slug=SLUG, **values), token="", operator_key=settings.EMBEDDED_OPERATOR_KEY
    )
    values["token"] = operator.provision_owner(OWNER_NAME)
    with transaction.atomic():
        connection, _ = Connection.objects.update_or_create(slug=SLUG, defaults=values)
        audit.record(actor=None, connection=connection, action="demo.connection", target=SLUG)
    return connection


def make_people(connection: Connection, credentials: Path) -> list[str]:
    """Make whoever is missing; answers their logins.

    Passwords go to `credentials` (lines `role login password`, readable by the owner alone) before the
    account gets them, so that a break between the two never leaves an account that nobody can open.
    """
    known = read_credentials(credentials)
    made: list[str] = []
    for person in PEOPLE:
        user = User.objects.filter(username=person.login).first()
        if user is None or person.login not in known:
            known[person.login] = known.get(person.login) or new_password()
            write_credentials(credentials, known)
            user = _account(person, known[person.login])
            made.append(person.login)
        _membership(connection, user, person.role)
        _identity(connection, user, person)
    return made


def new_password() -> str:
    """Three groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def read_credentials(path: Path) -> dict[str, str]:
    """{login: password} from the file; empty when there is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    parts = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {words[1]: words[2] for words in parts if len(words) >= 3}


def write_credentials(path: Path, passwords: dict[str, str]) -> None:
    """Replace the file in one step; it is never readable by others, nor half written."""
    lines = ["# Sign-ins of the demo data: role login password", ""]
    lines += [f"{p.role} {p.login} {passwords[p.login]}" for p in PEOPLE if p.login in passwords]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("\n".join(lines) + "\n")
    draft.replace(path)


def _account(person: DemoPerson, password: str) -> User:
    user, _ = User.objects.get_or_create(username=person.login, defaults={"display_name": person.name})
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def _membership(connection: Connection, user: User, role: str) -> None:
    Membership.objects.get_or_create(user=user, connection=connection, defaults={f"is_{role}": True})


def _identity(connection: Connection, user: User, person: DemoPerson) -> None:
    """Their user on the platform, with a token of their own that is stored encrypted."""
    PlatformIdentity.objects.get_or_create(
        user=user, connection=connection, defaults={"platform_user_id": person.platform_id}
    )
    provision_person(connection=connection, user=user)
