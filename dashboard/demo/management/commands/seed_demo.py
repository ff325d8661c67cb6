"""`manage.py seed_demo`: the demo's people, pictures and tasks, made over HTTP on the embedded platform."""

from __future__ import annotations

from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from dashboard.accounts.models import Connection, PlatformIdentity
from dashboard.assignments.progress_bar import ProgressBar
from dashboard.assignments.uploads import Stopped
from dashboard.demo import corrections, decisions, people, platform_work
from dashboard.platforms.errors import PlatformError
from dashboard.platforms.interface import Platform
from dashboard.sync.services import at_once
from dashboard.sync.services.people import acting_platform, platform_for


class Command(BaseCommand):
    help = (
        "Fill the embedded platform with demo data and this desk with people who can sign in; passwords are written "
        "to credentials.txt in the data folder. What is there already is left alone: run it again after a break."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED_OPERATOR_KEY:
            raise CommandError(
                "EMBEDDED_OPERATOR_KEY is not set, so no users can be made on the embedded platform"
            )
        # The wrapper of Django ends every write with a newline; a bar must not.
        bar = ProgressBar(cast(TextIO, self.stdout._out))
        try:
            self._seed(bar)
        except (Stopped, PlatformError, platform_work.SeedFailed, at_once.NotFinished) as error:
            raise CommandError(
                f"{error}\nWhat was made is kept; run the same command again to continue."
            ) from error
        finally:
            bar.close()

    def _seed(self, bar: ProgressBar) -> None:
        connection = people.make_connection()
        credentials = settings.DATA_DIR / "credentials.txt"
        made = people.make_people(connection, credentials)
        self.stdout.write(f"people: {', '.join(made)} made" if made else "people: all there")

        owner = platform_for(connection)
        platform_work.add_concepts(owner)
        truths = platform_work.add_pictures(owner, bar)
        platform_work.add_tasks(owner)
        planned = list(platform_work.work_of(owner, truths))

        def as_person(platform_id: str) -> Platform:
            people_here = PlatformIdentity.objects.filter(connection=connection).select_related("user")
            return acting_platform(connection, people_here.get(platform_user_id=platform_id).user)

        platform_work.label_all(planned, as_person, decisions.decided_inputs(connection), bar)
        self._pull(connection, bar)
        decisions.decide_all(connection, planned, bar)
        self._pull(connection, bar)
        corrections.correct_all(connection, planned, bar)
        self._pull(connection, bar)
        bar.close()
        self.stdout.write(
            f"demo: {len(truths)} pictures, {len(planned)} pieces of work. Sign-ins: {credentials}"
        )

    def _pull(self, connection: Connection, bar: ProgressBar) -> None:
        bar("mirror", 0, 1)
        at_once.pull_all(connection=connection)
        bar("mirror", 1, 1)
