"""`manage.py seed_demo` against a live embedded server: what stands there afterwards, and that twice is
once."""

from __future__ import annotations

import io
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.accounts.models import Connection, Membership, PlatformIdentity, User
from dashboard.demo import plan
from dashboard.demo.people import new_password, read_credentials, write_credentials
from dashboard.review.models import Decision
from dashboard.sync.models import OutboxEntry, Task, WorkItem
from dashboard.sync.services.people import platform_for
from tests.support.embedded import EmbeddedServer, start_embedded


def test_fates_add_up() -> None:
    assert plan.INPUTS >= 60
    assert len(plan.LABELERS) == 3
    assert len(plan.REVIEWERS) == 2
    numbers = [number for task in plan.TASKS for number in plan.inputs_of(task)]
    assert numbers == list(range(plan.INPUTS))
    fates = {
        plan.fate_of(task, labeler, place)
        for task in plan.TASKS
        for labeler in range(3)
        for place in range(task.share)
    }
    assert fates == set(plan.Fate)


def test_credentials_are_kept_private_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "data" / "credentials.txt"
    passwords = {person.login: new_password() for person in plan.PEOPLE}
    write_credentials(file, passwords)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_credentials(file) == passwords
    assert len(set(passwords.values())) == len(plan.PEOPLE)
    assert read_credentials(tmp_path / "none") == {}


def test_without_the_operators_key_it_says_so(settings: Any) -> None:
    settings.EMBEDDED_OPERATOR_KEY = ""
    with pytest.raises(CommandError, match="EMBEDDED_OPERATOR_KEY"):
        call_command("seed_demo", stdout=io.StringIO())


@pytest.fixture
def server(tmp_path: Path) -> Any:
    """A platform of its own: the demo's user ids are fixed, so it cannot share one."""
    data = tmp_path / "embedded"
    data.mkdir()
    running = start_embedded(data)
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_demo_stands_and_a_second_seeding_changes_nothing(
    server: EmbeddedServer, settings: Any, tmp_path: Path
) -> None:
    settings.EMBEDDED_URL = server.base_url
    settings.EMBEDDED_OPERATOR_KEY = server.operator_key
    settings.DATA_DIR = tmp_path
    call_command("seed_demo", stdout=io.StringIO())

    connection = Connection.objects.get(slug="demo")
    passwords = read_credentials(tmp_path / "credentials.txt")
    for person in plan.PEOPLE:
        user = authenticate(username=person.login, password=passwords[person.login])
        assert isinstance(user, User)
        assert str(user) == person.name
        assert Membership.objects.get(user=user, connection=connection).roles == (person.role,)
        identity = PlatformIdentity.objects.get(user=user, connection=connection)
        assert identity.platform_user_id == person.platform_id
        token = identity.token.reveal()
        assert platform_for(connection, token=token).check().user_id == person.platform_id

    # The mirror: what the pages show.
    planned = {
        task.id: Counter(
            plan.fate_of(task, labeler, place).state for labeler in range(3) for place in range(task.share)
        )
        for task in plan.TASKS
        if not task.shared
    }
    found = states()
    [shared] = [found.pop(task.id) for task in plan.TASKS if task.shared]
    assert found == planned
    # The platform lets pass what all three agree on; the rest waits for a reviewer, three items to an input.
    assert set(shared) == {"awaiting_review", "approved"}
    assert shared["approved"] % 3 == 0
    assert shared.total() == 3 * next(task.share for task in plan.TASKS if task.shared)
    assert set(OutboxEntry.objects.values_list("state", flat=True)) == {OutboxEntry.State.CONFIRMED}
    sent_back = Decision.objects.filter(verdict="request_changes")
    assert sent_back.count() == 9  # three of batch 1, three of batch 2, three that came back
    assert all(decision.reasons and decision.note and decision.seen for decision in sent_back)

    # The platform itself, over HTTP.
    platform = platform_for(connection)
    assert platform.count_inputs() == plan.INPUTS
    by_author: Counter[str] = Counter()
    values: set[float] = set()
    for task in plan.TASKS:
        for annotation in platform.iter_annotations(task_id=task.id):
            by_author[annotation.user_id] += 1
            if annotation.region is None:
                values |= {concept.value for concept in annotation.concepts}
    assert set(by_author) == {person.platform_id for person in plan.LABELERS}
    assert values == {0.0, 1.0}

    before = (states(), by_author, Decision.objects.count(), User.objects.count())
    call_command("seed_demo", stdout=io.StringIO())
    again: Counter[str] = Counter()
    for task in plan.TASKS:
        again.update(annotation.user_id for annotation in platform.iter_annotations(task_id=task.id))
    assert (states(), again, Decision.objects.count(), User.objects.count()) == before
    assert read_credentials(tmp_path / "credentials.txt") == passwords


def states() -> dict[str, Counter[str]]:
    return {
        task.platform_id: Counter(WorkItem.objects.filter(task=task).values_list("state", flat=True))
        for task in Task.objects.all()
    }
